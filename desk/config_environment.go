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
	{"HALO_REDIS_PROMISE", "strict, second or unchecked", false, func(c *Config, v string) bool {
		c.RedisPromise = Promise(v)
		return slices.Contains([]Promise{Strict, Second, Unchecked}, c.RedisPromise)
	}},
	{"HALO_REDIS_REPLICAS", "0 to 5", false, func(c *Config, v string) bool {
		n, err := strconv.ParseUint(v, 10, 8)
		c.RedisReplicas = int(n)
		return err == nil && n <= 5
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
	{"HALO_LISTEN", "HOST:PORT of this machine, such as 127.0.0.1:8090", false, func(c *Config, v string) bool {
		c.Listen = v
		address, err := netip.ParseAddrPort(v)
		return err == nil && address.Port() > 0
	}},
	{"HALO_API_LISTEN", "HOST:PORT of this machine, such as 127.0.0.1:8091", false, func(c *Config, v string) bool {
		c.APIListen = v
		address, err := netip.ParseAddrPort(v)
		return err == nil && address.Port() > 0
	}},
	{"HALO_API_BEHIND_TLS", "yes or no", false, func(c *Config, v string) bool {
		c.APIBehindTLS = v == "yes"
		return v == "yes" || v == "no"
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

	const api = "HALO_API_LISTEN"
	if address, err := netip.ParseAddrPort(given[api]); err == nil && !address.Addr().IsLoopback() && !c.APIBehindTLS {
		found = append(found, Problem{Where: where[api], Field: api, Read: quoted(given[api]),
			Expected: "an address of this machine alone, such as 127.0.0.1:8091, or HALO_API_BEHIND_TLS=yes to say that a proxy that speaks TLS stands before it: tokens must not travel in the clear"})
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

// A dotEnvLine is one value of .env and where it stands.
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
	good, lines, found := statements(string(text))
	// As one text again, because a value may refer to an earlier one.
	values, err := godotenv.Unmarshal(good)
	if err != nil {
		// The library's error quotes the file from there on, secrets included.
		return nil, append(found, Problem{Where: dotEnv, Read: "something else", Expected: assignment})
	}
	set := make(map[string]dotEnvLine, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set[name] = dotEnvLine{value: values[name], number: lines[name]}
		if !isVariable(name) && strings.HasPrefix(name, "HALO_") {
			found = append(found, Problem{Where: at(dotEnv, lines[name]), Field: name, Read: "an unknown name", Expected: "one of " + variableNames()})
		}
	}
	return set, found
}

const assignment = "NAME=value, or # and a comment"

var (
	assigned  = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)
	firstName = regexp.MustCompile(`^\s*(?:export\s+)?(HALO_[A-Z_]+)`)
)

// statements returns the part of a .env that can be read, the line where each
// name is given its value (the last one, which is the one that counts), and the
// lines that cannot be read. Those are not shown: they may hold a secret.
func statements(text string) (good string, lines map[string]int, found Problems) {
	all := strings.Split(text, "\n")
	lines = make(map[string]int)
	var kept strings.Builder
	for i := 0; i < len(all); {
		length, values := statement(all[i:])
		if length == 0 {
			p := Problem{Where: at(dotEnv, i+1), Read: "a line that is no assignment", Expected: assignment}
			if m := firstName.FindStringSubmatch(all[i]); m != nil && isVariable(m[1]) {
				p.Field = m[1]
			}
			found = append(found, p)
			i++
			continue
		}
		for name := range values {
			lines[name] = i + 1
		}
		kept.WriteString(strings.Join(all[i:i+length], "\n") + "\n")
		i += length
	}
	return kept.String(), lines, found
}

// statement returns how many of the lines the first one needs, more than one
// for a value in quotes, and what it sets; 0 when it cannot be read.
func statement(lines []string) (length int, values map[string]string) {
	first := lines[0]
	for n := 1; n <= len(lines); n++ {
		if n > 1 && !strings.ContainsAny(lines[n-1], `'"`) {
			continue
		}
		values, err := godotenv.Unmarshal(strings.Join(lines[:n], "\n") + "\n")
		if err == nil && !slices.ContainsFunc(slices.Collect(maps.Keys(values)), func(name string) bool { return !assigned.MatchString(name) }) {
			return n, values
		}
		if !strings.ContainsAny(first, `'"`) {
			break
		}
	}
	return 0, nil
}

func isVariable(name string) bool {
	return slices.ContainsFunc(variables, func(v variable) bool { return v.name == name })
}

func variableNames() string {
	var names []string
	for _, v := range variables {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
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
