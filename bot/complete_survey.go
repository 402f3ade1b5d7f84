package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
)

const (
	surveyRoundsSeen = 3     // the latest months whose surveys are offered
	surveysSeen      = 2_000 // ids of each that are looked at
)

// likelySurveys are lists by their ids, and surveys.
func (d *Desk) likelySurveys(ctx context.Context, i Interaction, words string) (out []Choice, err error) {
	rounds, err := d.latestRounds(ctx)
	for _, id := range rounds {
		if strings.HasPrefix(id, strings.ToUpper(words)) {
			out = append(out, labelled(id, id, i.say("daftar", "list")))
		}
	}
	if err != nil {
		return out, err
	}
	more, err := d.surveysLike(ctx, i, words, rounds, func(customer.Survey) bool { return true })
	return append(out, more...), err
}

// likelyAsked are the surveys that can be answered.
func (d *Desk) likelyAsked(ctx context.Context, i Interaction, words string) ([]Choice, error) {
	rounds, err := d.latestRounds(ctx)
	if err != nil {
		return nil, err
	}
	return d.surveysLike(ctx, i, words, rounds, func(s customer.Survey) bool { return s.State != customer.SurveyDone })
}

func (d *Desk) latestRounds(ctx context.Context) (ids []string, err error) {
	rows, err := d.store.Rows(ctx, Page{Index: bridge.SurveyRounds, Down: true, Limit: surveyRoundsSeen})
	for _, r := range rows {
		ids = append(ids, r.Member)
	}
	return ids, err
}

// surveysLike are surveys of which words are a part of the id, or words of the company; the
// latest first.
func (d *Desk) surveysLike(ctx context.Context, i Interaction, words string, rounds []string, fits func(customer.Survey) bool) (out []Choice, err error) {
	ids, err := d.surveyIDs(ctx, i, words, rounds)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if len(out) == mostOffered {
			break
		}
		s, err := d.surveyOf(ctx, i, id)
		if err != nil {
			return out, err
		}
		if !fits(s) {
			continue
		}
		c, err := d.company(ctx, s.Customer)
		if err != nil {
			return out, err
		}
		out = append(out, labelled(s.ID, s.ID, bridge.Clean(c.Name, 50), bridge.Clean(surveyState(i, s), 30)))
	}
	return out, nil
}

// surveyIDs are the ids of surveys that may be meant, at most twice as many as are shown.
func (d *Desk) surveyIDs(ctx context.Context, i Interaction, words string, rounds []string) (ids []string, err error) {
	take := func(p Page, of func(id string) bool) error {
		rows, err := d.store.Rows(ctx, p)
		for _, r := range rows {
			if of(r.Member) && !slices.Contains(ids, r.Member) && len(ids) < 2*mostOffered {
				ids = append(ids, r.Member)
			}
		}
		return err
	}
	companies, err := d.companiesLike(ctx, i, words, 8)
	if err != nil {
		return nil, err
	}
	for _, c := range companies {
		if err := take(Page{Index: customer.SurveysOf(c.ID), Down: true, Limit: 3}, func(string) bool { return true }); err != nil {
			return ids, err
		}
	}
	part := strings.ToUpper(strings.ReplaceAll(words, " ", ""))
	if strings.Trim(part, "0123456789-SV") != "" {
		return ids, nil // words of a company
	}
	for _, round := range rounds {
		if err := take(Page{Index: customer.SurveysIn(round), Down: true, Limit: surveysSeen}, func(id string) bool { return strings.Contains(id, part) }); err != nil {
			return ids, err
		}
	}
	return ids, nil
}
