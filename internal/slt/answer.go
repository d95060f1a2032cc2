package slt

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// tolerance is how far apart floating-point values of a column of type F may be, relative to the larger.
const tolerance = 1e-9

// rows are the comparable form of an answer or an expectation: the header line's cells, if the record has one, and
// the rows in the order in which they are compared.
type rows struct {
	header []Cell
	cells  [][]Cell
	named  bool
}

// answer brings a result into the form in which the record compares it.
func answer(rec *record, result *Result) rows {
	a := rows{cells: sortRows(result.Rows, rec.sort)}
	if rec.header == noHeader {
		return a
	}
	a.named = true
	for _, c := range result.Columns {
		text := c.Name
		if rec.header == oidsHeader {
			text += ":" + typeName(typeMap, c.OID)
		}
		a.header = append(a.header, Cell{Text: text})
	}
	return a
}

// expectation reads the record's expected lines. In binary mode its values are put through the codecs that the
// received values went through.
func expectation(rec *record, result *Result, mode Mode) (rows, error) {
	var want rows
	for i, line := range rec.expected {
		cells, err := parseRow(line)
		if err != nil {
			return rows{}, fmt.Errorf("expected line %q: %w", line, err)
		}
		if i == 0 && rec.header != noHeader {
			want.header, want.named = cells, true
			continue
		}
		if mode == Binary && len(cells) == len(result.Columns) {
			canonicalise(cells, result.Columns)
		}
		want.cells = append(want.cells, cells)
	}
	want.cells = sortRows(want.cells, rec.sort)
	return want, nil
}

func canonicalise(cells []Cell, columns []Column) {
	for i := range cells {
		if !cells[i].Null {
			cells[i].Text = canonical(columns[i].OID, pgtype.TextFormatCode, []byte(cells[i].Text))
		}
	}
}

// lines writes the rows as a test file has them.
func (r rows) lines() []string {
	var lines []string
	if r.named {
		lines = append(lines, formatRow(r.header))
	}
	for _, row := range r.cells {
		lines = append(lines, formatRow(row))
	}
	return lines
}

// equal compares an answer with an expectation.
func (r rows) equal(want rows, rec *record, result *Result) bool {
	if r.named != want.named || len(r.header) != len(want.header) || len(r.cells) != len(want.cells) {
		return false
	}
	for i := range r.header {
		if r.header[i] != want.header[i] {
			return false
		}
	}
	approximate := func(column int) bool {
		return rec.sort != valueSort && column < len(result.Columns) && rec.types[column] == 'F' &&
			isFloat(result.Columns[column].OID)
	}
	for i, row := range r.cells {
		if len(row) != len(want.cells[i]) {
			return false
		}
		for j, got := range row {
			expected := want.cells[i][j]
			if got == expected {
				continue
			}
			if !approximate(j) || got.Null || expected.Null || !closeTo(got.Text, expected.Text, tolerance) {
				return false
			}
		}
	}
	return true
}

// checkTypes compares the types word with the announced columns; it returns what is wrong, or nothing.
func checkTypes(types string, result *Result) string {
	if types == noColumns {
		types = ""
	}
	if len(types) != len(result.Columns) {
		return fmt.Sprintf("%d columns, want %d (types %s)", len(result.Columns), len(types), types)
	}
	for i, c := range result.Columns {
		if got := letterOf(typeMap, c.OID); !fits(types[i], got) {
			return fmt.Sprintf("column %d (%s) is of type %s (letter %c), want letter %c", i+1, c.Name,
				typeName(typeMap, c.OID), got, types[i])
		}
	}
	return ""
}

// rewrittenTypes is the types word of an answer, keeping the letters of the old one that fit.
func rewrittenTypes(old string, result *Result) string {
	if len(result.Columns) == 0 {
		return noColumns
	}
	letters := make([]byte, len(result.Columns))
	for i, c := range result.Columns {
		letters[i] = letterOf(typeMap, c.OID)
		if len(old) == len(letters) && fits(old[i], letters[i]) {
			letters[i] = old[i]
		}
	}
	return string(letters)
}

// shownLines bounds how much of an answer a failure prints.
const shownLines = 40

// sideBySide prints an expectation and an answer and where they first differ.
func sideBySide(want, got []string) string {
	differ := 0
	for differ < len(want) && differ < len(got) && want[differ] == got[differ] {
		differ++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "first difference at row %d\n", differ+1)
	show := func(title string, lines []string) {
		fmt.Fprintf(&b, "%s (%d rows):\n", title, len(lines))
		from := max(0, differ-shownLines/4)
		to := min(len(lines), from+shownLines)
		if from > 0 {
			fmt.Fprintf(&b, "  ... %d rows\n", from)
		}
		for i := from; i < to; i++ {
			mark := "  "
			if i == differ {
				mark = "> "
			}
			b.WriteString(mark + lines[i] + "\n")
		}
		if to < len(lines) {
			fmt.Fprintf(&b, "  ... %d rows\n", len(lines)-to)
		}
	}
	show("want", want)
	show("got", got)
	return b.String()
}
