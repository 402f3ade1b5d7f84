package bot

// findActions are those that find and show what there is.
func findActions() actions { return actions{} }

// findSubs are the commands of /ticket for them.
func findSubs() []Command { return nil }

// findCommands are further commands for them.
func findCommands() []Command { return nil }
