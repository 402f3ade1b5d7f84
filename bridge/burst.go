package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A burst is more new tickets than Discord lets us open posts for: meanwhile one
// message in the intake channel says who waits. It is kept as a document.
type burst struct {
	V      int    `json:"v"`
	Active bool   `json:"active,omitzero"`
	Count  int    `json:"count"`           // bursts so far
	Change int    `json:"change,omitzero"` // rewrites of this one's message
	Last   string `json:"last,omitzero"`   // letter that said it last
	Shown  string `json:"shown,omitzero"`  // sum of what it said
}

var burstRef = ledger.Ref{Kind: "burst", ID: "intake"}

const (
	burstEvery = 3 * time.Second // between two looks
	burstQuiet = time.Minute     // between two looks that only a commit can make differ
	burstAfter = 5 * time.Second // a post that waits longer is announced
	burstLines = 20
)

// runBursts announces tickets that wait for their post, until ctx ends.
func (c *Courier) runBursts(ctx context.Context) {
	if c.desk.Members == nil || c.cfg.Channels["intake"] == "" {
		return
	}
	signal, unsubscribe := c.outbox.Subscribe()
	defer unsubscribe()
	tick := time.NewTicker(burstEvery)
	defer tick.Stop()
	var quiet time.Time
	crowd := crowd{lines: map[string]string{}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-signal:
			quiet = time.Time{}
			continue
		case <-tick.C:
		}
		if time.Now().Before(quiet) {
			continue
		}
		still, err := c.announce(ctx, &crowd)
		switch {
		case still:
			quiet = time.Now().Add(burstQuiet)
		case err != nil && ctx.Err() == nil:
			c.log.Warn("announce tickets without a post", zap.Error(err))
		}
	}
}

// A crowd is what is known of waiting tickets from one look to the next.
type crowd struct {
	late  bool              // some were late
	lines map[string]string // that were said of them
}

// announce looks once; still says that another look is the same until something is
// committed. Only tickets that are late at two looks are announced: after an outage
// everything is late for a moment.
func (c *Courier) announce(ctx context.Context, seen *crowd) (still bool, err error) {
	before := seen.late
	seen.late = false
	if !c.board.Ready() || !c.lease().Valid(time.Now()) {
		return false, nil
	}
	waiting, err := c.desk.Members(ctx, ticket.IndexUnposted, 0)
	if err != nil {
		return false, err
	}
	d, err := c.outbox.Doc(ctx, burstRef)
	if err != nil {
		return false, err
	}
	b, err := decodeBurst(d.Data)
	if err != nil || len(waiting) == 0 && !b.Active {
		clear(seen.lines)
		return err == nil, err
	}
	fresh, err := c.desk.Members(ctx, ticket.IndexUnposted, c.desk.now().Add(-burstAfter).UnixMilli())
	if err != nil {
		return false, err
	}
	seen.late = len(waiting) > len(fresh)
	if !b.Active && !(seen.late && before) {
		return false, nil
	}
	if st, _, err := c.outbox.Status(ctx, ledger.DeskLog, b.Last); err != nil || b.Active && st.State < ledger.Sent {
		return err == nil, err // what was said last is still on its way
	}
	content, err := c.burstText(ctx, waiting, seen.lines)
	if err != nil || sum(content) == b.Shown && b.Active {
		return err == nil, err
	}
	return false, c.say(ctx, b, content, len(waiting) > 0)
}

func decodeBurst(data []byte) (b burst, err error) {
	if data == nil {
		return b, nil
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("%w: burst: %w", ledger.ErrCorrupt, err)
	}
	return b, nil
}

// say writes the message of a burst or rewrites it; nothing happens when somebody
// else was faster.
func (c *Courier) say(ctx context.Context, was burst, content string, active bool) error {
	_, err := c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		data, err := tx.Doc(burstRef)
		if err != nil {
			return err
		}
		b, err := decodeBurst(data)
		if err != nil || b != was {
			return err
		}
		if b.Active {
			b.Change++
		} else {
			b.Count, b.Change = b.Count+1, 0
		}
		id, lane := fmt.Sprintf("burst/%d/%d", b.Count, b.Change), ChannelLane("intake")
		if b.Active {
			tx.Send(Rewrite(id, lane, ledger.DeskLog, b.Last, content))
		} else {
			tx.Send(letter(id, lane, ledger.DeskLog, kindSay, sayBody{Content: content}))
		}
		b.V, b.Active, b.Last, b.Shown = 1, active, id, sum(content)
		if data, err = json.Marshal(b); err != nil {
			return fmt.Errorf("encode burst: %w", err)
		}
		return tx.Put(burstRef, data)
	})
	return err
}

// burstText says which tickets wait for their post, the longest waiting first. said are
// the lines of those that were named before.
func (c *Courier) burstText(ctx context.Context, waiting []string, said map[string]string) (string, error) {
	if len(waiting) == 0 {
		return "✅ Semua tiket yang tadi menunggu kini sudah punya post.", nil
	}
	lines := []string{fmt.Sprintf("⏳ **%d tiket menunggu post-nya** karena Discord membatasi pembuatan post. "+
		"Semua pesannya sudah tersimpan dan post-nya muncul sendiri:", len(waiting))}
	for _, number := range waiting[:min(len(waiting), burstLines)] {
		if said[number] == "" {
			line, err := c.burstLine(ctx, number)
			if err != nil {
				return "", err
			}
			said[number] = line
		}
		lines = append(lines, said[number])
	}
	if more := len(waiting) - burstLines; more > 0 {
		lines = append(lines, fmt.Sprintf("… dan %d lagi", more))
	}
	for splitUnits(strings.Join(lines, "\n")) > discordLimit { // names of nothing but signs that need escaping
		lines = slices.Delete(lines, len(lines)-2, len(lines)-1)
	}
	return strings.Join(lines, "\n"), nil
}

func (c *Courier) burstLine(ctx context.Context, number string) (string, error) {
	d, err := c.outbox.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || d.Data == nil {
		return "• " + number, err
	}
	t, err := ticket.Decode(d.Data)
	if err != nil {
		return "", err
	}
	letters, err := c.outbox.Waiting(ctx, ThreadLane(number), 3)
	if err != nil {
		return "", err
	}
	line := "• " + ToDiscord(Clean(t.Title, 45))
	for _, l := range letters {
		if l.Kind == kindSay {
			return line + " — " + excerpt(withoutName(wordsOf(l)), 35), nil
		}
	}
	return line, nil
}

// withoutName takes off what clientText puts in front of a client's words.
func withoutName(content string) string {
	if rest, ok := strings.CutPrefix(content, "**"); ok {
		for _, end := range []string{":** ", "**\n"} {
			if _, words, ok := strings.Cut(rest, end); ok {
				return words
			}
		}
	}
	return content
}
