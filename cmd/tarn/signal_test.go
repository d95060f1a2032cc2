package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// endsWithin is how long a server may take to end whose grace is a fraction of a second, on a busy machine.
const endsWithin = 20 * time.Second

// interrupt sends what Ctrl-C sends, with an idle client and a busy one, and checks what they are told.
func interrupt(t *testing.T, p *process) {
	t.Helper()
	ctx := context.Background()
	idle, busy := p.connect(ctx, t), p.connect(ctx, t)
	told := make(chan error, 1)
	go func() {
		_, err := busy.Exec(ctx, "select "+endlessQuery)
		told <- err
	}()
	watch := p.connect(ctx, t)
	for begun := time.Now(); len(statesOf(t, watch, "select "+endlessQuery)) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > startupPatience {
			t.Fatal("the ledger does not have the running statement")
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, err := idle.PgConn().ReceiveMessage(ctx)
	if code := stateOf(err); code != "57P01" {
		t.Errorf("the idle client: %v", err)
	}
	if err := <-told; stateOf(err) != "57P01" {
		t.Errorf("the busy client: %v", err)
	}
	if err := p.wait(t, endsWithin); err != nil {
		t.Errorf("exit: %v\n%s", err, &p.log)
	}
	if log := p.log.String(); strings.Contains(log, "ERROR") || strings.Contains(log, "panic") {
		t.Errorf("the log:\n%s", log)
	}
}

// stateOf is the SQLSTATE of an error, "" when it has none.
func stateOf(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestInterruptEndsTheServer(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "tarn.yaml")
	write(t, config, "limits: {shutdown_grace: 200ms}\n")
	interrupt(t, startProgram(t, "serve", "--config", config, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0"))
}

func TestInterruptEndsTheDemo(t *testing.T) {
	demo := []string{"demo", "--data", t.TempDir(), "--days", "3", "--scale", "0.05", "--listen", "127.0.0.1:0"}
	first := startProgram(t, demo...)
	interrupt(t, first)
	second := startProgram(t, demo...)
	t.Logf("first start %s, second start %s", first.ready, second.ready)
	if log := second.log.String(); strings.Contains(log, "wrote the demo lake") || strings.Contains(log, "crawled it") {
		t.Errorf("the second start made it again:\n%s", log)
	}
	if got := texts(t, second.connect(t.Context(), t), "select (count(*) > 0)::text from orders"); got[0] != "true" {
		t.Error("no orders after the second start")
	}
}

// A demo that is interrupted while it makes its data says so and can be started again.
func TestInterruptWhileTheDemoStarts(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	var errs lockedText
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"demo", "--data", dir, "--listen", "127.0.0.1:0"}, streams{out: &errs, err: &errs})
	}()
	for begun := time.Now(); time.Since(begun) < startupPatience; time.Sleep(5 * time.Millisecond) {
		if made, _ := filepath.Glob(filepath.Join(dir, "s3", demoBucket, "*", "*")); len(made) > 0 {
			break
		}
	}
	cancel()
	if code := <-done; code != exitInterrupted || !strings.Contains(errs.String(), "tarn: interrupted") {
		t.Errorf("code %d\n%s", code, &errs)
	}
	again := startProgram(t, "demo", "--data", dir, "--days", "3", "--scale", "0.05", "--listen", "127.0.0.1:0")
	if got := texts(t, again.connect(t.Context(), t), "select (count(*) > 0)::text from orders"); got[0] != "true" {
		t.Error("no orders after the second start")
	}
}
