package lake_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// faultyWorld is a world whose bucket is also mem://faulty, with faults and retries.
func faultyWorld(t *testing.T, attempts int, rules ...faulty.Rule) (*world, *faulty.Store) {
	t.Helper()
	w := newWorld(t)
	policy := objstore.Policy{BaseDelay: time.Microsecond, MaxDelay: time.Microsecond, MaxAttempts: attempts, Budget: objstore.NewBudget(1e9, 1e9)}
	faults := faulty.New(w.bucket, 1, rules...)
	if err := w.set.Add("mem://faulty", objstore.Retrying(faults, policy)); err != nil {
		t.Fatal(err)
	}
	w.csvTable("t", "a bigint", "k integer", "1 mem://faulty/t/1/", "2 mem://faulty/t/2/")
	for i := range 30 {
		w.put(fmt.Sprintf("t/%d/f%02d", 1+i%2, i), strings.Repeat(fmt.Sprintf("%d\n", i), 10))
	}
	return w, faults
}

// TestRetriesDoNotChangeTheBill reads with and without passing faults.
func TestRetriesDoNotChangeTheBill(t *testing.T) {
	var clean []string
	bill := int64(0)
	for _, p := range []float64{0, 0.3} {
		var rules []faulty.Rule
		if p > 0 {
			for _, k := range []faulty.Kind{faulty.InternalError, faulty.Reset, faulty.Truncated, faulty.SlowDown} {
				rules = append(rules, faulty.Rule{Kind: k, Probability: p / 4})
			}
		}
		w, faults := faultyWorld(t, 100, rules...)
		s := w.statement("t")
		got, err := s.read(s.scan("a k", connectors.ScanRequest{}))
		if err != nil {
			t.Fatal(err)
		}
		if p == 0 {
			clean, bill = got, s.metrics.BilledBytes.Load()
			continue
		}
		if strings.Join(got, " ") != strings.Join(clean, " ") || s.metrics.BilledBytes.Load() != bill {
			t.Errorf("%d rows and %d bytes billed with faults, %d and %d without", len(got), s.metrics.BilledBytes.Load(), len(clean), bill)
		}
		if faults.Injected() == 0 {
			t.Error("there was no fault")
		}
	}
}

func TestLastingFaultsNameTableAndObject(t *testing.T) {
	for _, c := range []struct {
		rule faulty.Rule
		is   error
		code sqlerr.Code
	}{
		{faulty.Rule{Kind: faulty.Denied, Keys: "t/2/f07"}, objstore.ErrAccessDenied, sqlerr.InsufficientPrivilege},
		{faulty.Rule{Kind: faulty.Changed, Keys: "t/2/f07"}, objstore.ErrChanged, sqlerr.SerializationFailure},
		{faulty.Rule{Kind: faulty.Unavailable, Keys: "t/2/f07"}, objstore.ErrUnavailable, sqlerr.IOError},
	} {
		w, _ := faultyWorld(t, 3, c.rule)
		s := w.statement("t")
		_, err := s.read(s.scan("a", connectors.ScanRequest{}))
		e := sqlerr.As(err)
		if !errors.Is(err, c.is) || e == nil || e.Code != c.code || e.Table != "t" || !strings.Contains(e.Message, "t/2/f07") {
			t.Errorf("%v, want %v that names the table and the object", err, c.is)
		}
	}
}
