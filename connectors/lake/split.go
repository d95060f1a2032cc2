package lake

import (
	"context"
	"iter"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
)

// split is a part of a file.
type split struct {
	format.Split
	file *file
	// alone says that the file has no other split.
	alone bool
}

// String names the file.
func (s *split) String() string { return s.Split.File.Store.URL(s.Split.File.Object.Key) }

// Bytes implements connectors.Split.
func (s *split) Bytes() int64 { return s.Split.Size }

// filesAhead is how many files are opened before their splits are asked for: reading a footer takes a round trip.
const filesAhead = 12

// cutFile is the splits of one file, under way.
type cutFile struct {
	file *file
	done chan struct{}
	list []format.Split
	err  error
}

// Splits implements connectors.Scan. Files are cut ahead of need, a few at a time, in order.
func (s *scan) Splits(ctx context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		c := &cutter{scan: s, ctx: ctx, known: excluder{s: s}, ahead: filesAhead}
		switch {
		case s.req.Limit > 0:
			c.ahead = 1 // a few files may suffice
		case s.fetches():
			c.ahead, c.fetch = smallAhead, true
		}
		defer func() {
			cancel()
			c.wait()
		}()
		if err := c.begin(); err != nil {
			yield(nil, s.t.wrap(err))
			return
		}
		for {
			f, err := c.next()
			if err != nil {
				yield(nil, s.t.wrap(err))
				return
			}
			if f == nil {
				return
			}
			for _, x := range f.list {
				if !yield(&split{x, f.file, len(f.list) == 1}, nil) {
					return
				}
			}
		}
	}
}

// cutter cuts the files of a scan ahead of the consumer.
type cutter struct {
	scan  *scan
	ctx   context.Context
	known excluder
	// ahead is how many files are cut ahead; fetch says that small ones are fetched too.
	ahead int
	fetch bool
	at    int
	queue []*cutFile
}

// begin waits for join keys and counts what is selected.
func (c *cutter) begin() error {
	s := c.scan
	if err := s.joinKeys(c.ctx); err != nil {
		return err
	}
	m := s.req.Metrics
	files := int64(0)
	for i := range s.files {
		if !c.known.excludes(s.files[i].partition) {
			files++
		}
	}
	m.FilesTotal.Add(files)
	if s.set == nil {
		return nil
	}
	m.PartitionsTotal.Add(s.total)
	for _, p := range s.selected {
		if !c.known.excludes(int(p)) {
			m.PartitionsSelected.Add(1)
		}
	}
	return nil
}

// next returns the next file's splits, and nil at the end.
func (c *cutter) next() (*cutFile, error) {
	for len(c.queue) < c.ahead && c.at < len(c.scan.files) {
		f := &c.scan.files[c.at]
		c.at++
		if !c.known.excludes(f.partition) {
			c.queue = append(c.queue, c.cut(f))
		}
	}
	if len(c.queue) == 0 {
		return nil, nil
	}
	f := c.queue[0]
	c.queue = c.queue[1:]
	<-f.done
	if f.err != nil {
		return nil, c.scan.t.wrapFile(f.err, f.file)
	}
	return f, nil
}

func (c *cutter) cut(f *file) *cutFile {
	x := &cutFile{file: f, done: make(chan struct{})}
	src := f.File
	if c.fetch {
		src = c.scan.fetcher.begin(c.ctx, src)
	}
	go func() {
		defer close(x.done)
		x.list, x.err = c.scan.format.Splits(c.ctx, c.scan.freq, src)
	}()
	return x
}

// wait ends what was begun for nothing.
func (c *cutter) wait() {
	for _, f := range c.queue {
		<-f.done
	}
}
