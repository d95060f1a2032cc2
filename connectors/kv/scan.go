package kv

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/connectors"
)

// Scan plans the access by key. All filters are applied in full.
func (t *table) Scan(_ context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	s := &scan{table: t, req: req}
	for _, f := range req.Filters {
		s.preds = append(s.preds, f.Predicates...)
	}
	s.access = planAccess(t.def, s.preds)
	s.families = t.familiesOf(req)
	return s, nil
}

// familiesOf returns the families that a request reads.
func (t *table) familiesOf(req connectors.ScanRequest) []string {
	var out []string
	need := func(ordinal int) {
		if i := ordinal - len(t.def.Key); i >= 0 && !slices.Contains(out, t.def.Columns[i].Family) {
			out = append(out, t.def.Columns[i].Family)
		}
	}
	for _, c := range req.Columns {
		need(c)
	}
	for _, f := range req.Filters {
		for _, c := range f.Columns {
			need(c)
		}
	}
	slices.Sort(out)
	return out
}

type scan struct {
	table    *table
	req      connectors.ScanRequest
	preds    []connectors.Predicate
	access   access
	families []string
}

// Verdicts: every filter is applied.
func (s *scan) Verdicts() []connectors.Verdict {
	out := make([]connectors.Verdict, len(s.req.Filters))
	for i := range out {
		out[i] = connectors.Exact
	}
	return out
}

// LimitExact is false: each worker stops by itself.
func (s *scan) LimitExact() bool { return false }

// Estimate knows point look-ups exactly and guesses ranges.
func (s *scan) Estimate() connectors.Estimate {
	st, err := s.table.Statistics(context.Background())
	if err != nil {
		return connectors.Estimate{Rows: -1, Bytes: -1}
	}
	rows := st.Rows
	switch s.access.kind {
	case "NO ROWS":
		rows = 0
	case "POINT LOOKUP":
		rows = min(rows, float64(len(s.access.ranges)))
	case "RANGE SCAN", "SKIP SCAN":
		rows = min(rows, max(1, rows/4))
	}
	return connectors.Estimate{Rows: rows, Bytes: -1}
}

// Explain says how rows are reached and which families are read.
func (s *scan) Explain() []connectors.Property {
	out := []connectors.Property{{Name: "Key access", Value: s.access.String()}}
	if s.lookup() >= 0 {
		out = append(out, connectors.Property{Name: "Key lookup", Value: "by the keys of the join"})
	}
	families := "none (keys only)"
	if len(s.families) > 0 {
		families = strings.Join(s.families, ", ")
	}
	return append(out, connectors.Property{Name: "Families", Value: families})
}

// lookup returns the index of the dynamic filter on the first key column, or -1.
func (s *scan) lookup() int {
	return slices.IndexFunc(s.req.Dynamic, func(d connectors.DynamicFilter) bool { return d.Column < len(s.table.def.Key) })
}

// splitKeys is how many look-ups one split has.
const splitKeys = 512

// split is some key ranges.
type split struct {
	table  string
	ranges []keyRange
}

// String names the split.
func (s split) String() string { return fmt.Sprintf("%s: %d key ranges", s.table, len(s.ranges)) }

// Bytes is a guess.
func (s split) Bytes() int64 { return int64(len(s.ranges)) * 1024 }

// Splits waits for the joins that publish keys, and yields ranges.
func (s *scan) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		a, err := s.dynamicAccess(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for len(a.ranges) > 0 {
			n := 1
			if a.ranges[0].point {
				n = min(splitKeys, len(a.ranges))
			}
			if !yield(split{s.table.def.Name, a.ranges[:n]}, nil) {
				return
			}
			a.ranges = a.ranges[n:]
		}
	}
}

// dynamicAccess narrows the access by the keys that joins publish.
func (s *scan) dynamicAccess(ctx context.Context) (access, error) {
	preds := s.preds
	for _, d := range s.req.Dynamic {
		set := d.Keys.Load()
		if set == nil && d.Await {
			var err error
			if set, err = d.Keys.Wait(ctx); err != nil {
				return access{}, err
			}
		}
		if set == nil || d.Column >= len(s.table.def.Key) {
			continue
		}
		preds = append(slices.Clip(preds), keyPredicates(d.Column, set)...)
	}
	if len(preds) == len(s.preds) {
		return s.access, nil
	}
	return planAccess(s.table.def, preds), nil
}

func keyPredicates(column int, set *connectors.KeySet) []connectors.Predicate {
	switch {
	case set.Empty():
		return []connectors.Predicate{{Column: column, Op: connectors.IsNull}}
	case set.List != nil:
		return []connectors.Predicate{{Column: column, Op: connectors.In, Values: set.List}}
	case set.Min.Valid && set.Max.Valid:
		return []connectors.Predicate{{Column: column, Op: connectors.Ge, Values: valueList(set.Min)}, {Column: column, Op: connectors.Le, Values: valueList(set.Max)}}
	}
	return nil
}

// Close has nothing to free: the snapshot is the query's.
func (s *scan) Close() error { return nil }

// NewReader returns a reader for one worker.
func (s *scan) NewReader() (connectors.Reader, error) { return newReader(s) }
