package media

// rar looks at the names in a RAR archive, of the old and of the new format. Those of
// an archive whose names are encrypted cannot be read.
func (f section) rar(b []byte) (Type, bool, error) {
	found := Type{MIME: "application/vnd.rar"}
	var err error
	if len(b) > 7 && b[6] == 1 {
		err = f.rar5()
	} else {
		err = f.rar4()
	}
	return found, err == nil, err
}

// Blocks of files in both formats, and the streams that belong to them.
const (
	rar4File   = 0x74
	rar4Stream = 0x7a
	rar5File   = 2
)

func (f section) rar4() error {
	at := int64(7)
	for range mostEntries {
		var b [40]byte
		if !f.at(b[:7], at) {
			return nil
		}
		flags, size := le16(b[3:]), int64(le16(b[5:]))
		const encrypted, long, huge = 0x80, 0x8000, 0x100
		kind := b[2]
		if size < 7 || kind == 0x73 && flags&encrypted != 0 {
			return nil
		}
		next := at + size
		if flags&long != 0 && f.at(b[:11], at) {
			next += int64(le32(b[7:]))
		}
		if kind == rar4File || kind == rar4Stream {
			name := int64(32)
			if flags&huge != 0 {
				name = 40
			}
			if !f.at(b[:name], at) {
				return nil
			}
			if name == 40 {
				next += int64(le32(b[32:])&0x7fffffff) << 32
			}
			if err := f.names(at+name, le16(b[26:]), 0, forbidden); err != nil {
				return err
			}
		}
		if next <= at {
			return nil
		}
		at = next
	}
	return unreadable
}

func (f section) rar5() error {
	at := int64(8)
	for range mostEntries {
		size, n := f.varint(at + 4) // behind a checksum
		if n == 0 || size == 0 || size > 2<<20 {
			return nil
		}
		h := rarHeader{section: f, at: at + 4 + n}
		end := h.at + int64(size)
		kind, flags := h.next(), h.next()
		const hasExtra, hasData = 1, 2
		if flags&hasExtra != 0 {
			h.next()
		}
		var data uint64
		if flags&hasData != 0 {
			data = h.next()
		}
		if kind == rar5File {
			if err := h.file(); err != nil {
				return err
			}
		}
		if h.broken || kind > 3 || data > uint64(f.size) { // the end, or what is encrypted
			return nil
		}
		at = end + int64(data)
	}
	return unreadable
}

// A rarHeader is read field by field.
type rarHeader struct {
	section
	at     int64
	broken bool
}

// next reads a number, 0 behind the end of the file.
func (h *rarHeader) next() uint64 {
	v, n := h.varint(h.at)
	h.broken = h.broken || n == 0
	h.at += n
	return v
}

// file looks at the name of a file.
func (h *rarHeader) file() error {
	const hasTime, hasSum = 2, 4
	flags := h.next()
	h.next() // size
	h.next() // attributes
	for _, bit := range []uint64{hasTime, hasSum} {
		if flags&bit != 0 {
			h.at += 4
		}
	}
	h.next() // compression
	h.next() // system
	length := h.next()
	if h.broken || length > 1<<16-1 {
		return nil
	}
	return h.names(h.at, uint16(length), 0, forbidden)
}

// varint reads a number of seven bits a byte and says how many bytes it has, 0 for
// none.
func (f section) varint(at int64) (v uint64, n int64) {
	for ; n < 10; n++ {
		var b [1]byte
		if !f.at(b[:], at+n) {
			return 0, 0
		}
		v |= uint64(b[0]&0x7f) << (7 * n)
		if b[0] < 0x80 {
			return v, n + 1
		}
	}
	return 0, 0
}
