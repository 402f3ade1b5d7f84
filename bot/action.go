package bot

import (
	"context"
	"errors"
	"maps"
	"strings"
)

// An action is what a command, button, select or form does, and who may use it.
type action struct {
	may []string // capabilities, one of which is needed
	// anybody says that do itself decides who may, because it keeps account of who may not.
	anybody bool
	// form is what has to be filled in first; what comes back is an action of its own. An
	// error says why it does not open, as it would if do returned it. A form without an ID
	// is none: what was asked for is complete, and do does it.
	form func(d *Desk, ctx context.Context, i Interaction) (Form, error)
	// do is what happens; nil for what only opens a form.
	do func(d *Desk, ctx context.Context, i Interaction) (Answer, error)
}

var (
	staff       = []string{Agent, AssistantManager, Manager}
	supervisors = []string{AssistantManager, Manager}
)

// Actions are found by the full name of a command, and by how the id of a button, select
// or form begins: the longest beginning decides.
type actions struct {
	commands, buttons, forms map[string]action
}

// table is everything that staff can ask for.
func table() actions {
	all := actions{map[string]action{}, map[string]action{}, map[string]action{}}
	for _, part := range []actions{
		deskActions(), outreachActions(), ticketActions(), workActions(), findActions(), secretActions(), holdActions(), escalateActions(), reportActions(),
		talkActions(), jobActions(), surveyActions(), followActions(), orderActions(),
	} {
		maps.Copy(all.commands, part.commands)
		maps.Copy(all.buttons, part.buttons)
		maps.Copy(all.forms, part.forms)
	}
	return all
}

func (a actions) find(i Interaction) (found action, ok bool) {
	switch {
	case i.Form != "":
		return longest(a.forms, i.Form)
	case i.Button != "":
		return longest(a.buttons, i.Button)
	}
	found, ok = a.commands[i.Command]
	return found, ok
}

// longest is the action whose name an id begins with.
func longest(all map[string]action, id string) (found action, ok bool) {
	most := -1
	for name, a := range all {
		if len(name) > most && strings.HasPrefix(id, name) {
			found, ok, most = a, true, len(name)
		}
	}
	return found, ok
}

// Form implements [Former]: it opens the form of an action that has one. Whoever may not
// use it, or cannot at the moment, gets no form and is told why by [Desk.Handle].
func (d *Desk) Form(ctx context.Context, i Interaction) (Form, bool) {
	a, ok := d.table.find(i)
	if !ok || a.form == nil || !d.may(i, a.may) {
		return Form{}, false
	}
	f, err := a.form(d, ctx, i)
	return f, err == nil && f.ID != ""
}

func (d *Desk) do(ctx context.Context, i Interaction) (Answer, error) {
	a, ok := d.table.find(i)
	if !ok {
		return Answer{}, Refusal(i.say("Tombol atau perintah ini tidak dikenal lagi. Muat ulang Discord (Ctrl+R), lalu coba kembali.",
			"This button or command is no longer known. Reload Discord (Ctrl+R), then try again."))
	}
	if !a.anybody && !d.may(i, a.may) {
		return Answer{}, Refusal(d.refusal(i, a.may))
	}
	if a.form != nil {
		f, err := a.form(d, ctx, i)
		if err != nil {
			return Answer{}, err
		}
		if f.ID != "" { // it could not be made in time
			return Answer{}, Refusal(i.say("Formulirnya belum sempat terbuka. Silakan coba sekali lagi.", "The form could not be opened in time. Please try once more."))
		}
	}
	if a.do == nil {
		return Answer{}, errors.New("an action that does nothing")
	}
	about, _, _ := strings.Cut(i.Command, " ")
	if len(i.Fields) > 0 || len(i.Options) > 0 && (about == "ticket" || about == "followup" || about == "customer" || about == "report") { // words that may be stored
		i.Options, i.Fields = maps.Clone(i.Options), maps.Clone(i.Fields)
		if err := d.bridge.Unsaid(ctx, d.store, i.Channel, i.Options, i.Fields); err != nil {
			return Answer{}, err
		}
	}
	return a.do(d, ctx, i)
}

// Commands is the table of commands, as registered with Discord.
func Commands() []Command {
	ticket := Command{Name: "ticket", Names: named("tiket", "ticket"), Description: both("Tiket di thread ini", "The ticket of this thread")}
	for _, part := range [][]Command{ticketSubs(), workSubs(), findSubs(), escalateSubs()} {
		ticket.Sub = append(ticket.Sub, part...)
	}
	all := []Command{ticket}
	for _, part := range [][]Command{
		deskCommands(), ticketCommands(), workCommands(), findCommands(), holdCommands(), escalateCommands(), reportCommands(),
		jobCommands(), surveyCommands(), followCommands(), orderCommands(),
	} {
		all = append(all, part...)
	}
	return all
}

// both is a text in the languages of the staff, by locale.
func both(id, en string) map[string]string {
	return map[string]string{"id": id, "en-US": en, "en-GB": en}
}

// named are the names of a command or option by locale: lower case, without blanks.
func named(id, en string) map[string]string { return both(id, en) }
