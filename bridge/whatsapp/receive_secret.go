package whatsapp

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
)

// Votes name options by their hashes, so that the options of polls are kept: the
// clients' and ours.
const pollsSchema = `CREATE TABLE IF NOT EXISTS halo_polls (
	id TEXT PRIMARY KEY, options TEXT NOT NULL, at INTEGER NOT NULL)`

// pollsKept is how long votes can be read after the poll.
const pollsKept = 180 * 24 * time.Hour

func (c *Client) preparePolls(ctx context.Context) error {
	if _, err := c.db.ExecContext(ctx, pollsSchema); err != nil {
		return fmt.Errorf("prepare polls: %w", err)
	}
	return nil
}

func (c *Client) prunePolls(ctx context.Context) {
	if _, err := c.db.ExecContext(ctx, `DELETE FROM halo_polls WHERE at < ?`, time.Now().Add(-pollsKept).Unix()); err != nil {
		c.log.Warn("forget old polls", logged(err))
	}
}

// notePoll keeps the options of a message's poll, if it has one. It is called
// before the message is passed on, or sent: its votes follow. What a client sends
// under the id of another poll does not replace that one's options, and options that
// may be secret are not kept.
func (c *Client) notePoll(ctx context.Context, id string, m *waE2E.Message, own bool) error {
	sums := optionSums(m)
	if len(sums) == 0 || !own && c.secret(ctx, m) {
		return nil // votes on what is masked are not read
	}
	options := make(map[string]string, len(sums))
	for sum, name := range sums {
		options[fmt.Sprintf("%x", sum)] = name
	}
	data, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("note poll: %w", err)
	}
	const (
		ours   = `INSERT OR REPLACE INTO halo_polls (id, options, at) VALUES (?, ?, ?)`
		theirs = `INSERT OR IGNORE INTO halo_polls (id, options, at) VALUES (?, ?, ?)`
	)
	statement := theirs
	if own {
		statement = ours
	}
	if _, err := c.db.ExecContext(ctx, statement, id, string(data), time.Now().Unix()); err != nil {
		return fmt.Errorf("note poll: %w", err)
	}
	return nil
}

// chosen names the options of a vote; ok is false when the poll is not known.
func (c *Client) chosen(ctx context.Context, poll string, sums [][]byte) (names []string, ok bool, err error) {
	var data string
	err = c.db.QueryRowContext(ctx, `SELECT options FROM halo_polls WHERE id = ?`, poll).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look up poll: %w", err)
	}
	var options map[string]string
	if err := json.Unmarshal([]byte(data), &options); err != nil {
		return nil, false, fmt.Errorf("look up poll: %w", err)
	}
	names = []string{}
	for _, sum := range firstOf(sums, mostOptions) {
		if name, known := options[fmt.Sprintf("%x", sum)]; known && len(sum) == sha256.Size && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, true, nil
}

// disclose opens what is encrypted once more within a message: votes, and in some
// chats reactions, comments and edits. What cannot be opened stays as it is.
func (l *link) disclose(e *events.Message, r *reading) {
	var err error
	switch m := e.Message; {
	case m.GetPollUpdateMessage() != nil:
		r.votes, err = l.votes(e)
	case m.GetEncReactionMessage() != nil:
		var reaction *waE2E.ReactionMessage
		if reaction, err = l.cli.DecryptReaction(l.ctx, e); err == nil {
			reaction.Key = m.GetEncReactionMessage().GetTargetMessageKey()
			e.Message = &waE2E.Message{ReactionMessage: reaction}
		}
	case m.GetEncCommentMessage() != nil:
		var comment *waE2E.Message
		if comment, err = l.cli.DecryptComment(l.ctx, e); err == nil {
			e.Message = &waE2E.Message{CommentMessage: &waE2E.CommentMessage{
				Message: comment, TargetMessageKey: m.GetEncCommentMessage().GetTargetMessageKey(),
			}}
		}
	case m.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT:
		var edited *waE2E.Message
		if edited, err = l.cli.DecryptSecretEncryptedMessage(l.ctx, e); err == nil {
			e.Message = asEdit(edited, m.GetSecretEncryptedMessage().GetTargetMessageKey())
		}
	default:
		err = l.c.notePoll(l.ctx, cleanID(e.Info.ID), m, false)
	}
	if err != nil {
		l.c.log.Warn("open what a message holds", logged(err))
	}
}

// asEdit is an edit that came encrypted in the form of others.
func asEdit(m *waE2E.Message, target *waCommon.MessageKey) *waE2E.Message {
	for _, inner := range append(wrapped(m), m) {
		if inner.GetProtocolMessage().GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT {
			inner.ProtocolMessage.Key = target
			return inner
		}
	}
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: target, EditedMessage: m,
	}}
}

// votes are the options that a vote chooses, nil when they cannot be told.
func (l *link) votes(e *events.Message) ([]string, error) {
	vote, err := l.cli.DecryptPollVote(l.ctx, e)
	if err != nil {
		return nil, fmt.Errorf("open vote: %w", err)
	}
	names, ok, err := l.c.chosen(l.ctx, cleanID(e.Message.GetPollUpdateMessage().GetPollCreationMessageKey().GetID()), vote.GetSelectedOptions())
	if err == nil && !ok {
		err = errors.New("name votes: the poll is not known")
	}
	return names, err
}
