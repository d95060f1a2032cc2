package main

import (
	"strings"
	"testing"

	"github.com/jackc/pgproto3/v2"
)

// The statements of one message are parsed before any of them runs, and each in the dialect that is in force when it runs.
func TestDialectChangesWithinAMessage(t *testing.T) {
	dsn := serveFiles(t, map[string]string{"orders/1.csv": "a,1\nb,2\na,3\n"})
	runAll(t, dsn, "create external table orders (day string, n int) row format delimited fields terminated by ',' location 'mem://ddl/orders/'")
	const a, b = "row \"a\" \"2\"", "row \"b\" \"1\""
	for _, c := range []struct {
		sql  string
		want []string
	}{
		{"set tarn.dialect = hive; select `day`, count(*) from `orders` group by `day` order by `day` limit 0, 10",
			[]string{"done SET", "columns day:25 count:20", a, b, "done SELECT 2", "ready I"}},
		{"set tarn.dialect = hive; set tarn.dialect = mysql; select \"x;y\" as s; show tables; select 'it\\'s' as s; reset tarn.dialect; select $$a;b$$ as s",
			[]string{"done SET", "done SET", `row "x;y"`, `row "orders"`, `row "it's"`, "done RESET", `row "a;b"`, "ready I"}},
		{"select 1 as \"One\"; select `day` from orders limit 0, 1; select 'a\\' as s",
			[]string{"columns One:23", `row "1"`, `row "a"`, `row "a\\"`, "ready I"}},
		{"select set_config('tarn.dialect', 'hive', false); select 7 div 2 as n", []string{`row "hive"`, `row "3"`, "ready I"}},
		{"begin; set local tarn.dialect = hive; select 7 div 2 as n; rollback; select '7 div 2'::text as s", []string{"done BEGIN", `row "3"`, "done ROLLBACK", `row "7 div 2"`, "ready I"}},
		// Nothing runs when the text is wrong, as far as its dialect is known.
		{"select 1; select `day` fro orders", []string{"error 42601 at 28", "ready I"}},
		{"select 1; selec 2; set tarn.dialect = hive", []string{"error 42601 at 11", "ready I"}},
		// What follows a change of the dialect is known later. Its positions are those of the message.
		{"select 'é' as s; set tarn.dialect = hive; select `nothing` from orders", []string{`row "é"`, "done SET", "error 42703 at 50", "ready I"}},
		{"set tarn.dialect = hive; select 1 as n; select `day` fro orders; select 2", []string{"done SET", "error 42601 at 58", "ready I"}},
		{"set tarn.dialect = hive; shov tables", []string{"done SET", "error 42601 at 26", "ready I"}},
		{"set tarn.dialect = hive; -- that is all", []string{"done SET", "ready I"}},
	} {
		f, _ := dial(t, dsn)
		got := transcript(t, f, &pgproto3.Query{String: c.sql})
		rest := got
		for _, w := range c.want {
			i := strings.Index(rest, w)
			if i < 0 {
				t.Errorf("%s\n%s\nhas no %q, or not there", c.sql, got, w)
				break
			}
			rest = rest[i+len(w):]
		}
		if first := "error"; strings.HasPrefix(c.want[0], first) != strings.HasPrefix(got, first) {
			t.Errorf("%s\n%s", c.sql, got)
		}
	}
	f, _ := dial(t, dsn)
	for sql, want := range map[string]string{
		"set tarn.dialect = hive; select 1": "error 42601 at 0\nready I", "set tarn.dialect = hive; -- that is all": "ParseComplete\nready I",
	} {
		if got := transcript(t, f, &pgproto3.Parse{Query: sql}, &pgproto3.Sync{}); got != want {
			t.Errorf("prepare %s: %s", sql, got)
		}
	}
}
