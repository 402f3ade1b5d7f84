package whatsapptest

import (
	"fmt"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// frames cuts the byte stream of a connection into frames: three bytes of
// big-endian length, then that many bytes. A frame may arrive in pieces.
type frames struct {
	rest []byte
}

func (f *frames) push(data []byte) (whole [][]byte) {
	f.rest = append(f.rest, data...)
	for len(f.rest) >= 3 {
		end := 3 + int(f.rest[0])<<16 + int(f.rest[1])<<8 + int(f.rest[2])
		if len(f.rest) < end {
			break
		}
		whole = append(whole, f.rest[3:end:end])
		f.rest = f.rest[end:]
	}
	return whole
}

func frame(payload []byte) []byte {
	return append([]byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload))}, payload...)
}

func decodeNode(plaintext []byte) (node *waBinary.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode node: %v", r)
		}
	}()
	unpacked, err := waBinary.Unpack(plaintext)
	if err != nil {
		return nil, fmt.Errorf("unpack node: %w", err)
	}
	node, err = waBinary.Unmarshal(unpacked)
	if err != nil {
		return nil, fmt.Errorf("decode node: %w", err)
	}
	return node, nil
}

func encodeNode(node waBinary.Node) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("encode node: %v", r)
		}
	}()
	data, err = waBinary.Marshal(node)
	if err != nil {
		return nil, fmt.Errorf("encode node: %w", err)
	}
	return data, nil
}

func attr(node *waBinary.Node, key string) string {
	switch value := node.Attrs[key].(type) {
	case string:
		return value
	case types.JID:
		return value.String()
	}
	return ""
}

func attrJID(node *waBinary.Node, key string) types.JID {
	switch value := node.Attrs[key].(type) {
	case types.JID:
		return value
	case string:
		// Server names that happen to be in the dictionary decode as strings.
		jid, _ := types.ParseJID(value)
		return jid
	}
	return types.EmptyJID
}

func attrInt(node *waBinary.Node, key string) int {
	value, _ := strconv.Atoi(attr(node, key))
	return value
}

func child(node *waBinary.Node, tags ...string) *waBinary.Node {
	found, ok := node.GetOptionalChildByTag(tags...)
	if !ok {
		return nil
	}
	return &found
}

// content returns the bytes of a leaf, also when the codec found its text in
// the dictionary and made it a string.
func content(node *waBinary.Node) []byte {
	if node == nil {
		return nil
	}
	switch value := node.Content.(type) {
	case []byte:
		return value
	case string:
		return []byte(value)
	}
	return nil
}

func childContent(node *waBinary.Node, tags ...string) []byte {
	return content(child(node, tags...))
}

func bigEndian(data []byte) (value uint32) {
	for _, b := range data {
		value = value<<8 | uint32(b)
	}
	return value
}
