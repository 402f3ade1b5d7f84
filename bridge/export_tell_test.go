package bridge

import (
	"maps"
	"slices"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ticket"
)

// Told are the events that are told, and those that need no words.
func Told() (told, quiet []string) {
	return slices.Sorted(maps.Keys(tellings)), slices.Sorted(maps.Keys(untold))
}

// ReportTold are the events of reports that are told, and those that need no words.
func ReportTold() (told, quiet []string) {
	return slices.Sorted(maps.Keys(reportTellings)), slices.Sorted(maps.Keys(reportUntold))
}

// HeaderCard is the head of a ticket's post.
func HeaderCard(t ticket.Ticket, c ticket.Conversation, who customer.Card, desk Desk) (*Card, []Button) {
	return headerCard(t, c, who, desk)
}

// FollowUpTold reports whether an event of a follow-up is told, and whether it needs no
// words.
func FollowUpTold(event string) (told, untold bool) {
	_, told = followUpTellings[event]
	_, untold = followUpUntold[event]
	return told, untold
}
