package crawler

import (
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/crawler/infer"
)

// count sets the statistics of the table and of its partitions. Rows of a partition are known when all its files were
// looked into and tell; those of the table are the sum where all are known, and follow the sizes otherwise.
func (b *builder) count() {
	b.checkReplaced()
	t := b.out.table
	if len(b.fresh) == 0 && b.base != nil && !b.out.rebuild {
		b.keepStats(t)
		return
	}
	rows, groups := b.partitionRows()
	sum := b.sumRows(rows)
	stats := catalog.TableStats{Rows: -1, Bytes: b.bytes, Files: b.files, RowGroups: groups, At: time.Now().UTC()}
	fresh, old := b.density(), b.storedDensity()
	if fresh < 0 {
		fresh = old
	}
	if old < 0 {
		old = fresh
	}
	switch {
	case sum.freshBytes+sum.oldBytes == 0 && sum.any:
		stats.Rows = sum.rows
	case fresh >= 0:
		stats.Rows = sum.rows + int64(fresh*float64(sum.freshBytes)+old*float64(sum.oldBytes)+0.5)
	}
	stats.Columns = b.columnStats(t.Columns, stats.Rows)
	t.Stats = stats
}

// rowSum is the rows of the partitions that tell them, and the bytes of the others, those looked at anew and those not.
type rowSum struct {
	rows, freshBytes, oldBytes int64
	any                        bool
}

// sumRows sets the rows of the partitions in the map and sums up all.
func (b *builder) sumRows(rows map[string]int64) (s rowSum) {
	fresh := make(map[int]bool, len(b.fresh))
	for _, i := range b.fresh {
		fresh[i] = true
	}
	for i := range b.parts {
		st := &b.parts[i].Stats
		if n, ok := rows[b.parts[i].Location]; ok {
			st.Rows = n
		}
		switch {
		case st.Rows >= 0:
			s.rows, s.any = s.rows+st.Rows, true
		case fresh[i]:
			s.freshBytes += st.Bytes
		default:
			s.oldBytes += st.Bytes
		}
	}
	return s
}

// keepStats keeps the stored statistics but for the totals, which the listing tells.
func (b *builder) keepStats(t *catalog.Table) {
	stats := b.base.Stats
	columns := make([]catalog.ColumnStats, len(t.Columns))
	copy(columns, stats.Columns)
	if stats.Columns != nil {
		stats.Columns = columns
	}
	t.Stats = stats
}

// partitionRows returns the rows of the partitions of which every file told them, by location, and the row groups of the
// table, extrapolated from the files that have any; -1 when none has.
func (b *builder) partitionRows() (rows map[string]int64, groups int64) {
	type sum struct{ files, rows int64 }
	sums := map[string]*sum{}
	var withGroups, seenGroups int64
	for _, s := range b.samples {
		if s.got.RowGroups > 0 {
			withGroups++
			seenGroups += s.got.RowGroups
		}
		if s.got.Rows < 0 {
			continue
		}
		loc := b.target.location(s.folder)
		if sums[loc] == nil {
			sums[loc] = &sum{}
		}
		sums[loc].files++
		sums[loc].rows += s.got.Rows
	}
	rows = map[string]int64{}
	for i, f := range b.leaf {
		loc := b.parts[i].Location
		if s := sums[loc]; s != nil && s.files == f.Files.Count {
			rows[loc] = s.rows
		}
	}
	groups = -1
	if withGroups > 0 {
		groups = seenGroups * b.files / withGroups
	}
	return rows, groups
}

// density is the number of rows of a stored byte in the files looked into; negative when none tells.
func (b *builder) density() float64 {
	var rows, bytes float64
	for _, s := range b.samples {
		if s.got.Rows >= 0 && s.object.Size > 0 {
			rows += float64(s.got.Rows)
			bytes += float64(s.object.Size)
		}
	}
	if bytes == 0 {
		return -1
	}
	return rows / bytes
}

// storedDensity is that of the stored table; negative when it is not known.
func (b *builder) storedDensity() float64 {
	if b.base == nil || b.base.Stats.Rows < 0 || b.base.Stats.Bytes <= 0 {
		return -1
	}
	return float64(b.base.Stats.Rows) / float64(b.base.Stats.Bytes)
}

// columnStats merges the statistics of the files looked into with those stored.
func (b *builder) columnStats(columns []catalog.Column, rows int64) []catalog.ColumnStats {
	out := make([]catalog.ColumnStats, len(columns))
	known := false
	for i, c := range columns {
		sum := infer.ColumnSum{Type: c.Type}
		if b.base != nil && i < len(b.base.Stats.Columns) && !b.whole() {
			sum.Add(b.base.Stats.Columns[i], b.base.Stats.Rows)
		}
		for _, s := range b.samples {
			k := fieldIndex(s.got.Fields, sourceOf(c))
			switch {
			case k < 0:
				sum.AddMissing(s.got.Rows)
			case k < len(s.got.Columns) && !infer.IsNested(c.Type):
				sum.Add(s.got.Columns[k], s.got.Rows)
				known = true
			}
		}
		out[i] = sum.Stats(rows)
	}
	if !known {
		if b.base == nil || b.base.Stats.Columns == nil {
			return nil
		}
		kept := make([]catalog.ColumnStats, len(columns))
		copy(kept, b.base.Stats.Columns)
		return kept
	}
	return out
}

// whole reports whether everything in the table is new, so that stored statistics of columns no longer count.
func (b *builder) whole() bool { return len(b.fresh) == len(b.parts) }

func fieldIndex(fields []format.Field, source string) int {
	for i, f := range fields {
		if infer.SourceOf(f) == source {
			return i
		}
	}
	return -1
}

// sameStats compares statistics but for their time.
func sameStats(a, b catalog.TableStats) bool {
	if a.Rows != b.Rows || a.Bytes != b.Bytes || a.Files != b.Files || a.RowGroups != b.RowGroups || len(a.Columns) != len(b.Columns) {
		return false
	}
	for i := range a.Columns {
		x, y := &a.Columns[i], &b.Columns[i]
		if x.Distinct != y.Distinct || x.NullFraction != y.NullFraction || x.Width != y.Width || !sameValue(x.Min, y.Min) || !sameValue(x.Max, y.Max) {
			return false
		}
	}
	return true
}

func sameValue(a, b schema.Value) bool {
	return a.Valid == b.Valid && (!a.Valid || a.Equal(b))
}
