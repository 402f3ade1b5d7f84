package bot

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// Capabilities are what a person may be allowed to do.
const (
	Agent            = "agent"
	AssistantManager = "assistant_manager"
	Manager          = "manager"
	Developer        = "developer"
	DeveloperLead    = "developer_lead"
	Sales            = "sales"
	AfterSales       = "after_sales"
	QA               = "qa"
	Engineering      = "engineering"
)

// Rights are the ids of the Discord roles that give a capability, by capability.
type Rights map[string][]string

// A Store is what the commands read and write.
type Store interface {
	// Update commits a change once per cause.
	Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error)
	// Doc returns a document, with no data if there is none.
	Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error)
	// Buried returns a page of the dead letters, the one buried last first, and how
	// many there are in all.
	Buried(ctx context.Context, offset, limit int) (page []Buried, total int, err error)
	// Dead yields all buried letters, in no order. An error ends it.
	Dead(ctx context.Context) iter.Seq2[ledger.Letter, error]
	// Events yields a log, oldest first. An error ends it.
	Events(ctx context.Context, log string) iter.Seq2[ledger.Event, error]
	// Rows returns a page of an index: the lowest score first, or the highest.
	Rows(ctx context.Context, p Page) ([]ledger.IndexRow, error)
}

// A Page is a part of an index.
type Page struct {
	Index         string
	Min, Max      *int64 // scores, both included; nil for no bound
	Down          bool   // the highest score first
	Offset, Limit int64  // Limit 0 for all
}

// A Buried letter is one that needs a person.
type Buried struct {
	Letter   ledger.Letter
	At       time.Time // desk time of its burial
	Reason   string    // why it was given up, for people
	Attempts int       // sends begun, also before it was last revived
}

// Options are what a Desk needs of the rest. Store and Log are required.
type Options struct {
	Store  Store
	Rights Rights
	// Bridge changes tickets and tells the world.
	Bridge bridge.Desk
	// Teams are the types of issues where Bridge names no developer teams, which are types of
	// issues too; nil for the usual ones.
	Teams []string
	// Files are the pictures that a report can be given; nil for no look at them.
	Files Files
	// Phone is the WhatsApp number that /desk pair links.
	Phone Linker
	// Jobs are the jobs that the clock starts; nil for none.
	Jobs Jobs
	// Health says how the desk stands. It answers from memory what it can, so that
	// it also answers while the store does not; ctx bounds the rest.
	Health func(ctx context.Context) Health
	Log    *zap.Logger
}

// A Desk answers what staff ask of one desk. Its methods are safe for concurrent
// use.
type Desk struct {
	store  Store
	rights Rights
	bridge bridge.Desk
	teams  []string
	phone  Linker
	files  Files
	table  actions
	// sources are where options are looked up while they are typed, by command and option.
	sources map[string]Source
	// clockwork are the jobs that the clock starts, or nil.
	clockwork Jobs
	health    func(ctx context.Context) Health
	log       *zap.Logger

	drawing chan struct{} // holds who draws a sheet
	sheets  sheets

	mu      sync.Mutex
	pairing *pairing // under way, or nil; guarded by mu
}

// NewDesk makes the handler.
func NewDesk(o Options) *Desk {
	d := &Desk{store: o.Store, rights: maps.Clone(o.Rights), bridge: o.Bridge, teams: o.Teams, phone: o.Phone, files: o.Files, clockwork: o.Jobs, table: table(), sources: map[string]Source{}, health: o.Health,
		log: o.Log.Named("bot"), drawing: make(chan struct{}, 1)}
	if len(o.Bridge.Teams) > 0 {
		d.teams = nil
	}
	sourcesOf("", Commands(), d.sources)
	if d.rights == nil {
		d.rights = Rights{}
	}
	for _, team := range o.Bridge.Teams {
		d.teams = append(d.teams, team.Name)
		// Whoever is in a team is a developer; which report he may work on is another matter.
		d.rights[Developer] = together(d.rights[Developer], team.Roles, team.Leads)
	}
	if d.teams == nil {
		d.teams = usualTeams
	}
	return d
}

// together are ids, each once.
func together(lists ...[]string) (all []string) {
	for _, id := range slices.Concat(lists...) {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// A Refusal is a sentence for the person who asked: what is not possible, and
// what to do instead.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// handling bounds one interaction: somebody is looking at it. What it does is
// idempotent, so who is told of a failure may simply try again.
const handling = 25 * time.Second

// Handle does what was asked, once, and says what came of it.
func (d *Desk) Handle(ctx context.Context, i Interaction) Answer {
	ctx, cancel := context.WithTimeout(ctx, handling)
	defer cancel()
	answer, err := d.do(ctx, i)
	if err == nil {
		return answer
	}
	if r, ok := errors.AsType[Refusal](err); ok {
		answer := Answer{Text: string(r) + typed(i)}
		if w, ok := errors.AsType[wayOn](err); ok {
			answer.Buttons = w.buttons
		}
		return answer
	}
	say := d.log.Warn
	if errors.Is(err, ledger.ErrCorrupt) || errors.Is(err, ledger.ErrInvalid) || errors.Is(err, ledger.ErrTooLarge) {
		say = d.log.Error // the others pass, and whoever is at fault says so
	}
	say("interaction failed", zap.String("interaction", i.ID), zap.String("command", i.Command), zap.String("button", unasked(i.Button)), zap.Error(err))
	return Answer{Text: i.say("Maaf, ini belum berhasil. Silakan coba sekali lagi; bila tetap gagal, sebutkan kode "+i.ID+" kepada pengelola.",
		"Sorry, this did not work. Please try once more; if it fails again, tell the operator the code "+i.ID+".") + typed(i)}
}

func (d *Desk) may(i Interaction, capabilities []string) bool {
	return slices.ContainsFunc(capabilities, func(c string) bool {
		return slices.ContainsFunc(d.rights[c], func(role string) bool { return slices.Contains(i.Roles, role) })
	})
}

// refusal says who may do it, in the names that the roles have in Discord.
func (d *Desk) refusal(i Interaction, capabilities []string) string {
	var who []string
	for _, c := range capabilities {
		for _, role := range d.rights[c] {
			if mention := "<@&" + role + ">"; !slices.Contains(who, mention) {
				who = append(who, mention)
			}
		}
	}
	switch n := len(who); {
	case n == 0:
		return i.say("Belum ada peran Discord yang boleh memakai ini: pengelola menetapkannya di `roles` pada halo.yaml.",
			"No Discord role may use this yet: the operator names one under `roles` in halo.yaml.")
	case n == 1:
		return i.say("Hanya "+who[0]+" yang dapat memakai ini.", "Only "+who[0]+" can use this.")
	default:
		most, last := strings.Join(who[:n-1], ", "), who[n-1]
		return i.say("Hanya "+most+" atau "+last+" yang dapat memakai ini.", "Only "+most+" or "+last+" can use this.")
	}
}

// once commits what an interaction asks for; part tells several changes of one
// interaction apart. Discord delivers an interaction once, but a retry of ours must
// not act twice.
func (d *Desk) once(ctx context.Context, i Interaction, part string, fn func(*ledger.Tx) error) error {
	in := ledger.Inbox{Source: "dci", ID: i.ID + part, At: i.At}
	_, err := d.store.Update(ctx, ledger.Cause{Inbox: &in}, fn)
	return err
}
