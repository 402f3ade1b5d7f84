package whatsapptest_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func drawn(t *testing.T, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func white(side int) image.Image {
	m := image.NewGray(image.Rect(0, 0, side, side))
	draw.Draw(m, m.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	return m
}

func TestScanReadsWhatWasDrawn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "2@ref,key,identity,secret,1", strings.Repeat("panjang ", 60)} {
		for _, level := range []qr.Level{qr.L, qr.H} {
			code, err := qr.Encode(text, level)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := whatsapptest.Scan(code.PNG()); err != nil || got != text {
				t.Errorf("%q of level %d is read as %q, %v", text, level, got, err)
			}
		}
	}
}

func TestScanReadsNothingFromOtherPictures(t *testing.T) {
	t.Parallel()
	code, err := qr.Encode("2@ref,key", qr.L)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(code.PNG()))
	if err != nil {
		t.Fatal(err)
	}
	side := whole.Bounds().Dx()
	bare := image.NewGray(image.Rect(0, 0, side-64, side-64)) // no quiet zone
	draw.Draw(bare, bare.Bounds(), whole, image.Pt(32, 32), draw.Src)
	for name, data := range map[string][]byte{
		"nothing": nil, "a header": []byte("\x89PNG\r\n\x1a\n"), "words": []byte("no picture"), "no quiet zone": drawn(t, bare),
		"white": drawn(t, white(40)), "black": drawn(t, image.NewGray(image.Rect(0, 0, 40, 40))),
	} {
		if text, err := whatsapptest.Scan(data); err == nil {
			t.Errorf("%s is read as %q", name, text)
		}
	}
}
