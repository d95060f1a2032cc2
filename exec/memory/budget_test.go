package memory

import (
	"testing"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

func TestBudgetRefusesBeyondItsOwnAndItsParentsLimit(t *testing.T) {
	server := NewBudget("server memory limit", 100, nil)
	a, b := NewBudget("query memory limit", 80, server), NewBudget("query memory limit", 80, server)
	acct := a.Account()
	if err := acct.Grow(70); err != nil {
		t.Fatal(err)
	}
	if err := acct.Grow(20); !sqlerr.Is(err, sqlerr.OutOfMemory) {
		t.Fatalf("own limit: got %v", err)
	}
	if b.Try(40) {
		t.Fatal("the parent's limit was passed")
	}
	if !b.Try(30) {
		t.Fatal("a refused reservation was not given back")
	}
	acct.Close()
	if a.Used() != 0 || server.Used() != 30 || a.Peak() != 70 {
		t.Fatalf("used %d, server %d, peak %d", a.Used(), server.Used(), a.Peak())
	}
}
