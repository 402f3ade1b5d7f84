package media

import "fmt"

// A Reason is why content is not taken.
type Reason string

// Reasons. They are stored and compared; the words for people are made elsewhere.
const (
	Empty      Reason = "empty"      // no bytes at all
	TooLarge   Reason = "large"      // more bytes than allowed
	Executable Reason = "executable" // could run when somebody opens it
	Macros     Reason = "macros"     // an office document that runs
	Bomb       Reason = "bomb"       // a picture that fills the memory of who looks at it
)

// A Refusal is content that is not taken and never will be.
type Refusal struct {
	Reason Reason
	What   string // what was found, "" when Reason says all
	Limit  int64  // bytes, for TooLarge
}

func (r *Refusal) Error() string {
	switch {
	case r.Reason == TooLarge:
		return fmt.Sprintf("media refused: more than %d bytes", r.Limit)
	case r.What == "":
		return "media refused: " + string(r.Reason)
	}
	return fmt.Sprintf("media refused: %s (%s)", r.Reason, r.What)
}
