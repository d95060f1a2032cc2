// Command tarn is a SQL engine over a data lake: a server for PostgreSQL clients, a crawler, and a demo.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker in releases.
var version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}
