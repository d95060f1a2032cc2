package objstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func quick(attempts int) objstore.Policy {
	return objstore.Policy{
		BaseDelay: time.Microsecond, MaxDelay: time.Millisecond, MaxAttempts: attempts, AttemptTimeout: 50 * time.Millisecond,
		MinBytesPerSecond: 1 << 30, Budget: objstore.NewBudget(100_000, 1000),
	}
}

var anyFault = []faulty.Kind{faulty.InternalError, faulty.Unavailable, faulty.SlowDown, faulty.Reset, faulty.Truncated, faulty.LostAnswer}

func TestFaultsDoNotShowUnderRetries(t *testing.T) {
	for _, kind := range anyFault {
		for _, p := range []float64{0.05, 0.2, 0.5} {
			t.Run(fmt.Sprintf("kind %d at %v", kind, p), func(t *testing.T) {
				mem := objstore.NewMemory("b")
				s := objstore.Retrying(faulty.New(mem, 7, faulty.Rule{Kind: kind, Probability: p}), quick(40))
				checkWorkload(t, s)
			})
		}
	}
}

// checkWorkload writes, lists, reads, streams and deletes, and checks every answer.
func checkWorkload(t *testing.T, s objstore.Store) {
	t.Helper()
	ctx := context.Background()
	for i := range 50 {
		data := bytes.Repeat([]byte{byte(i)}, 1000+i)
		if _, err := s.Put(ctx, fmt.Sprintf("k%02d", i), bytes.NewReader(data), int64(len(data)), objstore.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for obj, err := range s.List(ctx, "", objstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("k%02d", n); obj.Key != want || obj.Size != int64(1000+n) {
			t.Fatalf("entry %d is %s of %d bytes", n, obj.Key, obj.Size)
		}
		p := make([]byte, 500)
		if err := s.ReadAt(ctx, obj, p, 300); err != nil || !bytes.Equal(p, bytes.Repeat([]byte{byte(n)}, 500)) {
			t.Fatalf("%s: %v", obj.Key, err)
		}
		r, err := s.Open(ctx, obj, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil || len(got) != 1000+n || got[n] != byte(n) {
			t.Fatalf("%s: %d bytes, %v", obj.Key, len(got), err)
		}
		if err := s.Delete(ctx, obj.Key); err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 50 {
		t.Errorf("%d entries", n)
	}
}

func TestAnOutageEndsInAnErrorThatNamesTheObject(t *testing.T) {
	s := objstore.Retrying(faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.SlowDown}), quick(5))
	_, err := s.Stat(context.Background(), "dir/k")
	e := sqlerr.As(err)
	if e == nil || e.Code != sqlerr.IOError || !errors.Is(err, objstore.ErrThrottled) {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(e.Message, "mem://b/dir/k") || !strings.Contains(e.Message, "SlowDown") || !strings.Contains(e.Detail, "Tried 5 times") {
		t.Errorf("%q, detail %q", e.Message, e.Detail)
	}
}

func TestPermanentFailuresAreNotRetried(t *testing.T) {
	f := faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.Denied})
	if _, err := objstore.Retrying(f, quick(5)).Stat(context.Background(), "k"); !errors.Is(err, objstore.ErrAccessDenied) {
		t.Errorf("%v", err)
	}
	if f.Injected() != 1 {
		t.Errorf("%d requests", f.Injected())
	}
}

func TestAHangingTryIsEnded(t *testing.T) {
	mem := objstore.NewMemory("b")
	ctx := context.Background()
	if _, err := mem.Put(ctx, "k", strings.NewReader("abc"), 3, objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
	s := objstore.Retrying(faulty.New(mem, 1, faulty.Rule{Kind: faulty.Hang, Count: 2}), quick(5))
	if obj, err := s.Stat(ctx, "k"); err != nil || obj.Size != 3 {
		t.Errorf("%+v, %v", obj, err)
	}
	s = objstore.Retrying(faulty.New(mem, 1, faulty.Rule{Kind: faulty.Hang}), quick(2))
	if _, err := s.Stat(ctx, "k"); !errors.Is(err, objstore.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestCancelInterruptsTheWait(t *testing.T) {
	p := quick(0)
	p.BaseDelay, p.MaxDelay = time.Hour, time.Hour
	p.MaxElapsed = 3 * time.Hour
	s := objstore.Retrying(faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.Reset}), p)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Stat(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestAnEmptyBudgetHoldsRetriesBack(t *testing.T) {
	p := quick(0)
	p.MaxElapsed = 300 * time.Millisecond
	p.Budget = objstore.NewBudget(5, 10)
	f := faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.InternalError})
	s := objstore.Retrying(f, p)
	done := make(chan error)
	const clients = 20
	for range clients {
		go func() {
			_, err := s.Stat(context.Background(), "k")
			done <- err
		}()
	}
	for range clients {
		if err := <-done; !errors.Is(err, objstore.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	if n := f.Injected(); n > clients+5+10 {
		t.Errorf("%d requests from %d clients with a budget of 5 and 10 a second", n, clients)
	}
}

func TestAPutWithoutSeekIsTriedOnce(t *testing.T) {
	f := faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.Reset, Count: 1})
	_, err := objstore.Retrying(f, quick(5)).Put(context.Background(), "k", io.LimitReader(strings.NewReader("abc"), 3), 3, objstore.Condition{})
	if !errors.Is(err, objstore.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestALostAnswerOfAConditionalPutIsToldApart(t *testing.T) {
	f := faulty.New(objstore.NewMemory("b"), 1, faulty.Rule{Kind: faulty.LostAnswer, Count: 1})
	_, err := objstore.Retrying(f, quick(5)).Put(context.Background(), "k", strings.NewReader("abc"), 3, objstore.Condition{IfAbsent: true})
	if !errors.Is(err, objstore.ErrConflict) {
		t.Fatalf("%v", err)
	}
	if e := sqlerr.As(err); !strings.Contains(e.Detail, "may have written the object") {
		t.Errorf("detail %q", e.Detail)
	}
}

func TestWrongBytesAreInjected(t *testing.T) {
	mem := objstore.NewMemory("b")
	obj, err := mem.Put(context.Background(), "k", strings.NewReader("abc"), 3, objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	f := faulty.New(mem, 1, faulty.Rule{Kind: faulty.WrongBytes, Ops: []objstore.Op{objstore.OpRead}, Keys: "k*", Skip: 1, Count: 1})
	for i, want := range []bool{true, false, true} {
		p := make([]byte, 3)
		if err := f.ReadAt(context.Background(), obj, p, 0); err != nil || (string(p) == "abc") != want {
			t.Errorf("read %d: %q, %v", i, p, err)
		}
	}
}
