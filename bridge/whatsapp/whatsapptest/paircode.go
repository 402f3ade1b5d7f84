package whatsapptest

import waBinary "go.mau.fi/whatsmeow/binary"

type codeRequest struct{}

func (n *Network) answerLinkCode(c *conn, node *waBinary.Node) ([]waBinary.Node, bool) {
	return nil, false
}
