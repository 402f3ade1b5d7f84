package ticket

import (
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An Opinion is what the client was asked, and said, of a ticket.
type Opinion struct {
	Asked     time.Time // zero before; asked once, also after a reopening
	Skipped   bool      // not asked after this closing: the contact was asked a short while ago
	Lapsed    bool      // the time to answer is over
	Given     time.Time
	Stars     int // 1 to 5, 0 before it was given
	Comment   string
	Commented time.Time
	Review    Review
}

// A Review is what staff make of a low rating.
type Review string

// The states of a review; "" is none.
const (
	ReviewOpen Review = "open"
	ReviewDone Review = "done"
)

// AskRating asks for a rating, once: events are empty when there is no question to
// send. last is when the contact was asked last, for any ticket.
func (t *Ticket) AskRating(last, at time.Time, p Policy) ([]ledger.Event, error) {
	switch {
	case t.State != Closed:
		return nil, refuse("not_closed")
	case t.Channel != WhatsApp, t.Ending == EndDropped, t.Ending == EndMerged, !t.Rating.Asked.IsZero(), t.Rating.Skipped:
		return nil, nil
	case !last.IsZero() && at.Sub(last) < p.RatingGap:
		t.Rating.Skipped = true
		return []ledger.Event{event(at, "rating_skipped", byHalo, "last", moment(last))}, nil
	}
	t.Rating.Asked = at
	return []ledger.Event{event(at, "rating_asked", byHalo)}, nil
}

// RatingPending reports whether a rating is being waited for.
func (t Ticket) RatingPending(at time.Time, p Policy) bool {
	return t.rateable(at, p) == nil && t.Rating.Given.IsZero()
}

func (t Ticket) rateable(at time.Time, p Policy) error {
	switch {
	case t.Rating.Asked.IsZero() || t.State != Closed:
		return refuse("not_rated")
	case t.Rating.Lapsed || at.Sub(t.Rating.Asked) >= p.RatingValid:
		return refuse("rating_late")
	}
	return nil
}

// Rate takes in the client's stars, 1 to 5. He may change his mind while the question
// is valid; the last word counts. A low rating opens a review.
func (t *Ticket) Rate(stars int, at time.Time, p Policy) ([]ledger.Event, error) {
	if stars < 1 || stars > 5 {
		return nil, refuse("no_stars")
	}
	if t.Rating.Stars == stars {
		return nil, nil
	}
	if err := t.rateable(at, p); err != nil {
		return nil, err
	}
	was := ""
	if t.Rating.Stars > 0 {
		was = strconv.Itoa(t.Rating.Stars)
	}
	events := []ledger.Event{event(at, "rated", byClient, "stars", strconv.Itoa(stars), "was", was, "agent", t.Agent)}
	t.Rating.Stars, t.Rating.Given = stars, at
	if stars <= p.LowRating && t.Rating.Review == "" {
		t.Rating.Review = ReviewOpen
		events = append(events, event(at, "review_opened", byHalo, "stars", strconv.Itoa(stars)))
	}
	return events, nil
}

// CommentPending reports whether the client's next text is the comment to his rating.
func (t Ticket) CommentPending(at time.Time, p Policy) bool {
	return t.State == Closed && !t.Rating.Given.IsZero() && t.Rating.Comment == "" && at.Sub(t.Rating.Given) <= p.CommentWithin
}

// Comment takes in the client's comment to his rating, one; a very long one is cut.
func (t *Ticket) Comment(text string, at time.Time, p Policy) ([]ledger.Event, error) {
	text = cut(text, longComment)
	if text == "" || text == t.Rating.Comment {
		return nil, nil
	}
	if !t.CommentPending(at, p) {
		return nil, refuse("comment_late")
	}
	t.Rating.Comment, t.Rating.Commented = text, at
	return []ledger.Event{event(at, "commented", byClient, "text", text)}, nil
}

// FinishReview ends the review of a low rating.
func (t *Ticket) FinishReview(finding, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.Rating.Review == ReviewDone:
		return nil, nil
	case t.Rating.Review == "":
		return nil, refuse("no_review")
	case strings.TrimSpace(finding) == "":
		return nil, refuse("no_reason")
	}
	t.Rating.Review = ReviewDone
	return []ledger.Event{event(at, "review_done", by, "finding", strings.TrimSpace(finding))}, nil
}
