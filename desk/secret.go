package desk

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// secretWords reports whether texts of a client may hold a secret that is being waited
// for, on whichever ticket: who wrote them is not known yet. What is quoted may be a
// secret of any time.
func secretWords(st *store.Store, now func() time.Time, log *zap.Logger) func(ctx context.Context, words, quoted []string) bool {
	awaited := members(st)
	return func(ctx context.Context, words, quoted []string) bool {
		if bridge.MayHoldSecret(quoted) {
			return true
		}
		if !bridge.MayHoldSecret(words) {
			return false
		}
		tickets, err := awaited(ctx, ticket.IndexSecrets, now().UnixMilli())
		if err != nil {
			log.Warn("look up which tickets wait for a secret", zap.Error(err))
			return true // rather asked for again than kept in clear
		}
		return len(tickets) > 0
	}
}
