package bridge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindVotes documents are the votes in a poll, by conversation and the poll's id.
const kindVotes ledger.Kind = "votes"

// A ballot is what one person chose last.
type ballot struct {
	author
	Votes []string `json:"v"`
	At    int64    `json:"at"` // when it was chosen (the network's time, ms): the latest counts
}

// Bounds of what is kept of a poll.
const (
	mostVoters = 100
	mostVotes  = 12 // apps have no more options
)

// tally counts a vote and says in one line how the poll stands, "" for a message that
// is no vote or a poll nobody votes in any more.
func tally(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (string, error) {
	if m.Kind != KindVote || m.Target == "" || m.Unreadable != "" {
		return "", nil
	}
	ref := ledger.Ref{Kind: kindVotes, ID: c.ID + "/" + shortID(m.Target)}
	data, err := tx.Doc(ref)
	if err != nil {
		return "", err
	}
	var all []ballot
	if data != nil && json.Unmarshal(data, &all) != nil {
		return "", fmt.Errorf("%w: %s", ledger.ErrCorrupt, ref)
	}
	all = cast(all, m)
	if data, err = json.Marshal(all); err != nil {
		return "", fmt.Errorf("encode %s: %w", ref, err)
	}
	return tallyText(all), tx.Put(ref, data)
}

// cast puts a vote in the place of what the same person chose before.
func cast(all []ballot, m ClientMessage) []ballot {
	is := ballot{author: authorOf(m), At: m.At.UnixMilli()}
	for _, v := range m.Votes[:min(len(m.Votes), mostVotes)] {
		is.Votes = append(is.Votes, Clean(v, 100))
	}
	i := slices.IndexFunc(all, func(b ballot) bool { return b.same(is.author) })
	switch {
	case i < 0:
		all = append(all, is)
	case all[i].At <= is.At:
		all[i] = is
	}
	return all[max(0, len(all)-mostVoters):]
}

// tallyText is how a poll stands, the option with most votes first.
func tallyText(all []ballot) string {
	counts := map[string]int{}
	var options []string
	for _, b := range all {
		for _, v := range b.Votes {
			if counts[v] == 0 {
				options = append(options, v)
			}
			counts[v]++
		}
	}
	slices.SortStableFunc(options, func(a, b string) int { return counts[b] - counts[a] })
	var parts []string
	for _, o := range options[:min(len(options), mostVotes)] {
		parts = append(parts, fmt.Sprintf("%s %d", excerpt(o, 60), counts[o]))
	}
	if len(parts) == 0 {
		return ""
	}
	return "-# 🗳️ Suara sejauh ini: " + strings.Join(parts, " · ")
}
