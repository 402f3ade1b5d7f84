package ticket

// Score reads the answer to a question that takes a number, least to most (1 to 5, or 0 to
// 10), as [Rating] does; rest is what else was said, "" for nothing.
func Score(text string, least, most int) (value int, rest string, ok bool) {
	s, ok := rated(text)
	if !ok || s.value < least || s.value > most {
		return 0, "", false
	}
	return s.value, s.comment(text), true
}

// Skip reports an answer that says that there is nothing to say: "tidak ada", "-", "skip".
func Skip(text string) bool { return text == "-" }
