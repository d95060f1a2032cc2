package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/internal/questions"
)

// questionFolder is found before a test runs: the S3 gateway of some changes the working directory.
var questionFolder, errQuestionFolder = filepath.Abs("../../exec/functions/testdata")

// The questions about functions must be answered over the wire, within a session, as PostgreSQL answers them.
func TestFunctionsAnswerLikePostgreSQL(t *testing.T) {
	ctx := context.Background()
	postgres := pgtest.Start(t).NewDatabase(t).Connect(t)
	tarn, err := pgx.Connect(ctx, serveTest(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tarn.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	files, err := filepath.Glob(filepath.Join(questionFolder, "*", "*.txt"))
	if err = errors.Join(err, errQuestionFolder); err != nil || len(files) == 0 {
		t.Fatalf("no questions: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			list, zone, err := questions.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []*pgx.Conn{postgres, tarn} {
				if _, err := c.Exec(ctx, "set timezone = '"+zone+"'"); err != nil {
					t.Fatal(err)
				}
			}
			for _, q := range list {
				if wrong := q.Judge(questions.Ask(ctx, tarn.PgConn(), q.SQL), questions.Ask(ctx, postgres.PgConn(), q.SQL)); wrong != "" {
					t.Error(wrong)
				}
			}
		})
	}
}
