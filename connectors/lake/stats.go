package lake

import (
	"context"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
)

// Statistics returns what crawls learned, and counts the values of partition keys.
func (t *Table) Statistics(ctx context.Context) (connectors.Statistics, error) {
	out := connectors.UnknownStatistics()
	st := t.def.Stats
	if known(st) {
		out.Rows, out.Bytes, out.Source = float64(st.Rows), st.Bytes, "catalog"
	}
	out.Columns = make([]connectors.ColumnStatistics, len(t.columns))
	if len(st.Columns) == len(t.def.Columns) {
		for i, c := range st.Columns {
			out.Columns[i] = connectors.ColumnStatistics{Distinct: c.Distinct, NullFraction: c.NullFraction, Min: c.Min, Max: c.Max, Width: c.Width}
		}
	}
	if len(t.def.Keys) == 0 || projected(t.def) {
		return out, nil
	}
	set, err := t.snap.Partitions(ctx, t.def)
	if err != nil {
		return out, t.wrap(err)
	}
	if out.Rows < 0 {
		out.Rows = knownRows(set.List, nil)
	}
	copy(out.Columns[t.fileColumns():], t.connector.derived.get(t.def, set).keys())
	return out, nil
}

// known reports whether a crawl wrote the statistics: those of a table made by DDL are zero.
func known(s catalog.TableStats) bool { return s.Rows > 0 || !s.At.IsZero() }

// keyStatistics counts the values of a partition key. Rows are taken to be spread evenly over partitions.
func keyStatistics(set *catalog.PartitionSet, key int) connectors.ColumnStatistics {
	var out connectors.ColumnStatistics
	nulls := 0
	distinct := map[string]struct{}{}
	for _, p := range set.List {
		v := p.Values[key]
		if !v.Valid {
			nulls++
			continue
		}
		distinct[v.Text()] = struct{}{}
		if !out.Min.Valid || v.Compare(out.Min) < 0 {
			out.Min = v
		}
		if !out.Max.Valid || v.Compare(out.Max) > 0 {
			out.Max = v
		}
	}
	out.Distinct = float64(len(distinct))
	if len(set.List) > 0 {
		out.NullFraction = float64(nulls) / float64(len(set.List))
	}
	return out
}

// knownRows adds up the rows of partitions (nil: all); -1 when one is not known.
func knownRows(list []catalog.Partition, rows []uint32) float64 {
	total := 0.0
	add := func(p *catalog.Partition) bool {
		total += float64(p.Stats.Rows)
		return p.Stats.Rows > 0 || p.Stats.Rows == 0 && p.Stats.Files > 0
	}
	if rows == nil {
		for i := range list {
			if !add(&list[i]) {
				return -1
			}
		}
		return total
	}
	for _, r := range rows {
		if !add(&list[r]) {
			return -1
		}
	}
	return total
}

// Estimate implements connectors.Scan. With filters over columns of files the number of rows is the cost model's to guess.
func (s *scan) Estimate() connectors.Estimate {
	out := connectors.Estimate{Rows: -1, Bytes: s.bytes}
	switch s.t.def.Storage.Format {
	case catalog.CSV, catalog.JSON:
		out.BytesExact = true
	default:
		out.Bytes = int64(float64(s.bytes) * s.share())
	}
	if len(s.freq.Filters) == 0 && len(s.own) == 0 {
		out.Rows = s.rows()
	}
	return out
}

// rows is the number of rows in the files.
func (s *scan) rows() float64 {
	if len(s.files) == 0 {
		return 0
	}
	st := s.t.def.Stats
	if s.set != nil {
		if n := knownRows(s.set.List, s.selected); n >= 0 {
			return n
		}
	}
	if known(st) && st.Rows >= 0 && st.Bytes > 0 {
		return float64(st.Rows) * float64(s.bytes) / float64(st.Bytes)
	}
	return -1
}

// share is about which part of the bytes the columns of the scan take in a columnar file.
func (s *scan) share() float64 {
	n := s.t.fileColumns()
	read := make([]bool, n)
	for _, c := range s.freq.Output {
		read[c] = true
	}
	for _, f := range s.freq.Filters {
		for _, c := range f.Columns {
			read[c] = true
		}
	}
	all, some, count := 0.0, 0.0, 0
	for i := range n {
		w := 1.0
		if cols := s.t.def.Stats.Columns; len(cols) == n && cols[i].Width > 0 {
			w = cols[i].Width
		}
		all += w
		if read[i] {
			some += w
			count++
		}
	}
	if count == 0 || all == 0 {
		return 0
	}
	return some / all
}
