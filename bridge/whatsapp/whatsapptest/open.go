package whatsapptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"
)

// prepare does what the app does with a message that came before it shows it: it
// opens the file and checks what the message says. The error is what a real app
// could make no sense of. Callers hold the mutex.
func (p *Phone) prepare(what *shown) error {
	if what.replyTo != "" && what.action == actNone && what.group == "" {
		if err := p.checkQuote(what); err != nil {
			return err
		}
	}
	if what.action == actVote {
		return errors.New("a vote of the business is not read yet")
	}
	if what.media == nil || what.sealed == nil {
		return nil
	}
	what.media.Problem = p.net.openFile(what, io.Discard)
	if what.media.Problem != "" {
		return fmt.Errorf("its file cannot be opened: %s", what.media.Problem)
	}
	return checkFile(what)
}

// checkQuote demands that a quotation names the author of what it quotes.
func (p *Phone) checkQuote(what *shown) error {
	quoted := p.screen.byID[what.replyTo]
	if quoted == nil {
		return nil // show complains
	}
	author, err := types.ParseJID(what.context.GetParticipant())
	if err != nil {
		return fmt.Errorf("its quotation has no author: %w", err)
	}
	if p.net.user(author) == p != quoted.FromMe || p.net.business.is(author) == quoted.FromMe {
		return fmt.Errorf("it quotes %s as written by %s", what.replyTo, author)
	}
	if what.context.GetQuotedMessage() == nil {
		return errors.New("its quotation is empty")
	}
	return nil
}

// checkFile demands what apps need to show a file.
func checkFile(what *shown) error {
	a := what.media
	starts := map[string]string{
		KindImage: "image/", KindVideo: "video/", KindGIF: "video/", KindVoice: "audio/ogg; codecs=opus", KindAudio: "audio/", KindSticker: "image/webp",
	}
	switch {
	case !strings.HasPrefix(a.MIME, starts[what.kind]):
		return fmt.Errorf("a %s of type %q", what.kind, a.MIME)
	case what.kind == KindDocument && a.Name == "":
		return errors.New("a document without a name")
	case what.kind == KindSticker && (a.Width == 0 || a.Height == 0):
		return errors.New("a sticker without a size")
	}
	return nil
}

// openFile writes the content of a message's file and returns why it cannot, or
// "". Callers hold the mutex.
func (n *Network) openFile(what *shown, to io.Writer) string {
	kept := n.blobs.byPath[pathOf(what.sealed.directPath)]
	switch {
	case kept == nil:
		return "it is not with the media hosts"
	case kept.status != 0:
		return "it expired"
	}
	if err := unseal(kept.file, mediaUse(what.kind), *what.sealed, to); err != nil {
		return err.Error()
	}
	return ""
}

// WriteFile writes the content of a message's file as this phone shows it.
func (p *Phone) WriteFile(id string, to io.Writer) error {
	p.net.mu.Lock()
	message := p.screen.byID[id]
	if message == nil || message.sealed == nil {
		p.net.mu.Unlock()
		return fmt.Errorf("%w: %s has no file", ErrUnknownMessage, id)
	}
	// A phone that has a file keeps it, whatever the media hosts do.
	kept, kind, from := p.net.blobs.byPath[pathOf(message.sealed.directPath)], message.Kind, *message.sealed
	p.net.mu.Unlock()
	if kept == nil {
		return fmt.Errorf("open file of %s: it is not with the media hosts", id)
	}
	if err := unseal(kept.file, mediaUse(kind), from, to); err != nil {
		return fmt.Errorf("open file of %s: %w", id, err)
	}
	return nil
}

// File is the content of a message's file as this phone shows it.
func (p *Phone) File(id string) ([]byte, error) {
	var content bytes.Buffer
	if err := p.WriteFile(id, &content); err != nil {
		return nil, err
	}
	return slices.Clip(content.Bytes()), nil
}
