package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// incidentsRef is the document of what the ops channel was told: it outlasts
// restarts and take-overs, so that nothing is told twice.
var incidentsRef = ledger.Ref{Kind: kindDesk, ID: "incidents"}

// storedIncidents is the stored form.
type storedIncidents struct {
	V      int                       `json:"v"`
	Open   map[string]storedIncident `json:"open,omitempty"` // by kind
	Paired bool                      `json:"paired,omitzero"`
}

// A storedIncident is a message in the ops channel that is not resolved.
type storedIncident struct {
	Since  time.Time `json:"since"` // real time
	Text   string    `json:"text"`
	Letter string    `json:"letter"` // which became the message
	Edits  int       `json:"edits,omitzero"`
}

func decodeIncidents(data []byte) (storedIncidents, error) {
	s := storedIncidents{V: 1}
	if data != nil {
		if err := json.Unmarshal(data, &s); err != nil {
			return s, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, incidentsRef, err)
		}
	}
	if s.Open == nil {
		s.Open = map[string]storedIncident{}
	}
	return s, nil
}

// A teller is the part of the Discord client that speaks past the outbox.
type teller interface {
	Say(ctx context.Context, m bridge.Message) (id string, err error)
	Edit(ctx context.Context, channel, message, content string) error
}

// incidents tell the ops channel what troubles the desk: one message for each kind,
// rewritten when there is news, and marked as over when it is. raise, resolve and
// happened are for any goroutine.
type incidents struct {
	kept bridge.Updater
	may  func() bool // this process speaks for the desk
	// direct speaks while the store takes nothing, in the channel of this id.
	direct  teller
	channel string
	log     *zap.Logger
	wake    chan struct{}
	haste   time.Duration // how many times sooner than usual there is news

	mu     sync.Mutex
	raised map[string]string         // kind to text, by raise
	queued []happening               // not told yet
	open   map[string]storedIncident // as of the last commit
	paired bool

	spoken map[string]spokenIncident // told past the store

	// Owned by the goroutine of round.
	loaded bool
	first  map[string]time.Time // since when there has been news of a kind, without a break
	edited map[string]time.Time // when a kind was told of last
}

// A spokenIncident is a message that was said directly: no document knows it.
type spokenIncident struct {
	since         time.Time
	text, message string
}

// mostHappened bounds what happened and could not be told yet; the newest count.
const mostHappened = 100

// A happening is told once and has no end.
type happening struct{ id, text string }

// calm is how long trouble must be gone before it is over, and rewriteEvery the
// least time between two rewritings of a message.
const (
	calm         = 5 * time.Second
	rewriteEvery = time.Minute
)

func newIncidents(log *zap.Logger) *incidents {
	return &incidents{
		log: log.Named("incidents"), wake: make(chan struct{}, 1), raised: map[string]string{},
		open: map[string]storedIncident{}, spoken: map[string]spokenIncident{}, first: map[string]time.Time{}, edited: map[string]time.Time{},
	}
}

// raise says that something of a kind is there; the text follows the kind's first
// words. Doing it again changes the text.
func (i *incidents) raise(kind, text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.raised[kind] = text
	i.poke()
}

// resolve says that it is over; doing it again, or without a raise, is fine.
func (i *incidents) resolve(kind string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.raised, kind)
	i.poke()
}

// happened tells of something that is over as soon as it is there. It is told once
// for each id, whatever restarts in between, as soon as the store takes it.
func (i *incidents) happened(kind, id, text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.queued = append(i.queued, happening{"incident/" + kind + "/" + id, i.worded(kind, text)})
	if len(i.queued) > mostHappened {
		i.queued = i.queued[1:] // a server that dies and dies, and no store to note it in
	}
	i.poke()
}

// worded puts the first words of a kind before a text.
func (i *incidents) worded(kind, text string) string {
	for _, k := range incidentKinds {
		if k.name == kind {
			return k.begins + " " + text
		}
	}
	return text
}

// bind says where incidents are kept and told from now on.
func (i *incidents) bind(kept bridge.Updater, may func() bool, direct teller, channel string, haste time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.kept, i.may, i.direct, i.channel, i.haste = kept, may, direct, channel, haste
	i.loaded = false
}

func (i *incidents) poke() {
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

// known returns since when each open kind is there.
func (i *incidents) known() map[string]time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := map[string]time.Time{}
	for kind, s := range i.open {
		all[kind] = s.Since
	}
	for kind, s := range i.spoken {
		all[kind] = s.since
	}
	return all
}

func (i *incidents) wasPaired() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.paired
}

// A change is news of one kind.
type change struct {
	kind *incidentKind
	text string // "" when it is over
}

// round tells what is to be told at real time now, given how the kinds stand. What
// cannot be told now is told by a later round.
func (i *incidents) round(ctx context.Context, now time.Time, standing []incident) {
	if !i.loaded {
		i.loaded = i.commit(ctx, func(*storedIncidents, *ledger.Tx) {}) == nil
	}
	for _, c := range i.due(now, i.withRaised(standing)) {
		i.mu.Lock()
		spoken, direct := i.spoken[c.kind.name]
		i.mu.Unlock()
		var err error
		if direct {
			err = i.respeak(ctx, now, c, spoken)
		} else if err = i.tell(ctx, now, c); err != nil && c.kind.urgent && c.text != "" {
			i.log.Warn("tell of an incident", zap.String("kind", c.kind.name), zap.Error(err))
			err = i.speak(ctx, now, c)
		}
		if err != nil {
			if ctx.Err() == nil {
				i.log.Warn("tell of an incident", zap.String("kind", c.kind.name), zap.Error(err))
			}
			continue
		}
		delete(i.first, c.kind.name)
		i.edited[c.kind.name] = now
	}
	i.tellHappened(ctx)
}

// withRaised adds what raise and resolve said.
func (i *incidents) withRaised(standing []incident) []incident {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := slices.Clone(standing)
	for n := range incidentKinds {
		k := &incidentKinds[n]
		text, raised := i.raised[k.name]
		if raised {
			all = append(all, incident{kind: k, text: k.begins + " " + text, state: there})
		} else if k.look == nil {
			all = append(all, incident{kind: k, state: over})
		}
	}
	return all
}

// due says which kinds there is news of, long enough.
func (i *incidents) due(now time.Time, standing []incident) []change {
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []change
	for _, s := range standing {
		name := s.kind.name
		text, told := i.open[name].Text, i.open[name].Letter != ""
		if spoken, ok := i.spoken[name]; ok {
			text, told = spoken.text, true
		}
		news := s.state == there && text != s.text || s.state == over && told
		if !news {
			delete(i.first, name)
			continue
		}
		if i.first[name].IsZero() {
			i.first[name] = now
		}
		long := now.Sub(i.first[name])
		switch {
		case s.state == over && long >= calm/i.haste:
			all = append(all, change{kind: s.kind})
		case s.state == over:
		case !told && long >= s.kind.grace/i.haste, told && now.Sub(i.edited[name]) >= rewriteEvery/i.haste:
			all = append(all, change{kind: s.kind, text: s.text})
		}
	}
	return all
}

// opsLane is where incidents are told.
var opsLane = bridge.ChannelLane("ops")

// tell commits a change with the letter that tells it. Doing it again changes nothing.
func (i *incidents) tell(ctx context.Context, now time.Time, c change) error {
	return i.commit(ctx, func(s *storedIncidents, tx *ledger.Tx) {
		name := c.kind.name
		was, open := s.Open[name]
		switch {
		case c.text == "" && open:
			tx.Send(bridge.Rewrite(was.Letter+"/over", opsLane, ledger.DeskLog, was.Letter, ended(was.Text, now.Sub(was.Since))))
			delete(s.Open, name)
		case c.text == was.Text:
		case !open:
			letter := "incident/" + name + "/" + strconv.FormatInt(now.UnixMilli(), 10)
			tx.Send(bridge.OpsNote(letter, c.text))
			s.Open[name] = storedIncident{Since: now.UTC(), Text: c.text, Letter: letter}
		default:
			was.Text = c.text
			was.Edits++
			tx.Send(bridge.Rewrite(was.Letter+"/"+strconv.Itoa(was.Edits), opsLane, ledger.DeskLog, was.Letter, c.text))
			s.Open[name] = was
		}
	})
}

// ended is the message of an incident that is over.
func ended(text string, after time.Duration) string {
	return "✅ Selesai setelah " + lasted(after) + ".\n-# " + strings.ReplaceAll(text, "\n", "\n-# ")
}

// errSilent keeps a process that was frozen from telling what was long ago.
var errSilent = errors.New("this process does not lead the desk at the moment")

// commit changes the document and takes over what it says then.
func (i *incidents) commit(ctx context.Context, do func(*storedIncidents, *ledger.Tx)) error {
	if !i.may() {
		return errSilent
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var after storedIncidents
	_, err := i.kept.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		before, err := tx.Doc(incidentsRef)
		if err != nil {
			return err
		}
		if after, err = decodeIncidents(before); err != nil {
			// What is open now is told again.
			i.log.Error("read incidents", zap.Error(err))
			after, _ = decodeIncidents(nil)
		}
		do(&after, tx)
		data, err := json.Marshal(after)
		if err != nil {
			return fmt.Errorf("write incidents: %w", err)
		}
		if bytes.Equal(before, data) {
			return nil
		}
		return tx.Put(incidentsRef, data)
	})
	if err != nil {
		return fmt.Errorf("commit incidents: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.open, i.paired = after.Open, after.Paired
	return nil
}

// markPaired notes that the desk has had a number.
func (i *incidents) markPaired(ctx context.Context) {
	if err := i.commit(ctx, func(s *storedIncidents, _ *ledger.Tx) { s.Paired = true }); err != nil && ctx.Err() == nil {
		i.log.Warn("note that a number was linked", zap.Error(err))
	}
}

// speak tells of an incident past the store.
func (i *incidents) speak(ctx context.Context, now time.Time, c change) error {
	id := "incident/" + c.kind.name + "/" + strconv.FormatInt(i.first[c.kind.name].UnixMilli(), 10)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	message, err := i.direct.Say(ctx, bridge.Message{Channel: i.channel, Nonce: bridge.Nonce(id), Content: c.text})
	if err != nil {
		return fmt.Errorf("speak past the store: %w", err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.spoken[c.kind.name] = spokenIncident{since: now, text: c.text, message: message}
	return nil
}

// respeak changes what speak said.
func (i *incidents) respeak(ctx context.Context, now time.Time, c change, was spokenIncident) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	text := c.text
	if text == "" {
		text = ended(was.text, now.Sub(was.since))
	}
	if err := i.direct.Edit(ctx, i.channel, was.message, text); err != nil {
		if se, ok := errors.AsType[*bridge.SendError](err); !ok || se.Certainty != bridge.Refused {
			return fmt.Errorf("change what was said past the store: %w", err)
		}
		// Somebody deleted it.
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	was.text = c.text
	i.spoken[c.kind.name] = was
	if c.text == "" {
		delete(i.spoken, c.kind.name)
	}
	return nil
}

// tellHappened commits what happened meanwhile.
func (i *incidents) tellHappened(ctx context.Context) {
	for {
		i.mu.Lock()
		if len(i.queued) == 0 {
			i.mu.Unlock()
			return
		}
		h := i.queued[0]
		i.mu.Unlock()
		if err := i.tellOnce(ctx, h); err != nil {
			if ctx.Err() == nil {
				i.log.Warn("tell what happened", zap.String("letter", h.id), zap.Error(err))
			}
			return
		}
		i.mu.Lock()
		i.queued = slices.DeleteFunc(i.queued, func(other happening) bool { return other.id == h.id })
		i.mu.Unlock()
	}
}

// tellOnce commits the letter of a happening; a second time changes nothing, because
// a letter is written once.
func (i *incidents) tellOnce(ctx context.Context, h happening) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err := i.kept.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Send(bridge.OpsNote(h.id, h.text))
		return nil
	})
	if err != nil {
		return fmt.Errorf("commit letter %s: %w", h.id, err)
	}
	return nil
}
