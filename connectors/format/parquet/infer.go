package parquet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format"
)

// Infer implements format.Format. What it finds is exact: the footer says it.
func (Format) Infer(ctx context.Context, src format.File, _ format.InferOptions) (*format.Inferred, error) {
	f, err := openFile(ctx, src)
	if err != nil {
		return nil, err
	}
	out := &format.Inferred{
		Storage:       catalog.Storage{Format: catalog.Parquet},
		Rows:          f.meta.Rows,
		RowGroups:     int64(len(f.meta.RowGroups)),
		Confidence:    1,
		Evidence:      "ends with PAR1 and has a footer",
		HeaderDecided: true,
		ReadAt:        time.Now().UTC(),
	}
	if by := strings.TrimSpace(f.meta.CreatedBy); by != "" {
		out.Evidence += fmt.Sprintf(", written by %q", by)
	}
	for _, c := range f.columns {
		field := format.Field{Name: c.name, Type: c.typ}
		out.Fields = append(out.Fields, field)
		out.Columns = append(out.Columns, f.columnStats(c))
	}
	return out, nil
}

// columnStats merges the statistics of a column's row groups. Bounds stay unknown when one row group has none.
func (f *file) columnStats(n *node) catalog.ColumnStats {
	var out catalog.ColumnStats
	rows, nulls, size, distinct := int64(0), int64(0), int64(0), int64(0)
	knowsNulls, knowsDistinct, knowsLo, knowsHi := true, true, n.flat(), n.flat()
	b := &bound{node: n, typ: n.typ, conv: conversion{value: sameValue}}
	for g := range f.meta.RowGroups {
		group := &f.meta.RowGroups[g]
		rows += group.Rows
		for _, l := range n.leaves(nil) {
			size += group.Columns[l.leaf].Uncompressed
		}
		if !n.flat() {
			continue
		}
		m := &group.Columns[n.leaf]
		x := f.boundsOf(b, &m.Stats, group.Rows)
		if m.Encrypted || m.Elsewhere {
			x = bounds{nulls: -1, rows: group.Rows}
		}
		knowsNulls = knowsNulls && x.nulls >= 0
		nulls += x.nulls
		knowsDistinct = knowsDistinct && m.Stats.Distinct > 0
		distinct = max(distinct, m.Stats.Distinct)
		if x.nulls == x.rows {
			continue // nothing to bound
		}
		knowsLo, knowsHi = knowsLo && x.lo.Valid, knowsHi && x.hi.Valid
		if knowsLo && (!out.Min.Valid || x.lo.Compare(out.Min) < 0) {
			out.Min = x.lo
		}
		if knowsHi && (!out.Max.Valid || x.hi.Compare(out.Max) > 0) {
			out.Max = x.hi
		}
	}
	if !knowsLo {
		out.Min.Valid = false
	}
	if !knowsHi {
		out.Max.Valid = false
	}
	if rows == 0 {
		return out
	}
	if knowsNulls && n.flat() {
		out.NullFraction = float64(nulls) / float64(rows)
	}
	if knowsDistinct && n.flat() {
		out.Distinct = float64(distinct)
	}
	out.Width = float64(size) / float64(rows)
	return out
}
