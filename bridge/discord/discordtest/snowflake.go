package discordtest

import (
	"strconv"
	"time"
)

// discordEpoch is the first millisecond of 2015, where snowflakes start.
const discordEpoch = 1420070400000

// snowflakes hands out ids that carry their time and grow strictly, also when
// the clock stands still or steps back.
type snowflakes struct {
	now    func() time.Time
	worker int64
	last   int64
}

func (g *snowflakes) next() string {
	id := (g.now().UnixMilli()-discordEpoch)<<22 | g.worker<<12
	if id <= g.last {
		id = g.last + 1
	}
	g.last = id
	return strconv.FormatInt(id, 10)
}

// SnowflakeTime is the desk time at which an id was made; zero when id is none.
func SnowflakeTime(id string) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n>>22 + discordEpoch)
}

func snowflakeNumber(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
