package desk

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A desk beside the running one, as an import is, follows the whole configuration: only
// what a network knows is missing.
func TestPolicyBesideIsThatOfTheDesk(t *testing.T) {
	cfg := Default()
	cfg.Groups, cfg.DiscordGuild, cfg.Panel = []string{"1@g.us"}, "42", true
	cfg.Access.Types = []string{"owner"}
	cfg.FollowUps.Attribute = 7 * time.Hour
	policy, err := cfg.policyFor(store.New(storetest.Memory(t), store.Options{Desk: "test"}))
	if err != nil {
		t.Fatal(err)
	}
	network := []string{"AgentRoles", "Names", "Roles", "Teams", "Now", "Vault"}
	for field, value := range reflect.ValueOf(policy).Fields() {
		if value.IsZero() != slices.Contains(network, field.Name) {
			t.Errorf("%s is %v", field.Name, value)
		}
	}
	if policy.FollowUps != cfg.FollowUps || !reflect.DeepEqual(policy.Surveys, cfg.Surveys) || policy.FollowUps == (bridge.FollowUps{}) {
		t.Errorf("follow-ups %+v, surveys %+v", policy.FollowUps, policy.Surveys)
	}
}
