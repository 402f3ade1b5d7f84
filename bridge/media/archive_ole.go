package media

import "strings"

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

// after is the sector that follows n, which is in the file, in its chain.
func (o oleFile) after(n uint32) (uint32, bool) {
	perTable := uint32(o.sector / 4)
	table, ok := o.table(n / perTable)
	if !ok {
		return 0, false
	}
	return o.number(table, n%perTable)
}

// table is the sector of the table number i: the header lists the first ones, and
// sectors that follow each other the rest.
func (o oleFile) table(i uint32) (uint32, bool) {
	const listed = 109
	if i < listed {
		return le32(o.header[76+4*i:]), true
	}
	i -= listed
	last := uint32(o.sector/4) - 1 // each list ends with the place of the next
	list := le32(o.header[68:])
	for ; i >= last; i -= last {
		var ok bool
		if list, ok = o.number(list, last); !ok {
			return 0, false
		}
	}
	return o.number(list, i)
}

// number reads the number at a place of a sector.
func (o oleFile) number(sector, place uint32) (uint32, bool) {
	var b [4]byte
	if sector >= 0xfffffff0 || !o.at(b[:], o.offset(sector)+4*int64(place)) {
		return 0, false
	}
	return le32(b[:]), true
}
