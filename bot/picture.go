package bot

import (
	"fmt"

	"rsc.io/qr"
)

// qrScale is pixels a module. A code of WhatsApp's is some 600 pixels wide then,
// which a phone reads off any screen.
const qrScale = 8

// picture draws text as a QR code: black on white with the quiet zone of four
// modules inside the picture, so that a dark page does not touch the code.
func picture(text string) (File, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return File{}, fmt.Errorf("draw QR code: %w", err) // its error does not hold the text
	}
	code.Scale = qrScale
	return File{Name: "qr.png", Type: "image/png", Description: "Kode QR untuk menautkan WhatsApp / QR code to link WhatsApp", Data: code.PNG()}, nil
}
