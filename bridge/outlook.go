package bridge

import "time"

const (
	// glance is how often the courier looks at what this process knows by itself.
	glance = 5 * time.Second
	// poll is how often it looks into the store without a reason, for what another
	// process wrote.
	poll = 15 * time.Second
)

// An outlook is what the courier knows without asking the store.
type outlook struct {
	at           time.Time
	phone, board bool // ready
	leads        bool
}

func (c *Courier) outlook() outlook {
	now := time.Now()
	return outlook{now, c.phone.Ready(), c.board.Ready(), c.lease().Valid(now)}
}

// unlike reports whether the store is worth a look, after the one at which things stood
// as before. While WhatsApp is away it always is: what waits has to say so.
func (o outlook) unlike(before outlook) bool {
	return !o.phone || !before.phone || o.board != before.board || o.leads != before.leads || o.at.Sub(before.at) >= poll
}
