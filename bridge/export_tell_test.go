package bridge

import (
	"maps"
	"slices"
)

// Told are the events that are told, and those that need no words.
func Told() (told, quiet []string) {
	return slices.Sorted(maps.Keys(tellings)), slices.Sorted(maps.Keys(untold))
}
