// Package discordtest is a Discord on loopback: the REST interface, the gateway
// and the file server of one guild with one bot, spoken at the wire, so that an
// unmodified client library (in this process or another) can be used against it.
//
// It keeps the truth (what members of the guild see), lets people act (post,
// react, click, use commands), enforces Discord's rules and limits, which are
// data, and can be made to fail in the ways a network fails. It is strict: a
// request that Discord would call malformed, or that nobody taught it, is
// answered with Discord's error and reported as a problem. Requests and its own
// answers are checked against the official API description where that is found.
//
// Two clocks are used. Snowflakes, message timestamps, the age of a message and
// the expiry of file links follow Options.Now. Rate limits, the nonce window,
// interaction deadlines, heartbeats and latency follow the real clock (in a
// testing/synctest bubble: the bubble's).
//
// A Server is safe for concurrent use.
package discordtest

import (
	"fmt"
	"net"
	"time"
)

// DefaultToken is the bot token accepted unless Options.Token says otherwise,
// without the "Bot " prefix.
const DefaultToken = "discordtest.bot.token"

// Options says how a Server starts. The zero value is a useful Discord.
type Options struct {
	// Listener carries all traffic; nil means a new one on 127.0.0.1 with a
	// free port. The server closes it.
	Listener net.Listener
	// Token of the bot, without "Bot "; default DefaultToken.
	Token string
	// Guild is the name of the guild; default "Halo".
	Guild string
	// BotName is the user name of the bot; default "halo".
	BotName string
	// BotPermissions are those of the bot's own role; default DeskPermissions.
	BotPermissions Permission
	// DeniedIntents are the privileged intents switched off in the portal. A
	// bot that identifies with one of them is closed with 4014; without
	// IntentMessageContent, foreign message content is empty in REST too.
	DeniedIntents Intent
	// Seed makes ids, tokens and random faults repeatable.
	Seed uint64
	// Now is desk time; default time.Now.
	Now func() time.Time
	// Limits are all limits; nil means DefaultLimits().
	Limits *Limits
	// Heartbeat is the interval announced to clients; default 41.25 s.
	Heartbeat time.Duration
	// ReplayWindow is how long a lost session can be resumed; default 3 min.
	ReplayWindow time.Duration
	// Spec is the path of discord-openapi.json; empty means: look for
	// ../shared/reference/discord-openapi.json beside the module.
	Spec string
	// NoSpec switches the schema checks off (benchmarks).
	NoSpec bool
	// Problem is called for each problem, without locks held, from any
	// goroutine; nil means problems are only kept for Problems.
	Problem func(string)
	// Log receives the few lines worth knowing (absent API description).
	Log func(string)
}

// TB is the part of testing.TB that Start needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// Start runs a Discord until the test ends and fails the test for every problem
// that was not announced with ExpectProblem.
func Start(tb TB, opts Options) *Server {
	tb.Helper()
	report := opts.Problem
	opts.Problem = func(p string) {
		tb.Errorf("discordtest: %s", p)
		if report != nil {
			report(p)
		}
	}
	if opts.Log == nil {
		opts.Log = func(line string) { tb.Logf("discordtest: %s", line) }
	}
	s, err := New(opts)
	if err != nil {
		tb.Errorf("discordtest: %v", err)
		panic(fmt.Sprintf("discordtest: %v", err))
	}
	tb.Cleanup(func() { s.Close() })
	return s
}
