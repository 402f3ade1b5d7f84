package discord

import (
	"context"
	"sync"
	"time"
	"unicode/utf16"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
)

const (
	// completeTime is what a handler has to find what may be meant: Discord wants it
	// within 3 seconds, and who types looks at something else by then.
	completeTime = 1500 * time.Millisecond
	completers   = 16
	// mostChoice is how many characters a choice shows, and brings, at most.
	mostChoice = 100
)

// choices are what a person may mean who types an option. An empty list, not null, shows
// that nothing was found.
type choices struct {
	Choices []choice `json:"choices"`
}

// completeAll offers choices while options are typed, until ctx ends. It has workers of
// its own: nobody who presses a button waits for keystrokes.
func (c *Client) completeAll(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for range completers {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case i := <-c.typed:
					c.complete(ctx, i)
				}
			}
		})
	}
}

// complete answers one keystroke; what comes too late is of no use to anybody.
func (c *Client) complete(ctx context.Context, i interaction) {
	ctx, cancel := context.WithDeadline(ctx, i.at.Add(c.set.ack))
	defer cancel()
	if ctx.Err() != nil {
		return
	}
	in := struct {
		Type int     `json:"type"`
		Data choices `json:"data"`
	}{answerChoices, offered(c.choicesFor(ctx, i), i.Locale)}
	if err := c.callBack(ctx, "offer choices", i, in); err != nil {
		c.log.Info("choices could not be offered", zap.Error(err))
	}
}

// choicesFor asks the handler, within its time: one that breaks has nothing to offer.
func (c *Client) choicesFor(ctx context.Context, i interaction) (all []bot.Choice) {
	completer, is := c.bot.(bot.Completer)
	asked, option, text, ok := i.typing(c.now())
	if !is || !ok {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("an interaction broke", zap.Error(panicked("complete", v)), zap.String("interaction", i.ID))
			all = nil
		}
	}()
	ctx, cancel := context.WithDeadline(ctx, i.at.Add(completeTime))
	defer cancel()
	return completer.Complete(ctx, asked, option, text)
}

// typing is the interaction with the option that is being typed taken out of it.
func (i interaction) typing(at time.Time) (asked bot.Interaction, option, text string, ok bool) {
	options := i.Data.Options
	for len(options) == 1 && (options[0].Type == optionSub || options[0].Type == optionGroup) {
		options = options[0].Options
	}
	for _, o := range options {
		if o.Focused {
			asked = i.forBot(at)
			delete(asked.Options, o.Name)
			return asked, o.Name, o.text(), true
		}
	}
	return bot.Interaction{}, "", "", false
}

// offered are choices as Discord takes them: it refuses all for the sake of one.
func offered(all []bot.Choice, locale string) choices {
	out := choices{Choices: []choice{}}
	for _, one := range all {
		label, by := describe(one.Value, one.Label)
		if other := by[locale]; other != "" {
			label = other
		}
		if label = clipUnits(label, mostChoice); label == "" || one.Value == "" || units(one.Value) > mostChoice {
			continue
		}
		if out.Choices = append(out.Choices, choice{Name: label, Value: one.Value}); len(out.Choices) == mostChoices {
			break
		}
	}
	return out
}

// units counts a text as Discord's clients do.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

func clipUnits(s string, most int) string {
	if units(s) <= most {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && units(string(r)) >= most {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
