package csv

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
	"github.com/tarnsql/tarn/connectors/format/text"
)

// delimiters in the order of preference where all else is equal.
var delimiters = []byte{',', '\t', '|', ';', 1}

// Infer implements format.Format. Where o.Storage has the format CSV, delimiter, quotes and header are as it says.
func (Format) Infer(ctx context.Context, f format.File, o format.InferOptions) (*format.Inferred, error) {
	head, err := text.ReadHead(ctx, f, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	rows := int(o.MaxRows)
	if rows <= 0 {
		rows = text.HeadRows
	}
	data := bytes.TrimPrefix(head.Data, []byte("\xef\xbb\xbf"))
	var g *grid
	if o.Storage.Format == catalog.CSV {
		g = readGrid(data, syntaxOf(o.Storage), head.Whole, rows)
	} else {
		g = chooseGrid(data, head.Whole, rows, named(f.Object.Key))
	}
	if g == nil || len(g.records) == 0 {
		return nil, format.ErrNotRecognised
	}
	return g.inferred(o, head.Whole), nil
}

// named reports whether a file's name promises delimited text.
func named(key string) bool {
	switch strings.ToLower(path.Ext(codec.TrimName(key))) {
	case ".csv", ".tsv", ".psv", ".tab", ".tbl":
		return true
	}
	return false
}

// grid is the records of a sample, cut into fields in one way.
type grid struct {
	syntax
	records [][]cell
	// width is the number of fields that most records have, regular the share of records that have it.
	width   int
	regular float64
	broken  int
	all     bool // every record of the sample is in records
	sure    bool
}

// cell is a field of a record.
type cell struct {
	text   string
	quoted bool
}

func readGrid(data []byte, x syntax, whole bool, most int) *grid {
	g := &grid{syntax: x}
	c := &cutter{syntax: x}
	n, _, err := c.Cut(data, whole)
	if err != nil {
		g.broken++
		n = len(data)
	}
	data = data[:n]
	counts := map[int]int{}
	p := parser{syntax: x}
	pos := 0
	for pos < len(data) && len(g.records) < most {
		if e := emptyLine(data, pos); e > 0 {
			pos += e
			continue
		}
		var record []cell
		for kind := endsField; kind == endsField; {
			var s text.Span
			s, pos, kind = p.scan(data, pos)
			if s.Has(text.Broken) {
				g.broken++
			}
			b := s.In(data)
			if s.Has(text.Escaped) {
				b, _ = p.Unescape(nil, b, s) //nolint:errcheck // it never fails
			}
			record = append(record, cell{string(b), s.Has(text.Quoted)})
			if len(record) > maxColumns {
				return nil
			}
		}
		if n := len(record); n > 1 && record[n-1] == (cell{}) {
			counts[n-1]++ // a delimiter at the end of the line: both counts fit
		}
		counts[len(record)]++
		g.records = append(g.records, record)
	}
	g.all = pos >= len(data)
	for n, k := range counts {
		if share := float64(k) / float64(len(g.records)); share > g.regular || share == g.regular && n > g.width { //nolint:gocritic // exact on purpose
			g.width, g.regular = n, share
		}
	}
	if g.endsEmpty() {
		g.width--
	}
	return g
}

// endsEmpty reports whether the last field of every record is what a delimiter at the end of the line makes: the header
// has no name for it, or the delimiter is one that usually ends lines too.
func (g *grid) endsEmpty() bool {
	n := g.width
	if n < 2 || len(g.records) == 0 {
		return false
	}
	for _, r := range g.records {
		if len(r) >= n && (len(r) > n || r[n-1] != (cell{})) {
			return false
		}
	}
	if g.delimiter == '|' {
		return true
	}
	names := g.records[0][:min(n-1, len(g.records[0]))]
	return len(g.records) > 1 && notNames(names, "") == ""
}

// maxColumns bounds the fields of a record of a sample.
const maxColumns = 16_384

// minRegular is the least share of records with the same number of fields.
const minRegular = 0.8

// chooseGrid tries the delimiters and quotes, and takes the most regular way to cut the sample.
func chooseGrid(data []byte, whole bool, most int, named bool) *grid {
	var best *grid
	if start := bytes.TrimLeft(data, " \t\r\n"); !named && len(start) > 0 && bytes.IndexByte([]byte("{[<"), start[0]) >= 0 {
		return nil // JSON or XML
	}
	for _, d := range delimiters {
		if bytes.IndexByte(data, d) < 0 {
			continue
		}
		g := bestQuotes(data, d, whole, most)
		if g == nil || g.width < 2 || g.regular < minRegular || len(g.records) < 2 && !named {
			continue
		}
		if best == nil || g.score() > best.score() {
			best = g
		}
	}
	if best == nil && named {
		best = readGrid(data, syntax{delimiter: ',', quote: '"'}, whole, most)
		if best != nil && (best.regular < minRegular || best.width > 1 && len(best.records) > 1) {
			best = nil
		}
	}
	if best != nil {
		best.sure = named
	}
	return best
}

// score prefers regular cuts, then those with more fields.
func (g *grid) score() float64 {
	return g.regular*100 - float64(min(g.broken, 50)) + min(float64(g.width), 30)/10
}

// bestQuotes chooses quote and escape for a delimiter: double quotes, unless they break fields that others do not.
func bestQuotes(data []byte, d byte, whole bool, most int) *grid {
	best := readGrid(data, syntax{delimiter: d, quote: '"'}, whole, most)
	if best == nil {
		return nil
	}
	if best.broken > 0 {
		for _, x := range []syntax{{d, '"', '\\'}, {d, 0, 0}} {
			if g := readGrid(data, x, whole, most); g != nil && g.broken < best.broken {
				best = g
			}
		}
	}
	if single := best.singleQuoted(); single > 0 {
		if g := readGrid(data, syntax{delimiter: d, quote: '\''}, whole, most); g != nil && g.broken == 0 && g.regular >= best.regular {
			best = g
		}
	}
	return best
}

// singleQuoted counts the fields in single quotes if none is in double quotes.
func (g *grid) singleQuoted() int {
	n := 0
	for _, r := range g.records {
		for _, c := range r {
			if c.quoted {
				return 0
			}
			if len(c.text) >= 2 && c.text[0] == '\'' && c.text[len(c.text)-1] == '\'' {
				n++
			}
		}
	}
	return n
}

// inferred says what the grid holds.
func (g *grid) inferred(o format.InferOptions, whole bool) *format.Inferred {
	out := &format.Inferred{Rows: -1, ReadAt: time.Now().UTC(), HeaderDecided: true, Storage: catalog.Storage{
		Format: catalog.CSV, Delimiter: g.delimiter, Quote: g.quote, Escape: g.escape}}
	null := g.nullText()
	var header []cell
	why := ""
	body := g.records
	if o.Storage.Format == catalog.CSV {
		out.Storage = o.Storage
		null = o.Storage.NullText
		n := min(o.Storage.HeaderLines, len(body))
		if n > 0 && !o.Storage.FixedHeader {
			header = body[0]
		}
		body = body[n:]
	} else {
		v := g.header(null)
		why = v.why
		out.HeaderDecided = v.decided
		if v.is {
			header, body = body[0], body[1:]
			out.Storage.HeaderLines = 1
		} else {
			out.Storage.FixedHeader = true
		}
		if !v.decided {
			out.Header = texts(g.records[0])
		}
	}
	out.Storage.NullText = null
	guesses := g.guesses(body, null)
	g.fields(out, header, guesses, whole && g.all)
	if whole && g.all {
		out.Rows = int64(len(body))
	}
	out.Confidence = g.confidence()
	out.Evidence = fmt.Sprintf("%d of %d records have %d fields separated by %q", int(g.regular*float64(len(g.records))+0.5), len(g.records), g.width, g.delimiter)
	if why != "" {
		out.Evidence += "; " + why
	}
	return out
}

func texts(record []cell) []string {
	out := make([]string, len(record))
	for i, c := range record {
		out[i] = c.text
	}
	return out
}

// confidence grows with regularity, fields and records.
func (g *grid) confidence() float64 {
	c := g.regular * (0.5 + 0.1*float64(min(g.width-1, 4)))
	switch {
	case g.width == 1:
		c = 0.35
	case len(g.records) < 3:
		c *= 0.7
	}
	if g.sure {
		c += 0.1
	}
	return max(min(c-0.01*float64(min(g.broken, 20)), 1), 0)
}

// guesses observes all values of each column.
func (g *grid) guesses(body [][]cell, null string) []text.Guess {
	out := make([]text.Guess, g.width)
	for _, r := range body {
		for i := range out {
			if i >= len(r) || !r[i].quoted && r[i].text == null || r[i].text == "" {
				out[i].Null()
				continue
			}
			out[i].Value([]byte(r[i].text))
		}
	}
	return out
}

// fields names and types the columns.
func (g *grid) fields(out *format.Inferred, header []cell, guesses []text.Guess, whole bool) {
	n := g.width
	if header != nil {
		n = len(header)
		if n > g.width && header[n-1].text == "" {
			n--
		}
	}
	taken := map[string]bool{}
	for i := range n {
		f := format.Field{Name: fmt.Sprintf("col%d", i)}
		if header != nil {
			if name := strings.TrimSpace(header[i].text); name != "" {
				f.Name = name
			}
			if f.Name != header[i].text && header[i].text != "" {
				f.Source = header[i].text
			}
		}
		for base, k := f.Name, 2; taken[strings.ToLower(f.Name)]; k++ {
			if f.Source == "" {
				f.Source = base
			}
			f.Name = fmt.Sprintf("%s_%d", base, k)
		}
		taken[strings.ToLower(f.Name)] = true
		var stats catalog.ColumnStats
		var sample []string
		if i < len(guesses) {
			f.Type = guesses[i].Type(true)
			t := f.Type
			if t.Kind == schema.Unknown {
				t = schema.Text
			}
			stats, sample = guesses[i].Stats(t, whole), guesses[i].Sample
		}
		out.Fields = append(out.Fields, f)
		out.Columns = append(out.Columns, stats)
		out.Sample = append(out.Sample, sample)
	}
}
