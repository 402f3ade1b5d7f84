package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

const (
	panelEvery = 10 * time.Second // between two changes of the panel, at least
	// panelLife is how old the panel's message may be when it changes: of older ones
	// Discord allows few edits, so that a new one takes its place.
	panelLife = 55 * time.Minute
)

// panelDoc is the panel's message. A new one is announced here before it is written, so
// that whoever leads next finds it.
type panelDoc struct {
	V       int    `json:"v"`
	Message string `json:"message,omitzero"`
	At      int64  `json:"at,omitzero"`      // when it was announced, ms
	Pending int64  `json:"pending,omitzero"` // when the next one was; 0 for none
	Old     string `json:"old,omitzero"`     // that has to go
	Sum     string `json:"sum,omitzero"`     // of what it shows; "" for not known
}

var panelRef = ledger.Ref{Kind: "panel", ID: "intake"}

// panelWords are the words of a panel's message: none other has them.
func panelWords(at int64) string {
	return "📋 **Antrean HaloERZAP** · sejak " + dayTime(time.UnixMilli(at))
}

// showPanel makes the panel show how things stand.
func (c *Courier) showPanel(ctx context.Context) error {
	channel := c.cfg.Channels["intake"]
	if channel == "" || c.desk.Members == nil || !c.desk.Panel {
		return nil
	}
	p, err := c.panelDoc(ctx)
	if err != nil {
		return err
	}
	l, err := c.lineup(ctx)
	if err != nil {
		return err
	}
	m := Message{Channel: channel, Card: l.card(), Buttons: []Button{buttonDuty, buttonBreak, buttonHome}}
	data, err := json.Marshal([]any{m.Card, m.Buttons})
	if err != nil {
		return fmt.Errorf("encode panel: %w", err)
	}
	check := sum(string(data))
	if p.Pending == 0 && p.Message != "" && p.Sum == check {
		return c.sweepPanel(ctx, channel, p)
	}
	if young := c.desk.now().Sub(time.UnixMilli(p.At)) < panelLife; p.Pending == 0 && p.Message != "" && young {
		m.Content = panelWords(p.At)
		err := c.board.Update(ctx, p.Message, m)
		if se, ok := errors.AsType[*SendError](err); !ok || se.Certainty != Refused {
			if err != nil {
				return err
			}
			p.Sum = check
			if err := c.keepPanel(ctx, &p); err != nil {
				return err
			}
			return c.sweepPanel(ctx, channel, p)
		}
		// Somebody deleted it.
	}
	return c.postPanel(ctx, m, p, check)
}

// showFirstPanel asks for the panel at the start, so that it stands also before the first
// client writes: those who come to work press its buttons.
func (c *Courier) showFirstPanel(ctx context.Context) {
	if !c.desk.Panel {
		return
	}
	_, err := c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		c.desk.RefreshPanel(tx)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		c.log.Warn("ask for the panel", zap.Error(err))
	}
}

// postPanel writes a new message, and takes the old one away.
func (c *Courier) postPanel(ctx context.Context, m Message, p panelDoc, check string) error {
	if p.Pending == 0 {
		p.Old, p.Message, p.Pending, p.Sum = p.Message, "", c.desk.now().UnixMilli(), check
		if err := c.keepPanel(ctx, &p); err != nil {
			return err
		}
	} else {
		p.Sum = "" // an earlier attempt may have arrived, with what was true then
	}
	m.Content, m.Nonce = panelWords(p.Pending), Nonce("panel/"+strconv.FormatInt(p.Pending, 10))
	id := ""
	announced := time.UnixMilli(p.Pending)
	if c.desk.now().Sub(announced) > nonceWindow {
		found, err := c.board.FindMessage(ctx, m.Channel, snowflake(announced.Add(-time.Minute)), m.Content)
		if err != nil {
			return err
		}
		id = found
	}
	if id == "" {
		said, err := c.board.Say(ctx, m)
		if err != nil {
			return err
		}
		id = said
	}
	p.Message, p.At, p.Pending = id, p.Pending, 0
	if err := c.keepPanel(ctx, &p); err != nil {
		return err
	}
	if id != "" && p.Sum == "" {
		if err := c.board.Update(ctx, id, m); err != nil {
			return err
		}
		p.Sum = check
		if err := c.keepPanel(ctx, &p); err != nil {
			return err
		}
	}
	return c.sweepPanel(ctx, m.Channel, p)
}

// sweepPanel takes the message away that the present one replaced.
func (c *Courier) sweepPanel(ctx context.Context, channel string, p panelDoc) error {
	if p.Old == "" {
		return nil
	}
	if err := c.board.Delete(ctx, channel, p.Old); err != nil {
		return err
	}
	p.Old = ""
	return c.keepPanel(ctx, &p)
}

func (c *Courier) panelDoc(ctx context.Context) (p panelDoc, err error) {
	d, err := c.outbox.Doc(ctx, panelRef)
	if err != nil || d.Data == nil {
		return p, err
	}
	if json.Unmarshal(d.Data, &p) != nil {
		return panelDoc{}, nil // a new one takes its place
	}
	return p, nil
}

func (c *Courier) keepPanel(ctx context.Context, p *panelDoc) error {
	p.V = 1
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode panel: %w", err)
	}
	_, err = c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		if _, err := tx.Doc(panelRef); err != nil {
			return err
		}
		return tx.Put(panelRef, data)
	})
	return err
}

// lineup gathers what the panel shows.
func (c *Courier) lineup(ctx context.Context) (l lineup, err error) {
	l.backlog = c.desk.policy().Backlog
	waiting, err := c.desk.Members(ctx, ticket.IndexWaiting, 0)
	if err != nil {
		return l, err
	}
	for _, count := range []struct {
		index string
		into  *int
	}{{ticket.IndexOpen, &l.open}, {ticket.IndexNobody, &l.nobody}} {
		members, err := c.desk.Members(ctx, count.index, 0)
		if err != nil {
			return l, err
		}
		*count.into = len(members)
	}
	l.all = len(waiting)
	for _, number := range waiting[:min(len(waiting), panelRows)] {
		var t ticket.Ticket
		found, err := c.maybe(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number}, func(data []byte) (err error) {
			t, err = ticket.Decode(data)
			return err
		})
		if err != nil {
			return l, err
		}
		if found {
			l.waiting = append(l.waiting, t)
		}
	}
	return l, c.gatherDuty(ctx, &l)
}

func (c *Courier) gatherDuty(ctx context.Context, l *lineup) error {
	users, err := c.desk.Members(ctx, ticket.IndexDuty, 0)
	if err != nil {
		return err
	}
	for _, id := range users {
		var p present
		found, err := c.maybe(ctx, ledger.Ref{Kind: ticket.KindDuty, ID: id}, func(data []byte) (err error) {
			p.Duty, err = ticket.DecodeDuty(data)
			return err
		})
		if err != nil {
			return err
		}
		if !found || p.Presence == ticket.OffDuty {
			continue
		}
		has, err := c.desk.Members(ctx, ticket.IndexAgent(id), 0)
		if err != nil {
			return err
		}
		p.open = len(has)
		l.duty = append(l.duty, p)
	}
	return nil
}
