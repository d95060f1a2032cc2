package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/width"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/exec/vector"
)

// maxPrinted is how many rows a table is aligned over; a longer result is printed in several such blocks, so that memory
// stays bounded.
const maxPrinted = 10_000

// printResult writes the rows of a result as psql does, and its command tag when there are none.
func printResult(ctx context.Context, w io.Writer, r *session.Result, loc *time.Location) error {
	if r.Columns == nil {
		_, err := fmt.Fprintln(w, r.Tag(0))
		return err
	}
	p := &printer{w: w, loc: loc, heads: make([]string, len(r.Columns)), right: make([]bool, len(r.Columns))}
	for i, c := range r.Columns {
		p.heads[i] = c.Name
		p.right[i] = c.Type.IsNumeric() || c.Type.IsReg()
	}
	total := 0
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		total += b.Rows()
		p.add(b)
		if len(p.rows) >= maxPrinted {
			p.flush()
		}
	}
	if len(p.rows) > 0 || total == 0 {
		p.flush()
	}
	unit := "rows"
	if total == 1 {
		unit = "row"
	}
	_, err := fmt.Fprintf(w, "(%d %s)\n\n", total, unit)
	return err
}

// printer aligns a table.
type printer struct {
	w     io.Writer
	loc   *time.Location
	heads []string
	right []bool
	rows  [][]string
}

func (p *printer) add(b *vector.Batch) {
	for i := range b.Rows() {
		r := i
		if b.Sel != nil {
			r = int(b.Sel[i])
		}
		row := make([]string, len(b.Cols))
		for c, col := range b.Cols {
			row[c] = p.cell(vector.ValueAt(col, r))
		}
		p.rows = append(p.rows, row)
	}
}

func (p *printer) cell(v schema.Value) string {
	if v.Valid && v.Type.Kind == schema.Boolean {
		return map[bool]string{true: "t", false: "f"}[v.Bool()]
	}
	return string(v.AppendText(nil, p.loc))
}

func (p *printer) flush() {
	widths := make([]int, len(p.heads))
	for i, h := range p.heads {
		widths[i] = displayWidth(h)
		for _, row := range p.rows {
			for line := range strings.SplitSeq(row[i], "\n") {
				widths[i] = max(widths[i], displayWidth(line))
			}
		}
	}
	cells := make([]string, len(p.heads))
	for i, h := range p.heads {
		pad := widths[i] - displayWidth(h)
		cells[i] = " " + strings.Repeat(" ", pad/2) + h + strings.Repeat(" ", pad-pad/2) + " "
	}
	fmt.Fprintln(p.w, strings.TrimRight(strings.Join(cells, "|"), " "))
	for i := range cells {
		cells[i] = strings.Repeat("-", widths[i]+2)
	}
	fmt.Fprintln(p.w, strings.Join(cells, "+"))
	for _, row := range p.rows {
		p.row(row, widths)
	}
	p.rows = p.rows[:0]
}

// row writes one row; a cell of several lines takes several, each but the last marked with a plus.
func (p *printer) row(row []string, widths []int) {
	lines := make([][]string, len(row))
	height := 1
	for i, cell := range row {
		lines[i] = strings.Split(cell, "\n")
		height = max(height, len(lines[i]))
	}
	for l := range height {
		var b strings.Builder
		for i := range row {
			text, mark := "", " "
			if l < len(lines[i]) {
				text = lines[i][l]
			}
			if l < len(lines[i])-1 {
				mark = "+"
			}
			pad := strings.Repeat(" ", widths[i]-displayWidth(text))
			if i > 0 {
				b.WriteByte('|')
			}
			if p.right[i] {
				b.WriteString(" " + pad + text + mark)
			} else {
				b.WriteString(" " + text + pad + mark)
			}
		}
		fmt.Fprintln(p.w, strings.TrimRight(b.String(), " "))
	}
}

// displayWidth is how many columns of a terminal a text takes.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
