package bot

import (
	"context"
	"strings"

	"go.uber.org/zap"
)

// A Completer offers what may be meant while an option is typed.
type Completer interface {
	// Complete finds choices for the option of a command, of which typed is written so
	// far; the other options are in the interaction, as far as they are written. At most 25
	// are shown, each with a label of at most 100 characters and a value of as many. It only
	// reads, and is asked at every keystroke: ctx ends after about a second, and what was
	// not found until then is not offered.
	Complete(ctx context.Context, i Interaction, option, typed string) []Choice
}

// A Source is where what may be meant by an option is looked for.
type Source string

// The sources. What they offer brings an id, a number or a name which the command
// understands, as it does what is typed freely.
const (
	FromCompanies    Source = "company"     // by the beginnings of the words of name, place and aliases
	FromPeople       Source = "person"      // likewise by their name, or by four digits of their number
	FromOrders       Source = "order"       // that are not cancelled, by number or company
	FromUndelivered  Source = "undelivered" // orders that are awaited
	FromSurveys      Source = "survey"      // lists and surveys, by id or company
	FromSurveysAsked Source = "survey_open" // surveys that can be answered
	FromJobs         Source = "job"         // that the person may start
)

// looks are the ways to look into a source; words are what is typed, fit to look for.
var looks = map[Source]func(d *Desk, ctx context.Context, i Interaction, words string) ([]Choice, error){
	FromCompanies:    (*Desk).likelyCompanies,
	FromPeople:       (*Desk).likelyPeople,
	FromOrders:       (*Desk).likelyOrders,
	FromUndelivered:  (*Desk).likelyUndelivered,
	FromSurveys:      (*Desk).likelySurveys,
	FromSurveysAsked: (*Desk).likelyAsked,
	FromJobs:         (*Desk).likelyJobs,
}

// sourcesOf are the sources of all options that have one, by command and option:
// "order add company".
func sourcesOf(prefix string, all []Command, into map[string]Source) {
	for _, c := range all {
		sourcesOf(prefix+c.Name+" ", c.Sub, into)
		for _, o := range c.Options {
			if o.Complete != "" {
				into[prefix+c.Name+" "+o.Name] = o.Complete
			}
		}
	}
}

// Complete implements [Completer]: whoever may not use the command is offered nothing.
func (d *Desk) Complete(ctx context.Context, i Interaction, option, typed string) []Choice {
	a, ok := d.table.commands[i.Command]
	look := looks[d.sources[i.Command+" "+option]]
	if !ok || look == nil || !d.may(i, a.may) {
		return nil
	}
	found, err := look(d, ctx, i, question(typed))
	if err != nil && ctx.Err() == nil { // what is typed may be a number: it is not logged
		d.log.Warn("choices could not be found", zap.String("command", i.Command), zap.String("option", option), zap.Error(err))
	}
	return found[:min(len(found), mostOffered)]
}

// label is a choice of one name for everybody, made of parts that other people wrote.
func labelled(value string, parts ...string) Choice {
	var shown []string
	for _, part := range parts {
		if part != "" {
			shown = append(shown, part)
		}
	}
	label := strings.Join(shown, " · ")
	return Choice{Value: value, Label: both(label, label)}
}

// likelyJobs are the jobs by their names.
func (d *Desk) likelyJobs(ctx context.Context, i Interaction, words string) (out []Choice, err error) {
	if d.clockwork == nil {
		return nil, nil
	}
	all, err := d.clockwork.Jobs(ctx)
	words = strings.ToLower(words)
	for _, one := range all {
		names := strings.ToLower(one.Name + "\n" + JobTitle(one.Name, false) + "\n" + JobTitle(one.Name, true))
		if d.mayRun(i, one.Name) && strings.Contains(names, words) {
			out = append(out, labelled(one.Name, JobTitle(one.Name, i.English())))
		}
	}
	return out, err
}
