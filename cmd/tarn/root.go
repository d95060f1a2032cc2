package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// streams are the program's own, replaced in tests.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errReported says that the command has told the user what went wrong already.
var errReported = errors.New("reported")

// exitInterrupted is a shell's code for a program that SIGINT ended.
const exitInterrupted = 130

// run runs a command line and returns the exit code.
func run(ctx context.Context, args []string, io streams) int {
	root := newRoot(io)
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(io.err, "tarn: interrupted")
		return exitInterrupted
	case !errors.Is(err, errReported):
		printError(io.err, err, "")
	}
	return 1
}

// printError writes an error as psql does: message, place, detail, hint.
func printError(w io.Writer, err error, sql string) {
	e := sqlerr.As(err)
	if e == nil {
		fmt.Fprintf(w, "tarn: %v\n", err)
		return
	}
	fmt.Fprintf(w, "ERROR:  %s\n", e.Message)
	if e.Position > 0 && sql != "" {
		printPosition(w, sql, e.Position)
	}
	for _, part := range [][2]string{{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"CONTEXT", e.Context}} {
		if part[1] != "" {
			fmt.Fprintf(w, "%s:  %s\n", part[0], part[1])
		}
	}
}

// printPosition shows the line of the statement that an error is about, with a caret below the place.
func printPosition(w io.Writer, sql string, position int) {
	runes := []rune(sql)
	if position > len(runes)+1 {
		return
	}
	before := string(runes[:position-1])
	line := strings.Count(before, "\n") + 1
	start := strings.LastIndexByte(before, '\n') + 1
	text, _, _ := strings.Cut(sql[start:], "\n")
	text, place := excerpt([]rune(text), len([]rune(before[start:])))
	prefix := fmt.Sprintf("LINE %d: ", line)
	fmt.Fprintf(w, "%s%s\n%s^\n", prefix, text, strings.Repeat(" ", len(prefix)+place))
}

// The greatest length of a line in an error, and how much of it is after the place, as in psql.
const (
	maxExcerpt   = 60
	afterExcerpt = 10
)

// excerpt cuts a long line around a place and returns the place in what is left.
func excerpt(line []rune, place int) (string, int) {
	if len(line) <= maxExcerpt {
		return string(line), place
	}
	from := max(min(place+afterExcerpt, len(line))-maxExcerpt, 0)
	to := min(from+maxExcerpt, len(line))
	text, place := string(line[from:to]), place-from
	if to < len(line) {
		text += "..."
	}
	if from > 0 {
		text, place = "..."+text, place+len("...")
	}
	return text, place
}

// common are the flags of commands that open an engine.
type common struct {
	configFile string
	listen     string
	data       string
}

func (c *common) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.configFile, "config", "", "configuration file (YAML); see docs/configuration.md")
	cmd.Flags().StringVar(&c.data, "data", "", "folder of Tarn's own files: the catalog (default: the user's data folder)")
}

// load reads the configuration and applies the flags.
func (c *common) load() (config.Config, error) {
	cfg, err := config.Load(c.configFile, os.Environ())
	if err != nil {
		return cfg, err
	}
	if c.listen != "" {
		cfg.Listen = c.listen
	}
	if c.data != "" {
		cfg.Data = c.data
	}
	return cfg, nil
}

func newRoot(io streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "tarn",
		Short: "SQL over a data lake, for any PostgreSQL client",
		Long: `Tarn is a SQL engine over a data lake in one program: it crawls S3-compatible storage for
tables and partitions, keeps them in a catalog, and answers PostgreSQL clients. Every
query is metered, in bytes and in money.

Start here:
  tarn demo                                  a demo lake, crawled and served on 127.0.0.1:5433
  psql -h 127.0.0.1 -p 5433 -d lake          connect to it

With your own data:
  tarn crawl s3://bucket/prefix --config tarn.yaml  discover its tables and partitions
  tarn serve --config tarn.yaml                     answer PostgreSQL clients
  tarn sql --config tarn.yaml -c "select 1"         run a statement and exit`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.AddCommand(newDemo(io), newServe(io), newCrawl(io), newSQL(io), newPassword(io), newVersion(io))
	return root
}

// newLogger returns the program's log, to standard error.
func newLogger(w io.Writer, c config.LogConfig) *slog.Logger {
	level := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[c.Level]
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
