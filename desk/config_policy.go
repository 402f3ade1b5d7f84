package desk

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/haloerzap/halo/bot"
)

// A setting is one key of halo.yaml, written with dots, and where its value goes.
type setting struct {
	key      string
	expected string
	set      func(c *Config, value string) bool    // false: not what is expected
	setList  func(c *Config, values []string) bool // instead of set, for one value or several
	// A setting with neither is read by readHours or readPeople.
}

// settings are all keys of halo.yaml.
var settings = append([]setting{
	{key: "desk.prefix", expected: "1 to 6 capitals or digits, a letter first", set: func(c *Config, v string) bool {
		c.Prefix = v
		return prefixForm.MatchString(v)
	}},
	{key: "desk.zone", expected: "the IANA name of a zone, such as Asia/Jakarta", set: func(c *Config, v string) bool {
		zone, err := time.LoadLocation(v)
		c.Zone = zone
		// "Local" would be another zone on every machine.
		return err == nil && v != "" && v != "Local"
	}},
	channel("channels.tickets", func(c *Channels) *string { return &c.Tickets }),
	channel("channels.reports", func(c *Channels) *string { return &c.Reports }),
	channel("channels.intake", func(c *Channels) *string { return &c.Intake }),
	channel("channels.ops", func(c *Channels) *string { return &c.Ops }),
	channel("channels.followups", func(c *Channels) *string { return &c.FollowUps }),
	channel("channels.qa", func(c *Channels) *string { return &c.QA }),
	{key: "replies.per_second", expected: "0.01 to 50 messages, or off", set: func(c *Config, v string) bool {
		if v == off {
			c.Replies.PerSecond = 0
			return true
		}
		n, err := strconv.ParseFloat(v, 64)
		c.Replies.PerSecond = n
		return err == nil && n >= 0.01 && n <= 50
	}},
	whole("replies.burst", "1 to 100 messages", 1, 100, func(c *Config) *int { return &c.Replies.Burst }),
	{key: "note_prefix", expected: "1 to 5 signs, neither letters, digits nor blanks", set: func(c *Config, v string) bool {
		c.NotePrefix = v
		return notePrefixForm.MatchString(v)
	}},
	whole("files.largest", "1 to 2000, in MB", 1, 2000, func(c *Config) *int { return &c.LargestFile }),
	{key: "files.discord", expected: "auto, or 1 to 500, in MB", set: func(c *Config, v string) bool {
		if c.DiscordFile = 0; v == "auto" {
			return true
		}
		n, err := strconv.Atoi(v)
		c.DiscordFile = n
		return err == nil && n >= 1 && n <= 500
	}},
	{key: "groups", expected: "none, or ids of WhatsApp groups, each ending in @g.us", setList: func(c *Config, ids []string) bool {
		if c.Groups = ids; len(ids) == 1 && ids[0] == "none" {
			c.Groups = nil
			return true
		}
		return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return !groupForm.MatchString(id) })
	}},
	{key: hoursKey},
	{key: holidaysKey},
	{key: holidaysFileKey},
}, slices.Concat(
	roleSettings(),
	reportSettings(),
	lifeSettings(),
	outreachSettings(),
	jobSettings(),
	surveySettings(), followUpSettings(),
)...)

// off is written where there is no limit.
const off = "off"

var (
	prefixForm     = regexp.MustCompile(`^[A-Z][A-Z0-9]{0,5}$`)
	channelForm    = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]{1,100}$`)
	groupForm      = regexp.MustCompile(`^[0-9-]{5,40}@g\.us$`)
	notePrefixForm = regexp.MustCompile(`^[\p{P}\p{S}]{1,5}$`)
)

func channel(key string, field func(*Channels) *string) setting {
	return setting{key: key, expected: "the name of a channel: small letters, digits, - and _", set: func(c *Config, v string) bool {
		*field(&c.Channels) = v
		return channelForm.MatchString(v)
	}}
}

func roleSettings() []setting {
	var all []setting
	for _, capability := range capabilities {
		if capability.name == bot.Developer {
			continue // follows from the teams
		}
		all = append(all, setting{key: "roles." + capability.name, expected: "the name of a Discord role, or a list of names", setList: func(c *Config, names []string) bool {
			c.Roles[capability.name] = names
			return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool {
				return strings.TrimSpace(name) != name || name == "" || len([]rune(name)) > 100
			})
		}})
	}
	return all
}

// readPolicy fills c from halo.yaml.
func (c *Config) readPolicy(readFile func(string) ([]byte, error)) Problems {
	file := yamlFile{name: c.PolicyFile}
	for _, s := range settings {
		file.keys = append(file.keys, s.key)
	}
	optional := c.PolicyFile == Default().PolicyFile
	values, found := file.read(readFile, optional)
	line := make(map[string]int)
	for _, v := range values {
		line[v.key] = v.line
		s := settings[slices.IndexFunc(settings, func(s setting) bool { return s.key == v.key })]
		switch {
		case s.set == nil && s.setList == nil:
		case v.form == oneValue && s.set != nil && s.set(c, v.values[0]):
		case (v.form == oneValue || v.form == severalValues) && s.setList != nil && s.setList(c, v.values):
		default:
			found = append(found, Problem{Where: at(file.name, v.line), Field: v.key, Read: v.shown(), Expected: s.expected})
		}
	}
	found = append(found, c.takenPrefix(file.name, line)...)
	found = append(found, c.sameChannels(file.name, line)...)
	found = append(found, c.surveyProblems(line)...)
	found = append(found, c.readPeople(values, line)...)
	found = append(found, c.checkOptWords(line)...)
	c.Roles[bot.Developer], _ = c.teamRoles()
	return append(found, c.readHours(values, readFile)...)
}

// sameChannels finds two places with one name: the desk would mix them up.
func (c *Config) sameChannels(file string, line map[string]int) Problems {
	var found Problems
	places := []struct{ key, name string }{
		{"channels.tickets", c.Channels.Tickets}, {"channels.reports", c.Channels.Reports},
		{"channels.intake", c.Channels.Intake}, {"channels.ops", c.Channels.Ops},
		{"channels.followups", c.Channels.FollowUps}, {"channels.qa", c.Channels.QA},
	}
	for i, p := range places {
		for _, earlier := range places[:i] {
			if p.name == earlier.name {
				found = append(found, Problem{Where: at(file, max(line[p.key], line[earlier.key])), Field: p.key, Read: quoted(p.name), Expected: "another name than " + earlier.key})
			}
		}
	}
	return found
}

// takenPrefix finds a prefix that numbers of other things start with: a ticket and a card
// would share one.
func (c *Config) takenPrefix(file string, line map[string]int) Problems {
	taken, ok := map[string]string{"FU": "follow-ups", "SV": "surveys"}[c.Prefix]
	if !ok {
		return nil
	}
	return Problems{{Where: at(file, line["desk.prefix"]), Field: "desk.prefix", Read: quoted(c.Prefix), Expected: "another prefix: numbers of " + taken + " start with this one"}}
}

// A yamlFile is a file of keys in groups, of which all are known beforehand.
type yamlFile struct {
	name  string
	keys  []string // every known key, with dots
	text  string   // once read
	found Problems
}

// A yamlValue is what stands at one known key.
type yamlValue struct {
	key    string
	line   int
	form   int // oneValue, severalValues, manyKeys or otherForm
	values []string
	parts  []yamlValue // the items of a list, or what stands at the keys of a group
}

const (
	otherForm = iota // something with an anchor or a tag
	oneValue
	severalValues
	manyKeys
)

// shown returns the value as a problem shows it.
func (v yamlValue) shown() string {
	switch v.form {
	case oneValue:
		return quoted(v.values[0])
	case severalValues:
		if len(v.values) == 0 {
			return "an empty list"
		}
		return "a list of " + strconv.Itoa(len(v.values)) + " (" + quoted(strings.Join(v.values, ", ")) + ")"
	default:
		return "something that is neither a value nor a list of values"
	}
}

// read returns the known keys in the order of the file, and as problems the
// unknown ones and what is no YAML. An optional file may be missing.
func (f *yamlFile) read(readFile func(string) ([]byte, error), optional bool) ([]yamlValue, Problems) {
	text, err := readFile(f.name)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Problems{{Where: f.name, Read: quoted(err.Error()), Expected: "a file that can be read"}}
	}
	f.text = string(text)
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		p := Problem{Where: f.name, Read: quoted(err.Error()), Expected: "YAML"}
		if e, ok := errors.AsType[yaml.Error](err); ok {
			p.Read = "something that is no YAML (" + e.GetMessage() + ")"
			if t := e.GetToken(); t != nil && t.Position != nil {
				p.Where = at(f.name, t.Position.Line)
			}
		}
		return nil, Problems{p}
	}
	var values []yamlValue
	documents := 0
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		if documents++; documents > 1 {
			f.found = append(f.found, Problem{Where: at(f.name, lineOfNode(doc.Body)), Read: "a second document", Expected: "only one"})
			break
		}
		values = f.group("", doc.Body)
	}
	return values, f.found
}

// group returns the known keys of one group and of those inside it.
func (f *yamlFile) group(path string, node ast.Node) []yamlValue {
	var pairs []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.NullNode, *ast.CommentGroupNode:
		return nil
	default:
		f.found = append(f.found, Problem{Where: at(f.name, lineOfNode(node)), Field: path, Read: "something without keys", Expected: "keys: " + f.inGroup(path)})
		return nil
	}
	var values []yamlValue
	for _, pair := range pairs {
		name, line := pair.Key.GetToken().Value, lineOfNode(pair.Key)
		key := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case slices.Contains(f.keys, key) && !strings.Contains(name, "."):
			v := valueOf(pair.Value)
			v.key, v.line = key, line
			values = append(values, v)
		case f.inGroup(key) != "":
			values = append(values, f.group(key, pair.Value)...)
		default:
			expected, moved := movedKeys[key]
			if !moved {
				expected = "one of " + f.inGroup(path)
			}
			f.found = append(f.found, Problem{Where: at(f.name, line), Field: key, Read: "an unknown key", Expected: expected})
		}
	}
	return values
}

// inGroup returns the keys below path, "" if it is no group.
func (f *yamlFile) inGroup(path string) string {
	var keys []string
	for _, key := range f.keys {
		if path == "" || strings.HasPrefix(key, path+".") {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ", ")
}

func valueOf(node ast.Node) yamlValue {
	if list, ok := node.(*ast.SequenceNode); ok {
		v := yamlValue{form: severalValues}
		for _, item := range list.Values {
			one := valueOf(item)
			if one.form != oneValue {
				return yamlValue{form: otherForm}
			}
			one.line = lineOfNode(item)
			v.values = append(v.values, one.values[0])
			v.parts = append(v.parts, one)
		}
		return v
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		return groupOf(n.Values...)
	case *ast.MappingValueNode:
		return groupOf(n)
	case *ast.StringNode:
		return yamlValue{form: oneValue, values: []string{n.Value}}
	case *ast.LiteralNode:
		return yamlValue{form: oneValue, values: []string{n.Value.Value}}
	case *ast.NullNode:
		return yamlValue{form: oneValue, values: []string{""}}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return yamlValue{form: oneValue, values: []string{n.GetToken().Value}}
	default:
		return yamlValue{form: otherForm}
	}
}

// groupOf returns a group whose keys are not known beforehand.
func groupOf(pairs ...*ast.MappingValueNode) yamlValue {
	group := yamlValue{form: manyKeys}
	for _, pair := range pairs {
		v := valueOf(pair.Value)
		v.key, v.line = pair.Key.GetToken().Value, lineOfNode(pair.Key)
		group.parts = append(group.parts, v)
	}
	return group
}

func lineOfNode(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}
