package bridgetest

import (
	"slices"
	"testing"
)

func TestEveryBrokenPromiseIsNamed(t *testing.T) {
	whole := Talk{
		Client: "Ana", Said: []string{"a", "b", "b", "c"}, Answered: []string{"x", "y"}, Posts: 1,
		Thread: []string{"a", "b", "b", "c"}, Phone: []string{"hai", "x", "y"},
	}
	for name, test := range map[string]struct {
		change func(*Talk)
		want   []string
	}{
		"nothing wrong":           {func(*Talk) {}, nil},
		"a message is missing":    {func(t *Talk) { t.Thread = []string{"a", "b", "c"} }, []string{Lost}},
		"a message stands twice":  {func(t *Talk) { t.Phone = []string{"hai", "x", "x", "y"} }, []string{Dup}},
		"two changed places":      {func(t *Talk) { t.Phone = []string{"hai", "y", "x"} }, []string{Order}},
		"one is another client's": {func(t *Talk) { t.Thread = append(slices.Clone(t.Thread), "z") }, []string{Alien}},
		"no auto-text":            {func(t *Talk) { t.Phone = t.Phone[1:] }, []string{Lost}},
		"two auto-texts":          {func(t *Talk) { t.Phone = append([]string{"hai"}, t.Phone...) }, []string{Dup}},
		"no post":                 {func(t *Talk) { t.Posts, t.Thread = 0, nil }, []string{Lost, Lost, Lost, Lost}},
		"two posts":               {func(t *Talk) { t.Posts = 2 }, []string{Dup}},
		"late and twice":          {func(t *Talk) { t.Phone = []string{"hai", "y", "x", "y"} }, []string{Dup, Order}},
	} {
		talk := whole
		test.change(&talk)
		var got []string
		for _, v := range talk.Check("hai") {
			got = append(got, v.Kind)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: found %v, want %v", name, got, test.want)
		}
	}
}
