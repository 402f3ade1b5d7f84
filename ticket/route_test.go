package ticket

import (
	"testing"
	"time"
)

// inbound is a message of somebody who never wrote before.
func inbound(change ...func(*RouteInput)) RouteInput {
	in := RouteInput{At: noon, Content: ContentText, Text: "printer di outlet kami tidak jalan", Policy: DefaultPolicy()}
	for _, c := range change {
		c(&in)
	}
	return in
}

func ago(d time.Duration) time.Time { return noon.Add(-d) }

// routes are the lines of the list, in its order: facts that make a message match, and
// the words it takes ("" for any).
var routes = []struct {
	name  string
	facts func(*RouteInput)
	text  string
	want  Destination
}{
	{"blocked", func(in *RouteInput) { in.Blocked = true }, "", Destination{Kind: ToNowhere}},
	{"opt word", func(*RouteInput) {}, "STOP", Destination{Kind: ToOpt, Opt: OptOut}},
	{"quote of a survey", func(in *RouteInput) { in.About = About{AboutSurvey, "S1"} }, "", Destination{Kind: ToSurvey, ID: "S1"}},
	{"open ticket", func(in *RouteInput) { in.Open = "HE-3" }, "", Destination{Kind: ToTicket, ID: "HE-3"}},
	{"pending rating", func(in *RouteInput) { in.Rating = Asked{Ticket: "HE-2", At: ago(time.Hour)} }, "5", Destination{Kind: ToRating, ID: "HE-2", Stars: 5}},
	{"running survey", func(in *RouteInput) { in.Survey = Running{"S2", true} }, "", Destination{Kind: ToSurvey, ID: "S2"}},
	{"follow-up", func(in *RouteInput) { in.FollowUp = SentCard{"F1", ago(24 * time.Hour)} }, "", Destination{Kind: ToFollowUp, ID: "F1"}},
	{"thanks", func(in *RouteInput) { in.Last = ClosedLast{Ticket: "HE-1", At: ago(time.Hour)} }, "makasih kak", Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
	{"closed a short while ago", func(in *RouteInput) { in.Last = ClosedLast{Ticket: "HE-1", At: ago(time.Hour)} }, "", Destination{Kind: ToReopen, ID: "HE-1"}},
	{"new", func(*RouteInput) {}, "", Destination{Kind: ToNew}},
}

func TestRouteLines(t *testing.T) {
	for _, r := range routes {
		in := inbound(r.facts)
		if r.text != "" {
			in.Text = r.text
		}
		if got := Route(in); got != r.want {
			t.Errorf("%s: %+v, want %+v", r.name, got, r.want)
		}
	}
}

// Of two lines that both match, the first wins: neighbours, and all others too.
func TestRouteFirstMatchWins(t *testing.T) {
	for i, first := range routes {
		for _, second := range routes[i+1:] {
			in := inbound(second.facts, first.facts)
			switch {
			case first.text != "":
				in.Text = first.text
			case second.text != "":
				in.Text = second.text
			}
			if got := Route(in); got != first.want {
				t.Errorf("%s and %s: %+v, want %+v", first.name, second.name, got, first.want)
			}
		}
	}
}

// A line that just does not match leaves the message to the next one.
func TestRouteNeighbours(t *testing.T) {
	closed := func(d time.Duration) func(*RouteInput) {
		return func(in *RouteInput) { in.Last = ClosedLast{Ticket: "HE-1", At: ago(d)} }
	}
	asked := func(d time.Duration) func(*RouteInput) {
		return func(in *RouteInput) { in.Rating = Asked{Ticket: "HE-1", At: ago(d)} }
	}
	rated := func(d time.Duration) func(*RouteInput) {
		return func(in *RouteInput) { in.Rating = Asked{Ticket: "HE-1", At: ago(time.Hour), Given: ago(d)} }
	}
	says := func(text string) func(*RouteInput) { return func(in *RouteInput) { in.Text = text } }
	votes := func(options ...string) func(*RouteInput) {
		return func(in *RouteInput) { in.Content, in.Text, in.Votes = ContentVote, "", options }
	}
	content := func(kind string) func(*RouteInput) { return func(in *RouteInput) { in.Content = kind } }
	about := func(k AboutKind, id string) func(*RouteInput) {
		return func(in *RouteInput) { in.About = About{k, id} }
	}
	card := func(d time.Duration) func(*RouteInput) {
		return func(in *RouteInput) { in.FollowUp = SentCard{"F1", ago(d)} }
	}
	const day = 24 * time.Hour
	for _, test := range []struct {
		name string
		in   RouteInput
		want Destination
	}{
		{"opt in", inbound(says("mulai"), func(in *RouteInput) { in.Declined = true }), Destination{Kind: ToOpt, Opt: OptIn}},
		{"opt in of who never opted out", inbound(says("mulai")), Destination{Kind: ToNew}},
		{"an opt word in a sentence", inbound(says("stop dulu kak"), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"an opt word as a caption", inbound(says("STOP"), content("image")), Destination{Kind: ToNew}},

		{"vote on the rating", inbound(votes("4"), about(AboutRating, "HE-1"), asked(time.Hour)), Destination{Kind: ToRating, ID: "HE-1", Stars: 4}},
		{"vote in stars", inbound(votes("⭐⭐⭐⭐⭐ 5"), about(AboutRating, "HE-1")), Destination{Kind: ToRating, ID: "HE-1", Stars: 5}},
		{"vote taken back", inbound(votes(), about(AboutRating, "HE-1")), Destination{Kind: ToRating, ID: "HE-1"}},
		{"vote on an old rating, a ticket being open", inbound(votes("2"), about(AboutRating, "HE-1"), func(in *RouteInput) { in.Open = "HE-3" }), Destination{Kind: ToRating, ID: "HE-1", Stars: 2}},
		{"quote of the rating with stars and words", inbound(says("kasih 5 deh, mantap"), about(AboutRating, "HE-1")), Destination{Kind: ToRating, ID: "HE-1", Stars: 5, Comment: "mantap"}},
		{"quote of the rating without stars", inbound(says("masih error"), about(AboutRating, "HE-1"), asked(time.Hour)), Destination{Kind: ToRating, ID: "HE-1", Comment: "masih error"}},
		{"quote of a rating that was given", inbound(says("mantap"), about(AboutRating, "HE-1"), rated(time.Hour)), Destination{Kind: ToComment, ID: "HE-1", Comment: "mantap"}},
		{"quote of a follow-up", inbound(about(AboutFollowUp, "F7")), Destination{Kind: ToFollowUp, ID: "F7"}},
		{"vote on a survey", inbound(votes("4"), about(AboutSurvey, "S1")), Destination{Kind: ToSurvey, ID: "S1"}},

		{"rating with words", inbound(says("5, mantap"), asked(time.Minute), closed(time.Hour)), Destination{Kind: ToRating, ID: "HE-1", Stars: 5, Comment: "mantap"}},
		{"rating at the last moment", inbound(says("5"), asked(day-time.Second), closed(day)), Destination{Kind: ToRating, ID: "HE-1", Stars: 5}},
		{"rating too late", inbound(says("5"), asked(day), closed(day)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedLate}},
		{"rating a month too late", inbound(says("bintang 5"), asked(30*day), closed(30*day)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedLate}},
		{"rating that lapsed", inbound(says("5"), closed(time.Hour), func(in *RouteInput) { in.Rating = Asked{Ticket: "HE-1", At: ago(time.Hour), Lapsed: true} }), Destination{Kind: ToNote, ID: "HE-1", Why: NotedLate}},
		{"rating out of range", inbound(says("7"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedStrange}},
		{"ten of ten", inbound(says("10/10"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedStrange}},
		{"a rating in words", inbound(says("sangat puas kak 🙏"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedStrange}},
		{"a rating in words, too late", inbound(says("sangat puas, terima kasih"), asked(2*day), closed(2*day)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedLate}},
		{"not satisfied", inbound(says("kurang puas kak"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedStrange}},
		{"not satisfied, and no longer asked", inbound(says("kurang puas kak"), rated(time.Hour), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"not satisfied, and why", inbound(says("tidak puas, printer masih error"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"not a rating", inbound(says("jam 5"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"a number nobody asked for", inbound(says("5"), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"a picture instead of a rating", inbound(says("5"), content("image"), asked(time.Hour), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"late rating that a survey takes", inbound(says("5"), asked(2*day), closed(2*day), func(in *RouteInput) { in.Survey = Running{"S2", true} }), Destination{Kind: ToSurvey, ID: "S2"}},
		{"comment at the last moment", inbound(says("masih error"), rated(10*time.Minute), closed(time.Hour)), Destination{Kind: ToComment, ID: "HE-1", Comment: "masih error"}},
		{"comment too late", inbound(says("masih error"), rated(10*time.Minute+time.Second), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"second comment", inbound(says("masih error"), rated(time.Minute), closed(time.Hour), func(in *RouteInput) { in.Rating.Commented = true }), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"thanks as a comment", inbound(says("makasih"), rated(time.Minute), closed(time.Hour)), Destination{Kind: ToComment, ID: "HE-1", Comment: "makasih"}},
		{"a picture is no comment", inbound(content("image"), rated(time.Minute), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},

		{"a survey that the message does not answer", inbound(func(in *RouteInput) { in.Survey = Running{"S2", false} }, card(day)), Destination{Kind: ToFollowUp, ID: "F1"}},
		{"follow-up at the last moment", inbound(card(7*day-time.Second), closed(time.Hour)), Destination{Kind: ToFollowUp, ID: "F1"}},
		{"follow-up too long ago", inbound(card(7*day), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},

		{"emoji", inbound(says("👍"), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
		{"sticker", inbound(says(""), content(ContentSticker), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
		{"late yes", inbound(says("sudah bisa kak"), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
		{"late vote for yes", inbound(votes("Sudah sesuai"), closed(time.Hour)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
		{"late vote for no", inbound(votes("Belum sesuai"), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"thanks long after", inbound(says("makasih"), closed(30*day)), Destination{Kind: ToNote, ID: "HE-1", Why: NotedThanks}},
		{"thanks with a question", inbound(says("makasih, kalau stok gimana?"), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"thanks under a picture", inbound(says("makasih"), content("image"), closed(time.Hour)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"thanks of somebody new", inbound(says("makasih")), Destination{Kind: ToNew}},
		{"re-opening at the last moment", inbound(closed(day - time.Second)), Destination{Kind: ToReopen, ID: "HE-1"}},
		{"re-opening too late", inbound(closed(day)), Destination{Kind: ToNew}},
		{"merged into another", inbound(closed(time.Hour), func(in *RouteInput) { in.Last.Merged = true }), Destination{Kind: ToNew}},
	} {
		if got := Route(test.in); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}
