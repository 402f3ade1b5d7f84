package media

import (
	"encoding/binary"
	"io"
)

// A section reads small pieces of a file.
type section struct {
	r    io.ReaderAt
	size int64
}

// at fills b from offset; false when the file ends before or cannot be read.
func (f section) at(b []byte, offset int64) bool {
	if offset < 0 || offset > f.size-int64(len(b)) {
		return false
	}
	n, _ := f.r.ReadAt(b, offset)
	return n == len(b)
}

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
func be16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
func be64(b []byte) uint64 { return binary.BigEndian.Uint64(b) }
func le24(b []byte) int    { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
