package discord

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// ogg is a recording of n packets of 20 ms, loud in the middle.
func ogg(n int) []byte {
	var out bytes.Buffer
	page := func(samples int64, size int) {
		lacing := append(bytes.Repeat([]byte{255}, size/255), byte(size%255))
		out.WriteString("OggS\x00\x00")
		for i := range 8 {
			out.WriteByte(byte(samples >> (8 * i)))
		}
		out.Write(make([]byte, 12))
		out.WriteByte(byte(len(lacing)))
		out.Write(lacing)
		out.Write(make([]byte, size))
	}
	page(0, 19)
	page(0, 60)
	for i := range n {
		size := 20
		if i > n/3 && i < 2*n/3 {
			size = 300
		}
		page(int64(i+1)*960, size)
	}
	return out.Bytes()
}

func TestARecordingIsAVoiceMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	voice := file("PTT-1.ogg", "audio/ogg; codecs=opus", ogg(500))
	voice.Voice = true
	say := func(m bridge.Message) discordtest.Message {
		t.Helper()
		m.Channel = thread
		id, err := c.Say(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		seen, _ := s.srv.Message(id)
		if got := first(s.truth(id)); got != string(ogg(500)) {
			t.Errorf("%d bytes arrived", len(got))
		}
		return seen
	}
	alone := say(bridge.Message{Files: []bridge.File{voice}})
	if !alone.Voice || alone.Attachments[0].Seconds != 10 {
		t.Errorf("alone: %+v", alone)
	}
	wave, err := base64.StdEncoding.DecodeString(alone.Attachments[0].Waveform)
	if err != nil || len(wave) != mostWave || wave[5] > 20 || wave[128] < 200 {
		t.Errorf("waveform %v, %v", wave, err)
	}
	if seen := say(bridge.Message{Content: "dari pelanggan", Files: []bridge.File{voice}}); seen.Voice {
		t.Error("with words it is no voice message")
	}
	s.srv.SetMemberPermissions(discordtest.MemberPermissions &^ discordtest.PermissionSendVoiceMessages)
	for range 2 {
		if seen := say(bridge.Message{Files: []bridge.File{voice}}); seen.Voice || seen.Attachments[0].ContentType != "audio/ogg" {
			t.Errorf("without the permission: %+v", seen)
		}
	}
	if n := s.srv.Stats().Errors[codeVoiceForbidden]; n != 1 {
		t.Errorf("refused %d times, want once", n)
	}
}

func TestAFileThatIsNoRecordingIsJustAFile(t *testing.T) {
	t.Parallel()
	for _, data := range [][]byte{nil, []byte("OggS"), []byte("RIFF....WAVE"), ogg(1)[:40], bytes.Repeat([]byte("OggS\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"), 9)} {
		if wave, length := recording(file("a", "", data)); len(wave) == 0 || length != 0 {
			t.Errorf("recording(%q) = %v, %s", data, wave, length)
		}
	}
}
