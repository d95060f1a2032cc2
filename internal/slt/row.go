package slt

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
)

// Cell is one value of an answer in the server's text format.
type Cell struct {
	// Null says that the value is NULL; Text is then empty.
	Null bool
	// Text is the value in PostgreSQL's text format.
	Text string
}

// emptyRow is how a row without columns is written.
const emptyRow = "()"

// noColumns is the types word of a query without columns.
const noColumns = "-"

// String writes the cell as a test file has it.
func (c Cell) String() string {
	switch {
	case c.Null:
		return "NULL"
	case bare(c.Text):
		return c.Text
	default:
		return strconv.Quote(c.Text)
	}
}

// bare reports whether a value can be written without quotes and read back the same.
func bare(s string) bool {
	if s == "" || s == "NULL" || s == emptyRow || s[0] == '"' || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r == '|' || unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return strings.TrimSpace(s) == s
}

// formatRow writes a row as a test file has it.
func formatRow(cells []Cell) string {
	if len(cells) == 0 {
		return emptyRow
	}
	parts := make([]string, len(cells))
	for i, c := range cells {
		parts[i] = c.String()
	}
	return strings.Join(parts, " | ")
}

// parseRow reads a line of a test file.
func parseRow(line string) ([]Cell, error) {
	rest := strings.TrimSpace(line)
	if rest == emptyRow {
		return nil, nil
	}
	var cells []Cell
	for {
		cell, after, err := parseCell(strings.TrimSpace(rest))
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if after == "" {
			return cells, nil
		}
		rest = after[1:] // after starts with the bar
	}
}

// parseCell reads one value and returns what follows it, which is empty or starts with the bar.
func parseCell(s string) (Cell, string, error) {
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return Cell{}, "", fmt.Errorf("value %s: unfinished or wrong quoting", s)
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return Cell{}, "", fmt.Errorf("value %s: %w", quoted, err)
		}
		after := strings.TrimSpace(s[len(quoted):])
		if after != "" && after[0] != '|' {
			return Cell{}, "", fmt.Errorf("value %s: text after its closing quote", quoted)
		}
		return Cell{Text: text}, after, nil
	}
	text, after := s, ""
	if bar := strings.IndexByte(s, '|'); bar >= 0 {
		text, after = s[:bar], s[bar:]
	}
	switch text = strings.TrimSpace(text); text {
	case "":
		return Cell{}, "", fmt.Errorf(`an empty value is written ""`)
	case "NULL":
		return Cell{Null: true}, after, nil
	}
	return Cell{Text: text}, after, nil
}

// sortRows puts rows into the order in which the mode compares them. With valueSort each row has one value.
func sortRows(rows [][]Cell, mode sortMode) [][]Cell {
	switch mode {
	case rowSort:
		rows = append([][]Cell(nil), rows...)
	case valueSort:
		var single [][]Cell
		for _, row := range rows {
			for _, c := range row {
				single = append(single, []Cell{c})
			}
		}
		rows = single
	default:
		return rows
	}
	keys := make(map[*[]Cell]string, len(rows))
	order := make([]*[]Cell, len(rows))
	for i := range rows {
		order[i] = &rows[i]
		keys[order[i]] = formatRow(rows[i])
	}
	sort.SliceStable(order, func(i, j int) bool { return keys[order[i]] < keys[order[j]] })
	sorted := make([][]Cell, len(rows))
	for i, row := range order {
		sorted[i] = *row
	}
	return sorted
}

// typeLetters are the letters of a query's types word; see the package comment.
const typeLetters = "BIRFTDAO?"

// letterOf returns the letter of a type OID.
func letterOf(types *pgtype.Map, oid uint32) byte {
	switch oid {
	case pgtype.BoolOID:
		return 'B'
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID:
		return 'I'
	case pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID:
		return 'R'
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.QCharOID, pgtype.UnknownOID:
		return 'T'
	case pgtype.DateOID, pgtype.TimeOID, pgtype.TimetzOID, pgtype.TimestampOID, pgtype.TimestamptzOID, pgtype.IntervalOID:
		return 'D'
	}
	if t, ok := types.TypeForOID(oid); ok {
		if _, ok := t.Codec.(*pgtype.ArrayCodec); ok {
			return 'A'
		}
	}
	return 'O'
}

// fits reports whether a letter of a file allows the letter of an announced type.
func fits(want, got byte) bool {
	return want == got || want == '?' || want == 'F' && got == 'R'
}

// typeName returns the catalog name of a type OID, or its number.
func typeName(types *pgtype.Map, oid uint32) string {
	if t, ok := types.TypeForOID(oid); ok {
		return t.Name
	}
	return strconv.FormatUint(uint64(oid), 10)
}

// isFloat reports whether a type's values are binary floating point.
func isFloat(oid uint32) bool { return oid == pgtype.Float4OID || oid == pgtype.Float8OID }

// closeTo reports whether two texts are floating-point numbers within a relative tolerance of each other.
func closeTo(a, b string, tolerance float64) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return false
	}
	if x == y || math.IsNaN(x) && math.IsNaN(y) {
		return true
	}
	return math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y))
}
