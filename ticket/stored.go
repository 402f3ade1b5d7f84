package ticket

import (
	"encoding/json"
	"fmt"

	"github.com/haloerzap/halo/ledger"
)

// The stored forms are separate from the structs the program works with: their
// JSON names and meanings stay readable for ever, whatever the domain becomes.
// A new meaning gets a new version, and decode keeps reading the old ones.

type storedConversation struct {
	V         int      `json:"v"`
	ID        string   `json:"id"`
	Addresses []string `json:"addresses"`
	Reply     string   `json:"reply"`
	Phone     string   `json:"phone,omitzero"`
	Name      string   `json:"name,omitzero"`
	Open      string   `json:"open,omitzero"`
	Also      []string `json:"also,omitzero"`
	Into      string   `json:"into,omitzero"`
	Last      string   `json:"last,omitzero"`
	Past      []string `json:"past,omitzero"`
	Was       []string `json:"was,omitzero"`
	Tickets   int      `json:"tickets,omitzero"`
	Unread    []string `json:"unread,omitzero"`
	Rated     string   `json:"rated,omitzero"`
	RatedAt   int64    `json:"ratedAt,omitzero"`
	Talk      string   `json:"talk,omitzero"`
	TalkAt    int64    `json:"talkAt,omitzero"`
	Survey    string   `json:"survey,omitzero"`
	Told      []string `json:"told,omitzero"`
}

type storedThread struct {
	V      int    `json:"v"`
	Ticket string `json:"ticket,omitzero"`
	Report string `json:"report,omitzero"`
	Cursor string `json:"cursor"`
}

// A Thread ties a Discord thread to its ticket, or to its report, and remembers how far it
// has been read.
type Thread struct {
	ID     string
	Ticket string // number, "" of a report's post
	Report string // identifier, "" of a ticket's thread
	// Cursor is the snowflake of the last message taken in: everything up to it
	// has been seen.
	Cursor string
}

// Save writes the conversation.
func (c Conversation) Save(tx *ledger.Tx) error {
	return put(tx, ledger.Ref{Kind: KindConversation, ID: c.ID}, storedConversation{
		V: 1, ID: c.ID, Addresses: c.Addresses, Reply: c.Reply, Phone: c.Phone, Name: c.Name,
		Open: c.Open, Also: c.Also, Into: c.Into, Last: c.Last, Past: c.Past, Was: c.Was, Tickets: c.Tickets, Unread: c.Unread,
		Rated: c.Rated, RatedAt: millis(c.RatedAt), Talk: c.Talk, TalkAt: millis(c.TalkAt), Survey: c.Survey, Told: c.Told,
	})
}

// LoadConversation reads a conversation by id, or the one that goes on for it.
func LoadConversation(tx *ledger.Tx, id string) (c Conversation, ok bool, err error) {
	for range 10 { // a person has a handful of addresses at most
		c, ok, err = loadConversation(tx, id)
		if err != nil || !ok || c.Into == "" {
			return c, ok, err
		}
		id = c.Into
	}
	return c, false, fmt.Errorf("%w: conversation %s goes on in a circle", ledger.ErrCorrupt, id)
}

func loadConversation(tx *ledger.Tx, id string) (c Conversation, ok bool, err error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindConversation, ID: id})
	if err != nil || data == nil {
		return Conversation{}, false, err
	}
	c, err = DecodeConversation(data)
	return c, err == nil, err
}

// DecodeConversation reads a stored conversation of any version.
func DecodeConversation(data []byte) (Conversation, error) {
	var s storedConversation
	if err := decode(data, &s, &s.V, 1); err != nil {
		return Conversation{}, fmt.Errorf("decode conversation: %w", err)
	}
	return Conversation{
		ID: s.ID, Addresses: s.Addresses, Reply: s.Reply, Phone: s.Phone, Name: s.Name,
		Open: s.Open, Also: s.Also, Into: s.Into, Last: s.Last, Past: s.Past, Was: s.Was, Tickets: s.Tickets, Unread: s.Unread,
		Rated: s.Rated, RatedAt: fromMillis(s.RatedAt), Talk: s.Talk, TalkAt: fromMillis(s.TalkAt), Survey: s.Survey, Told: s.Told,
	}, nil
}

// Save writes the thread.
func (t Thread) Save(tx *ledger.Tx) error {
	return put(tx, ledger.Ref{Kind: KindThread, ID: t.ID}, storedThread{V: 1, Ticket: t.Ticket, Report: t.Report, Cursor: t.Cursor})
}

// LoadThread reads the thread of a Discord channel; ok is false when the channel
// is no ticket's thread.
func LoadThread(tx *ledger.Tx, id string) (t Thread, ok bool, err error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindThread, ID: id})
	if err != nil || data == nil {
		return Thread{}, false, err
	}
	t, err = DecodeThread(id, data)
	return t, err == nil, err
}

// DecodeThread reads a stored thread of any version.
func DecodeThread(id string, data []byte) (Thread, error) {
	var s storedThread
	if err := decode(data, &s, &s.V, 1); err != nil {
		return Thread{}, fmt.Errorf("decode thread %s: %w", id, err)
	}
	return Thread{ID: id, Ticket: s.Ticket, Report: s.Report, Cursor: s.Cursor}, nil
}

func put(tx *ledger.Tx, ref ledger.Ref, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return tx.Put(ref, data)
}

// decode reads into v and refuses a version newer than this program knows, so
// that a downgrade cannot quietly drop what it does not understand.
func decode(data []byte, v any, version *int, newest int) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrCorrupt, err)
	}
	if *version < 1 || *version > newest {
		return fmt.Errorf("%w: version %d was written by a newer halo, update this program", ledger.ErrCorrupt, *version)
	}
	return nil
}
