package bridge

import "github.com/haloerzap/halo/ledger"

// tellings are what is said of an event, by its name. What is in neither this table nor
// [untold] belongs to no ticket's life.
var tellings map[string]func(*telling, ledger.Event) error

// An initialisation cycle forbids the table in the declaration.
func init() {
	tellings = map[string]func(*telling, ledger.Event) error{
		"offered":                 (*telling).offered,
		"offer_declined":          (*telling).offerDeclined,
		"nobody_to_offer":         (*telling).nobodyToOffer,
		"accepted":                (*telling).accepted,
		"transferred":             (*telling).transferred,
		"taken_over":              (*telling).takenOver,
		"released":                (*telling).released,
		"agent_silent":            (*telling).agentSilent,
		"first_reminder":          (*telling).firstReminder,
		"first_response_breached": (*telling).firstResponseBreached,
		"reply_reminder":          (*telling).replyReminder,
		"news_reminder":           (*telling).newsReminder,
		"target_near":             (*telling).targetNear,
		"target_missed":           (*telling).targetMissed,

		"classified":          (*telling).classified,
		"reclassified":        (*telling).classified,
		"issue_set":           (*telling).issueSet,
		"complaint_marked":    (*telling).complaintMarked,
		"complaint_unmarked":  (*telling).complaintUnmarked,
		"data_requested":      (*telling).dataRequested,
		"access_requested":    (*telling).accessRequested,
		"checking":            (*telling).checking,
		"escalated":           (*telling).escalated,
		"escalated_again":     (*telling).escalated,
		"report_ended":        (*telling).reportEnded,
		"report_returned":     (*telling).reportReturned,
		"report_came":         (*telling).reportCame,
		"supervisor_answered": (*telling).supervisorAnswered,
		"snoozed":             (*telling).snoozed,
		"woken":               (*telling).woken,
		"scheduled":           (*telling).scheduled,
		"unscheduled":         (*telling).unscheduled,
		"scheduled_due":       (*telling).scheduledDue,
		"merged_from":         (*telling).mergedFrom,
		"warranty_claimed":    (*telling).warrantyClaimed,
		"warranty_refused":    (*telling).warrantyRefused,
		"warranty_accepted":   (*telling).warrantyAccepted,
		"warranty_closed":     (*telling).warrantyClosed,

		"resolved":             (*telling).resolved,
		"confirmation_unclear": (*telling).confirmationUnclear,
		"closing_failed":       (*telling).closingFailed,
		"closed":               (*telling).closed,
		"reopened":             (*telling).reopened,
		"rating_asked":         (*telling).ratingAsked,
		"rated":                (*telling).rated,
		"review_opened":        (*telling).reviewOpened,
		"review_done":          (*telling).reviewDone,
		"commented":            (*telling).commented,
	}
}

// untold are the events that need no words, and why.
var untold = map[string]string{
	"talk_opened":    "the post says it",
	"talk_ended":     "the post goes into the archive",
	"talk_resumed":   "the post comes out of the archive",
	"opened":         "the post says it, and intake greets the client",
	"identified":     "the card shows it",
	"waited":         "for the figures",
	"responded":      "the answer itself is in the thread",
	"access_came":    "whoever sealed it shows the way to it",
	"closing_sent":   "the mark of the sentence shows it",
	"offer_due":      "an offer follows, or that there is nobody",
	"rating_skipped": "nothing happens",
	"rating_lapsed":  "nothing happens",
}
