package discordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

var commandRoutes = []route{
	{method: "GET", path: "/applications/{application_id}/guilds/{guild_id}/commands", do: inApplication((*Server).getCommands)},
	{method: "PUT", path: "/applications/{application_id}/guilds/{guild_id}/commands", do: inApplication((*Server).putCommands)},
	{method: "GET", path: "/applications/{application_id}/commands", do: inApplication((*Server).getGlobalCommands)},
}

// Kinds of application command.
const (
	commandChat    = 1
	commandUser    = 2
	commandMessage = 3
)

func inApplication(do func(*Server, *call) reply) func(*Server, *call) reply {
	return func(s *Server, c *call) reply {
		if c.path("application_id") != s.appID {
			return malformed(fail(403, 20012, "You are not authorized to perform this action on this application"), "application id "+c.path("application_id"))
		}
		if id := c.path("guild_id"); id != "" && id != s.guildID {
			return missingAccess()
		}
		return do(s, c)
	}
}

// getCommands lists the guild's commands, with the texts of all languages only when
// asked for them.
func (s *Server) getCommands(c *call) reply {
	if c.query("with_localizations") == "true" {
		return ok(slices.Clone(s.commands))
	}
	return ok(withoutLocales(s.commands))
}

func withoutLocales(commands []obj) []obj {
	out := make([]obj, len(commands))
	for i, c := range commands {
		out[i] = maps.Clone(c)
		delete(out[i], "name_localizations")
		delete(out[i], "description_localizations")
		var inner []obj
		for _, o := range anyList(c["options"]) {
			if option, isObj := o.(obj); isObj {
				inner = append(inner, option)
			}
		}
		if len(inner) > 0 {
			out[i]["options"] = withoutLocales(inner)
		}
	}
	return out
}

// getGlobalCommands: this Discord takes guild commands only.
func (s *Server) getGlobalCommands(*call) reply { return ok([]any{}) }

var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}]{1,32}$`)

// putCommands replaces all commands of the guild.
func (s *Server) putCommands(c *call) reply {
	var bodies []obj
	if err := json.Unmarshal(c.body, &bodies); err != nil {
		return invalid("_body", "INVALID", err.Error())
	}
	counts, seen := map[int]int{}, map[string]bool{}
	var commands []obj
	for _, b := range bodies {
		kind := kindOf(b)
		if kind == 0 {
			kind = commandChat
		}
		name, _ := b["name"].(string)
		if kind == commandChat && (!commandName.MatchString(name) || b["description"] == nil || b["description"] == "") {
			return invalid("name", "APPLICATION_COMMAND_INVALID_NAME", fmt.Sprintf("command %q needs a valid name and a description", name))
		}
		key := fmt.Sprint(kind, name)
		if counts[kind]++; seen[key] || counts[kind] > map[int]int{commandChat: 100, commandUser: 15, commandMessage: 15}[kind] {
			return invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "duplicate or too many commands: "+name)
		}
		seen[key] = true
		if bad := checkCompletes("options", anyList(b["options"])); bad != nil {
			return *bad
		}
		commands = append(commands, s.command(b, kind, name))
	}
	s.commands = commands
	s.touch(Change{Kind: "commands"})
	return ok(slices.Clone(s.commands))
}

// Kinds of options that may offer choices while they are typed: texts and numbers.
var completes = []int{3, 4, 10}

// checkCompletes refuses options that offer choices while they are typed, and cannot.
func checkCompletes(field string, options []any) *reply {
	for i, o := range options {
		at := fmt.Sprintf("%s.%d", field, i)
		if bad := checkCompletes(at+".options", anyList(dig(o, "options"))); bad != nil {
			return bad
		}
		if dig(o, "autocomplete") != true {
			continue
		}
		if len(anyList(dig(o, "choices"))) > 0 {
			return new(invalid(at+".autocomplete", "APPLICATION_COMMAND_OPTIONS_CHOICES_MUTUALLY_EXCLUSIVE", "Autocomplete and choices cannot be set at the same time"))
		}
		if !slices.Contains(completes, kindOf(o)) {
			return new(invalid(at+".autocomplete", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", fmt.Sprintf("options of type %d offer nothing while they are typed", kindOf(o))))
		}
	}
	return nil
}

// command is a command as Discord keeps it; one of the same name keeps its id.
func (s *Server) command(b obj, kind int, name string) obj {
	out := obj{"id": "", "application_id": s.appID, "guild_id": s.guildID, "version": s.id(), "type": kind, "name": name,
		"description": "", "default_member_permissions": nil, "nsfw": false}
	for _, key := range []string{"description", "default_member_permissions", "name_localizations", "description_localizations"} {
		if b[key] != nil {
			out[key] = b[key]
		}
	}
	if number, isNumber := out["default_member_permissions"].(float64); isNumber {
		out["default_member_permissions"] = fmt.Sprintf("%.0f", number)
	}
	if options := anyList(b["options"]); len(options) > 0 {
		dropNulls(options)
		out["options"] = options
	}
	for _, old := range s.commands {
		if old["name"] == name && old["type"] == kind {
			out["id"] = old["id"]
		}
	}
	if out["id"] == "" {
		out["id"] = s.id()
	}
	return out
}

// Commands are the names of the guild's commands: "/name" for chat commands,
// the bare name for context menus.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, c := range s.commands {
		prefix := ""
		if c["type"] == commandChat {
			prefix = "/"
		}
		names = append(names, prefix+c["name"].(string))
	}
	return names
}
