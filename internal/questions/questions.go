// Package questions reads files of questions to a SQL engine, whose answers are those of a real PostgreSQL, asked at the same time.
package questions

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Question is one line of a file: a query, and, where Tarn's answer is meant to differ from PostgreSQL's, that answer.
type Question struct {
	// Place is file:line.
	Place string
	// SQL is the query; an expression has got its SELECT.
	SQL string
	// Own is Tarn's own answer; empty where it must be PostgreSQL's.
	Own string
}

// Read reads a file. A line is an expression, or a query that begins with SELECT or WITH; "==> answer -- reason" behind it is
// Tarn's own answer where it differs, and why. Lines that begin with # are comments; "@zone name" sets the time zone of the
// file, UTC without it.
func Read(file string) (list []Question, zone string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	zone = "UTC"
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
			continue
		case strings.HasPrefix(line, "@zone "):
			zone = strings.TrimPrefix(line, "@zone ")
			continue
		}
		q := Question{Place: fmt.Sprintf("%s:%d", filepath.Base(file), n)}
		var differs, reasoned bool
		q.SQL, q.Own, differs = strings.Cut(line, " ==> ")
		if at := strings.LastIndex(q.Own, " -- "); at >= 0 {
			q.Own, reasoned = strings.TrimRight(q.Own[:at], " "), true
		}
		if differs && !reasoned {
			return nil, "", fmt.Errorf("%s: an answer of its own, and no reason", q.Place)
		}
		if start := strings.ToUpper(q.SQL); !strings.HasPrefix(start, "SELECT ") && !strings.HasPrefix(start, "WITH ") {
			q.SQL = "SELECT " + q.SQL
		}
		list = append(list, q)
	}
	return list, zone, s.Err()
}

// Judge says what is wrong with an answer of Tarn's, want being PostgreSQL's; empty is nothing.
func (q Question) Judge(got, want string) string {
	switch {
	case q.Own != "" && (q.Own == want || got == want):
		return fmt.Sprintf("%s: %s\n  the difference is gone: PostgreSQL says %s", q.Place, q.SQL, want)
	case q.Own != "" && got != q.Own:
		return fmt.Sprintf("%s: %s\n  got  %s\n  own  %s\n  want %s", q.Place, q.SQL, got, q.Own, want)
	case q.Own == "" && got != want:
		return fmt.Sprintf("%s: %s\n  got  %s\n  want %s", q.Place, q.SQL, got, want)
	}
	return ""
}

// Ask asks a server and returns its answer in the form of Answer, or Failure.
func Ask(ctx context.Context, conn *pgconn.PgConn, sql string) string {
	res := conn.Exec(ctx, sql)
	var types []uint32
	var rows []string
	for res.NextResult() {
		r := res.ResultReader()
		types, rows = nil, nil
		for _, f := range r.FieldDescriptions() {
			types = append(types, f.DataTypeOID)
		}
		for r.NextRow() {
			rows = append(rows, rowText(r.Values()))
		}
	}
	if err := res.Close(); err != nil {
		var pe *pgconn.PgError
		if errors.As(err, &pe) {
			return Failure(pe.Code)
		}
		return err.Error()
	}
	return Answer(types, rows)
}

func rowText(values [][]byte) string {
	cells := make([]string, len(values))
	for i, v := range values {
		if cells[i] = string(v); v == nil {
			cells[i] = "NULL"
		}
	}
	return strings.Join(cells, " | ")
}

// longest is where an answer is cut off.
const longest = 4000

// Answer is "type, type: value | value; value | value", the types by their OIDs.
func Answer(types []uint32, rows []string) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = strconv.FormatUint(uint64(t), 10)
	}
	s := strings.Join(names, ", ") + ":"
	if len(rows) > 0 {
		s += " " + strings.Join(rows, "; ")
	}
	if len(s) > longest {
		s = s[:longest]
	}
	return strings.TrimRight(s, " ")
}

// Failure is the answer of a query that fails.
func Failure(sqlstate string) string { return "error: " + sqlstate }
