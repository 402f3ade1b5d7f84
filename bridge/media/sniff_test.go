package media

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func sniffed(b []byte) (Type, error) { return Sniff(bytes.NewReader(b), int64(len(b))) }

func TestSniffKnowsWhatIsCarried(t *testing.T) {
	mp3 := bytes.Repeat(append([]byte{0xff, 0xfb, 0x90, 0}, make([]byte, 413)...), 3)
	aac := bytes.Repeat([]byte{0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc, 0}, 3)
	cases := map[string]struct {
		file []byte
		want Type
	}{
		"jpeg":            {encoded(t, "jpeg", 40, 30), Type{MIME: "image/jpeg", Width: 40, Height: 30}},
		"png":             {encoded(t, "png", 40, 30), Type{MIME: "image/png", Width: 40, Height: 30}},
		"gif":             {encoded(t, "gif", 40, 30), Type{MIME: "image/gif", Width: 40, Height: 30}},
		"moving gif":      {encoded(t, "moving", 40, 30), Type{MIME: "image/gif", Width: 40, Height: 30, Animated: true}},
		"webp":            {webp(512, 510), Type{MIME: "image/webp", Width: 512, Height: 510}},
		"moving webp":     {animated(512, 512, 4, 512), Type{MIME: "image/webp", Width: 512, Height: 512, Animated: true}},
		"bitmap":          {append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x08\x00\x00\x00\xf8\xff\xff\xff"), make([]byte, 300)...), Type{MIME: "image/bmp", Width: 8, Height: 8}},
		"tiff":            {[]byte("II*\x00\x08\x00\x00\x00"), Type{MIME: "image/tiff"}},
		"heic":            {box("ftyp", []byte("mif1"), be(4, 0), []byte("mif1heic")), Type{MIME: "image/heic"}},
		"mp4":             {mp4("mp42", "vide", "soun"), Type{MIME: "video/mp4", Width: 640, Height: 360, Length: 2500 * time.Millisecond}},
		"mov":             {mp4("qt  ", "vide"), Type{MIME: "video/quicktime", Width: 640, Height: 360, Length: 2500 * time.Millisecond}},
		"3gp":             {mp4("3gp4", "vide"), Type{MIME: "video/3gpp", Width: 640, Height: 360, Length: 2500 * time.Millisecond}},
		"m4a":             {mp4("M4A ", "soun"), Type{MIME: "audio/mp4", Width: 640, Height: 360, Length: 2500 * time.Millisecond}},
		"mp4 with sound":  {mp4("isom", "soun"), Type{MIME: "audio/mp4", Width: 640, Height: 360, Length: 2500 * time.Millisecond}},
		"webm":            {[]byte("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87\x81\x04"), Type{MIME: "video/webm"}},
		"mkv":             {[]byte("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska"), Type{MIME: "video/x-matroska"}},
		"avi":             {riff("AVI ", chunk("LIST", make([]byte, 20))), Type{MIME: "video/x-msvideo"}},
		"voice":           {opus(1, bytesOf(50, 40)...), Type{MIME: Opus, Length: time.Second, Mono: true}},
		"stereo":          {opus(2, bytesOf(100, 40)...), Type{MIME: Opus, Length: 2 * time.Second}},
		"vorbis":          {page(0, 0, []byte("\x01vorbis\x00\x00\x00\x00\x02")), Type{MIME: "audio/ogg"}},
		"mp3":             {mp3, Type{MIME: "audio/mpeg"}},
		"mp3 with tags":   {[]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), Type{MIME: "audio/mpeg"}},
		"aac":             {aac, Type{MIME: "audio/aac"}},
		"amr":             {[]byte("#!AMR\n\x3c\x91"), Type{MIME: "audio/amr"}},
		"flac":            {[]byte("fLaC\x00\x00\x00\x22"), Type{MIME: "audio/flac"}},
		"wav":             {wav(2), Type{MIME: "audio/wav", Length: 2 * time.Second}},
		"pdf":             {[]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), Type{MIME: "application/pdf"}},
		"pdf behind junk": {[]byte("\x00\x00junk\n%PDF-1.4\n"), Type{MIME: "application/pdf"}},
		"zip":             {archived(t, "stok.csv", "foto/satu.jpg"), Type{MIME: "application/zip"}},
		"empty zip":       {archived(t), Type{MIME: "application/zip"}},
		"docx":            {archived(t, "[Content_Types].xml", "word/document.xml"), Type{MIME: officePrefix + "wordprocessingml.document"}},
		"xlsx":            {archived(t, "[Content_Types].xml", "xl/workbook.xml"), Type{MIME: officePrefix + "spreadsheetml.sheet"}},
		"pptx":            {archived(t, "[Content_Types].xml", "ppt/presentation.xml"), Type{MIME: officePrefix + "presentationml.presentation"}},
		"doc":             {ole("", "WordDocument"), Type{MIME: "application/msword"}},
		"xls":             {ole("", "Workbook"), Type{MIME: "application/vnd.ms-excel"}},
		"ppt":             {ole("", "PowerPoint Document"), Type{MIME: "application/vnd.ms-powerpoint"}},
		"rtf":             {[]byte("{\\rtf1\\ansi"), Type{MIME: "application/rtf"}},
		"rar":             {[]byte("Rar!\x1a\x07\x01\x00"), Type{MIME: "application/vnd.rar"}},
		"text":            {[]byte("kode;nama\n12;beras 5 kg – 🌾\n"), Type{MIME: Plain}},
		"old text":        {[]byte("caf\xe9 cr\xe8me\r\n"), Type{MIME: Plain}},
		"wide text":       {[]byte("\xff\xfeh\x00a\x00l\x00o\x00"), Type{MIME: Plain}},
		"rar of files":    {rar4("a.pdf", "b.txt"), Type{MIME: "application/vnd.rar"}},
		"rar 5":           {rar5("a.pdf", "b.txt"), Type{MIME: "application/vnd.rar"}},
		"late ole":        {lateOle("WordDocument", "Data"), Type{MIME: "application/msword"}},
		"page":            {[]byte("<!DOCTYPE html><script>alert(1)</script>"), Type{MIME: Plain}},
		"text on MZ":      {[]byte("MZ adalah inisial kami\n"), Type{MIME: Plain}},
		"unknown":         {[]byte{0, 1, 2, 3, 0xfe, 0xff}, Type{MIME: Unknown}},
		"one byte":        {[]byte{0xff}, Type{MIME: Unknown}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := sniffed(c.file)
			if err != nil || got != c.want {
				t.Errorf("Sniff says %+v, %v\nwant %+v", got, err, c.want)
			}
		})
	}
}

func bytesOf(n, size int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = size
	}
	return all
}

func TestSniffRefusesPrograms(t *testing.T) {
	jpg, gif := encoded(t, "jpeg", 8, 8), encoded(t, "gif", 8, 8)
	jar := archived(t, "META-INF/MANIFEST.MF", "A.class")
	cases := map[string]struct {
		file   []byte
		reason Reason
	}{
		"windows":            {append([]byte("MZ\x90\x00\x03"), make([]byte, 60)...), Executable},
		"windows named pdf":  {append([]byte("MZ\x90\x00%PDF-1.7\n"), make([]byte, 60)...), Executable},
		"linux":              {[]byte("\x7fELF\x02\x01\x01\x00"), Executable},
		"macos":              {[]byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01"), Executable},
		"java class":         {[]byte("\xca\xfe\xba\xbe\x00\x00\x00\x34"), Executable},
		"script":             {[]byte("#!/bin/sh\nrm -rf ~\n"), Executable},
		"script with mark":   {[]byte("\xef\xbb\xbf#!/usr/bin/env python3\n"), Executable},
		"shortcut":           {[]byte("L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46\x00"), Executable},
		"dex":                {[]byte("dex\n035\x00"), Executable},
		"jar":                {jar, Executable},
		"apk":                {archived(t, "AndroidManifest.xml", "classes.dex"), Executable},
		"program in a zip":   {archived(t, "faktur.pdf", "data/Setup.EXE"), Executable},
		"trailing dot":       {archived(t, "setup.exe. "), Executable},
		"script in a zip":    {archived(t, "faktur.js"), Executable},
		"end in a name":      {archived(t, "setup.exe\x00.txt"), Executable},
		"second name":        {renamed(t, "faktur.txt", "faktur.exe"), Executable},
		"without directory":  {entriesOf(archived(t, "a.txt", "b.exe")), Executable},
		"beside directory":   {append(entriesOf(archived(t, "b.exe")), archived(t, "a.txt")...), Executable},
		"far behind":         {append(append(entriesOf(archived(t, "a.txt")), make([]byte, 200_001)...), entriesOf(archived(t, "b.exe"))...), Executable},
		"program in a rar":   {rar4("faktur.pdf", "faktur.exe"), Executable},
		"program in a rar 5": {rar5("faktur.pdf", "dir/faktur.SCR"), Executable},
		"late macros":        {lateOle("WordDocument", "Macros"), Macros},
		"webp of parts":      {riff("WEBP", slices.Repeat([][]byte{chunk("JUNK", nil)}, mostParts+1)...), Bomb},
		"docx with macros":   {archived(t, "word/document.xml", "word/vbaProject.bin"), Macros},
		"xls with macros":    {ole("", "Workbook", "_VBA_PROJECT_CUR"), Macros},
		"doc with macros":    {ole("", "WordDocument", "Macros"), Macros},
		"installer":          {ole("\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"), Executable},
		"jpeg and program":   {append(bytes.Clone(jpg), archived(t, "x.exe")...), Executable},
		"gif and jar":        {append(bytes.Clone(gif), jar...), Executable},
		"two end records":    {append(bytes.Clone(jar), archived(t, "a.txt")...), Executable},
		"jar with a comment": {append(jar[:len(jar)-2:len(jar)-2], append([]byte{0xff, 0}, make([]byte, 255)...)...), Executable},
		"huge directory":     {append(archived(t, "a")[:0:0], "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"...), ""},
		"nothing":            {nil, Empty},
		"png bomb":           {pngOf(60000, 60000, 0), Bomb},
		"png of one colour":  {pngOf(14000, 14000, 0), Bomb},
		"png of frames":      {pngOf(1000, 1000, 4_000_000), Bomb},
		"webp bomb":          {webp(16384, 16384), Bomb},
		"moving webp bomb":   {animated(512, 512, 4200, 512), Bomb},
		"webp that lies":     {animated(16, 16, 2, 16384), Bomb},
		"gif bomb":           {[]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;"), Bomb},
		"jpeg bomb":          {[]byte("\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00"), Bomb},
		"bitmap bomb":        {append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\xff\xff\xff\x7f\xff\xff\xff\x7f"), 0, 0), Bomb},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := sniffed(c.file)
			r, ok := errors.AsType[*Refusal](err)
			if c.reason == "" {
				if err != nil {
					t.Errorf("Sniff refused: %v", err)
				}
				return
			}
			if !ok || r.Reason != c.reason {
				t.Errorf("Sniff says %+v, %v, want a refusal: %s", got, err, c.reason)
			}
		})
	}
}

func pngOf(w, h, n uint64) []byte {
	b := append([]byte("\x89PNG\r\n\x1a\n"), box("IHDR", be(4, w, h), []byte{8, 2, 0, 0, 0})...)
	b = append(b, 0, 0, 0, 0) // its checksum, not part of the length
	if n > 0 {
		b = append(append(b, box("acTL", be(4, n, 0))...), 0, 0, 0, 0)
	}
	// A chunk's length counts its body alone.
	for _, at := range []int{8, 33} {
		if at < len(b) {
			b[at+3] -= 8
		}
	}
	return append(b, make([]byte, 2000)...)
}

// Headers that promise more than there is, in every type: no panic, no long walk.
func TestSniffOfCutFiles(t *testing.T) {
	for _, file := range seeds(t) {
		for n := range min(len(file), 2000) {
			if _, err := sniffed(file[:n]); err != nil {
				if _, ok := errors.AsType[*Refusal](err); !ok {
					t.Fatalf("%q cut at %d: %v", file[:min(16, n)], n, err)
				}
			}
		}
	}
}

func TestWaveformFollowsLoudness(t *testing.T) {
	sizes := append(append(bytesOf(400, 20), bytesOf(400, 120)...), bytesOf(400, 20)...)
	file := opus(1, sizes...)
	s, err := ReadOpus(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Length != 24*time.Second || s.Channels != 1 {
		t.Errorf("%v of %d channels, want 24s of 1", s.Length, s.Channels)
	}
	if s.Waveform[5] != 0 || s.Waveform[32] != 100 || s.Waveform[60] != 0 {
		t.Errorf("waveform %v does not rise in the middle", s.Waveform)
	}
}

// A granule says anything; a length of years is none.
func TestLengthIsBelievable(t *testing.T) {
	file := append(opus(1, 40), page(1<<62, 9, []byte("x"))...)
	if got, err := sniffed(file); err != nil || got.Length != 0 {
		t.Errorf("%+v, %v: want no length", got, err)
	}
	if _, err := ReadOpus(strings.NewReader("nothing"), 7); err == nil {
		t.Error("words are no recording")
	}
}

func seeds(t testing.TB) [][]byte {
	return [][]byte{
		encoded(t, "jpeg", 8, 8), encoded(t, "png", 8, 8), encoded(t, "moving", 8, 8), webp(8, 8), animated(8, 8, 3, 8),
		mp4("mp42", "vide", "soun"), mp4("M4A ", "soun"), opus(1, 40, 300, 2), wav(0), archived(t, "word/a.xml", "b.exe"),
		ole("", "Workbook", "Macros"), []byte("%PDF-1.7"), []byte("halo"), []byte("MZ\x90\x00"), {0xff, 0xfb, 0x90, 0},
		rar4("a.pdf", "b.exe"), rar5("a.pdf", "b.exe"), renamed(t, "a", "b.exe"),
		[]byte("\x1a\x45\xdf\xa3webm"), []byte("#!AMR\n"), pngOf(9, 9, 9),
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := sniffed(b)
		if err != nil {
			if _, ok := errors.AsType[*Refusal](err); !ok {
				t.Fatalf("neither a type nor a refusal: %v", err)
			}
			return
		}
		if got.MIME == "" || got.Width < 0 || got.Height < 0 || got.Length < 0 || got.Length > longest {
			t.Fatalf("impossible %+v", got)
		}
		if again, _ := sniffed(b); again != got {
			t.Fatalf("%+v, then %+v", got, again)
		}
	})
}

func FuzzReadOpus(f *testing.F) {
	f.Add(opus(1, 40, 300, 2))
	f.Add(opus(2))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadOpus(bytes.NewReader(b), int64(len(b)))
		if err == nil && (s.Channels == 0 || s.Length < 0 || s.Length > longest) {
			t.Fatalf("impossible %+v", s)
		}
		for _, v := range s.Waveform {
			if v > 100 {
				t.Fatalf("waveform %v", s.Waveform)
			}
		}
	})
}
