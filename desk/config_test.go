package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zapcore"
)

// load reads a configuration whose environment and files are given.
func load(env, files map[string]string) (Config, error) {
	return Load(
		func(name string) string { return env[name] },
		func(name string) ([]byte, error) {
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
		})
}

func mustLoad(t *testing.T, env, files map[string]string) Config {
	t.Helper()
	c, err := load(env, files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNothingSetIsTheDefault(t *testing.T) {
	c := mustLoad(t, nil, nil)
	if !reflect.DeepEqual(c, Default()) {
		t.Errorf("read %+v, expected %+v", c, Default())
	}
	if c.Zone.String() != "Asia/Jakarta" || c.Replies.Off() || len(c.Texts) != 2*len(sentences) {
		t.Errorf("defaults are off: %+v", c)
	}
	if err := c.NeedDiscord(); err == nil {
		t.Error("a desk without a token may speak to Discord")
	}
}

func TestEverythingSet(t *testing.T) {
	c := mustLoad(t, map[string]string{
		"HALO_REDIS_URL":         "redis://:hunter2@10.0.0.7:6379/0",
		"HALO_REDIS_PROMISE":     "second",
		"HALO_REDIS_REPLICAS":    "2",
		"HALO_DATA":              "data",
		"HALO_DESK":              "desk-2",
		"HALO_DISCORD_TOKEN":     " tok.en \n",
		"HALO_DISCORD_GUILD":     "42",
		"HALO_DISCORD_ENDPOINT":  "http://127.0.0.1:9090/",
		"HALO_WHATSAPP_ENDPOINT": "http://[::1]:9091",
		"HALO_WHATSAPP_ROOT_KEY": strings.Repeat("aF", 32),
		"HALO_LISTEN":            "127.0.0.1:8090",
		"HALO_API_LISTEN":        "192.0.2.7:8091",
		"HALO_API_BEHIND_TLS":    "yes",
		"HALO_LOG":               "warn",
		"HALO_CONFIG":            "a.yaml",
		"HALO_TEXTS":             "b.yaml",
	}, map[string]string{
		"a.yaml": "desk: {prefix: KB, zone: Asia/Makassar}\n" +
			"channels:\n  tickets: tiket\n  ops: mesin\n" +
			"roles:\n  agent: [CS Agent, CS Senior]\n  sales: Penjualan\n" +
			"replies:\n  per_second: off\n" +
			"note_prefix: \"##\"\n",
		"b.yaml": "auto_text: |\n  Halo.\n  Tunggu ya.\ngreeting: Saya {{agent}}, {{agent}}!\n",
	})
	if err := c.NeedDiscord(); err != nil {
		t.Error(err)
	}
	expected := Default()
	expected.RedisURL = NewRedisURL("redis://:hunter2@10.0.0.7:6379/0")
	expected.RedisPromise, expected.RedisReplicas = Second, 2
	expected.Listen = "127.0.0.1:8090"
	expected.APIListen, expected.APIBehindTLS = "192.0.2.7:8091", true
	expected.Data, expected.Desk = "data", "desk-2"
	expected.DiscordToken, expected.DiscordGuild = NewSecret("tok.en"), "42"
	expected.DiscordEndpoint, expected.WhatsAppEndpoint = "http://127.0.0.1:9090", "http://[::1]:9091"
	expected.WhatsAppRootKey = []byte(strings.Repeat("\xaf", 32))
	expected.Log = zapcore.WarnLevel
	expected.PolicyFile, expected.TextsFile = "a.yaml", "b.yaml"
	expected.Prefix = "KB"
	expected.Zone, _ = time.LoadLocation("Asia/Makassar")
	expected.Calendar = defaultCalendar(expected.Zone)
	expected.Channels.Tickets, expected.Channels.Ops = "tiket", "mesin"
	expected.Roles["agent"], expected.Roles["sales"] = []string{"CS Agent", "CS Senior"}, []string{"Penjualan"}
	expected.Replies.PerSecond, expected.NotePrefix = 0, "##"
	expected.Texts["auto_text"], expected.Texts["greeting"] = "Halo.\nTunggu ya.", "Saya {{agent}}, {{agent}}!"
	if !reflect.DeepEqual(c, expected) {
		t.Errorf("read\n%+v\nexpected\n%+v", c, expected)
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	files := map[string]string{".env": "export HALO_DESK=from-file\nHALO_LOG=\"debug\" # loud\nCOMPOSE_PROJECT_NAME=x\n"}
	c := mustLoad(t, map[string]string{"HALO_DESK": "from-env"}, files)
	if c.Desk != "from-env" || c.Log != zapcore.DebugLevel {
		t.Errorf("desk %q, log %s", c.Desk, c.Log)
	}
}

// Each row is one slip and the line a person reads about it.
func TestBadInput(t *testing.T) {
	const key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	for _, test := range slices.Concat(badInput, badHours, badLife, badTeams, badJobs) {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(test.env, test.files)
			problems, ok := errors.AsType[Problems](err)
			if !ok {
				t.Fatalf("error is %T (%v), expected Problems", err, err)
			}
			if len(problems) != 1 || problems.Error() != test.says {
				t.Errorf("says\n%v\nexpected\n%s", problems, test.says)
			}
		})
	}
	t.Run("one of two names", func(t *testing.T) {
		_, err := load(map[string]string{"HALO_WHATSAPP_ROOT_KEY": key}, nil)
		if problems, _ := errors.AsType[Problems](err); len(problems) != 1 || problems[0].Field != "HALO_WHATSAPP_ENDPOINT" {
			t.Errorf("says %v", err)
		}
	})
}

type slip struct {
	name       string
	env, files map[string]string
	says       string
}

var badInput = []slip{
	{"redis", map[string]string{"HALO_REDIS_URL": "localhost:6379"}, nil,
		`environment: HALO_REDIS_URL: read *** (14 characters), expected redis://, rediss:// or unix:// with an address, or nothing`},
	{"promise", map[string]string{"HALO_REDIS_PROMISE": "hour"}, nil,
		`environment: HALO_REDIS_PROMISE: read "hour", expected strict, second or unchecked`},
	{"replicas", map[string]string{"HALO_REDIS_REPLICAS": "-1"}, nil,
		`environment: HALO_REDIS_REPLICAS: read "-1", expected 0 to 5`},
	{"listen", map[string]string{"HALO_LISTEN": ":8090"}, nil,
		`environment: HALO_LISTEN: read ":8090", expected HOST:PORT of this machine, such as 127.0.0.1:8090`},
	{"api for everybody", map[string]string{"HALO_API_LISTEN": "0.0.0.0:8091"}, nil,
		`environment: HALO_API_LISTEN: read "0.0.0.0:8091", expected an address of this machine alone, such as 127.0.0.1:8091, or HALO_API_BEHIND_TLS=yes to say that a proxy that speaks TLS stands before it: tokens must not travel in the clear`},
	{"api by a name", map[string]string{"HALO_API_LISTEN": "localhost:8091"}, nil,
		`environment: HALO_API_LISTEN: read "localhost:8091", expected HOST:PORT of this machine, such as 127.0.0.1:8091`},
	{"api behind something", map[string]string{"HALO_API_BEHIND_TLS": "nginx"}, nil,
		`environment: HALO_API_BEHIND_TLS: read "nginx", expected yes or no`},
	{"desk", map[string]string{"HALO_DESK": "Halo {x}"}, nil,
		`environment: HALO_DESK: read "Halo {x}", expected 1 to 40 of a-z, 0-9 and -`},
	{"token", map[string]string{"HALO_DISCORD_TOKEN": "Bot hunter2"}, nil,
		`environment: HALO_DISCORD_TOKEN: read *** (11 characters), expected the bot's token in one word, without "Bot"`},
	{"guild", nil, map[string]string{".env": "\n\nHALO_DISCORD_GUILD=halo\n"},
		`.env:3: HALO_DISCORD_GUILD: read "halo", expected the id of the server, digits only`},
	{"guild of zero", map[string]string{"HALO_DISCORD_GUILD": "0"}, nil,
		`environment: HALO_DISCORD_GUILD: read "0", expected the id of the server, digits only`},
	{"endpoint elsewhere", map[string]string{"HALO_DISCORD_ENDPOINT": "http://192.0.2.1:80"}, nil,
		`environment: HALO_DISCORD_ENDPOINT: read "http://192.0.2.1:80", expected http://127.0.0.1:PORT, a simulator on this machine`},
	{"endpoint by a name", map[string]string{"HALO_DISCORD_ENDPOINT": "http://127.0.0.1.example.com:80"}, nil,
		`environment: HALO_DISCORD_ENDPOINT: read "http://127.0.0.1.example.com:80", expected http://127.0.0.1:PORT, a simulator on this machine`},
	{"endpoint with https", map[string]string{"HALO_DISCORD_ENDPOINT": "https://127.0.0.1:80"}, nil,
		`environment: HALO_DISCORD_ENDPOINT: read "https://127.0.0.1:80", expected http://127.0.0.1:PORT, a simulator on this machine`},
	{"endpoint without port", map[string]string{"HALO_DISCORD_ENDPOINT": "http://127.0.0.1"}, nil,
		`environment: HALO_DISCORD_ENDPOINT: read "http://127.0.0.1", expected http://127.0.0.1:PORT, a simulator on this machine`},
	{"endpoint with user", map[string]string{"HALO_DISCORD_ENDPOINT": "http://127.0.0.1:1@192.0.2.1:80"}, nil,
		`environment: HALO_DISCORD_ENDPOINT: read "http://127.0.0.1:1@192.0.2.1:80", expected http://127.0.0.1:PORT, a simulator on this machine`},
	{"endpoint alone", map[string]string{"HALO_WHATSAPP_ENDPOINT": "http://127.0.0.1:1"}, nil,
		`environment: HALO_WHATSAPP_ROOT_KEY: read nothing, expected 64 hex digits, because HALO_WHATSAPP_ENDPOINT is set`},
	{"short key", map[string]string{"HALO_WHATSAPP_ENDPOINT": "http://127.0.0.1:1", "HALO_WHATSAPP_ROOT_KEY": "abc"}, nil,
		`environment: HALO_WHATSAPP_ROOT_KEY: read *** (3 characters), expected 64 hex digits`},
	{"log", map[string]string{"HALO_LOG": "INFO"}, nil,
		`environment: HALO_LOG: read "INFO", expected debug, info, warn or error`},
	{"unknown name", nil, map[string]string{".env": "# x\nHALO_DISCORD_TOKN=hunter2\n"},
		`.env:2: HALO_DISCORD_TOKN: read an unknown name, expected one of HALO_REDIS_URL, HALO_REDIS_PROMISE, HALO_REDIS_REPLICAS, HALO_DATA, HALO_DESK, HALO_DISCORD_TOKEN, HALO_DISCORD_GUILD, HALO_DISCORD_ENDPOINT, HALO_WHATSAPP_ENDPOINT, HALO_WHATSAPP_ROOT_KEY, HALO_LISTEN, HALO_API_LISTEN, HALO_API_BEHIND_TLS, HALO_LOG, HALO_CONFIG, HALO_TEXTS`},
	{"no assignment", nil, map[string]string{".env": "HALO_LOG=info\nhunter2 is the token\n"},
		`.env:2: read a line that is no assignment, expected NAME=value, or # and a comment`},
	{"named file missing", map[string]string{"HALO_CONFIG": "desk.yaml"}, nil,
		`desk.yaml: read "open desk.yaml: file does not exist", expected a file that can be read`},
	{"unknown key", nil, map[string]string{"halo.yaml": "desk:\n  prefix: HE\n  zoan: Asia/Jakarta\n"},
		`halo.yaml:3: desk.zoan: read an unknown key, expected one of desk.prefix, desk.zone`},
	{"a key of before the teams", nil, map[string]string{"halo.yaml": "roles:\n  developer: Developer POS\n"},
		`halo.yaml:2: roles.developer: read an unknown key, expected the developers' roles at the key teams, a line for each team such as POS: Developer POS`},
	{"unknown capability", nil, map[string]string{"halo.yaml": "roles:\n  boss: Boss\n"},
		`halo.yaml:2: roles.boss: read an unknown key, expected one of roles.agent, roles.assistant_manager, roles.manager, roles.developer_lead, roles.sales, roles.after_sales, roles.qa, roles.engineering, roles.head_of_marketing`},
	{"no YAML", nil, map[string]string{"halo.yaml": "desk:\n  prefix: [\n"},
		`halo.yaml:2: read something that is no YAML (sequence end token ']' not found), expected YAML`},
	{"key twice", nil, map[string]string{"halo.yaml": "note_prefix: \"#\"\nnote_prefix: //\n"},
		`halo.yaml:2: read something that is no YAML (mapping key "note_prefix" already defined at [1:1]), expected YAML`},
	{"second document", nil, map[string]string{"halo.yaml": "note_prefix: \"#\"\n---\nnote_prefix: //\n"},
		`halo.yaml:3: read a second document, expected only one`},
	{"no group", nil, map[string]string{"halo.yaml": "\nreplies: fast\n"},
		`halo.yaml:2: replies: read something without keys, expected keys: replies.per_second, replies.burst`},
	{"no value", nil, map[string]string{"halo.yaml": "note_prefix: {sign: //}\n"},
		`halo.yaml:1: note_prefix: read something that is neither a value nor a list of values, expected 1 to 5 signs, neither letters, digits nor blanks`},
	{"prefix", nil, map[string]string{"halo.yaml": "desk: {prefix: he-}\n"},
		`halo.yaml:1: desk.prefix: read "he-", expected 1 to 6 capitals or digits, a letter first`},
	{"zone", nil, map[string]string{"halo.yaml": "desk:\n  zone: Asia/Bandung\n"},
		`halo.yaml:2: desk.zone: read "Asia/Bandung", expected the IANA name of a zone, such as Asia/Jakarta`},
	{"prefix of follow-ups", nil, map[string]string{"halo.yaml": "desk:\n  zone: Asia/Jakarta\n  prefix: FU\n"},
		`halo.yaml:3: desk.prefix: read "FU", expected another prefix: numbers of follow-ups start with this one`},
	{"prefix of surveys", nil, map[string]string{"halo.yaml": "desk: {prefix: SV}\n"},
		`halo.yaml:1: desk.prefix: read "SV", expected another prefix: numbers of surveys start with this one`},
	{"list for one value", nil, map[string]string{"halo.yaml": "desk:\n  prefix: [HE, KB]\n"},
		`halo.yaml:2: desk.prefix: read a list of 2 ("HE, KB"), expected 1 to 6 capitals or digits, a letter first`},
	{"channel", nil, map[string]string{"halo.yaml": "channels:\n  ops: Ops Room\n"},
		`halo.yaml:2: channels.ops: read "Ops Room", expected the name of a channel: small letters, digits, - and _`},
	{"same channel", nil, map[string]string{"halo.yaml": "channels:\n  ops: halo-intake\n"},
		`halo.yaml:2: channels.ops: read "halo-intake", expected another name than channels.intake`},
	{"no role", nil, map[string]string{"halo.yaml": "roles:\n  agent: []\n"},
		`halo.yaml:2: roles.agent: read an empty list, expected the name of a Discord role, or a list of names`},
	{"pace", nil, map[string]string{"halo.yaml": "replies: {per_second: 0}\n"},
		`halo.yaml:1: replies.per_second: read "0", expected 0.01 to 50 messages, or off`},
	{"pace that is no number", nil, map[string]string{"halo.yaml": "replies: {per_second: .nan}\n"},
		`halo.yaml:1: replies.per_second: read something that is neither a value nor a list of values, expected 0.01 to 50 messages, or off`},
	{"burst", nil, map[string]string{"halo.yaml": "replies: {burst: 5.5}\n"},
		`halo.yaml:1: replies.burst: read "5.5", expected 1 to 100 messages`},
	{"notes", nil, map[string]string{"halo.yaml": "note_prefix: n\n"},
		`halo.yaml:1: note_prefix: read "n", expected 1 to 5 signs, neither letters, digits nor blanks`},
	{"unknown sentence", nil, map[string]string{"texts.yaml": "auto_text: x\n\nhello: y\n"},
		`texts.yaml:3: hello: read an unknown key, expected one of ` + strings.Join(slices.Collect(sentenceKeys), ", ")},
	{"empty sentence", nil, map[string]string{"texts.yaml": "auto_text:\n"},
		`texts.yaml:1: auto_text: read "", expected a sentence`},
	{"unknown placeholder", nil, map[string]string{"texts.yaml": "greeting: |\n  Halo,\n  saya {{agen}} dan {{agent}}.\n"},
		`texts.yaml:3: greeting: read "{{agen}}", expected only {{agent}}`},
	{"placeholder where none is", nil, map[string]string{"texts.yaml": "auto_text: Halo {{agent}}\n"},
		`texts.yaml:1: auto_text: read "{{agent}}", expected a sentence without placeholders`},
	{"braces that stay open", nil, map[string]string{"texts.yaml": "greeting: Saya {{agent\n"},
		`texts.yaml:1: greeting: read "{{", expected only {{agent}}`},
}

func sentenceKeys(yield func(string) bool) {
	for _, key := range textKeys(nil) {
		if !yield(key) {
			return
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	env, files := make(map[string]string), make(map[string]string)
	add := func(name, text string) { files[name] += text }
	env["HALO_DESK"], env["HALO_LOG"], env["HALO_DISCORD_TOKEN"] = "A", "loud", "hunter2 hunter2"
	add(".env", "HALO_DISCORD_GUILD=x\nHALO_WHATSAPP_ENDPOINT=http://127.0.0.1:1\n")
	add("halo.yaml", "desk: {prefix: x, zone: y}\nnote_prefix: z\nchanels: {}\n")
	add("texts.yaml", "greeting: '{{a}}{{b}}'\nx: y\n")
	_, err := load(env, files)
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) != 12 {
		t.Fatalf("%d problems, expected 12:\n%v", len(problems), err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is shown:\n%v", err)
	}
}

// A line of .env that cannot be read hides neither the good ones nor other slips.
func TestBadLinesOfDotEnvHideNothing(t *testing.T) {
	_, err := load(nil, map[string]string{".env": "" +
		"# it's a comment\r\n" +
		"HALO_DESK=My Desk\r\n" +
		"hunter2 is the token\n" +
		"HALO_DISCORD_TOKEN=\"hunter2\n" + // the quote stays open
		"OTHER=\"-----BEGIN-----\n" +
		"of several lines\n" +
		"-----END-----\" # fine\n" +
		"HALO DISCORD GUILD=42\n" +
		"export HALO_LOG\n" +
		"HALO_DISCORD_GUILD='halo'\n" +
		"HALO_DISCORD_TOKN=hunter2\n" +
		"hunter2"})
	var says []string
	for line := range strings.Lines(err.Error()) {
		says = append(says, line[:strings.Index(line, ", expected ")])
	}
	const noAssignment = "read a line that is no assignment"
	want := []string{
		".env:3: " + noAssignment, ".env:4: HALO_DISCORD_TOKEN: " + noAssignment, ".env:8: " + noAssignment,
		".env:9: HALO_LOG: " + noAssignment, ".env:12: " + noAssignment,
		".env:11: HALO_DISCORD_TOKN: read an unknown name",
		`.env:2: HALO_DESK: read "My Desk"`, `.env:10: HALO_DISCORD_GUILD: read "halo"`,
	}
	if !slices.Equal(says, want) {
		t.Errorf("says\n%s\nexpected\n%s", strings.Join(says, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a secret is shown:\n%v", err)
	}
}

// Values of several lines and values that refer to others are those of the
// library that reads them.
func TestDotEnvRefersToEarlierValues(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{".env": "NOTE='one\ntwo'\nBASE=halo\nHALO_DESK=${BASE}-1\nHALO_DESK=${BASE}-2 # wins\n"})
	if c.Desk != "halo-2" {
		t.Errorf("the desk is called %s", c.Desk)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c := mustLoad(t, map[string]string{
		"HALO_DISCORD_TOKEN": "hunter2",
		"HALO_REDIS_URL":     "rediss://desk:hunter2@redis.example:6379/0?password=hunter2",
	}, nil)
	hidden := struct{ inside Config }{c} // fmt asks no methods in here
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb+verb, c, hidden); strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("%s shows a secret", verb)
		}
	}
	if text, err := json.Marshal(c); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("JSON shows a secret (%v): %s", err, text)
	}
	if c.DiscordToken.String() != "***" || c.DiscordToken.Reveal() != "hunter2" {
		t.Error("the token cannot be had")
	}
	if s := c.RedisURL.String(); s != "rediss://***@redis.example:6379/0" {
		t.Errorf("Redis is called %s", s)
	}
}

// .env.example, the table of variables, and the comments of Config say the same.
func TestEnvExample(t *testing.T) {
	text, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	examples := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^#(HALO_[A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		examples[m[1]] = m[2]
	}
	for _, v := range variables {
		if _, ok := examples[v.name]; !ok {
			t.Errorf("%s is not in .env.example", v.name)
		}
	}
	if len(examples) != len(variables) {
		t.Errorf(".env.example has %d names, the configuration %d", len(examples), len(variables))
	}
	if mustLoad(t, nil, map[string]string{".env": string(text)}); t.Failed() {
		return
	}

	uncommented := regexp.MustCompile(`(?m)^#(HALO_)`).ReplaceAllString(string(text), "$1")
	policy := map[string]string{".env": uncommented, "/etc/halo/halo.yaml": "", "/etc/halo/texts.yaml": ""}
	mustLoad(t, nil, policy)

	for name, comment := range fieldComments(t) {
		key, _, _ := strings.Cut(comment[strings.Index(comment, " is ")+4:], ",")
		if strings.HasPrefix(key, "HALO_") && !strings.Contains(comment, "Example: "+examples[key]) {
			t.Errorf("%s: the comment has not the example %q of %s", name, examples[key], key)
		}
		delete(examples, key)
	}
	if len(examples) > 0 {
		t.Errorf("no field of Config is documented as %v", slices.Sorted(maps.Keys(examples)))
	}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	for name, comment := range fieldComments(t) {
		if !strings.HasPrefix(comment, name+" is ") || !strings.Contains(comment, "Default: ") || !strings.Contains(comment, "Example: ") {
			t.Errorf("%s: the comment must say what it is, its default and an example:\n%s", name, comment)
		}
	}
}

// fieldComments returns the comment of each field of Config on one line.
func fieldComments(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Config" {
			return true
		}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			comments[f.Names[0].Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
		return false
	})
	if len(comments) != reflect.TypeFor[Config]().NumField() {
		t.Fatalf("%d fields have comments, Config has %d", len(comments), reflect.TypeFor[Config]().NumField())
	}
	return comments
}

// deploy/halo.yaml and deploy/texts.yaml are the defaults, all of them.
func TestDeployedFilesAreTheDefaults(t *testing.T) {
	files := make(map[string]string)
	for _, name := range []string{"halo.yaml", "texts.yaml"} {
		text, err := os.ReadFile("../deploy/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	if c := mustLoad(t, nil, files); !reflect.DeepEqual(c, Default()) {
		t.Errorf("the files say\n%+v\nthe defaults are\n%+v", c, Default())
	}
	for _, s := range settings {
		last := s.key[strings.LastIndexByte(s.key, '.')+1:]
		if !strings.Contains(files["halo.yaml"], last+":") {
			t.Errorf("deploy/halo.yaml has no %s", s.key)
		}
	}
	for _, s := range sentences {
		if !strings.Contains(files["texts.yaml"], "\n"+s.Key+":") || !strings.Contains(files["texts.yaml"], "\n  "+s.Key+":") {
			t.Errorf("deploy/texts.yaml has no %s", s.Key)
		}
	}
}

// Whatever stands in the files, reading them ends with a configuration or with
// problems that show no secret.
func FuzzLoad(f *testing.F) {
	for _, test := range slices.Concat(badInput, badHours, badLife, badTeams, badJobs) {
		f.Add(test.files[".env"], test.files["halo.yaml"], test.files["texts.yaml"])
	}
	f.Fuzz(func(t *testing.T, env, policy, texts string) {
		c, err := load(nil, map[string]string{".env": env, "halo.yaml": policy, "texts.yaml": texts})
		if err != nil {
			if problems, ok := errors.AsType[Problems](err); !ok || len(problems) == 0 {
				t.Fatalf("error is %T: %v", err, err)
			}
			return
		}
		if c.Zone == nil || c.Calendar == nil || c.Texts["auto_text"] == "" || len(c.Roles["agent"]) == 0 || c.Replies.Burst < 1 {
			t.Fatalf("accepted %+v", c)
		}
	})
}
