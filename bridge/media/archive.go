package media

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// zip tells the documents that are archives inside.
func (f section) zip([]byte) (Type, bool, error) {
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
		".exe", ".scr", ".com", ".pif", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".jse", ".wsf", ".wsh", ".hta", ".lnk",
		".msi", ".msp", ".cpl", ".dll", ".jar", ".apk", ".dex", ".appx", ".msix", ".reg", ".scf", ".url", ".iso", ".vhd",
	}
)

func forbidden(name string) error {
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
		name := make([]byte, min(le16(b[28:]), 4096))
		if !d.at(name, at+46) {
			return nil
		}
		if err := d.each(string(name)); err != nil {
			return err
		}
		at += 46 + int64(le16(b[28:])) + int64(le16(b[30:])) + int64(le16(b[32:]))
	}
	return unreadable
}

// ole tells the old office documents by the names in their directory.
func (f section) ole(b []byte) (Type, bool, error) {
	found := Type{MIME: "application/x-ole-storage"}
	if len(b) < 512 {
		return found, true, nil
	}
	shift := le16(b[30:])
	if shift != 9 && shift != 12 {
		return found, true, nil
	}
	o := oleFile{section: f, header: b[:512], sector: int64(1) << shift}
	next := le32(b[48:])
	for range mostParts {
		entries := make([]byte, o.sector)
		if next >= 0xfffffff0 || !f.at(entries, o.offset(next)) {
			break
		}
		for e := entries; len(e) >= 128; e = e[128:] {
			if err := oleEntry(e[:128], &found); err != nil {
				return Type{}, false, err
			}
		}
		var ok bool
		if next, ok = o.after(next); !ok {
			break
		}
	}
	return found, true, nil
}

func oleEntry(e []byte, found *Type) error {
	n := min(int(le16(e[64:])), 64)
	var name strings.Builder
	for i := 0; i+1 < n; i += 2 {
		if c := le16(e[i:]); c != 0 && c < 0x80 {
			name.WriteByte(byte(c))
		}
	}
	const installer = "\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
	const patch = "\x86\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
	if class := string(e[80:96]); class == installer || class == patch {
		return &Refusal{Reason: Executable, What: "Windows installer"}
	}
	switch name.String() {
	case "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "VBA":
		return &Refusal{Reason: Macros, What: "office macros"}
	case "WordDocument":
		found.MIME = "application/msword"
	case "Workbook", "Book":
		found.MIME = "application/vnd.ms-excel"
	case "PowerPoint Document":
		found.MIME = "application/vnd.ms-powerpoint"
	case "__properties_version1.0":
		found.MIME = "application/vnd.ms-outlook"
	}
	return nil
}

// An oleFile is a file system in a file.
type oleFile struct {
	section
	header []byte
	sector int64
}

func (o oleFile) offset(n uint32) int64 { return (int64(n) + 1) * o.sector }

// after is the sector that follows n in its chain. Tables beyond the header's list
// belong to files of seven million bytes and more, whose directory comes early; a
// chain that leads there ends.
func (o oleFile) after(n uint32) (uint32, bool) {
	perTable := uint32(o.sector / 4)
	i := n / perTable
	if i >= 109 {
		return 0, false
	}
	var b [4]byte
	table := le32(o.header[76+4*i:])
	if table >= 0xfffffff0 || !o.at(b[:], o.offset(table)+4*int64(n%perTable)) {
		return 0, false
	}
	return le32(b[:]), true
}
