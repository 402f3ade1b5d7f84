package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Ids of the buttons, selects and forms about who works on what, and when. What follows
// one belongs to it.
const (
	buttonTakeOver   = "t:takeover"
	buttonMore       = "t:more"
	buttonTransfer   = "more:transfer"    // a select of people
	buttonSnooze     = "more:snooze"      // a select of times
	buttonWake       = "more:wake"        //
	buttonSchedule   = "more:schedule"    // opens a form
	buttonScheduled  = "more:planned"     // lists what is scheduled
	buttonUnschedule = "more:unschedule:" // + id
	buttonMerge      = "more:merge"       // lists tickets; a select of them has the same id
	buttonSales      = "more:sales"       // opens a form
	buttonTranscript = "more:transcript"  //
	buttonLeave      = "leave:"           // + user: a select of who goes on
	buttonQueue      = "queue:"           // + page:offset or now:offset
	buttonDutyOn     = "duty:on"          // the panel's, like the two below it
	buttonDutyBreak  = "duty:break"       //
	buttonDutyOff    = "duty:off"         //

	formTransfer = "f:transfer:" // + to
	formSchedule = "f:schedule"
	formSales    = "f:sales"
	formLeave    = "f:leave:" // + user:to
)

// workActions are those about who works on what, and when.
func workActions() actions {
	return actions{
		commands: map[string]action{
			"duty on":     {may: staff, do: (*Desk).dutyOn},
			"duty off":    {may: staff, do: (*Desk).dutyOff},
			"duty break":  {may: staff, do: (*Desk).dutyBreak},
			"duty status": {may: staff, do: (*Desk).dutyStatus},
			"duty name":   {may: staff, do: (*Desk).dutyName},
			"duty shift":  {may: staff, do: (*Desk).dutyShift},
			"queue":       {may: staff, do: (*Desk).queue},

			"ticket take-over": {may: staff, do: (*Desk).takeOver},
			"ticket transfer":  {may: staff, do: (*Desk).transfer},
			"ticket snooze":    {may: staff, do: (*Desk).snooze},
			"ticket schedule":  {may: staff, form: (*Desk).scheduleForm},
			"ticket merge":     {may: staff, do: (*Desk).mergeTicket},
			"ticket ask-sales": {may: staff, form: (*Desk).salesForm},
			"ticket new":       {may: staff, do: (*Desk).registerTicket},
		},
		buttons: map[string]action{
			buttonTakeOver:   {may: staff, do: (*Desk).takeOver},
			buttonMore:       {may: staff, do: (*Desk).more},
			buttonTransfer:   {may: staff, form: (*Desk).transferForm},
			buttonSnooze:     {may: staff, do: (*Desk).snooze},
			buttonWake:       {may: staff, do: (*Desk).wake},
			buttonSchedule:   {may: staff, form: (*Desk).scheduleForm},
			buttonScheduled:  {may: staff, do: (*Desk).scheduled},
			buttonUnschedule: {may: staff, do: (*Desk).unschedule},
			buttonMerge:      {may: staff, do: (*Desk).mergeTicket},
			buttonSales:      {may: staff, form: (*Desk).salesForm},
			buttonTranscript: {may: staff, do: (*Desk).asCommand},
			buttonLeave:      {may: staff, form: (*Desk).leaveForm},
			buttonQueue:      {may: staff, do: (*Desk).queue},
			buttonDutyOn:     {may: staff, do: (*Desk).dutyOn},
			buttonDutyBreak:  {may: staff, do: (*Desk).dutyBreak},
			buttonDutyOff:    {may: staff, do: (*Desk).dutyOff},
		},
		forms: map[string]action{
			formTransfer: {may: staff, do: (*Desk).transfer},
			formSchedule: {may: staff, do: (*Desk).schedule},
			formSales:    {may: staff, do: (*Desk).askSales},
			formLeave:    {may: staff, do: (*Desk).leave},
		},
	}
}

// chosen is the one value of a select, "" for none.
func (i Interaction) chosen() string {
	if len(i.Values) == 0 {
		return ""
	}
	return i.Values[0]
}

// stranger refuses a person who is no agent, as the server's roles say. Whom no option
// names is taken from a list that we made.
func (d *Desk) stranger(i Interaction, user string) error {
	roles, named := i.Members[user]
	if named && d.may(Interaction{Roles: roles}, staff) || !named && i.Options["to"] != user && i.Options["user"] != user {
		return nil
	}
	return Refusal(i.say("<@"+user+"> tidak memiliki peran agen, jadi tidak dapat menangani tiket. Pilih anggota tim yang lain.",
		"<@"+user+"> has no agent role, so cannot handle tickets. Choose another member of the team."))
}

// named is how staff call somebody where a mention cannot stand.
func (d *Desk) named(user, name string) string {
	if name == "" && d.bridge.Names.User != nil {
		name = d.bridge.Names.User(user)
	}
	return cmp.Or(bridge.Clean(name, 60), user)
}

// colleagues are those on duty, without one, as choices; those with few tickets first.
func (d *Desk) colleagues(ctx context.Context, i Interaction, without string) ([]Choice, error) {
	people, err := d.present(ctx)
	if err != nil {
		return nil, err
	}
	var all []Choice
	slices.SortStableFunc(people, func(a, b person) int { return cmp.Compare(a.open, b.open) })
	for _, p := range people {
		if p.Presence != ticket.OnDuty || p.User == without || len(all) >= mostColleagues {
			continue
		}
		name := d.named(p.User, p.Name)
		all = append(all, Choice{Value: p.User, Label: both(name, name), Hint: i.say(count(p.open)+" tiket terbuka", count(p.open)+" open tickets"), Emoji: "👤"})
	}
	return all, nil
}

// mostColleagues leaves room for one more choice in a list.
const mostColleagues = 24

// A person is somebody on duty or on a break.
type person struct {
	ticket.Duty
	open int // tickets he has, or was offered
}

// present are those on duty or on a break, the longest first.
func (d *Desk) present(ctx context.Context) (all []person, err error) {
	rows, err := d.store.Rows(ctx, Page{Index: ticket.IndexDuty})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		duty, err := d.duty(ctx, row.Member)
		if err != nil {
			return nil, err
		}
		held, err := d.store.Rows(ctx, Page{Index: ticket.IndexAgent(row.Member)})
		if err != nil {
			return nil, err
		}
		all = append(all, person{duty, len(held)})
	}
	return all, nil
}

func (d *Desk) duty(ctx context.Context, user string) (ticket.Duty, error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindDuty, ID: user})
	if err != nil || doc.Data == nil {
		return ticket.Duty{User: user, Presence: ticket.OffDuty}, err
	}
	return ticket.DecodeDuty(doc.Data)
}

// link is a ticket as a way to its thread, whose name says whose it is.
func link(t ticket.Ticket) string {
	out := "`" + t.Number + "`"
	if t.Thread != "" {
		return out + " <#" + t.Thread + ">"
	}
	if _, rest, ok := strings.Cut(t.Title, " · "); ok {
		out += " · " + bridge.ToDiscord(bridge.Clean(rest, 60))
	}
	return out
}
