package whatsapptest

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"

	"rsc.io/qr/coding"
)

var errNoCode = errors.New("there is no QR code with a quiet zone")

// Scan reads a QR code off a clean picture (PNG) as the camera of a phone does, for
// [Network.Pair]: it finds the modules inside the quiet zone, the mask, and the bytes. It
// corrects no errors. Anything else is an error.
func Scan(data []byte) (string, error) {
	shown, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("read picture: %w", err)
	}
	side := shown.Bounds().Dx()
	left, wide := 0, 0 // of the first finder pattern, which is seven modules wide
	for left < side && !dark(shown, left, left) {
		left++
	}
	for left+wide < side && dark(shown, left+wide, left) {
		wide++
	}
	scale := wide / 7
	if scale == 0 || left < 4*scale {
		return "", errNoCode
	}
	version := coding.Version(((side-2*left)/scale - 17) / 4)
	if version < coding.MinVersion || version > coding.MaxVersion {
		return "", errNoCode
	}
	black := func(x, y int) bool { return dark(shown, left+x*scale+scale/2, left+y*scale+scale/2) }
	for level := coding.L; level <= coding.H; level++ {
		for mask := range coding.Mask(8) {
			plan, err := coding.NewPlan(version, level, mask)
			if err != nil {
				return "", fmt.Errorf("lay out QR code: %w", err)
			}
			if text, ok := readPlan(plan, black); ok {
				return text, nil
			}
		}
	}
	return "", errNoCode
}

func dark(m image.Image, x, y int) bool {
	return color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y < 128
}

// readPlan reads the text, if the plan's fixed modules are those of the code.
func readPlan(plan *coding.Plan, black func(x, y int) bool) (string, bool) {
	bits := make([]byte, plan.DataBytes*8)
	for y, row := range plan.Pixel {
		for x, p := range row {
			differs := black(x, y) != (p&coding.Black != 0)
			switch p.Role() {
			case coding.Data:
				if differs {
					bits[p.Offset()] = 1
				}
			case coding.Check, coding.Extra:
			default:
				if differs {
					return "", false
				}
			}
		}
	}
	return readBytes(bits, plan.Version)
}

// readBytes reads the one segment of bytes that a code made by a program has.
func readBytes(bits []byte, version coding.Version) (string, bool) {
	number := func(from, n int) (v int) {
		for _, b := range bits[from : from+n] {
			v = v<<1 | int(b)
		}
		return v
	}
	const inBytes = 4
	count := 8
	if version >= 10 {
		count = 16
	}
	if number(0, 4) != inBytes {
		return "", false
	}
	text := make([]byte, number(4, count))
	if 4+count+8*len(text) > len(bits) {
		return "", false
	}
	for i := range text {
		text[i] = byte(number(4+count+8*i, 8))
	}
	return string(text), true
}
