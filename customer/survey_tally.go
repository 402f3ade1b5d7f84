package customer

// A Tally is what came of a round of surveys, kept at every survey that changes, so that
// nobody has to read them all again. The zero Tally is of none.
type Tally struct {
	Orders    int // on the list
	Customers int // on the list, each once
	Sent      int // customers who got the first question, or were asked by phone or on paper
	Returned  int // surveys that are over, with all numbers answered
	Ended     int // surveys that are over, however
	Low       int // surveys that are over, with an answer of 2 or less of 5
	// Sum and Count are of the answers of 1 to 5 in surveys that are over, by question.
	Sum, Count [Promotion]int
	// Promoters (9, 10) and Detractors (0 to 6) are of the Asked who answered whether
	// they would recommend us.
	Promoters, Detractors, Asked int
}

// Reached reports whether the customer of a survey was asked: by the desk, or by a person
// who entered answers.
func (s Survey) Reached() bool { return !s.Sent.IsZero() || len(s.Answers) > 0 }

// Recount takes in how a survey of the round stands now, before is how it stood; the zero
// Survey did not stand at all.
func (t *Tally) Recount(before, now Survey) {
	t.add(before, -1)
	t.add(now, 1)
}

func (t *Tally) add(s Survey, n int) {
	if s.ID == "" {
		return
	}
	t.Customers += n
	if s.Reached() {
		t.Sent += n
	}
	if !s.Over() {
		return
	}
	t.Ended += n
	if s.Returned() {
		t.Returned += n
	}
	if len(s.Low()) > 0 {
		t.Low += n
	}
	for q, value := range s.Answers {
		switch {
		case q >= 0 && q < Promotion:
			t.Sum[q] += n * value
			t.Count[q] += n
		case q == Promotion:
			t.Asked += n
			if value >= 9 {
				t.Promoters += n
			} else if value <= 6 {
				t.Detractors += n
			}
		}
	}
}

// Mean is the mean answer to a question of 1 to 5; ok is false without any.
func (t Tally) Mean(q Question) (mean float64, ok bool) {
	if q < 0 || q >= Promotion || t.Count[q] <= 0 {
		return 0, false
	}
	return float64(t.Sum[q]) / float64(t.Count[q]), true
}

// Promotion is the net promoter score, -100 to 100; ok is false without answers.
func (t Tally) Promotion() (score float64, ok bool) {
	if t.Asked <= 0 {
		return 0, false
	}
	return 100 * float64(t.Promoters-t.Detractors) / float64(t.Asked), true
}

// Rate is how many of the customers who were sent a survey returned it, 0 to 1, and how
// many of the customers on the list were sent one; 0 of none.
func (t Tally) Rate() (returned, sent float64) {
	if t.Sent > 0 {
		returned = float64(t.Returned) / float64(t.Sent)
	}
	if t.Customers > 0 {
		sent = float64(t.Sent) / float64(t.Customers)
	}
	return returned, sent
}

// storedTally is the form in which a tally is kept with its round.
type storedTally struct {
	Orders     int            `json:"orders,omitzero"`
	Customers  int            `json:"customers,omitzero"`
	Sent       int            `json:"sent,omitzero"`
	Returned   int            `json:"returned,omitzero"`
	Ended      int            `json:"ended,omitzero"`
	Low        int            `json:"low,omitzero"`
	Sum        map[string]int `json:"sum,omitzero"` // by key of the question
	Count      map[string]int `json:"count,omitzero"`
	Promoters  int            `json:"promoters,omitzero"`
	Detractors int            `json:"detractors,omitzero"`
	Asked      int            `json:"asked,omitzero"`
}

func (t Tally) stored() *storedTally {
	if t == (Tally{}) {
		return nil
	}
	s := &storedTally{
		Orders: t.Orders, Customers: t.Customers, Sent: t.Sent, Returned: t.Returned, Ended: t.Ended, Low: t.Low,
		Promoters: t.Promoters, Detractors: t.Detractors, Asked: t.Asked,
	}
	for q := range Promotion {
		if t.Count[q] == 0 && t.Sum[q] == 0 {
			continue
		}
		if s.Sum == nil {
			s.Sum, s.Count = map[string]int{}, map[string]int{}
		}
		s.Sum[q.Key()], s.Count[q.Key()] = t.Sum[q], t.Count[q]
	}
	return s
}

func (s *storedTally) tally() (t Tally) {
	if s == nil {
		return t
	}
	t = Tally{
		Orders: s.Orders, Customers: s.Customers, Sent: s.Sent, Returned: s.Returned, Ended: s.Ended, Low: s.Low,
		Promoters: s.Promoters, Detractors: s.Detractors, Asked: s.Asked,
	}
	for q := range Promotion {
		t.Sum[q], t.Count[q] = s.Sum[q.Key()], s.Count[q.Key()]
	}
	return t
}
