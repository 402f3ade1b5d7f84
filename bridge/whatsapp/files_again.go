package whatsapp

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
)

// phoneWait is how long the linked phone may take to leave a file with WhatsApp
// again.
const phoneWait = 20 * time.Second

// reuploads are the requests to the phone that wait for its answer. The link's
// mutex guards them.
type reuploads map[string]chan *events.MediaRetry

// uploadAgain asks the linked phone for a file that expired and returns its new
// path. A phone that is off may answer another time.
func (l *link) uploadAgain(ctx context.Context, ref mediaRef) (string, error) {
	gone := &bridge.MediaError{Fault: bridge.Gone}
	chat, err := types.ParseJID(ref.Chat)
	if ref.ID == "" || err != nil || chat.User == "" {
		return "", gone
	}
	info := &types.MessageInfo{ID: ref.ID}
	info.Chat, info.IsFromMe, info.IsGroup = chat, ref.Own, chat.Server == types.GroupServer
	if info.IsGroup {
		if info.Sender, err = types.ParseJID(ref.Sender); err != nil {
			return "", gone
		}
	}
	answered := l.expectFile(ref.ID)
	defer l.forgetFile(ref.ID)
	if err := l.cli.SendMediaRetryReceipt(ctx, info, ref.Key); err != nil {
		return "", blocked(reasonNotConnected, maskedError{err})
	}
	timer := time.NewTimer(phoneWait)
	defer timer.Stop()
	select {
	case answer := <-answered:
		return newPath(answer, ref.Key)
	case <-ctx.Done():
		return "", blocked("the linked phone was asked for the file", context.Cause(ctx))
	case <-timer.C:
		return "", &bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute, Reason: "the file expired and the linked phone does not answer"}
	}
}

func newPath(answer *events.MediaRetry, key []byte) (string, error) {
	told, err := whatsmeow.DecryptMediaRetryNotification(answer, key)
	switch {
	case err != nil:
		return "", &bridge.MediaError{Fault: bridge.Gone, Err: maskedError{err}}
	case told.GetResult() != waMmsRetry.MediaRetryNotification_SUCCESS, !strings.HasPrefix(told.GetDirectPath(), "/"):
		return "", &bridge.MediaError{Fault: bridge.Gone, Err: errors.New("the linked phone has it no more")}
	}
	return told.GetDirectPath(), nil
}

func (l *link) expectFile(id string) <-chan *events.MediaRetry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reuploads == nil {
		l.reuploads = make(reuploads)
	}
	answered := make(chan *events.MediaRetry, 1)
	l.reuploads[id] = answered
	return answered
}

func (l *link) forgetFile(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.reuploads, id)
}

// onMediaRetry takes the phone's answer.
func (l *link) onMediaRetry(e *events.MediaRetry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.reuploads[e.MessageID] <- e: // a nil channel takes nothing
	default:
	}
}
