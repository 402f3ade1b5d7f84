package store_test

import (
	"testing"

	"github.com/haloerzap/halo/store/storetest"
)

func TestConformance(t *testing.T) {
	for _, s := range storetest.Servers() {
		t.Run(s.Name, func(t *testing.T) { storetest.Run(t, s.Open) })
	}
}
