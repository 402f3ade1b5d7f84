package bot_test

import (
	"bytes"
	"context"
	"errors"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"rsc.io/qr"

	"github.com/haloerzap/halo/bot"
)

// A number is one that can be linked: codes come from the test.
type number struct {
	linked string
	codes  chan string
	scan   chan string // the number that scanned
	fails  error
	asked  string // for which number a code was asked
}

func (n *number) Paired() (string, bool) { return n.linked, n.linked != "" }

func (n *number) Pair(ctx context.Context, show func(string)) error {
	if n.fails != nil {
		return n.fails
	}
	for {
		select {
		case code := <-n.codes:
			show(code)
		case n.linked = <-n.scan:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (n *number) PairPhone(ctx context.Context, digits string, show func(string)) error {
	n.asked = digits
	return n.Pair(ctx, show)
}

// A screen is what one person sees of an answer that goes on.
type screen struct {
	shown []bot.Answer
	over  chan struct{}
	end   context.CancelFunc
}

func (s *screen) last() bot.Answer { return s.shown[len(s.shown)-1] }

// use asks for something and follows the answer for as long as the token is good.
func use(t *testing.T, desk *bot.Desk, i bot.Interaction) *screen {
	t.Helper()
	i.ID, i.At, i.Roles = "i"+i.User+i.Command+i.Button, time.Now(), []string{"assistant"}
	a := desk.Handle(t.Context(), i)
	s := &screen{shown: []bot.Answer{a}, over: make(chan struct{})}
	ctx, end := context.WithTimeout(t.Context(), 14*time.Minute)
	s.end = end
	go func() {
		defer close(s.over)
		if a.Follow != nil {
			a.Follow(ctx, func(next bot.Answer) error { s.shown = append(s.shown, next); return nil })
		}
	}()
	t.Cleanup(func() { end(); <-s.over })
	synctest.Wait()
	return s
}

func pairDesk(n *number) (*bot.Desk, *observer.ObservedLogs) {
	core, logs := observer.New(zapcore.DebugLevel)
	return bot.NewDesk(bot.Options{Rights: rights, Phone: n, Log: zap.New(core)}), logs
}

func newNumber() *number { return &number{codes: make(chan string), scan: make(chan string)} }

func want(t *testing.T, a bot.Answer, words string, buttons, files int) {
	t.Helper()
	if !strings.Contains(a.Text, words) || len(a.Buttons) != buttons || len(a.Files) != files {
		t.Errorf("shown %q with %d buttons and %d files, want %q with %d and %d", a.Text, len(a.Buttons), len(a.Files), words, buttons, files)
	}
}

// The picture is replaced as codes rotate, and is gone when the phone is linked. No
// code stands in a text or in the log.
func TestPairingByPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		desk, logs := pairDesk(n)
		andi := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"})
		want(t, andi.last(), "Menyiapkan", 0, 0)
		var pictures []string
		for _, code := range []string{"2@first-secret", "2@second-secret"} {
			n.codes <- code
			synctest.Wait()
			want(t, andi.last(), "pindai gambar ini", 0, 1)
			pictures = append(pictures, string(andi.last().Files[0].Data))
		}
		if pictures[0] == pictures[1] {
			t.Error("the picture did not change with the code")
		}
		n.scan <- "6281100000001"
		<-andi.over
		want(t, andi.last(), "WhatsApp tertaut (…0001)", 0, 0)
		for _, a := range andi.shown {
			if strings.Contains(a.Text, "secret") {
				t.Errorf("a code is in the text %q", a.Text)
			}
		}
		for _, e := range logs.All() {
			if strings.Contains(e.Message, "secret") {
				t.Errorf("a code is in the log: %s", e.Message)
			}
		}
		// Linked now: nothing to link.
		want(t, use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"}).last(), "sudah tertaut (…0001)", 0, 0)
	})
}

func TestPairingByCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		desk, logs := pairDesk(n)
		for _, phone := range []string{"", "0812 3456 7890", "hello", "123", "62812345678901234567"} {
			wrong := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair", Options: map[string]string{"method": "code", "phone": phone}})
			want(t, wrong.last(), "kode negara", 0, 0)
		}
		andi := use(t, desk, bot.Interaction{User: "andi", Locale: "en-GB", Command: "desk pair", Options: map[string]string{"phone": "+62 811-0000-0001"}})
		n.codes <- "ABCD1234"
		synctest.Wait()
		want(t, andi.last(), "ABCD-1234", 0, 0)
		want(t, andi.last(), "Link with phone number instead", 0, 0)
		if n.asked != "6281100000001" {
			t.Errorf("a code was asked for %q", n.asked)
		}
		n.scan <- "6281100000001"
		<-andi.over
		want(t, andi.last(), "is linked", 0, 0)
		if all := logs.FilterMessageSnippet("ABCD").Len(); all != 0 {
			t.Error("the code is in the log")
		}
	})
}

// The time of an answer ends before anybody scanned: the picture goes, and a button
// goes on in its place, also after a restart.
func TestPairingGoesOnWhenTheTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		desk, _ := pairDesk(n)
		andi := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair", Options: map[string]string{"method": "code", "phone": "6281100000001"}})
		n.codes <- "ABCD1234"
		<-andi.over
		want(t, andi.last(), "Waktunya habis", 1, 0)

		restarted, _ := pairDesk(n)
		andi = use(t, restarted, bot.Interaction{User: "andi", Button: andi.last().Buttons[0].ID, Message: "1"})
		n.asked = ""
		n.codes <- "EFGH1234"
		synctest.Wait()
		want(t, andi.last(), "EFGH-1234", 0, 0)
		n.scan <- "6281100000001"
		<-andi.over
		want(t, andi.last(), "WhatsApp tertaut", 0, 0)
	})
}

// One pairing at a time: others are told who is at it; who begins anew (Discord was
// reloaded, the picture is gone) goes on in the newer answer.
func TestOnePairingAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		desk, _ := pairDesk(n)
		andi := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"})
		lina := use(t, desk, bot.Interaction{User: "lina", Command: "desk pair"})
		want(t, lina.last(), "<@andi> sedang menautkan", 1, 0)
		again := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"})
		want(t, andi.last(), "lebih baru", 0, 0)
		n.codes <- "2@code"
		synctest.Wait()
		want(t, again.last(), "pindai gambar ini", 0, 1)
		again.end() // the program ends
		<-again.over
		want(t, again.last(), "Waktunya habis", 1, 0)
		lina = use(t, desk, bot.Interaction{User: "lina", Button: lina.last().Buttons[0].ID})
		n.scan <- "6281100000001"
		<-lina.over
		want(t, lina.last(), "WhatsApp tertaut", 0, 0)
	})
}

func TestPairingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		n.fails = errors.New("refused")
		desk, logs := pairDesk(n)
		want(t, use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"}).last(), "Belum berhasil", 1, 0)
		if logs.FilterMessage("link WhatsApp from Discord").Len() != 1 {
			t.Error("the failure is not in the log")
		}
		n.fails = nil
		// Nobody sees the code: it is of no use.
		a := desk.Handle(t.Context(), bot.Interaction{ID: "i9", User: "andi", Roles: []string{"manager"}, Command: "desk pair"})
		var shown []bot.Answer
		over := make(chan struct{})
		go func() {
			defer close(over)
			a.Follow(t.Context(), func(next bot.Answer) error {
				shown = append(shown, next)
				if len(next.Files) > 0 {
					return errors.New("Discord is away")
				}
				return nil
			})
		}()
		n.codes <- "2@code"
		<-over
		want(t, shown[len(shown)-1], "tidak dapat ditampilkan", 1, 0)
	})
}

// The picture holds the code, exactly, black on white, with a quiet zone of four
// modules, and is big enough for a phone's camera.
func TestThePictureHoldsTheCode(t *testing.T) {
	text := "2@" + strings.Repeat("aB3/", 55) + ",abc,def,ghi,1"
	synctest.Test(t, func(t *testing.T) {
		n := newNumber()
		desk, _ := pairDesk(n)
		andi := use(t, desk, bot.Interaction{User: "andi", Command: "desk pair"})
		n.codes <- text
		synctest.Wait()
		shown, err := png.Decode(bytes.NewReader(andi.last().Files[0].Data))
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		side, scale := shown.Bounds().Dx(), shown.Bounds().Dx()/(code.Size+8)
		if side < 400 || side != (code.Size+8)*scale {
			t.Fatalf("the picture is %d pixels wide for %d modules", side, code.Size)
		}
		for y := range side {
			for x := range side {
				black := color.GrayModel.Convert(shown.At(x, y)).(color.Gray).Y < 128
				if _, _, _, alpha := shown.At(x, y).RGBA(); alpha != 0xffff {
					t.Fatal("the picture is not opaque")
				}
				if black != code.Black(x/scale-4, y/scale-4) {
					t.Fatalf("pixel %d,%d is wrong", x, y)
				}
			}
		}
	})
}
