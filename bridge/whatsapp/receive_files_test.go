package whatsapp

import (
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A client sends every kind of file; what arrives says what it is, and can be fetched.
func TestFilesComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	data := []byte("isi berkas")
	sum := sha256.Sum256(data)
	for i, test := range []struct {
		send whatsapptest.Draft
		want bridge.ClientMessage
	}{
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: data}, Text: "struk"},
			bridge.ClientMessage{Kind: bridge.KindImage, Text: "struk", Media: &bridge.Media{Kind: bridge.KindImage, MIME: "image/jpeg"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: data, Length: 5 * time.Second}},
			bridge.ClientMessage{Kind: bridge.KindVideo, Media: &bridge.Media{Kind: bridge.KindVideo, MIME: "video/mp4", Length: 5 * time.Second}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: data}, Alter: func(m *waE2E.Message) {
			m.PtvMessage, m.VideoMessage = m.VideoMessage, nil
		}}, bridge.ClientMessage{Kind: kindRound, Media: &bridge.Media{Kind: bridge.KindVideo, MIME: "video/mp4"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindGIF, Data: data}, Text: "lucu"},
			bridge.ClientMessage{Kind: bridge.KindGIF, Text: "lucu", Media: &bridge.Media{Kind: bridge.KindGIF, MIME: "video/mp4", Animated: true}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindVoice, Data: data, Length: 12 * time.Second}},
			bridge.ClientMessage{Kind: bridge.KindVoice, Media: &bridge.Media{Kind: bridge.KindVoice, MIME: "audio/ogg; codecs=opus", Length: 12 * time.Second}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindAudio, Data: data, Length: time.Minute}},
			bridge.ClientMessage{Kind: bridge.KindAudio, Media: &bridge.Media{Kind: bridge.KindAudio, MIME: "audio/mpeg", Length: time.Minute}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindDocument, Data: data, Name: "../nota\u202efdp.pdf", MIME: "application/pdf"}, Text: "nota"},
			bridge.ClientMessage{Kind: bridge.KindDocument, Text: "nota", Media: &bridge.Media{Kind: bridge.KindDocument, Name: "_notafdp.pdf", MIME: "application/pdf"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindSticker, Data: data}},
			bridge.ClientMessage{Kind: bridge.KindSticker, Media: &bridge.Media{Kind: bridge.KindSticker, MIME: "image/webp"}}},
		{whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindSticker, Data: data, Animated: true}},
			bridge.ClientMessage{Kind: bridge.KindSticker, Media: &bridge.Media{Kind: bridge.KindSticker, MIME: "image/webp", Animated: true}}},
	} {
		id := must(budi.Do(test.send))
		got := d.next(i)
		if got.ID != id || got.Media == nil || got.Media.Size != int64(len(data)) || !slices.Equal(got.Media.Sum, sum[:]) {
			t.Fatalf("%+v, its file %+v", got, got.Media)
		}
		if fetched := fetched(t, d, got.Media.Ref); fetched != string(data) {
			t.Errorf("%s: fetched %q", got.Kind, fetched)
		}
		got.Media.Size, got.Media.Sum, got.Media.Ref = 0, nil, nil
		if got.Kind != test.want.Kind || got.Text != test.want.Text || !reflect.DeepEqual(got.Media, test.want.Media) {
			t.Errorf("%+v with %+v, want %+v", got, got.Media, test.want.Media)
		}
	}
	d.acked()
}

func fetched(t *testing.T, d *desk, ref json.RawMessage) string {
	t.Helper()
	var b strings.Builder
	d.awaitReady()
	if err := d.Fetch(soon(t), ref, &b); err != nil {
		t.Errorf("fetch: %v", err)
	}
	return b.String()
}

func TestAlbumAndViewOnceComeThroughTheWire(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	ids := must(budi.SendAlbum("liburan", whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("1")},
		whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: []byte("2")}))
	album := d.awaitMessages(2)
	for i, m := range album {
		if m.Album != ids[0] || m.ID != ids[i+1] || m.Media == nil {
			t.Errorf("%+v", m)
		}
	}
	if album[0].Text != "liburan" || album[1].Text != "" {
		t.Errorf("captions %q, %q", album[0].Text, album[1].Text)
	}
	must(budi.SendViewOnce(whatsapptest.Media{Kind: whatsapptest.KindImage, Data: []byte("rahasia")}, "sekali"))
	if m := d.next(2); !m.ViewOnce || m.Kind != bridge.KindImage || m.Text != "sekali" || fetched(t, d, m.Media.Ref) != "rahasia" {
		t.Errorf("%+v", m)
	}
	must(budi.SendWithheld())
	if m := d.next(3); !m.ViewOnce || m.Kind != kindViewOnce || m.Unreadable == "" {
		t.Errorf("%+v", m)
	}
	d.acked()
}
