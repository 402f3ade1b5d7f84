package whatsapp

import (
	"fmt"
	"regexp"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	waLog "go.mau.fi/whatsmeow/util/log"
	"go.uber.org/zap"
)

// libraryLog takes the warnings of whatsmeow. What it calls an error is a
// warning here: it goes on, and what matters comes as a [Status] as well.
type libraryLog struct{ log *zap.Logger }

var _ waLog.Logger = libraryLog{}

// Errorf implements [waLog.Logger].
func (l libraryLog) Errorf(format string, args ...any) {
	if strings.Contains(format, "panicked") {
		l.log.Error("whatsmeow: "+l.text(format, args), zap.Bool("library", true))
		return
	}
	l.Warnf(format, args...)
}

// Warnf implements [waLog.Logger].
func (l libraryLog) Warnf(format string, args ...any) {
	l.log.Warn("whatsmeow: " + l.text(format, args))
}

// Infof implements [waLog.Logger].
func (l libraryLog) Infof(string, ...any) {}

// Debugf implements [waLog.Logger].
func (l libraryLog) Debugf(string, ...any) {}

// Sub implements [waLog.Logger].
func (l libraryLog) Sub(module string) waLog.Logger {
	return libraryLog{l.log.Named(strings.ToLower(module))}
}

// text leaves out what stanzas contain: names, texts and keys.
func (l libraryLog) text(format string, args []any) string {
	shown := make([]any, len(args))
	for i, arg := range args {
		switch value := arg.(type) {
		case *waBinary.Node:
			arg = "<" + value.Tag + ">"
		case waBinary.Node:
			arg = "<" + value.Tag + ">"
		}
		shown[i] = arg
	}
	text := mask(fmt.Sprintf(format, shown...))
	if len(text) > 2000 {
		text = strings.ToValidUTF8(text[:2000], "") + "..."
	}
	return text
}

var longNumber = regexp.MustCompile(`\d{7,}`)

// mask hides all but the last four digits of everything that may be a number
// of a person.
func mask(text string) string {
	return longNumber.ReplaceAllStringFunc(text, func(digits string) string {
		return "***" + digits[len(digits)-4:]
	})
}

// logged is the field for an error: addresses may be in its text.
func logged(err error) zap.Field { return zap.String("error", mask(err.Error())) }

// A maskedError tells what it wraps without numbers.
type maskedError struct{ err error }

func (e maskedError) Error() string { return mask(e.err.Error()) }

func (e maskedError) Unwrap() error { return e.err }
