package media

// iso tells the files made of boxes: MP4, QuickTime, 3GP, M4A, HEIC.
func (f section) iso(b []byte) (Type, bool, error) {
	if len(b) < 12 {
		return Type{}, false, nil
	}
	found := Type{MIME: "video/quicktime"}
	if string(b[4:8]) == "ftyp" {
		found.MIME = brand(b)
	}
	if found.MIME == "image/heic" || found.MIME == "image/avif" {
		return found, true, nil
	}
	m := movie{section: f, parts: mostParts}
	m.walk(0, f.size, 0)
	if string(b[4:8]) != "ftyp" && !m.moov {
		return Type{}, false, nil
	}
	if m.sound && !m.video {
		found.MIME = "audio/mp4"
	}
	found.Width, found.Height = m.width, m.height
	if m.scale > 0 {
		found.Length = believable(float64(m.units) / float64(m.scale))
	}
	return found, true, nil
}

// brand is the type that a file's first box declares; its list of brands counts too,
// since many start with a general one.
func brand(b []byte) string {
	switch major := string(b[8:12]); {
	case major == "qt  ":
		return "video/quicktime"
	case major[:3] == "3gp", major[:3] == "3g2":
		return "video/3gpp"
	case major == "M4A ", major == "M4B ":
		return "audio/mp4"
	}
	end := min(int(min(be32(b), 256)), len(b))
	for at := 8; at+4 <= end; at += 4 {
		switch string(b[at : at+4]) {
		case "heic", "heix", "heim", "heis", "hevc":
			return "image/heic"
		case "avif", "avis":
			return "image/avif"
		}
	}
	return "video/mp4"
}

// A movie is what is found in the boxes of a file.
type movie struct {
	section
	parts         int // boxes that may still be looked at
	moov          bool
	sound, video  bool
	width, height int
	units         uint64 // length, in units of which scale make a second
	scale         uint32
}

// walk looks at the boxes between two offsets.
func (m *movie) walk(at, end int64, depth int) {
	for at+8 <= end && m.parts > 0 {
		m.parts--
		var b [16]byte
		if !m.at(b[:8], at) {
			return
		}
		size, inside := int64(be32(b[:])), at+8
		switch size {
		case 0:
			size = end - at
		case 1:
			if !m.at(b[:], at) {
				return
			}
			size, inside = int64(be64(b[8:])), at+16
		}
		if size < inside-at || size > end-at {
			return
		}
		m.box(string(b[4:8]), inside, at+size, depth)
		at += size
	}
}

func (m *movie) box(name string, at, end int64, depth int) {
	var b [96]byte
	switch name {
	case "moov", "trak", "mdia":
		m.moov = true
		if depth < 4 {
			m.walk(at, end, depth+1)
		}
	case "mvhd":
		if !m.at(b[:32], at) {
			return
		}
		if b[0] == 1 {
			m.scale, m.units = be32(b[20:]), be64(b[24:])
		} else {
			m.scale, m.units = be32(b[12:]), uint64(be32(b[16:]))
		}
	case "tkhd":
		offset := int64(76)
		if m.at(b[:1], at) && b[0] == 1 {
			offset = 88
		}
		if m.at(b[:8], at+offset) {
			m.width, m.height = max(m.width, int(be16(b[:]))), max(m.height, int(be16(b[4:])))
		}
	case "hdlr":
		if m.at(b[:12], at) {
			m.video = m.video || string(b[8:12]) == "vide"
			m.sound = m.sound || string(b[8:12]) == "soun"
		}
	}
}
