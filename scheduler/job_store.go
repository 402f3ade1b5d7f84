package scheduler

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// storedJob is the stored form of a [JobState].
type storedJob struct {
	V       int        `json:"v"`
	Spec    string     `json:"spec"`
	Next    time.Time  `json:"next,omitzero"`
	Asked   time.Time  `json:"asked,omitzero"`
	AskedBy string     `json:"asked_by,omitempty"`
	Last    *storedRun `json:"last,omitempty"`
	Runs    int        `json:"runs,omitempty"`
	Failed  int        `json:"failed,omitempty"`
}

type storedRun struct {
	At     time.Time `json:"at"`
	Due    time.Time `json:"due"`
	Took   int64     `json:"took_ms"`
	Result string    `json:"result,omitempty"`
	Error  string    `json:"error,omitempty"`
	By     string    `json:"by"`
	Again  time.Time `json:"again,omitzero"`
}

// LoadJob reads how a job stands; one that never was planned has only its name.
func LoadJob(tx *ledger.Tx, name string) (JobState, error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindJob, ID: name})
	if err != nil {
		return JobState{}, err
	}
	return DecodeJob(name, data)
}

// DecodeJob reads how a job stands from its document, which may be missing (nil).
func DecodeJob(name string, data []byte) (JobState, error) {
	s := JobState{Name: name}
	if data == nil {
		return s, nil
	}
	var stored storedJob
	if err := json.Unmarshal(data, &stored); err != nil {
		return s, fmt.Errorf("%w: job %s: %w", ledger.ErrCorrupt, name, err)
	}
	s = JobState{
		Name: name, Spec: stored.Spec, Next: stored.Next, Asked: stored.Asked, AskedBy: stored.AskedBy, Runs: stored.Runs, Failed: stored.Failed,
	}
	if r := stored.Last; r != nil {
		s.Last = Run{
			At: r.At, Due: r.Due, Took: time.Duration(r.Took) * time.Millisecond, Result: r.Result, Error: r.Error, By: r.By, Again: r.Again,
		}
	}
	return s, nil
}

func (s JobState) save(tx *ledger.Tx) error {
	stored := storedJob{V: 1, Spec: s.Spec, Next: s.Next, Asked: s.Asked, AskedBy: s.AskedBy, Runs: s.Runs, Failed: s.Failed}
	if s.Runs > 0 {
		r := s.Last
		stored.Last = &storedRun{
			At: r.At, Due: r.Due, Took: r.Took.Milliseconds(), Result: r.Result, Error: r.Error, By: r.By, Again: r.Again,
		}
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", s.Name, err)
	}
	return tx.Put(ledger.Ref{Kind: KindJob, ID: s.Name}, data)
}
