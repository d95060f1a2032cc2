package mysql_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser/mysql"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// TestMutatedQueriesTranslate drops, doubles, swaps and replaces words of the queries in testdata. What still parses must
// translate to a tree that the default front end reads back, or be refused with an SQLSTATE.
func TestMutatedQueriesTranslate(t *testing.T) {
	data, err := os.ReadFile("testdata/query")
	if err != nil {
		t.Fatal(err)
	}
	var queries [][]string
	var words []string
	for _, line := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(strings.ToUpper(line), "SELECT") {
			continue
		}
		for _, c := range []string{"(", ")", ",", "."} {
			line = strings.ReplaceAll(line, c, " "+c+" ")
		}
		w := strings.Fields(line)
		queries = append(queries, w)
		words = append(words, w...)
	}
	r := rand.New(rand.NewPCG(3, 4))
	const n = 20_000
	parsed := 0
	for range n {
		w := append([]string(nil), queries[r.IntN(len(queries))]...)
		for range 1 + r.IntN(2) {
			w = mutate(r, w, words)
		}
		list, err := mysql.Parse(strings.Join(w, " "))
		if err != nil {
			if sqlerr.As(err) == nil {
				t.Fatalf("error without SQLSTATE: %v", err)
			}
			continue
		}
		parsed++
		for _, s := range list {
			checkPrints(t, s.Statement)
		}
	}
	if parsed < n/20 {
		t.Errorf("only %d of %d variants parse", parsed, n)
	}
}

func mutate(r *rand.Rand, w, words []string) []string {
	if len(w) == 0 {
		return w
	}
	i, j := r.IntN(len(w)), r.IntN(len(w))
	switch r.IntN(4) {
	case 0:
		return append(w[:i], w[i+1:]...)
	case 1:
		w[i] = words[r.IntN(len(words))]
	case 2:
		w[i], w[j] = w[j], w[i]
	default:
		w = append(w[:i], append([]string{words[r.IntN(len(words))]}, w[i:]...)...)
	}
	return w
}
