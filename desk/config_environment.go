package desk

import (
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/joho/godotenv"
	"go.uber.org/zap/zapcore"
)

const (
	environment = "environment"
	dotEnv      = ".env"
)

// A variable is one name of the environment and where its value goes.
type variable struct {
	name     string
	expected string
	secret   bool
	set      func(c *Config, value string) bool // false: not what is expected
}

const loopbackExpected = "http://127.0.0.1:PORT, a simulator on this machine"

// variables are all names of the environment; .env.example has the same.
var variables = []variable{
	{"HALO_REDIS_URL", "redis://, rediss:// or unix:// with an address, or nothing", true, func(c *Config, v string) bool {
		c.RedisURL = NewRedisURL(v)
		u, err := url.Parse(v)
		return err == nil && (slices.Contains([]string{"redis", "rediss"}, u.Scheme) && u.Host != "" || u.Scheme == "unix" && u.Path != "")
	}},
	{"HALO_DATA", "a folder", false, func(c *Config, v string) bool {
		c.Data = v
		return !strings.ContainsRune(v, 0)
	}},
	{"HALO_DESK", "1 to 40 of a-z, 0-9 and -", false, func(c *Config, v string) bool {
		c.Desk = v
		return deskName.MatchString(v)
	}},
	{"HALO_DISCORD_TOKEN", "the bot's token in one word, without \"Bot\"", true, func(c *Config, v string) bool {
		c.DiscordToken = NewSecret(v)
		return visible.MatchString(v)
	}},
	{"HALO_DISCORD_GUILD", "the id of the server, digits only", false, func(c *Config, v string) bool {
		c.DiscordGuild = v
		id, err := strconv.ParseUint(v, 10, 64)
		return err == nil && strconv.FormatUint(id, 10) == v && id > 0
	}},
	{"HALO_DISCORD_ENDPOINT", loopbackExpected, false, func(c *Config, v string) (ok bool) {
		c.DiscordEndpoint, ok = loopback(v)
		return ok
	}},
	{"HALO_WHATSAPP_ENDPOINT", loopbackExpected, false, func(c *Config, v string) (ok bool) {
		c.WhatsAppEndpoint, ok = loopback(v)
		return ok
	}},
	{"HALO_WHATSAPP_ROOT_KEY", "64 hex digits", true, func(c *Config, v string) (ok bool) {
		c.WhatsAppRootKey, ok = rootKey(v)
		return ok
	}},
	{"HALO_LOG", "debug, info, warn or error", false, func(c *Config, v string) bool {
		levels := map[string]zapcore.Level{"debug": zapcore.DebugLevel, "info": zapcore.InfoLevel, "warn": zapcore.WarnLevel, "error": zapcore.ErrorLevel}
		level, ok := levels[v]
		c.Log = level
		return ok
	}},
	{"HALO_CONFIG", "a file", false, func(c *Config, v string) bool {
		c.PolicyFile = v
		return true
	}},
	{"HALO_TEXTS", "a file", false, func(c *Config, v string) bool {
		c.TextsFile = v
		return true
	}},
}

var (
	deskName = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	visible  = regexp.MustCompile(`^[!-~]+$`)
)

// readEnvironment fills c from the environment, and from .env where the
// environment has nothing.
func (c *Config) readEnvironment(getenv func(string) string, readFile func(string) ([]byte, error)) Problems {
	file, found := readDotEnv(readFile)
	where := make(map[string]string)
	given := make(map[string]string)
	for _, v := range variables {
		name := v.name
		where[name], given[name] = environment, strings.TrimSpace(getenv(name))
		if line, ok := file[name]; ok && given[name] == "" {
			where[name], given[name] = at(dotEnv, line.number), strings.TrimSpace(line.value)
		}
		if given[name] == "" || v.set(c, given[name]) {
			continue
		}
		read := quoted(given[name])
		if v.secret {
			read = masked(given[name])
		}
		found = append(found, Problem{Where: where[name], Field: name, Read: read, Expected: v.expected})
	}

	const endpoint, key = "HALO_WHATSAPP_ENDPOINT", "HALO_WHATSAPP_ROOT_KEY"
	switch {
	case given[endpoint] != "" && given[key] == "":
		found = append(found, Problem{Where: where[endpoint], Field: key, Read: "nothing", Expected: "64 hex digits, because " + endpoint + " is set"})
	case given[endpoint] == "" && given[key] != "":
		found = append(found, Problem{Where: where[key], Field: endpoint, Read: "nothing", Expected: loopbackExpected + ", because " + key + " is set"})
	}
	return found
}

// A dotEnvLine is one value of .env and where it stands, 0 if that is not clear.
type dotEnvLine struct {
	value  string
	number int
}

// readDotEnv reads .env, which may be missing. Names that are not ours are left
// alone, as other programs read the same file; a HALO_ name that does not exist
// is a slip of the pen and a problem.
func readDotEnv(readFile func(string) ([]byte, error)) (map[string]dotEnvLine, Problems) {
	text, err := readFile(dotEnv)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Problems{{Where: dotEnv, Read: quoted(err.Error()), Expected: "a file that can be read, or none"}}
	}
	values, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		// The library's error quotes the file from there on, secrets included.
		return nil, Problems{{Where: at(dotEnv, firstBadLine(string(text))), Read: "a line that is no assignment", Expected: "NAME=value, or # and a comment"}}
	}

	var found Problems
	lines := make(map[string]dotEnvLine, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		line := dotEnvLine{value: values[name], number: lineOf(string(text), name)}
		known := slices.ContainsFunc(variables, func(v variable) bool { return v.name == name })
		if !known && strings.HasPrefix(name, "HALO_") {
			found = append(found, Problem{Where: at(dotEnv, line.number), Field: name, Read: "an unknown name", Expected: "one of " + variableNames()})
		}
		lines[name] = line
	}
	return lines, found
}

func variableNames() string {
	var names []string
	for _, v := range variables {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}

func firstBadLine(text string) int {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if _, err := godotenv.Unmarshal(line + "\n"); err != nil {
			return number
		}
	}
	return 0
}

// lineOf returns where name is given its value; the last one wins, as it does
// for the library.
func lineOf(text, name string) int {
	number, last := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		rest, ok := strings.CutPrefix(line, name)
		if rest = strings.TrimSpace(rest); ok && (strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":")) {
			last = number
		}
	}
	return last
}

// loopback accepts http://HOST:PORT of this machine and nothing behind it. A
// stray variable must not send the desk's secrets anywhere else.
func loopback(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 {
		return "", false
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return "", false
	}
	return "http://" + u.Host, true
}
