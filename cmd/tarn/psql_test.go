package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/internal/testneeds"
)

// psql runs one command of the psql program and returns what it prints.
func psql(t *testing.T, program, dsn, command string) string {
	t.Helper()
	cmd := exec.Command(program, dsn, "-X", "-c", command) //nolint:gosec // the program that testneeds found
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError // that a name was not found is told by status 1
	if err != nil && !errors.As(err, &ended) {
		t.Errorf("psql %s: %v", command, err)
	}
	return string(out)
}

// The commands that list and describe must print what they print of the same relations in PostgreSQL. Tarn's psql and
// PostgreSQL's are one program, so that a difference is one of the catalogs.
func TestDescribesRelationsToPsqlLikePostgreSQL(t *testing.T) {
	program := testneeds.Program(t, "psql", "install PostgreSQL's client (Debian: apt-get install postgresql-client)")
	bucket := objstore.NewMemory("docs")
	stores, err := objstore.NewSet(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stores.Add("mem://docs", bucket); err != nil {
		t.Fatal(err)
	}
	dsn, r := serveStores(t, stores)
	f := &federation{running: r}
	f.run(t, `create schema sales;
		create external table things (id bigint, small smallint, name varchar, code varchar(10), price decimal(10,2), ok boolean,
			at timestamp, day date, ratio double, tags array(varchar), raw varbinary) location 'mem://docs/things/';
		create external table sales.orders (n integer) location 'mem://docs/orders/';
		create view few as select 1 as one, 'x' as letter`)
	db := pgtest.Start(t).NewDatabase(t)
	db.Exec(t, "create role tester", "create schema sales", `create table things (id bigint, small smallint, name text, code varchar(10),
		price decimal(10,2), ok boolean, at timestamp, day date, ratio double precision, tags text[], raw bytea)`,
		"create table sales.orders (n integer)", "create view few as select 1 as one, 'x' as letter")
	defer db.Exec(t, "drop role tester")
	same := strings.NewReplacer("postgres", "", "tester", "", "lake", "", " ", "", "-", "", "+", "")
	for _, command := range []string{`\d`, `\dt`, `\dv`, `\dt public.*`, `\dt pg_catalog.*`, `\dv information_schema.*`, `\dn sales`, `\d things`, `\d+ things`, `\d few`, `\d sales.orders`, `\dt sales.*`, `\dt nothing`,
		`\d nothing`, `\di`, `\ds`, `\dm`, `\dE`, `\dT`, `\df nothing`, `\df generate_series`, `\df split_part`, `\df array_length`, `\df concat_ws`, `\dp things`, `\dd`} {
		got, want := psql(t, program, dsn, command), psql(t, program, db.DSN, command)
		if same.Replace(got) != same.Replace(want) {
			t.Errorf("%s prints\n%s\nwant\n%s", command, got, want)
		}
	}
	if got := psql(t, program, dsn, `\l`); !strings.Contains(got, "lake | tester | UTF8 ") || !strings.Contains(got, "(1 row)") {
		t.Errorf("\\l prints\n%s", got)
	}
	if got := psql(t, program, dsn, `\df`); strings.Contains(got, "ERROR") {
		t.Errorf("\\df prints\n%s", got)
	}
	if got, want := psql(t, program, dsn, `\dn`), " public | tester\n sales  | tester\n tarn   | tester\n(3 rows)"; !strings.Contains(got, want) {
		t.Errorf("\\dn prints\n%s\nwant %s", got, want)
	}
}
