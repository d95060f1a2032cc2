package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestServerAnswersOverTCPAndSocket(t *testing.T) {
	s := Start(t)
	db := s.NewDatabase(t)
	var zone, encoding string
	conn := db.Connect(t)
	if err := conn.QueryRow(context.Background(), "select current_setting('timezone'), current_setting('server_encoding')").
		Scan(&zone, &encoding); err != nil {
		t.Fatal(err)
	}
	if zone != "UTC" || encoding != "UTF8" {
		t.Fatalf("timezone %q, encoding %q; want UTC, UTF8", zone, encoding)
	}
	config, err := pgx.ParseConfig(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	config.Host = s.SocketFolder()
	local, err := pgx.ConnectConfig(context.Background(), config)
	if err != nil {
		t.Fatalf("connect by the Unix socket: %v", err)
	}
	_ = local.Close(context.Background())
}

func TestServerRefusesAWrongPassword(t *testing.T) {
	s := Start(t)
	config, err := pgx.ParseConfig(s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.Password = "guess"
	conn, err := pgx.ConnectConfig(context.Background(), config)
	if err == nil {
		_ = conn.Close(context.Background())
		t.Fatal("a wrong password was accepted")
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28P01" {
		t.Fatalf("error %v, want SQLSTATE 28P01", err)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	s := Start(t)
	one, two := s.NewDatabase(t), s.NewDatabase(t)
	one.Exec(t, "create table only_here (a int)")
	var found bool
	if err := two.Connect(t).QueryRow(context.Background(), "select to_regclass('only_here') is not null").Scan(&found); err != nil {
		t.Fatal(err)
	}
	if found {
		t.Fatal("a table of one database is seen in another")
	}
}

func TestRecordSeesWhatReachedThisDatabase(t *testing.T) {
	s := Start(t)
	db, other := s.NewDatabase(t), s.NewDatabase(t)
	db.Exec(t, "create table t (a int, b text)")
	conn := db.Connect(t)
	rec := db.Record(t)
	ctx := context.Background()
	if _, err := conn.Exec(ctx, "select 'two\nlines', \"a\" from t", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	other.Exec(t, "select 'elsewhere'")
	if _, err := conn.Exec(ctx, "select b from t where a = $1 or b = $2", pgx.QueryExecModeExec, 5, "it's"); err != nil {
		t.Fatal(err)
	}
	want := []Statement{
		{SQL: "select 'two\nlines', \"a\" from t"},
		{SQL: "select b from t where a = $1 or b = $2", Parameters: "$1 = '5', $2 = 'it''s'", Prepared: true},
	}
	if got := rec.Statements(t); !reflect.DeepEqual(got, want) {
		t.Fatalf("recorded %+v\nwant     %+v", got, want)
	}
	if got := rec.Statements(t); len(got) != 0 {
		t.Fatalf("recorded again: %+v", got)
	}
}

// TestServerDiesWithItsProcess runs this test binary again, kills it without a chance to clean up, and looks whether
// the server and its folder are gone.
func TestServerDiesWithItsProcess(t *testing.T) {
	const variable = "TARN_PGTEST_CHILD"
	if os.Getenv(variable) == "1" {
		s := Start(t)
		fmt.Printf("\nserver %s %s\n", s.folder, s.DSN())
		time.Sleep(time.Minute)
		return
	}
	Start(t) // skips here, not in the child, when there is no PostgreSQL
	child := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithItsProcess$")
	child.Env = append(os.Environ(), variable+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var fields []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "server ") {
			fields = strings.Fields(lines.Text())
			break
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	if len(fields) != 3 {
		t.Fatal("the child did not start a server")
	}
	folder, dsn := fields[1], fields[2]
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := os.Stat(folder)
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there after its process was killed", folder)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if conn, err := pgx.Connect(context.Background(), dsn); err == nil {
		_ = conn.Close(context.Background())
		t.Fatal("the server still answers after its process was killed")
	}
}

func TestParseLogReadsEveryKindOfStatement(t *testing.T) {
	line := func(database, message, detail string) string {
		return `t,postgres,` + database + `,1,h,s,1,SELECT,t,v,0,LOG,00000,"` + message + `","` + detail + `",,,,,,,,app,client backend,,0` + "\n"
	}
	text := line("d", "statement: select 1", "") +
		line("d", "execute <unnamed>: select $1", "parameters: $1 = '1'") +
		line("d", "execute fetch from s1: select 2", "") +
		line("d", "duration: 1 ms", "") +
		line("e", "statement: select 3", "")
	got, err := parseLog([]byte(text), "d")
	if err != nil {
		t.Fatal(err)
	}
	want := []Statement{
		{SQL: "select 1", Application: "app"},
		{SQL: "select $1", Parameters: "$1 = '1'", Prepared: true, Application: "app"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v\nwant %+v", got, want)
	}
}
