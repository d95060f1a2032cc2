package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func newSQL(out streams) *cobra.Command {
	var flags common
	var commands []string
	var file, database string
	cmd := &cobra.Command{
		Use:   "sql [statements]",
		Short: "Run SQL statements without a server and print their results",
		Long: `Runs statements over the configured storage and catalog, in this process, and prints what psql
would. Statements come from the argument, from --command, from --file, or from standard input.
The exit code is 0 when all of them succeeded and 1 after the first error.`,
		Example: `  tarn sql --config tarn.yaml -c "select count(*) from orders"
  tarn sql --config tarn.yaml --file report.sql`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := statementsOf(args, commands, file, out.in)
			if err != nil {
				return err
			}
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			cfg.Log.Level = "warn"
			e, err := openEngine(cmd.Context(), cfg, newLogger(out.err, cfg.Log))
			if err != nil {
				return err
			}
			defer e.close()
			return runSQL(cmd.Context(), e.engine, database, text, out)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringArrayVarP(&commands, "command", "c", nil, "statements to run, as in psql; may be repeated")
	cmd.Flags().StringVarP(&file, "file", "f", "", "file of statements to run")
	cmd.Flags().StringVarP(&database, "database", "d", session.LakeName, "catalog to connect to")
	return cmd
}

func statementsOf(args, commands []string, file string, in io.Reader) (string, error) {
	given := 0
	for _, set := range []bool{len(args) > 0, len(commands) > 0, file != ""} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "give statements either as an argument, with --command or with --file")
	case len(args) > 0:
		return args[0], nil
	case len(commands) > 0:
		return strings.Join(commands, "\n;\n"), nil
	case file != "":
		return readFile(file)
	}
	text, err := io.ReadAll(in)
	return string(text), err
}

// runSQL runs statements in a session of their own and prints their results and notices.
func runSQL(ctx context.Context, e *session.Engine, database, text string, out streams) error {
	s, err := e.Connect(ctx, session.Login{User: userName(), Database: database, Settings: map[string]string{"application_name": "tarn sql"}})
	if err != nil {
		return err
	}
	defer s.Close()
	script, err := s.Parse(text)
	if err != nil {
		s.Refused(ctx, text, err)
		printError(out.err, err, text)
		return errReported
	}
	for {
		st, ok, err := script.Next()
		switch {
		case err != nil:
			s.Refused(ctx, script.Rest(), err)
		case !ok:
			return nil
		default:
			err = runOne(ctx, s, st, out)
		}
		if err != nil {
			s.Fail()
			printNotices(out.err, s)
			printError(out.err, err, text)
			return errReported
		}
	}
}

func runOne(ctx context.Context, s *session.Session, st session.Statement, out streams) error {
	r, err := s.Execute(ctx, st, nil)
	if err != nil {
		return err
	}
	if err = printResult(ctx, out.out, r, s.Location()); err != nil {
		r.Abort(err)
	} else {
		err = r.Close()
	}
	s.EndImplicit()
	if err == nil {
		printNotices(out.err, s)
	}
	return err
}

func printNotices(w io.Writer, s *session.Session) {
	for _, n := range s.Notices() {
		fmt.Fprintf(w, "%s:  %s\n", n.Severity, n.Message)
		if n.Hint != "" {
			fmt.Fprintf(w, "HINT:  %s\n", n.Hint)
		}
	}
}
