package customer

// What a document may hold. Lengths are bytes, and JSON at most doubles them: a full
// contact and a full company stay below 16 KB.
const (
	mostID     = 40
	longPlace  = 120
	longReason = 200

	longPerson = 80
	mostFormer = 5
	mostPhones = 8
	mostChats  = 10
	mostWas    = 20
	longNote   = 2000

	mostTickets = 10
	longTitle   = 80

	longName    = 120
	longModule  = 40
	mostModules = 30
	longScheme  = 3000
	longAlias   = 40
	mostAliases = 10
	mostOrders  = 5
	longOrder   = 120

	longFollowUp     = 3000 // the text that is sent
	longTopic        = 40
	longConversation = 200
	mostForwarded    = 10
	mostChosen       = 200
	longSay          = 80
	mostSurveyed     = 50
	longComment      = 2000
)

// bounded is the contact as it may be stored, whoever put together what it holds.
func (c Contact) bounded() Contact {
	c.Name, c.Push, c.Former = line(c.Name, longPerson), line(c.Push, longPerson), lines(c.Former, longPerson, mostFormer)
	c.Phones, c.Chats, c.Was = first(mostPhones, c.Phones), first(mostChats, c.Chats), first(mostWas, c.Was)
	c.Type, c.Note = line(c.Type, mostID), block(c.Note, longNote)
	c.Consent.By, c.Consent.Why = line(c.Consent.By, mostID), line(c.Consent.Why, longReason)
	c.Block.By, c.Block.Why = line(c.Block.By, mostID), line(c.Block.Why, longReason)
	recent := c.Figures.Recent[:min(len(c.Figures.Recent), mostTickets)]
	c.Figures.Recent = nil
	for _, t := range recent {
		c.Figures.Recent = append(c.Figures.Recent, t.bounded())
	}
	return c
}

// bounded is the company as it may be stored.
func (c Customer) bounded() Customer {
	c.Key = line(c.Key, longKey)
	c.Name, c.Place, c.Owner = line(c.Name, longName), line(c.Place, longPlace), line(c.Owner, mostID)
	c.Modules, c.Aliases = lines(c.Modules, longModule, mostModules), lines(c.Aliases, longAlias, mostAliases)
	c.Scheme = block(c.Scheme, longScheme)
	c.Market, c.Rhythm = Market(line(string(c.Market), mostID)), c.Rhythm.bounded()
	c.Contacted, c.FollowUp = millisecond(c.Contacted), line(c.FollowUp, mostID)
	orders := c.Orders[:min(len(c.Orders), mostOrders)]
	c.Orders = nil
	for _, o := range orders {
		c.Orders = append(c.Orders, o.bounded())
	}
	return c
}
