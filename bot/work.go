package bot

// workActions are those about who works on what, and when.
func workActions() actions { return actions{} }

// workSubs are the commands of /ticket for them.
func workSubs() []Command { return nil }

// workCommands are further commands for them.
func workCommands() []Command { return nil }
