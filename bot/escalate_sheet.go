package bot

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // what clients send
	"image/jpeg"  // and what is shown
	_ "image/png" // screenshots
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Files opens files of the media library.
type Files interface {
	Open(hash string) (io.ReadSeekCloser, error)
}

// A sheet shows the pictures and videos that can be chosen from, small and numbered, as one
// picture: Discord shows no names below files.
const (
	sheetAcross = 5
	sheetCell   = 200 // pixels
	sheetGap    = 4
	sheetTime   = 5 * time.Second // of drawing; what is not drawn then has its number alone
	sheetsKept  = 8
	// A picture of more pixels, or more bytes, is not opened for a look at it.
	mostPixels = 16_000_000
	mostBytes  = 30 << 20
)

// sheets are the last ones drawn, by what is on them: choosing shows the same one again.
type sheets struct {
	mu    sync.Mutex
	names []string // guarded by mu; oldest first
	data  [][]byte // guarded by mu
}

func (s *sheets) find(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := slices.Index(s.names, name); n >= 0 {
		return s.data[n]
	}
	return nil
}

func (s *sheets) keep(name string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.names, name) {
		return
	}
	s.names, s.data = append(s.names, name), append(s.data, data)
	if len(s.names) > sheetsKept {
		s.names, s.data = s.names[1:], s.data[1:]
	}
}

// sheet draws what can be chosen from; ok is false when it cannot be drawn.
func (d *Desk) sheet(ctx context.Context, i Interaction, shots []shot) (out File, ok bool) {
	if d.files == nil || len(shots) == 0 {
		return out, false
	}
	hashes := make([]string, len(shots))
	for n, s := range shots {
		hashes[n] = s.Hash
	}
	name := strings.Join(hashes, ",")
	data := d.sheets.find(name)
	if data == nil {
		ctx, cancel := context.WithTimeout(ctx, sheetTime)
		defer cancel()
		// One at a time: of 16 million pixels, an opened picture takes up to 130 megabytes.
		select {
		case d.drawing <- struct{}{}:
			defer func() { <-d.drawing }()
		case <-ctx.Done():
			return out, false
		}
		var err error
		if data, err = d.draw(ctx, shots); err != nil {
			return out, false
		}
		if ctx.Err() == nil && !slices.Contains(hashes, "") {
			d.sheets.keep(name, data)
		}
	}
	return File{Name: "bukti.jpg", Type: "image/jpeg", Data: data,
		Description: i.say("Gambar dan video tiket ini, bernomor seperti di daftar", "The pictures and videos of this ticket, numbered as in the list")}, true
}

func (d *Desk) draw(ctx context.Context, shots []shot) ([]byte, error) {
	across := min(len(shots), sheetAcross)
	down := (len(shots) + across - 1) / across
	size := sheetCell + sheetGap
	sheet := image.NewRGBA(image.Rect(0, 0, across*size-sheetGap, down*size-sheetGap))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.RGBA{43, 45, 49, 255}), image.Point{}, draw.Src)
	for n, s := range shots {
		at := image.Pt(n%across*size, n/across*size)
		cell := image.Rectangle{at, at.Add(image.Pt(sheetCell, sheetCell))}
		switch picture := d.open(ctx, s); {
		case picture != nil:
			shrink(sheet, cell, picture)
		case s.Video:
			playSign(sheet, cell)
		default:
			draw.Draw(sheet, cell, image.NewUniform(color.RGBA{78, 80, 88, 255}), image.Point{}, draw.Src)
		}
		numberSign(sheet, cell.Min, s.number)
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, sheet, &jpeg.Options{Quality: 78})
	return out.Bytes(), err
}

// open reads a picture; nil for one that cannot be looked at, now or at all.
func (d *Desk) open(ctx context.Context, s shot) image.Image {
	if !s.Picture || s.Hash == "" || s.Size > mostBytes || ctx.Err() != nil {
		return nil
	}
	f, err := d.files.Open(s.Hash)
	if err != nil {
		return nil
	}
	defer f.Close()
	// The library refuses what swells out of all proportion; this bounds the rest.
	head, _, err := image.DecodeConfig(f)
	if err != nil || head.Width <= 0 || head.Height <= 0 || head.Width > mostPixels/head.Height {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	picture, _, err := image.Decode(f)
	if err != nil || picture.Bounds().Empty() {
		return nil
	}
	return picture
}

// samples is how many pixels of a picture, across and down, make one of the small one at
// most.
const samples = 4

// shrink draws the whole of a picture in the middle of a cell.
func shrink(onto *image.RGBA, cell image.Rectangle, picture image.Image) {
	from := picture.Bounds()
	w, h := cell.Dx(), cell.Dy()
	if from.Dx()*h > from.Dy()*w {
		h = max(1, from.Dy()*w/from.Dx())
	} else {
		w = max(1, from.Dx()*h/from.Dy())
	}
	at := cell.Min.Add(image.Pt((cell.Dx()-w)/2, (cell.Dy()-h)/2))
	exact, _ := picture.(image.RGBA64Image)
	for y := range h {
		for x := range w {
			var r, g, b uint32
			for n := range samples * samples {
				sx := from.Min.X + (x*samples+n%samples)*from.Dx()/(w*samples)
				sy := from.Min.Y + (y*samples+n/samples)*from.Dy()/(h*samples)
				if exact != nil {
					c := exact.RGBA64At(sx, sy)
					r, g, b = r+uint32(c.R), g+uint32(c.G), b+uint32(c.B)
					continue
				}
				cr, cg, cb, _ := picture.At(sx, sy).RGBA()
				r, g, b = r+cr, g+cg, b+cb
			}
			const all = samples * samples << 8
			onto.SetRGBA(at.X+x, at.Y+y, color.RGBA{uint8(r / all), uint8(g / all), uint8(b / all), 255})
		}
	}
}

// playSign stands for a video.
func playSign(onto *image.RGBA, cell image.Rectangle) {
	draw.Draw(onto, cell, image.NewUniform(color.RGBA{30, 31, 34, 255}), image.Point{}, draw.Src)
	middle := cell.Min.Add(image.Pt(cell.Dx()/2, cell.Dy()/2))
	const reach = sheetCell / 5
	for y := -reach; y <= reach; y++ {
		for x := -reach; x <= reach-2*max(y, -y); x++ {
			onto.SetRGBA(middle.X+x, middle.Y+y, color.RGBA{219, 222, 225, 255})
		}
	}
}

// glyphs are the ten digits, drawn three pixels across and five down, a row to three bits.
var glyphs = [10]uint16{
	0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111, 0b101_101_111_001_001,
	0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010, 0b111_101_111_101_111, 0b111_101_111_001_111,
}

const digitScale = 6 // pixels of the sheet to one of a digit

// numberSign draws a number at the upper left of a cell.
func numberSign(onto *image.RGBA, at image.Point, number int) {
	text := count(number)
	box := image.Rectangle{at, at.Add(image.Pt((4*len(text)+1)*digitScale, 7*digitScale))}
	draw.Draw(onto, box, image.NewUniform(color.RGBA{88, 101, 242, 255}), image.Point{}, draw.Src)
	for n, digit := range text {
		for bit := range 15 {
			if glyphs[digit-'0']>>(14-bit)&1 == 0 {
				continue
			}
			p := at.Add(image.Pt((1+4*n+bit%3)*digitScale, (1+bit/3)*digitScale))
			draw.Draw(onto, image.Rectangle{p, p.Add(image.Pt(digitScale, digitScale))}, image.White, image.Point{}, draw.Src)
		}
	}
}
