package bridge

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

const (
	viewsAtOnce = 200 // asked of the store in one go
	// channelsAtOnce bounds the channels that are rendered in at a time. A channel's turn
	// ends after turnViews views or turnTime, so that those with much to show, or a slow
	// answer, let the others have theirs.
	channelsAtOnce = 8
	turnViews      = 20
	turnTime       = 2 * time.Second
)

// turns are the channels' turns at being rendered in. It belongs to runViews.
type turns struct {
	busy   map[string]bool
	rest   map[string]time.Time // channels that failed, until when
	served map[string]int       // when a channel that has views had its last turn, in turns
	count  int
	over   chan turnOver
}

// A turnOver is the end of a channel's turn.
type turnOver struct {
	channel string
	rest    time.Duration // 0 if all went well
}

// runViews renders what was asked to be rendered, channel by channel, until ctx ends. A
// channel that is slow or fails delays no other.
func (c *Courier) runViews(ctx context.Context) {
	c.showFirstPanel(ctx)
	signal, unsubscribe := c.outbox.Subscribe()
	defer unsubscribe()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	t := turns{busy: map[string]bool{}, rest: map[string]time.Time{}, served: map[string]int{}, over: make(chan turnOver, channelsAtOnce)}
	for {
		next := time.Hour
		if c.board.Ready() && c.lease().Valid(time.Now()) {
			var err error
			if next, err = c.renderAll(ctx, &t, &work); err != nil && ctx.Err() == nil {
				c.log.Warn("look for marks to render", zap.Error(err))
				next = pause
			}
		}
		seen := c.outlook()
		wait := time.NewTimer(next)
		for idle := true; idle; {
			idle = false
			select {
			case <-ctx.Done():
				wait.Stop()
				return
			case o := <-t.over:
				delete(t.busy, o.channel)
				c.resting.Delete(o.channel)
				if o.rest > 0 {
					t.rest[o.channel] = time.Now().Add(o.rest)
				}
				if o.rest > longRest {
					c.resting.Store(o.channel, t.rest[o.channel])
				}
			case <-signal:
			case <-tick.C:
				idle = !c.outlook().unlike(seen)
			case <-wait.C:
			}
		}
		wait.Stop()
	}
}

// renderAll begins turns while there is room, and returns how long the first channel
// that rests has to wait.
func (c *Courier) renderAll(ctx context.Context, t *turns, work *sync.WaitGroup) (next time.Duration, err error) {
	for limit := viewsAtOnce; len(t.busy) < channelsAtOnce; {
		views, err := c.outbox.Views(ctx, limit)
		if err != nil {
			return 0, err
		}
		if len(views) < limit {
			t.forget(views)
		}
		chosen := t.choose(views)
		for channel, group := range chosen {
			work.Go(func() { t.over <- turnOver{channel, c.renderIn(ctx, group)} })
		}
		if len(views) < limit {
			break
		}
		if len(chosen) == 0 {
			limit *= 2 // there may be others behind those that are busy or rest
		}
	}
	next = time.Hour
	if len(t.busy) == channelsAtOnce {
		return next, nil // the end of a turn wakes us
	}
	for _, until := range t.rest {
		next = min(next, max(0, time.Until(until)))
	}
	return next, nil
}

// choose begins the turns of as many channels as there is room for, those first that
// had none for the longest time.
func (t *turns) choose(views []ledger.View) map[string][]ledger.View {
	maps.DeleteFunc(t.rest, func(_ string, until time.Time) bool { return !time.Now().Before(until) })
	groups := map[string][]ledger.View{}
	for _, v := range views {
		channel := viewChannel(v.Name)
		if _, rests := t.rest[channel]; !rests && !t.busy[channel] && len(groups[channel]) < turnViews {
			groups[channel] = append(groups[channel], v)
		}
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.served[a], t.served[b]), cmp.Compare(a, b))
	})
	for i, channel := range order {
		if i >= channelsAtOnce-len(t.busy) {
			delete(groups, channel)
			continue
		}
		t.count++
		t.served[channel] = t.count
	}
	for channel := range groups {
		t.busy[channel] = true
	}
	return groups
}

// forget drops what is known of channels that have no views any more: views are all
// there are.
func (t *turns) forget(views []ledger.View) {
	has := map[string]bool{}
	for _, v := range views {
		has[viewChannel(v.Name)] = true
	}
	maps.DeleteFunc(t.served, func(channel string, _ int) bool { return !has[channel] })
}

// renderIn renders views of one channel, and returns how long the channel is to be left
// alone then.
func (c *Courier) renderIn(ctx context.Context, group []ledger.View) (rest time.Duration) {
	start := time.Now()
	for _, v := range group {
		if time.Since(start) > turnTime || ctx.Err() != nil {
			return 0
		}
		err := c.render(ctx, v)
		if err == nil && v.Name == PanelView {
			return panelEvery
		}
		if err == nil {
			continue
		}
		rest = pause
		se, ok := errors.AsType[*SendError](err)
		if ok {
			rest = max(rest, se.RetryAfter)
		}
		if limited := ok && se.Certainty == Blocked && se.RetryAfter > 0; ctx.Err() == nil && !limited {
			c.log.Warn("render mark", zap.String("view", v.Name), zap.Error(err))
		}
		return rest
	}
	return 0
}

func viewChannel(name string) string {
	f := strings.Split(name, "/")
	switch {
	case strings.HasPrefix(name, viewState) && len(f) == 5:
		return f[2]
	case strings.HasPrefix(name, viewInside) && len(f) == 4, strings.HasPrefix(name, viewKept) && len(f) == 3:
		return f[1]
	case strings.HasPrefix(name, viewCard), strings.HasPrefix(name, viewReport), name == PanelView:
		return name // of its own: an old one may have to wait long
	}
	return ""
}

// render shows one view and forgets the request. A refusal (the message was deleted, a
// right is missing) ends it too; anything else leaves it for later.
func (c *Courier) render(ctx context.Context, v ledger.View) error {
	lease := c.lease()
	now := time.Now()
	if !lease.Valid(now) {
		return nil
	}
	send, cancel := context.WithDeadline(ctx, now.Add(min(sendTimeout, lease.Until.Sub(now))))
	defer cancel()
	err := c.show(send, v.Name)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	if se, ok := errors.AsType[*SendError](err); ok && (se.Certainty == Refused || se.Denied) {
		err = nil
		if se.Denied {
			err = c.tellDenied(after, se)
		}
	}
	if err != nil {
		return err
	}
	return c.outbox.Viewed(after, lease.Epoch, v)
}

// tellDenied tells the ops channel, once a day, that a right is missing to show marks.
func (c *Courier) tellDenied(ctx context.Context, se *SendError) error {
	at := c.desk.now().UTC()
	id := "unmarked/" + at.Format("060102") + "/" + sum(se.Reason)
	_, err := c.outbox.Update(ctx, ledger.Cause{Inbox: &ledger.Inbox{Source: "halo", ID: id, At: at}}, func(tx *ledger.Tx) error {
		tx.Send(OpsNote(id, "⚠️ Tanda pada pesan tidak dapat ditampilkan: "+reasonForStaff(se.Reason)+
			". Pesannya sendiri tetap terkirim; tanda muncul lagi pada perubahan berikutnya setelah izin itu diberikan (`halo check` menunjukkannya)."))
		return nil
	})
	return err
}

func (c *Courier) show(ctx context.Context, name string) error {
	f := strings.Split(name, "/")
	switch {
	case strings.HasPrefix(name, viewState) && len(f) == 5:
		n, err := strconv.Atoi(f[4])
		if err != nil || n < 1 || n > 1000 {
			return nil
		}
		return c.showState(ctx, f[1], f[2], f[3], n)
	case strings.HasPrefix(name, viewKept) && len(f) == 3:
		return c.showKept(ctx, f[1], f[2])
	case strings.HasPrefix(name, viewInside) && len(f) == 4:
		mark := map[string]string{"note": markNote, "staff": markStaff}[f[3]]
		if mark == "" {
			return nil
		}
		return c.board.React(ctx, f[1], f[2], mark, true)
	case strings.HasPrefix(name, viewCard) && len(f) == 2:
		return c.showCard(ctx, f[1])
	case strings.HasPrefix(name, viewReport) && len(f) == 2:
		return c.showReport(ctx, f[1])
	case name == PanelView:
		return c.showPanel(ctx)
	}
	return nil // asked by a newer halo
}

// showState marks an agent's message with how far its n parts have come. One that was
// taken back has no such mark.
func (c *Courier) showState(ctx context.Context, number, channel, message string, n int) error {
	d, err := c.outbox.Doc(ctx, wordsRef(message))
	if err != nil {
		return err
	}
	var w words
	if d.Data != nil {
		if w, err = decodeWords(d.Data); err != nil {
			return err
		}
	}
	if w.Gone {
		return c.marks.show(ctx, channel, message, "")
	}
	var parts []ledger.Status
	for i := range max(n, len(w.Parts)) {
		id := agentPart{Message: message, Part: i, Parts: n}.id()
		if w.Parts != nil {
			if i >= len(w.Parts) || w.Parts[i].Drop {
				continue
			}
			id = w.letter(message, i)
		}
		st, _, err := c.outbox.Status(ctx, number, id)
		if err != nil {
			return err
		}
		parts = append(parts, st)
	}
	moving, err := c.moving(ctx, number)
	if err != nil {
		return err
	}
	return c.marks.show(ctx, channel, message, markOf(parts, moving))
}

// longRest is a rest that nobody waits out.
const longRest = 5 * time.Second

// Rests reports whether a view waits for its turn because Discord takes no more of its
// kind for now, or because it keeps a pace of its own. It may be called at any time.
func (c *Courier) Rests(view string) bool {
	if view == PanelView {
		return true
	}
	until, ok := c.resting.Load(viewChannel(view))
	if !ok {
		return false
	}
	return time.Now().Before(until.(time.Time))
}
