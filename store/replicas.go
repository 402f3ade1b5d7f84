package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// script calls a script once. With replicas to wait for, they have confirmed what it
// wrote when there is no error.
func (s *Store) script(ctx context.Context, script *redis.Script, keys []string, args ...any) ([]string, error) {
	if s.replicas == 0 {
		return script.Run(ctx, s.client, keys, args...).StringSlice()
	}
	var reply *redis.Cmd
	err := s.confirmed(ctx, func(p redis.Pipeliner) { reply = script.EvalSha(ctx, p, keys, args...) })
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		err = s.confirmed(ctx, func(p redis.Pipeliner) { reply = script.Eval(ctx, p, keys, args...) })
	}
	if err != nil {
		return nil, err
	}
	return reply.StringSlice()
}

// fence waits until the replicas have confirmed all that this store's node holds now.
// An answer that something is there already needs it before it is believed: another
// call may have written that, on another connection, and WAIT looks only at what
// its own connection wrote. So the fence writes, too: nothing that changes anything.
func (s *Store) fence(ctx context.Context) error {
	if s.replicas == 0 {
		return nil
	}
	return s.confirmed(ctx, func(p redis.Pipeliner) { p.IncrBy(ctx, s.keys.commits().name, 0) })
}

// confirmed sends one command and WAIT by one connection to the node that keeps the
// desk. The error is the command's, or tells that the replicas did not confirm.
func (s *Store) confirmed(ctx context.Context, command func(redis.Pipeliner)) error {
	node, err := s.node(ctx)
	if err != nil {
		return err
	}
	var wait *redis.Cmd
	_, err = node.Pipelined(ctx, func(p redis.Pipeliner) error {
		command(p)
		wait = p.Do(ctx, "wait", s.replicas, s.confirmTime().Milliseconds())
		return nil
	})
	if err != nil {
		if cluster, ok := s.client.(*redis.ClusterClient); ok {
			cluster.ReloadState(ctx) // the slot may have moved
		}
		return err
	}
	n, err := wait.Int()
	if err != nil {
		return fmt.Errorf("wait for replicas: %w", err)
	}
	if n < s.replicas {
		return fmt.Errorf("%w: %d of %d within %s", ErrReplicas, n, s.replicas, s.confirmTime())
	}
	return nil
}

// confirmTime is how long replicas have to confirm one write.
func (s *Store) confirmTime() time.Duration {
	if s.patience > 0 {
		return min(s.patience, time.Second)
	}
	return time.Second
}

// node is the server that keeps this desk.
func (s *Store) node(ctx context.Context) (redis.Cmdable, error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, s.keys.commits().name)
	}
	return s.client, nil
}
