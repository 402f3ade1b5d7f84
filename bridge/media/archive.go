package media

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// zip tells the documents that are archives inside.
func (f section) zip([]byte) (Type, bool, error) {
	if err := f.locals(forbidden); err != nil {
		return Type{}, false, err
	}
	kind := "application/zip"
	err := f.entries(func(name string) error {
		switch {
		case strings.HasPrefix(name, "word/"):
			kind = officePrefix + "wordprocessingml.document"
		case strings.HasPrefix(name, "xl/"):
			kind = officePrefix + "spreadsheetml.sheet"
		case strings.HasPrefix(name, "ppt/"):
			kind = officePrefix + "presentationml.presentation"
		}
		return nil
	})
	return Type{MIME: kind}, true, err
}

const officePrefix = "application/vnd.openxmlformats-officedocument."

// archive refuses a file that is also an archive of something that runs, whatever it
// begins with.
func (f section) archive() error { return f.entries(forbidden) }

// Names of entries by which an archive is a program, or holds one.
var (
	programEntries = []string{"meta-inf/manifest.mf", "androidmanifest.xml", "classes.dex", "install.rdf"}
	programEndings = []string{
		".exe", ".scr", ".com", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".vb", ".js", ".jse", ".wsf", ".wsh", ".wsc",
		".sct", ".hta", ".lnk", ".msi", ".msp", ".mst", ".msc", ".cpl", ".dll", ".sys", ".xll", ".chm", ".jar", ".jnlp",
		".apk", ".dex", ".appx", ".appxbundle", ".msix", ".msixbundle", ".diagcab", ".cab", ".reg", ".scf", ".url",
		".iso", ".img", ".vhd", ".vhdx", ".dmg",
	}
)

func forbidden(name string) error {
	if before, _, cut := strings.Cut(name, "\x00"); cut {
		// For some programs a name ends there, for others it does not.
		if err := forbidden(before); err != nil {
			return err
		}
	}
	name = strings.ToLower(strings.TrimRight(strings.ReplaceAll(name, "\\", "/"), " ./"))
	if slices.Contains(programEntries, name) {
		return &Refusal{Reason: Executable, What: "program in an archive"}
	}
	if path.Base(name) == "vbaproject.bin" {
		return &Refusal{Reason: Macros, What: "office macros"}
	}
	ending := path.Ext(name)
	if slices.Contains(programEndings, ending) {
		return &Refusal{Reason: Executable, What: "program in an archive"}
	}
	return nil
}

// Bounds of an archive's directories. One beyond them cannot be looked through and
// is refused.
const (
	mostEntries   = 100_000
	mostEnds      = 256
	mostDirectory = 32 << 20
	endLength     = 22
	tailLength    = endLength + 1<<16 // the end record and its longest comment
)

var unreadable = &Refusal{Reason: Executable, What: "archive too large to look through"}

// entries calls each for the names in the directory at the end of an archive, and
// for none when there is no directory. Readers differ in which of several end records
// they trust, so all are followed.
func (f section) entries(each func(name string) error) error {
	tail := make([]byte, min(tailLength, f.size))
	start := f.size - int64(len(tail))
	if !f.at(tail, start) {
		return nil
	}
	d := directories{section: f, each: each, left: mostEntries}
	search := len(tail)
	for range mostEnds {
		i := bytes.LastIndex(tail[:search], []byte("PK\x05\x06"))
		if i < 0 {
			return nil
		}
		if len(tail)-i >= endLength {
			if err := d.follow(tail[i:i+endLength], start+int64(i)); err != nil {
				return err
			}
		}
		search = i
	}
	return unreadable
}

// directories are those of one file.
type directories struct {
	section
	each func(name string) error
	left int // entries that may still be looked at
}

// follow walks the directory that an end record at offset announces.
func (d *directories) follow(end []byte, offset int64) error {
	length, at := int64(le32(end[12:])), int64(le32(end[16:]))
	if length == 1<<32-1 || at == 1<<32-1 || le16(end[10:]) == 1<<16-1 {
		var ok bool
		if length, at, ok = d.large(offset, length, at); !ok {
			return nil
		}
	}
	if at+length > offset {
		return nil
	}
	if length > mostDirectory {
		return unreadable
	}
	// Behind something else all offsets are shifted: the directory ends where the end
	// record begins. Both places are tried.
	if err := d.walk(at, length); err != nil || at == offset-length {
		return err
	}
	return d.walk(offset-length, length)
}

// large is the length and place of a directory whose end record has no room for them.
func (d *directories) large(offset, length, at int64) (int64, int64, bool) {
	var b [56]byte
	if !d.at(b[:20], offset-20) || string(b[:4]) != "PK\x06\x07" {
		return length, at, true
	}
	if !d.at(b[:], int64(le64(b[8:]))) || string(b[:4]) != "PK\x06\x06" {
		return 0, 0, false
	}
	return int64(le64(b[40:]) & (1<<60 - 1)), int64(le64(b[48:]) & (1<<60 - 1)), true
}

func (d *directories) walk(at, length int64) error {
	end := at + length
	for ; d.left > 0; d.left-- {
		var b [46]byte
		if at+46 > end || !d.at(b[:], at) || string(b[:4]) != "PK\x01\x02" {
			return nil
		}
		if err := d.names(at+46, le16(b[28:]), le16(b[30:]), d.each); err != nil {
			return err
		}
		at += 46 + int64(le16(b[28:])) + int64(le16(b[30:])) + int64(le16(b[32:]))
	}
	return unreadable
}

// names calls each for the name of an entry, and for the second one that may stand in
// the fields behind it and that many programs prefer.
func (f section) names(at int64, length, extra uint16, each func(string) error) error {
	b := make([]byte, int(length)+int(extra))
	if !f.at(b, at) {
		return nil
	}
	if err := each(string(b[:length])); err != nil {
		return err
	}
	for b = b[length:]; len(b) >= 4; {
		const path, before = 0x7075, 5 // a version and a checksum
		size := min(int(le16(b[2:])), len(b)-4)
		if le16(b) == path && size > before {
			if err := each(string(b[4+before : 4+size])); err != nil {
				return err
			}
		}
		b = b[4+size:]
	}
	return nil
}

// locals calls each for the names at the entries of an archive themselves, wherever
// they are: some programs go by these when there is no good directory.
func (f section) locals(each func(name string) error) error {
	const header, overlap = 30, 3
	mark := []byte("PK\x03\x04")
	left := mostEntries
	buf := make([]byte, min(64<<10, f.size))
	for at := int64(0); at+overlap < f.size; at += int64(len(buf) - overlap) {
		buf = buf[:min(int64(len(buf)), f.size-at)]
		if !f.at(buf, at) {
			return nil
		}
		for from := 0; ; from += len(mark) {
			i := bytes.Index(buf[from:], mark)
			if i < 0 {
				break
			}
			from += i
			var b [header]byte
			if !f.at(b[:], at+int64(from)) {
				return nil // the file ends in it
			}
			if left--; left < 0 {
				return unreadable
			}
			if err := f.names(at+int64(from)+header, le16(b[26:]), le16(b[28:]), each); err != nil {
				return err
			}
		}
	}
	return nil
}
