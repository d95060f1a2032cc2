package mem

import (
	"context"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// Table is a table of batches.
type Table struct {
	name    schema.TableName
	columns []schema.Column
	batches []*vector.Batch
	stats   connectors.Statistics
}

var _ connectors.Table = (*Table)(nil)

// Name implements connectors.Table.
func (t *Table) Name() schema.TableName { return t.name }

// Columns implements connectors.Table.
func (t *Table) Columns() []schema.Column { return t.columns }

// Statistics implements connectors.Table. The figures are exact.
func (t *Table) Statistics(context.Context) (connectors.Statistics, error) { return t.stats, nil }

// SetUniqueKeys declares sets of columns whose values are distinct in every row. Call it before the table is used.
func (t *Table) SetUniqueKeys(keys ...[]int) { t.stats.UniqueKeys = keys }

func measure(columns []schema.Column, batches []*vector.Batch) connectors.Statistics {
	out := connectors.Statistics{Columns: make([]connectors.ColumnStatistics, len(columns)), Source: "memory"}
	for _, b := range batches {
		out.Rows += float64(b.Rows())
	}
	for i := range columns {
		out.Columns[i] = measureColumn(batches, i, out.Rows)
		out.Bytes += int64(out.Columns[i].Width * out.Rows)
	}
	return out
}

func measureColumn(batches []*vector.Batch, column int, rows float64) connectors.ColumnStatistics {
	var out connectors.ColumnStatistics
	distinct := map[string]struct{}{}
	nulls, width := 0.0, 0.0
	for _, b := range batches {
		each(b, func(r int) {
			v := vector.ValueAt(b.Cols[column], r)
			if !v.Valid {
				nulls++
				return
			}
			text := v.Text()
			width += float64(len(text))
			distinct[text] = struct{}{}
			if !out.Min.Valid || v.Compare(out.Min) < 0 {
				out.Min = v
			}
			if !out.Max.Valid || v.Compare(out.Max) > 0 {
				out.Max = v
			}
		})
	}
	out.Distinct = float64(len(distinct))
	if rows > 0 {
		out.NullFraction, out.Width = nulls/rows, width/rows
	}
	return out
}

// each calls f for the selected rows of a batch.
func each(b *vector.Batch, f func(row int)) {
	if b.Sel == nil {
		for r := range b.Len {
			f(r)
		}
		return
	}
	for _, r := range b.Sel {
		f(int(r))
	}
}
