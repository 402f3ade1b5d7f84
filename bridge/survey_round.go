package bridge

import (
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// TimerSurveyList (ID: the round's) makes the next part of a month's list.
const TimerSurveyList = "survey_list"

// SurveyRounds is the index of the months' lists of surveys: ids, scored by their
// beginning in UTC milliseconds.
const SurveyRounds = "rounds/survey"

const (
	roundPrefix  = "SV-"
	atOnceListed = 5  // orders taken, or customers invited, in one commit
	longestGap   = 24 // months that are looked back over for the round before
)

// IsSurveyRound reports whether an id is that of a month's list of surveys ("SV-2612").
func IsSurveyRound(id string) bool {
	return strings.HasPrefix(id, roundPrefix) && len(id) == len("SV-2612")
}

// isSurvey reports whether an id is that of a survey ("SV-2612-0012").
func isSurvey(id string) bool {
	round, number, ok := strings.Cut(strings.TrimPrefix(id, roundPrefix), "-")
	return ok && strings.HasPrefix(id, roundPrefix) && len(round) == 4 && len(number) >= 4
}

// window is which orders belong on the list made at a time: those completed from from on
// and before to. before is the round before, zero for none.
//
// A list is to have the orders completed 90 to 120 days ago. Months have 28 to 31 days and
// lists are late after downtime, so that windows of 30 days counted from the day of the
// list would overlap or leave orders out. Of the three ways out, a list of the calendar
// month before the last three would ask some customers after 75 days, and one that marks
// every order would have to write all of them. So the near end decides: a list goes up to
// 90 days before its day, and begins where the one before ended; only the first begins
// 120 days before. Each order is in exactly one window, whenever lists are made; on one
// that is late some orders are older than 120 days. An order of which the desk hears only
// after its window is on the next list, marked: see [Desk.takeLate].
func (s Surveys) window(at time.Time, zone *time.Location, before customer.Round) (from, to time.Time) {
	to = midnight(at.Add(-s.From), zone)
	if from = before.To; from.IsZero() {
		from = midnight(at.Add(-s.To), zone)
	}
	if from.After(to) { // surveys.from was made longer since
		to = from
	}
	return from, to
}

// midnight is the beginning of the local day of a moment.
func midnight(at time.Time, zone *time.Location) time.Time {
	y, m, day := at.In(zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}

// zone is where the desk's days are.
func (d Desk) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// monthBegan reports whether the first working day of the month has come. A desk that
// never opens works every day.
func (d Desk) monthBegan(now time.Time) bool {
	now = now.In(d.zone())
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, d.zone())
	if opens, ok := d.hours().Next(first); ok {
		first = midnight(opens, d.zone())
	}
	return !now.Before(first)
}

func surveyRoundID(month time.Time) string { return roundPrefix + month.Format("0601") }

// listSurveys is the job "surveys": it begins the month's list, once. What is on it is
// found by [Desk.ListNext], a few orders a commit.
func (d Desk) listSurveys(tx *ledger.Tx, _ time.Time) (string, error) {
	now := tx.Now()
	id := surveyRoundID(now.In(d.zone()))
	if !d.monthBegan(now) {
		return "Menunggu hari kerja pertama bulan ini.", nil
	}
	if r, ok, err := customer.LoadRound(tx, id); err != nil || ok {
		return fmt.Sprintf("Survei bulan ini (%s) sudah dibuat %s.", id, r.Opened.In(d.zone()).Format("02.01.2006")), err
	}
	before, err := d.roundBefore(tx, now)
	if err != nil {
		return "", err
	}
	r := customer.Round{ID: id, Opened: now}
	r.From, r.To = d.surveys().window(now, d.zone(), before)
	r.Cursor = r.From.UnixMilli()
	if err := r.Save(tx); err != nil {
		return "", err
	}
	tx.Index(SurveyRounds, id, now.UnixMilli())
	tx.Set(ledger.Timer{Kind: TimerSurveyList, ID: id, Due: now})
	t, events := ticket.OpenTalk(id, ticket.TalkList, "Survei "+monthName(now.In(d.zone())), "", "", "", true, now)
	if err := d.BeginTalk(tx, t, events); err != nil {
		return "", err
	}
	return fmt.Sprintf("Survei %s dibuat: pesanan yang selesai %s.", id, d.daysOf(r)), nil
}

// roundBefore is the newest round before this month's, the zero Round when there is none.
func (d Desk) roundBefore(tx *ledger.Tx, now time.Time) (r customer.Round, err error) {
	now = now.In(d.zone())
	for back := range longestGap {
		month := time.Date(now.Year(), now.Month()-time.Month(back+1), 1, 0, 0, 0, 0, d.zone())
		r, ok, err := customer.LoadRound(tx, surveyRoundID(month))
		if err != nil || ok {
			return r, err
		}
	}
	return customer.Round{}, nil
}

// daysOf are the first and the last day of a round's window.
func (d Desk) daysOf(r customer.Round) string {
	if !r.From.Before(r.To) {
		return "belum ada"
	}
	return r.From.In(d.zone()).Format("02.01.2006") + " sampai " + r.To.Add(-time.Millisecond).In(d.zone()).Format("02.01.2006")
}

var months = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"}

func monthName(at time.Time) string { return fmt.Sprintf("%s %d", months[at.Month()-1], at.Year()) }

// ListNext goes on with a month's list ([TimerSurveyList]): a few orders are taken, or,
// once all were, a few customers invited. The round says how far it has come, and whoever
// is faster writes it first: a second instance, or a timer that comes again, does nothing.
func (d Desk) ListNext(tx *ledger.Tx, timer ledger.Timer) error {
	r, ok, err := customer.LoadRound(tx, timer.ID)
	if err != nil || !ok || r.Done {
		return err
	}
	switch {
	case !r.Walked:
		err = d.takeOrders(tx, r)
	case !r.Caught:
		err = d.takeLate(tx, r)
	default:
		err = d.inviteNext(tx, r)
	}
	if err != nil {
		return err
	}
	if r, ok, err = customer.LoadRound(tx, timer.ID); err != nil || !ok || r.Done {
		return err
	}
	tx.Set(ledger.Timer{Kind: TimerSurveyList, ID: r.ID, Due: tx.Now()})
	return nil
}

// takeOrders puts the next orders on the list.
func (d Desk) takeOrders(tx *ledger.Tx, r customer.Round) error {
	rows, err := d.completedNext(r)
	if err != nil {
		return err
	}
	if r, err = d.listOrders(tx, r, rows); err != nil {
		return err
	}
	if len(rows) > 0 {
		last := rows[len(rows)-1]
		r.Cursor, r.Last = last.Score, last.Member
	}
	r.Walked = len(rows) < atOnceListed
	return r.Save(tx)
}

// listOrders puts orders on a round's list and shows them. The round that comes back is
// the caller's to save.
func (d Desk) listOrders(tx *ledger.Tx, r customer.Round, rows []ledger.IndexRow) (customer.Round, error) {
	var lines []string
	made := map[string]string{}
	for _, row := range rows {
		line, err := d.listOrder(tx, r, row, made)
		if err != nil {
			return r, err
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	r, _, err := customer.LoadRound(tx, r.ID)
	if err != nil {
		return r, err
	}
	shown := r.Tally.Orders
	r.Tally.Orders += len(lines)
	d.showList(tx, r, shown, lines)
	RefreshCard(tx, r.ID)
	return r, nil
}

// completedNext are the next rows of completed orders, a few: those behind the last one
// taken. Many orders are completed at one time, when only days are known.
func (d Desk) completedNext(r customer.Round) (next []ledger.IndexRow, err error) {
	const page = 200
	from, to := r.Cursor, r.To.UnixMilli()-1
	for offset := int64(0); from <= to; offset += page {
		rows, err := d.rows(Page{Index: customer.IndexCompleted, Min: &from, Max: &to, Offset: offset, Limit: page})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.Score > r.Cursor || r.Last == "" || row.Member > r.Last {
				next = append(next, row)
			}
			if len(next) == atOnceListed {
				return next, nil
			}
		}
		if len(rows) < page {
			return next, nil
		}
	}
	return next, nil
}

// inviteNext asks the next customers of a list, each when his turn comes; behind the last
// one the list is done. Surveys of a round are numbered from 1 on.
func (d Desk) inviteNext(tx *ledger.Tx, r customer.Round) error {
	for range atOnceListed {
		if r.Invited >= r.Made {
			break
		}
		r.Invited++
		s, ok, err := customer.LoadSurvey(tx, surveyID(r.ID, r.Invited))
		if err != nil {
			return err
		}
		if !ok || s.State != customer.SurveyPlanned || s.Conversation == "" {
			continue
		}
		if err := d.invite(tx, s); err != nil {
			return err
		}
	}
	if r.Invited >= r.Made {
		r.Done = true
		d.listDone(tx, r)
	}
	return r.Save(tx)
}

func surveyID(round string, n int) string { return fmt.Sprintf("%s-%04d", round, n) }
