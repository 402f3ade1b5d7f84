package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// A Linker links the desk's WhatsApp number to a phone.
type Linker interface {
	// Paired returns the linked number in digits, and whether there is one.
	Paired() (number string, ok bool)
	// Pair shows the text of one QR code after the other, each replacing the one
	// before. It returns nil when the phone is linked, and when ctx ends.
	Pair(ctx context.Context, show func(code string)) error
	// PairPhone shows the code to type on the phone with the given number, again when
	// it expired. The number is in international form, digits only.
	PairPhone(ctx context.Context, number string, show func(code string)) error
}

const (
	methodQR   = "qr"
	methodCode = "code"

	// pairPrefix starts the button that goes on when the time is up: pair:qr or
	// pair:code:628....
	pairPrefix = "pair:"
)

// A pairing is one under way. Only one is: WhatsApp takes one of a number.
type pairing struct {
	user  string // who asked for it
	began time.Time
	end   context.CancelCauseFunc
	over  chan struct{} // closed when it is over
}

// errTakenOver ends a pairing whose user began another one: the message with the
// first is gone from the screen after Discord was reloaded.
var errTakenOver = errors.New("begun anew by the same person")

func (d *Desk) pair(_ context.Context, i Interaction) (Answer, error) {
	method := i.Options["method"]
	if method == "" {
		method = methodQR
		if i.Options["phone"] != "" {
			method = methodCode
		}
	}
	return d.pairBy(i, method, i.Options["phone"])
}

// pairButton goes on after the time was up.
func (d *Desk) pairButton(_ context.Context, i Interaction) (Answer, error) {
	method, number, _ := strings.Cut(strings.TrimPrefix(i.Button, pairPrefix), ":")
	return d.pairBy(i, method, number)
}

func (d *Desk) pairBy(i Interaction, method, phone string) (Answer, error) {
	if d.phone == nil {
		return Answer{}, Refusal(i.say("Nomor tidak dapat ditautkan dari sini.", "The number cannot be linked from here."))
	}
	if number, ok := d.phone.Paired(); ok {
		return Answer{}, Refusal(alreadyLinked(i, number))
	}
	p := attempt{d: d, i: i, method: method}
	if method == methodCode {
		number, ok := digits(phone)
		if !ok {
			return Answer{}, Refusal(i.say("Tulis nomor WhatsApp desk ini secara lengkap dengan kode negara, misalnya `/desk pair method:code phone:+62 812 3456 7890`.",
				"Give the WhatsApp number of this desk in full with its country code, such as `/desk pair method:code phone:+62 812 3456 7890`."))
		}
		p.number = number
	}
	return Answer{Text: i.say("⏳ Menyiapkan kode…", "⏳ Preparing a code…"), Follow: p.run}, nil
}

func alreadyLinked(i Interaction, number string) string {
	return i.say("✅ WhatsApp sudah tertaut"+numberEnd(number)+". Untuk menautkan nomor lain, keluarkan Halo dahulu di ponsel itu: **Perangkat tertaut**.",
		"✅ WhatsApp is linked already"+numberEnd(number)+". To link another number, first remove Halo on that phone: **Linked devices**.")
}

// digits is a number in international form without anything else; ok is false for
// one that cannot be.
func digits(number string) (string, bool) {
	out := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" +-().", r) {
			return -1
		}
		return r
	}, number)
	ok := len(out) >= 8 && len(out) <= 15 && out[0] != '0' && strings.Trim(out, "0123456789") == ""
	return out, ok
}

// An attempt is one person's, until the time is up.
type attempt struct {
	d      *Desk
	i      Interaction
	method string
	number string // for methodCode

	mu   sync.Mutex
	lost error // of showing a code: nobody sees it; guarded by mu
}

// run shows codes until the phone is linked or ctx ends. The last word never holds
// a code.
func (a *attempt) run(ctx context.Context, show func(Answer) error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	mine := &pairing{user: a.i.User, began: time.Now(), end: end, over: make(chan struct{})}
	if other := a.d.beginPairing(ctx, mine); other != nil {
		a.last(show, Answer{Text: a.i.say("<@"+other.user+"> sedang menautkan WhatsApp sejak "+relative(other.began)+". Tunggu sampai selesai, lalu coba lagi.",
			"<@"+other.user+"> has been linking WhatsApp since "+relative(other.began)+". Wait until that is over, then try again."), Buttons: []Button{a.again()}})
		return
	}
	defer a.d.endPairing(mine)
	err := a.link(ctx, end, show)
	a.last(show, a.outcome(ctx, err))
}

// beginPairing makes p the one under way, or returns another person's that is. An
// earlier one of the same person is ended.
func (d *Desk) beginPairing(ctx context.Context, p *pairing) (other *pairing) {
	for {
		d.mu.Lock()
		before := d.pairing
		if before == nil {
			d.pairing = p
			d.mu.Unlock()
			return nil
		}
		d.mu.Unlock()
		if before.user != p.user {
			return before
		}
		before.end(errTakenOver)
		select {
		case <-before.over:
		case <-ctx.Done():
			return before
		}
	}
}

func (d *Desk) endPairing(p *pairing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pairing == p {
		d.pairing = nil
	}
	close(p.over)
}

// link shows each code as it comes. A code that cannot be shown ends it: nobody
// could use it.
func (a *attempt) link(ctx context.Context, end context.CancelCauseFunc, show func(Answer) error) error {
	offer := func(code string) {
		answer, err := a.codeAnswer(code)
		if err == nil {
			err = show(answer)
		}
		if err != nil {
			a.mu.Lock()
			a.lost = err
			a.mu.Unlock()
			end(err)
		}
	}
	if a.method == methodCode {
		return a.d.phone.PairPhone(ctx, a.number, offer)
	}
	return a.d.phone.Pair(ctx, offer)
}

func (a *attempt) codeAnswer(code string) (Answer, error) {
	i := a.i
	if a.method == methodCode {
		return Answer{Text: i.say("📱 Di ponsel dengan nomor …"+a.number[len(a.number)-4:]+": **WhatsApp → Perangkat tertaut → Tautkan perangkat → Tautkan dengan nomor telepon saja**, lalu ketik kode ini:",
			"📱 On the phone with the number …"+a.number[len(a.number)-4:]+": **WhatsApp → Linked devices → Link a device → Link with phone number instead**, then type this code:") +
			"\n# `" + grouped(code) + "`\n" + i.say("-# Jangan berikan kode ini kepada siapa pun. Kode baru muncul di sini bila yang ini kedaluwarsa.",
			"-# Give this code to nobody. A new one appears here when it expires.")}, nil
	}
	drawn, err := picture(code)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: i.say("📷 Di ponsel dengan nomor desk ini: **WhatsApp → Perangkat tertaut → Tautkan perangkat**, lalu pindai gambar ini. Gambarnya berganti sendiri.",
		"📷 On the phone with the number of this desk: **WhatsApp → Linked devices → Link a device**, then scan this picture. It changes by itself.") +
		"\n" + i.say("-# Jangan bagikan gambar ini: siapa pun yang memindainya membaca pesan desk.", "-# Do not share this picture: whoever scans it reads the desk's messages."),
		Files: []File{drawn}}, nil
}

// grouped is a code of eight as WhatsApp shows it: ABCD-EFGH.
func grouped(code string) string {
	if len(code) == 8 {
		return code[:4] + "-" + code[4:]
	}
	return code
}

// outcome is what to say at the end.
func (a *attempt) outcome(ctx context.Context, err error) Answer {
	i := a.i
	number, linked := a.d.phone.Paired()
	a.mu.Lock()
	lost := a.lost
	a.mu.Unlock()
	switch {
	case linked:
		a.d.log.Info("WhatsApp was linked from Discord", zap.String("by", i.User))
		return Answer{Text: i.say("✅ WhatsApp tertaut"+numberEnd(number)+". Pesan yang menunggu dikirim sekarang.", "✅ WhatsApp is linked"+numberEnd(number)+". What was waiting is sent now.")}
	case errors.Is(context.Cause(ctx), errTakenOver):
		return Answer{Text: i.say("Dilanjutkan di jawaban yang lebih baru.", "It goes on in a newer answer.")}
	case lost != nil:
		return Answer{Text: i.say("⚠️ Kodenya tidak dapat ditampilkan. Silakan coba lagi.", "⚠️ The code could not be shown. Please try again."), Buttons: []Button{a.again()}}
	case ctx.Err() != nil || err == nil:
		return Answer{Text: i.say("⌛ Waktunya habis dan kodenya tidak berlaku lagi.", "⌛ The time is up and the code is no longer good."), Buttons: []Button{a.again()}}
	}
	a.d.log.Warn("link WhatsApp from Discord", zap.Error(err))
	return Answer{Text: i.say("⚠️ Belum berhasil ditautkan. Periksa nomor dan sambungan ponsel, lalu coba lagi.", "⚠️ Linking did not work. Check the number and the phone's connection, then try again."), Buttons: []Button{a.again()}}
}

// again goes on from where the time was up.
func (a *attempt) again() Button {
	id := pairPrefix + a.method
	if a.number != "" {
		id += ":" + a.number
	}
	return Button{ID: id, Label: a.i.say("Lanjutkan", "Go on"), Emoji: "🔁", Style: "primary"}
}

// last shows the last word.
func (a *attempt) last(show func(Answer) error, answer Answer) {
	if err := show(answer); err != nil {
		a.d.log.Warn("the end of a pairing could not be shown", zap.Error(err))
	}
}
