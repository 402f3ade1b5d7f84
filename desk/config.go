package desk

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the image holds no zone files

	"go.uber.org/zap/zapcore"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ticket"
)

// Config is everything that can be set about one desk. Secrets and addresses
// come from the environment (names in capitals; a file .env in the working
// directory fills in what the environment leaves empty), desk policy from
// halo.yaml, sentences from texts.yaml. Every field has a default, so a desk
// starts with none of the three; what a command cannot do without, it asks for
// with [Config.NeedDiscord].
type Config struct {
	// RedisURL is HALO_REDIS_URL, where the store is: redis://, rediss:// or
	// unix://. Empty starts a redis-server of our own in the data folder.
	// Default: empty. Example: redis://:password@127.0.0.1:6379/0
	RedisURL RedisURL

	// RedisPromise is HALO_REDIS_PROMISE, what the store has to hold before the number
	// is connected: strict, nothing that was acknowledged is ever lost; second, a
	// power cut may cost what came in its last second (appendfsync everysec);
	// unchecked, a managed Redis that does not tell how it is set is trusted.
	// Default: strict. Example: second
	RedisPromise Promise

	// RedisReplicas is HALO_REDIS_REPLICAS, how many replicas of the store must have a
	// change before it counts as made, 0 to 5: for a Redis whose primary may be
	// replaced by one of its replicas. Default: 0. Example: 1
	RedisReplicas int

	// Data is HALO_DATA, the folder for WhatsApp's keys and for media. One desk
	// a folder. Default: ./halo-data. Example: /var/lib/halo
	Data string

	// Desk is HALO_DESK, the name that every key in Redis carries: 1 to 40 of
	// a-z, 0-9 and "-". Two desks in one Redis need two names, and a desk that
	// is renamed does not find its tickets. Default: halo. Example: halo-jakarta
	Desk string

	// DiscordToken is HALO_DISCORD_TOKEN, the bot's token, without the word Bot.
	// Default: empty. Example: MTAxNDk4.example.token
	DiscordToken Secret

	// DiscordGuild is HALO_DISCORD_GUILD, the id of the Discord server.
	// Default: empty. Example: 1014980000000000001
	DiscordGuild string

	// DiscordEndpoint is HALO_DISCORD_ENDPOINT, a simulated Discord to talk to
	// instead of the real one; http and loopback only. Default: empty, the real
	// one. Example: http://127.0.0.1:9090
	DiscordEndpoint string

	// WhatsAppEndpoint is HALO_WHATSAPP_ENDPOINT, a simulated WhatsApp to talk
	// to instead of the real one; http and loopback only, and only together with
	// WhatsAppRootKey. Default: empty, the real one. Example: http://127.0.0.1:9091
	WhatsAppEndpoint string

	// WhatsAppRootKey is HALO_WHATSAPP_ROOT_KEY, the public root of the simulated
	// WhatsApp's certificates: 64 hex digits, here the 32 bytes they stand for,
	// or nil. Default: empty.
	// Example: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
	WhatsAppRootKey []byte

	// Listen is HALO_LISTEN, the address that tells the health of the desk, at /healthz
	// and /readyz, to whoever can reach it. Default: empty, nowhere.
	// Example: 127.0.0.1:8090
	Listen string

	// APIListen is HALO_API_LISTEN, the address at which the company's other systems hand in
	// customers and orders, see docs/api.md. It speaks plain HTTP: other machines reach it
	// through a proxy that speaks TLS. Default: empty, nowhere. Example: 127.0.0.1:8091
	APIListen string

	// APIBehindTLS is HALO_API_BEHIND_TLS, yes to say that a proxy that speaks TLS stands
	// before HALO_API_LISTEN and that nobody else reaches it; only then may that be another
	// address than one of this machine alone. Default: no. Example: yes
	APIBehindTLS bool

	// Log is HALO_LOG, the least grave lines that are logged: debug, info, warn
	// or error. Default: info. Example: debug
	Log zapcore.Level

	// PolicyFile is HALO_CONFIG, the file of desk policy. The default may be
	// missing, a file that was named may not. Default: halo.yaml.
	// Example: /etc/halo/halo.yaml
	PolicyFile string

	// TextsFile is HALO_TEXTS, the file of sentences. The default may be missing,
	// a file that was named may not. Default: texts.yaml.
	// Example: /etc/halo/texts.yaml
	TextsFile string

	// Prefix is desk.prefix, what ticket numbers start with: 1 to 6 capitals or
	// digits, a letter first. Default: HE, as in HE-250114-0007. Example: KB
	Prefix string

	// Zone is desk.zone, where the desk's days and hours are, an IANA name.
	// Default: Asia/Jakarta. Example: Asia/Makassar
	Zone *time.Location

	// Calendar is hours, hours.special, holidays and holidays_file, when the desk is open:
	// for every day of the week its windows, other windows for a date or a range of dates,
	// and the dates without any, listed or in a file of one a line. It counts in Zone.
	// Default: Mon-Fri 08:00-17:00, Sat 08:00-14:00, no holidays.
	// Example: mon-fri: 08:00-12:00, 13:00-17:00
	Calendar *calendar.Calendar

	// Channels is channels.*, the names of the places in Discord, small letters,
	// digits, "-" and "_". Default: see [Channels]. Example: tickets: halo-desk
	Channels Channels

	// Roles is roles.*, for each capability the names of the Discord roles that
	// give it; keys are the [Capabilities]. Default: see deploy/halo.yaml.
	// Example: agent: [CS Agent, CS Senior]
	Roles map[string][]string

	// Teams is teams.*, the developer teams: the name of each, which is a tag of the
	// report forum, with the Discord role of its members and, if it has one, its lead's;
	// who has the role developer_lead leads every team. 1 to 12 of them.
	// Default: the six of deploy/halo.yaml. Example: POS: [Developer POS, Lead POS]
	Teams []Team

	// Reports is reports.*, who is called when a report waits: untaken while nobody of the
	// team has it, unanswered while the desk owes data, a re-test or a word, both in
	// working time, and how often the last of them is called again.
	// Default: untaken [team 30m, lead 2h], unanswered [agent 30m, manager 1h], repeat off.
	// Example: untaken: [team 15m, lead 1h]
	Reports escalation.Policy

	// Replies is replies.*, how fast replies may leave the number.
	// Default: per_second 1, burst 5. Example: per_second: off
	Replies Pace

	// NotePrefix is note_prefix, what a line in a thread starts with that stays
	// inside: 1 to 5 signs, neither letters, digits nor blanks.
	// Default: //. Example: ##
	NotePrefix string

	// LargestFile is files.largest, the size in MB up to which a file is carried, 1 to
	// 2000; a larger one is only named.
	// Default: 100. Example: 64
	LargestFile int

	// DiscordFile is files.discord, the size in MB up to which the Discord server takes
	// files, 1 to 500: more for a boosted one. Discord ends a request at 25 MB, so that a
	// larger value is the same as 24. Default: auto, found by itself. Example: 20
	DiscordFile int

	// Policy is targets.*, reminders.*, closing.*, rating.* and limits.*, every figure of a
	// ticket's life; times from 1s to 8784h in whole milliseconds.
	// Default: see deploy/halo.yaml. Example: targets: {easy: 30m}
	Policy ticket.Policy

	// Greet is greet, when the standard greeting goes out in front of an agent's work:
	// always, when somebody accepts by the button or by writing; button, only by the
	// button; never. Default: always. Example: button
	Greet bridge.Greet

	// Panel is panel, whether one message in the intake channel shows at any moment who
	// waits for an answer and who is on duty: on or off. Default: on. Example: off
	Panel bool

	// Undo is undo, how long an agent's message waits before it leaves, so that deleting
	// it within that time sends nothing: 0s to 30s. Default: 3s. Example: 5s
	Undo time.Duration

	// Mode is mode, what an agent's plain message in a thread is: plain, words for the
	// client unless marked as a note; command, a note unless sent by a command or the
	// message's menu. Default: plain. Example: command
	Mode bridge.Mode

	// Access is access, who may open tickets: open, everybody who is not blocked;
	// registered, whom staff or an import entered; or a list of user types.
	// Default: open. Example: [pemilik, admin]
	Access customer.Policy

	// Types is user_types, what people do at their company: for each key what staff read
	// in Indonesian and English. At most 24, with prospek and lainnya among them, which
	// the desk itself gives. Default: see deploy/halo.yaml.
	// Example: pemilik: [Pemilik, Owner]
	Types customer.Types

	// Flood is flood.*, how many messages one person may send within how long before they
	// are folded into one notice. Default: 30 within 1m. Example: messages: off
	Flood bridge.Flood

	// Jobs is jobs.*, when the desk's jobs are due: for each its cron specification, counted
	// in Zone unless it begins with CRON_TZ=ZONE, or off. What was due while no desk ran is
	// done once, late. Default: followups 0 8 1-10 * *, surveys 0 9 1-10 * *, nudge
	// 30 8 * * *. Example: nudge: 0 9 * * mon-fri
	Jobs map[string]string

	// Surveys is surveys.*: the list of a month has the orders completed between to and
	// from ago, an unanswered survey ends after wait, and the call after low answers is due
	// after action of working time.
	// Default: from 2160h, to 2880h, wait 336h, action 24h. Example: wait: 504h
	Surveys bridge.Surveys
	// FollowUps is followups.*: how many customers are followed up in a month, whom a list
	// leaves out, and which orders are theirs. Default: target 15, list 20, rest 720h,
	// attribute 720h, usual 2160h, silent 18h. Example: target: 20
	FollowUps bridge.FollowUps

	// Outreach is outreach.*, what bounds the messages that the desk sends first, in working
	// hours only: the least and the most time between two, drawn anew each time, how many
	// within 60 minutes and on a day, and how many on a day while the number is linked for
	// less than new_for. Default: [60s, 180s], 20, 60, 20, 720h. Example: per_day: 40
	Outreach customer.Rates

	// OptOut is opt_out.words, the whole messages by which a client declines what the desk
	// sends first. Capitals and what ends a sentence do not count.
	// Default: see deploy/halo.yaml. Example: [berhenti, stop]
	OptOut []string

	// OptIn is opt_in.words, the whole messages by which a client wants it again, read as
	// those of OptOut. Default: see deploy/halo.yaml. Example: [mulai, start]
	OptIn []string

	// Groups is groups, the WhatsApp groups whose messages become tickets, each by its
	// id ending in @g.us; in all others the desk is silent.
	// Default: none. Example: [120363000000000001@g.us]
	Groups []string

	// Texts is texts.yaml, the sentences clients read, by key: Indonesian, English
	// (en.*) and the desk's canned answers (canned.*, en.canned.*). Every sentence is
	// there in both languages. Default: see deploy/texts.yaml. Example: auto_text: Selamat datang.
	Texts map[string]string
}

// A Promise is what the desk asks of its store before it connects the number.
type Promise string

// The promises, the strongest first.
const (
	Strict    Promise = "strict"    // nothing that was acknowledged is lost
	Second    Promise = "second"    // a power cut may cost the last second
	Unchecked Promise = "unchecked" // what the store does not tell is taken to be in order
)

// Channels are the names of the places in Discord the desk works in, all
// different.
type Channels struct {
	Tickets string // channels.tickets, a forum, one post a ticket. Default: halo-desk
	Reports string // channels.reports, a forum, one post a report. Default: inquiry-reports
	Intake  string // channels.intake, where what needs a person's eye arrives. Default: halo-intake
	Ops     string // channels.ops, the state of the desk itself. Default: halo-ops

	FollowUps string // channels.followups, a forum, one post a customer to be turned to. Default: follow-up
	QA        string // channels.qa, copies of what surveys bring. Default: halo-qa
}

// Pace is a limit on messages: PerSecond sustained (0.01 to 50), Burst at once
// (1 to 100). PerSecond 0 is no limit, written "off".
type Pace struct {
	PerSecond float64
	Burst     int
}

// Off reports whether there is no limit. It is for measuring: a number that
// writes without pause gets banned.
func (p Pace) Off() bool { return p.PerSecond == 0 }

// Default returns what holds when nothing is set.
func Default() Config {
	jakarta, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		// The zone files are compiled in, so this is the zone without its name.
		jakarta = time.FixedZone("WIB", 7*60*60)
	}
	roles := make(map[string][]string, len(capabilities))
	for _, c := range capabilities {
		roles[c.name] = slices.Clone(c.roles)
	}
	c := Config{
		RedisPromise: Strict,
		Teams:        defaultTeams(),
		Reports:      escalation.DefaultPolicy(),
		Data:         "./halo-data",
		Desk:         "halo",
		Log:          zapcore.InfoLevel,
		PolicyFile:   "halo.yaml",
		TextsFile:    "texts.yaml",
		Prefix:       "HE",
		Zone:         jakarta,
		Calendar:     defaultCalendar(jakarta),
		Channels:     Channels{Tickets: "halo-desk", Reports: "inquiry-reports", Intake: "halo-intake", Ops: "halo-ops", FollowUps: "follow-up", QA: "halo-qa"},
		Roles:        roles,
		Replies:      Pace{PerSecond: 1, Burst: 5},
		NotePrefix:   "//",
		LargestFile:  100,
		Policy:       ticket.DefaultPolicy(),
		Greet:        bridge.GreetAlways,
		Panel:        true,
		Undo:         3 * time.Second,
		Mode:         bridge.Plain,
		Types:        customer.DefaultTypes(),
		Jobs:         defaultJobs(),
		Flood:        bridge.Flood{Messages: 30, Within: time.Minute},
		Surveys:      bridge.StandardSurveys(),
		FollowUps:    bridge.DefaultFollowUps(),
		Outreach:     standardRates(),
		OptOut:       ticket.BuiltInOptWords(ticket.OptOut),
		OptIn:        ticket.BuiltInOptWords(ticket.OptIn),
		Texts:        maps.Collect(defaultTexts()),
	}
	c.Roles[bot.Developer], _ = c.teamRoles()
	return c
}

// Load reads the whole configuration. getenv is os.Getenv and readFile is
// os.ReadFile in a program. The error is [Problems] and holds everything that
// is wrong, in all three sources; the Config is then not usable.
func Load(getenv func(string) string, readFile func(string) ([]byte, error)) (Config, error) {
	c := Default()
	found := c.readEnvironment(getenv, readFile)
	found = append(found, c.readPolicy(readFile)...)
	found = append(found, c.readTexts(readFile)...)
	if len(found) > 0 {
		return Config{}, found
	}
	return c, nil
}

// NeedDiscord returns the [Problems] of a command that speaks to Discord: no
// token, no server. Nil when both are set.
func (c Config) NeedDiscord() error {
	var found Problems
	if c.DiscordToken.Reveal() == "" {
		found = append(found, Problem{Where: environment, Field: "HALO_DISCORD_TOKEN", Read: "nothing", Expected: "the bot's token (Discord Developer Portal, page Bot)"})
	}
	if c.DiscordGuild == "" {
		found = append(found, Problem{Where: environment, Field: "HALO_DISCORD_GUILD", Read: "nothing", Expected: "the id of the server (in Discord: developer mode on, right click, Copy Server ID)"})
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// capabilities are what a role can give, in the order they are documented, with
// the names of the roles that give it by default.
var capabilities = []struct {
	name  string
	roles []string
}{
	{"agent", []string{"CS Agent"}},
	{"assistant_manager", []string{"Assistant Manager"}},
	{"manager", []string{"Manager"}},
	{bot.Developer, nil}, // of Teams
	{"developer_lead", []string{"Developer Lead"}},
	{"sales", []string{"Sales"}},
	{"after_sales", []string{"After Sales"}},
	{"qa", []string{"QA"}},
	{"engineering", []string{"Engineering"}},
	{"head_of_marketing", []string{"Head of Marketing"}},
}

// Capabilities returns the keys that Roles has.
func Capabilities() []string {
	names := make([]string, len(capabilities))
	for i, c := range capabilities {
		names[i] = c.name
	}
	return names
}

// A Secret is a value that prints as *** whatever the verb, also inside other
// structs and in JSON. The zero value is no secret.
type Secret struct {
	// A pointer, because fmt prints unexported fields without asking their
	// methods: it then prints an address.
	value *string
}

// NewSecret returns a secret that reveals value.
func NewSecret(value string) Secret {
	return Secret{value: &value}
}

// Reveal returns the value itself, for the library that needs it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String returns *** for a secret and nothing for none.
func (s Secret) String() string {
	if s.Reveal() == "" {
		return ""
	}
	return "***"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A RedisURL is an address that may hold a password, so it prints without the
// part where one may be. Use [RedisURL.Reveal] to connect.
type RedisURL struct{ whole Secret }

// NewRedisURL returns the address as written.
func NewRedisURL(whole string) RedisURL {
	return RedisURL{whole: NewSecret(whole)}
}

// Reveal returns the whole address, "" when none was set.
func (u RedisURL) Reveal() string { return u.whole.Reveal() }

// String returns the scheme and the host, or what a Redis of our own is called.
func (u RedisURL) String() string {
	whole := u.Reveal()
	if whole == "" {
		return "redis-server in the data folder"
	}
	scheme, rest, _ := strings.Cut(whole, "://")
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "***@" + rest[at+1:]
	}
	return scheme + "://" + rest
}

// GoString is String, for %#v.
func (u RedisURL) GoString() string { return u.String() }

// MarshalText is String, for JSON and YAML.
func (u RedisURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

func rootKey(digits string) ([]byte, bool) {
	key, err := hex.DecodeString(digits)
	return key, err == nil && len(key) == 32
}
