package parser_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser"
)

// pieces cuts a text at its spaces and around punctuation, which is near enough to tokens for making variants of it.
func pieces(sql string) []string {
	for _, c := range []string{"(", ")", ",", ";", "[", "]", "::", "."} {
		sql = strings.ReplaceAll(sql, c, " "+c+" ")
	}
	return strings.Fields(sql)
}

// TestMutatedStatementsKeepTheirForm drops, doubles, swaps and replaces words of the statements in testdata. Most
// variants do not parse; of those that do, the formatted text must parse to the same text.
func TestMutatedStatementsKeepTheirForm(t *testing.T) {
	var statements [][]string
	var words []string
	for _, text := range seeds(t) {
		list, _ := parser.Split(text)
		for _, s := range list {
			w := pieces(s)
			statements = append(statements, w)
			words = append(words, w...)
		}
	}
	if len(statements) < 200 {
		t.Fatalf("only %d statements to start from", len(statements))
	}
	n := 60_000
	if testing.Short() {
		n = 6_000
	}
	r := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range n {
		w := append([]string(nil), statements[r.IntN(len(statements))]...)
		for range 1 + r.IntN(3) {
			w = mutate(r, w, words)
		}
		list, err := parser.Parse(strings.Join(w, " "))
		if err != nil {
			continue
		}
		parsed++
		for _, s := range list {
			checkFixedPoint(t, s.Statement)
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
