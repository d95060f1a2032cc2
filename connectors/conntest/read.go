package conntest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
)

// scan opens a scan with the given columns and filters.
func (s *session) scan(req connectors.ScanRequest) connectors.Scan {
	s.t.Helper()
	req.Query = s.query
	if req.Metrics == nil {
		req.Metrics = &connectors.Metrics{}
	}
	sc, err := s.table.Scan(context.Background(), req)
	if err != nil {
		s.t.Fatalf("scan: %v", err)
	}
	if len(sc.Verdicts()) != len(req.Filters) {
		s.t.Fatalf("%d verdicts for %d filters", len(sc.Verdicts()), len(req.Filters))
	}
	s.scans = append(s.scans, sc)
	return sc
}

// read returns the rows of a scan in text form, read by one reader.
func (s *session) read(req connectors.ScanRequest, sc connectors.Scan) ([]string, error) {
	s.t.Helper()
	ctx := context.Background()
	r, err := sc.NewReader()
	if err != nil {
		return nil, err
	}
	defer s.closeReader(r)
	var out []string
	for split, err := range sc.Splits(ctx) {
		if err != nil {
			return out, err
		}
		if split.String() == "" || split.Bytes() < 0 {
			s.t.Errorf("split %q of %d bytes", split, split.Bytes())
		}
		if err := r.Assign(ctx, split); err != nil {
			return out, err
		}
		if out, err = s.drain(ctx, req, r, out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *session) closeReader(r connectors.Reader) {
	for range 2 {
		if err := r.Close(); err != nil {
			s.t.Errorf("close of a reader: %v", err)
		}
	}
}

func (s *session) drain(ctx context.Context, req connectors.ScanRequest, r connectors.Reader, out []string) ([]string, error) {
	for {
		b, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		s.check(req, b)
		out = appendRows(out, b)
	}
}

// check tests the form of a batch.
func (s *session) check(req connectors.ScanRequest, b *vector.Batch) {
	if len(b.Cols) != len(req.Columns) {
		s.t.Fatalf("batch of %d columns, want %d", len(b.Cols), len(req.Columns))
	}
	limit := vector.DefaultRows
	if s.query.BatchRows > 0 {
		limit = s.query.BatchRows
	}
	if b.Len > limit && len(req.Columns) > 0 {
		s.t.Errorf("batch of %d rows, at most %d are allowed", b.Len, limit)
	}
	for i, c := range b.Cols {
		if c.Len() != b.Len {
			s.t.Errorf("column %d has %d rows, the batch %d", i, c.Len(), b.Len)
		}
		if want := s.table.Columns()[req.Columns[i]].Type; !c.Type().Equal(want) {
			s.t.Errorf("column %d has type %s, want %s", i, c.Type(), want)
		}
	}
	for i, r := range b.Sel {
		if int(r) >= b.Len || i > 0 && b.Sel[i-1] >= r {
			s.t.Fatalf("selection %v of a batch of %d rows", b.Sel, b.Len)
		}
	}
}

func appendRows(out []string, b *vector.Batch) []string {
	sel := b.Sel
	if sel == nil {
		sel = upTo(b.Len)
	}
	row := make([]schema.Value, len(b.Cols))
	for _, r := range sel {
		for i, c := range b.Cols {
			row[i] = vector.ValueAt(c, int(r))
		}
		out = append(out, rowText(row))
	}
	return out
}

func upTo(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// rowText is a row as one comparable line.
func rowText(row []schema.Value) string {
	var b strings.Builder
	for i, v := range row {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(v.Literal())
	}
	return b.String()
}

// expect compares rows without regard to their order.
func (s *session) expect(what string, got, want []string) {
	s.t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	s.t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	extra, lost := difference(got, want), difference(want, got)
	for _, r := range extra[:min(len(extra), 5)] {
		s.t.Errorf("  not expected: %s", r)
	}
	for _, r := range lost[:min(len(lost), 5)] {
		s.t.Errorf("  missing: %s", r)
	}
}

// difference returns what is in a more often than in b. Both are sorted.
func difference(a, b []string) (out []string) {
	for len(a) > 0 {
		switch {
		case len(b) == 0 || a[0] < b[0]:
			out = append(out, a[0])
			a = a[1:]
		case a[0] == b[0]:
			a, b = a[1:], b[1:]
		default:
			b = b[1:]
		}
	}
	return out
}
