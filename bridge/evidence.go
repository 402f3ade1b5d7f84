package bridge

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A TicketFile is a file of a ticket's thread, as far as it is known.
type TicketFile struct {
	Key    string // of its record: what a report's evidence holds
	Name   string // untrusted
	Size   int64  // bytes, 0 for not known
	Hash   string // in the library, "" while it is being fetched
	At     time.Time
	Client bool // the client sent it; otherwise the staff
	// Picture and Video say what it is, as seen in the bytes or by the sender's word.
	Picture, Video bool
}

// Records are the documents and logs of a store.
type Records interface {
	Docs
	// Events yields a log, oldest first. An error ends it.
	Events(ctx context.Context, log string) iter.Seq2[ledger.Event, error]
}

const (
	mostTicketFiles = 60 // the last ones are looked at
	mostMergedLogs  = 5
)

// TicketFiles are the pictures, videos and documents that passed through a ticket's
// thread and can be shown, the oldest first; those of tickets merged into it included.
func TicketFiles(ctx context.Context, from Records, number string) ([]TicketFile, error) {
	var all []sentFile
	numbers := []string{number}
	for n := 0; n < len(numbers); n++ {
		sent, merged, err := filesSent(ctx, from, numbers[n])
		if err != nil {
			return nil, err
		}
		all = append(all, sent...)
		for _, other := range merged {
			if len(numbers) < mostMergedLogs && !slices.Contains(numbers, other) {
				numbers = append(numbers, other)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b sentFile) int { return a.at.Compare(b.at) })
	all = all[max(0, len(all)-mostTicketFiles):]
	var out []TicketFile
	for _, candidate := range all {
		found, ok, err := FileOf(ctx, from, candidate.keys...)
		if err != nil {
			return nil, err
		}
		if ok && !slices.ContainsFunc(out, func(f TicketFile) bool { return f.Key == found.Key }) {
			found.At, found.Client = candidate.at, candidate.client
			out = append(out, found)
		}
	}
	return out, nil
}

// A sentFile is a file that a log names, with the keys that its record may have.
type sentFile struct {
	at     time.Time
	client bool
	keys   []string
}

// filesSent are the files that a ticket's log names, and the tickets that were merged into
// it.
func filesSent(ctx context.Context, from Records, number string) (all []sentFile, merged []string, err error) {
	chats, err := chatsOf(ctx, from, number)
	if err != nil {
		return nil, nil, err
	}
	sent := map[string]int{} // files of a message of the staff so far
	for e, err := range from.Events(ctx, number) {
		if err != nil {
			return nil, nil, fmt.Errorf("read the log of %s: %w", number, err)
		}
		f := sentFile{at: e.At, client: e.What == "client_wrote"}
		switch e.What {
		case "merged_from":
			merged = append(merged, e.Data["ticket"])
			continue
		case "client_wrote", "phone_wrote":
			if e.Data["mime"] == "" && e.Data["size"] == "" || e.Data["kind"] == KindVoice {
				continue
			}
			ref := e.Ref
			if !f.client {
				ref += ownRef
			}
			for _, chat := range chats {
				f.keys = append(f.keys, "w/"+chat+"/"+ref)
			}
		case "agent_sent_file":
			message := e.Data["message"]
			f.keys = []string{fmt.Sprintf("d/%s/%d", message, sent[message])}
			sent[message]++
		default:
			continue
		}
		all = append(all, f)
	}
	return all, merged, nil
}

// chatsOf are the conversations under which a ticket's client wrote.
func chatsOf(ctx context.Context, from Docs, number string) ([]string, error) {
	d, err := from.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || d.Data == nil {
		return nil, err
	}
	t, err := ticket.Decode(d.Data)
	if err != nil || t.Conversation == "" {
		return nil, err
	}
	c, ok, err := ticket.LoadConversation(ledger.NewTx(time.Time{}, reading{ctx: ctx, Docs: from}), t.Conversation) // it commits nothing
	if err != nil || !ok {
		return []string{t.Conversation}, err
	}
	chats := append([]string{t.Conversation, c.ID}, c.Was...)
	slices.Sort(chats)
	return slices.Compact(chats), nil
}

// FileOf is what is known of a file by its key, the first of those that is known; ok is
// false for one that cannot be had or is not to be shown.
func FileOf(ctx context.Context, from Docs, keys ...string) (out TicketFile, ok bool, err error) {
	for _, key := range keys {
		d, err := from.Doc(ctx, fileRefOf(key))
		if err != nil {
			return out, false, err
		}
		if d.Data == nil {
			continue
		}
		f, err := decodeFile(d.Data)
		if err != nil {
			return out, false, err
		}
		out = TicketFile{Key: key, Name: f.Name, Size: cmp.Or(f.Stored.Size, f.Size), Hash: f.Stored.Hash}
		out.Video = f.is("video/", KindVideo, KindGIF, kindRound)
		out.Picture = !out.Video && f.is("image/", KindImage)
		return out, f.State != fileFailed && f.Unfit == "", nil
	}
	return out, false, nil
}

// is reports whether a file is of a family of types, or was sent as one of some kinds.
func (f filed) is(family string, kinds ...string) bool {
	return strings.HasPrefix(f.Stored.MIME, family) || strings.HasPrefix(f.MIME, family) || slices.Contains(kinds, f.Kind)
}
