package storetest

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

func Check(t testing.TB, client redis.UniversalClient, desk string) {}
