package lake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
)

// scan is a planned scan: partitions are chosen and files are pinned.
type scan struct {
	t      *Table
	req    connectors.ScanRequest
	format format.Format
	// freq is what the format is asked for; its Output has the fields of outputs, then those that own filters need.
	freq *format.Request
	// own are the filters that the lake's reader applies.
	own []connectors.Filter
	// dynamic are the join keys over partition columns.
	dynamic  []connectors.DynamicFilter
	verdicts []connectors.Verdict
	// set is nil for a table without keys; selected are the rows of it that the filters left, total how many partitions
	// the table has.
	set      *catalog.PartitionSet
	total    int64
	selected []uint32
	files    []file
	bytes    int64
	fetcher  fetcher

	mu      sync.Mutex
	readers map[*reader]struct{}
}

var _ connectors.Scan = (*scan)(nil)

// Scan implements connectors.Table. It lists the files of the partitions that are left.
func (t *Table) Scan(ctx context.Context, req connectors.ScanRequest) (connectors.Scan, error) {
	f, err := t.format()
	if err != nil {
		return nil, err
	}
	s := &scan{t: t, req: req, format: f, verdicts: make([]connectors.Verdict, len(req.Filters)), readers: map[*reader]struct{}{}}
	s.fetcher.s = s
	p := t.classify(req.Filters, s.verdicts)
	if err := s.choosePartitions(ctx, &p); err != nil {
		return nil, t.wrap(err)
	}
	if err := s.chooseFiles(ctx, &p); err != nil {
		return nil, t.wrap(err)
	}
	s.own = p.mixed
	s.ask(p.file)
	return s, nil
}

// places are the filters by what they read.
type places struct {
	// partition filters read keys alone, perFile ones hidden columns too, file ones columns of files alone, and mixed ones
	// both. A file filter that may fail is mixed when one before it is: those of files run first.
	partition, perFile, file, mixed []connectors.Filter
}

func (t *Table) classify(filters []connectors.Filter, verdicts []connectors.Verdict) (p places) {
	for i, f := range filters {
		if len(f.Columns) == 0 {
			continue // it may be volatile: the engine's
		}
		verdicts[i] = connectors.Exact
		first, last := f.Columns[0], f.Columns[len(f.Columns)-1]
		switch {
		case last < t.fileColumns() && (!f.MayFail || len(p.mixed) == 0):
			p.file = append(p.file, f)
		case first < t.fileColumns():
			p.mixed = append(p.mixed, f)
		case last < t.firstHidden():
			p.partition = append(p.partition, f)
		default:
			p.perFile = append(p.perFile, f)
		}
	}
	return p
}

// ask makes the request to the format.
func (s *scan) ask(filters []connectors.Filter) {
	n := s.t.fileColumns()
	r := &format.Request{Query: s.req.Query, Metrics: s.req.Metrics, Table: s.t.name, Fields: s.t.fields(), Filters: filters,
		Storage: s.t.def.Storage}
	need := func(c int) {
		if c < n && !slices.Contains(r.Output, c) {
			r.Output = append(r.Output, c)
		}
	}
	for _, c := range s.req.Columns {
		need(c)
	}
	for _, f := range s.own {
		for _, c := range f.Columns {
			need(c)
		}
	}
	for _, c := range s.req.Shared {
		if c < n {
			r.Shared = append(r.Shared, c)
		}
	}
	for _, d := range s.req.Dynamic {
		switch {
		case d.Column < n:
			r.Dynamic = append(r.Dynamic, d)
		case d.Column < s.t.firstHidden():
			s.dynamic = append(s.dynamic, d)
		}
	}
	if len(s.own) == 0 && !slices.Contains(s.verdicts, connectors.Unsupported) {
		r.Limit = s.req.Limit
	}
	s.freq = r
}

// Verdicts implements connectors.Scan.
func (s *scan) Verdicts() []connectors.Verdict { return s.verdicts }

// LimitExact is false: each worker stops by itself.
func (s *scan) LimitExact() bool { return false }

// Explain implements connectors.Scan.
func (s *scan) Explain() []connectors.Property {
	var out []connectors.Property
	if s.set != nil {
		out = append(out, connectors.Property{Name: "Partitions", Value: fmt.Sprintf("%d/%d", len(s.selected), s.total)})
	}
	return append(out,
		connectors.Property{Name: "Files", Value: strconv.Itoa(len(s.files))},
		connectors.Property{Name: "Bytes", Value: byteText(s.bytes)},
		connectors.Property{Name: "Format", Value: string(s.t.def.Storage.Format)})
}

// byteText prints a size for people, in powers of 1000.
func byteText(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	x, units := float64(n)/1000, []string{"kB", "MB", "GB", "TB", "PB"}
	for len(units) > 1 && x >= 999.95 {
		x /= 1000
		units = units[1:]
	}
	return fmt.Sprintf("%.1f %s", x, units[0])
}

// Close implements connectors.Scan.
func (s *scan) Close() error {
	s.mu.Lock()
	open := s.readers
	s.readers = nil
	s.mu.Unlock()
	var first error
	for r := range open {
		if err := r.inner.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.fetcher.close()
	return first
}
