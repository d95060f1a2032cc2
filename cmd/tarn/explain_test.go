package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgproto3/v2"
)

func TestExplainShowsWhatItsOptionsAskFor(t *testing.T) {
	f, _ := dial(t, serveTest(t))
	numbers := regexp.MustCompile(`[0-9]+\.[0-9]+`)
	for sql, want := range map[string]string{
		"explain select 1":                                               "row \"Project  (cost=N..N rows=1 width=4)\"\nrow \"  ->  Result  (cost=N..N rows=1 width=0)\"",
		"explain (costs off) select 1":                                   "row \"Project\"\nrow \"  ->  Result\"",
		"explain (analyze, costs off, timing off) select 1":              "row \"Project (actual rows=1 loops=1)\"\nrow \"  ->  Result (actual rows=1 loops=1)\"" + "\nrow \"Execution Time: N ms\"",
		"explain (analyze, costs false, timing 0, summary off) select 1": "row \"Project (actual rows=1 loops=1)\"\nrow \"  ->  Result (actual rows=1 loops=1)\"",
		"explain (buffers, costs off) select 1":                          "row \"Project\"\nrow \"  ->  Result\"",
		"explain cost select 1":                                          "error 0A000 at 1",
		"explain (type io) select 1":                                     "error 0A000 at 1",
		"explain (format xml) select 1":                                  "error 0A000 at 1",
		"explain (costs maybe) select 1":                                 "error 42601 at 10",
		"explain (colour) select 1":                                      "error 42601 at 10",
	} {
		lines := strings.Split(transcript(t, f, &pgproto3.Query{String: sql}), "\n")
		var got []string
		for _, line := range lines {
			if strings.HasPrefix(line, "row ") || strings.HasPrefix(line, "error ") {
				got = append(got, numbers.ReplaceAllString(line, "N"))
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s:\n%s\nwant\n%s", sql, strings.Join(got, "\n"), want)
		}
	}
}
