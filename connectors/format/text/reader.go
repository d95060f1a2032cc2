package text

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
)

// Parser locates values for one worker. It is not safe for concurrent use.
type Parser interface {
	Decoder
	// Begin readies the parser for the records of a feed, whose Cutter has seen the file's beginning. It sets missing[i] for
	// the slots that the file does not have.
	Begin(f *Feed, missing []bool) error
	// Locate finds the values of up to most records of data from pos on. It fills rows and returns where the next record
	// begins. A RecordError counts its offset from the start of data.
	Locate(data []byte, pos, most int, rows *Rows) (next int, err error)
}

// Dialect makes the parts of a reader that differ between formats.
type Dialect interface {
	// NewParser returns a parser that locates the given fields: slot i is fields[i] of the request.
	NewParser(r *format.Request, fields []int) (Parser, error)
	// NewSink returns the sink of a field.
	NewSink(f format.Field) (Sink, error)
	// Typed is Source.Typed.
	Typed() bool
}

// Reader implements format.Reader for text formats.
type Reader struct {
	req     *format.Request
	dialect Dialect
	parser  Parser
	plan    *plan
	account *memory.Account
	err     error // of the construction

	feed    *Feed
	buf     []byte
	chunk   chunk
	valid   bool
	pos     int
	missing []bool
	rows    Rows
	left    int64 // rows until the limit; negative is no limit
	batch   vector.Batch
	live    bool
}

var _ format.Reader = (*Reader)(nil)

// NewReader returns a reader of the files of a request.
func NewReader(r *format.Request, d Dialect) *Reader {
	x := &Reader{req: r, dialect: d, account: r.Query.Memory.Account(), left: -1}
	if r.Limit > 0 {
		x.left = r.Limit
	}
	if x.plan, x.err = newPlan(r, d); x.err != nil {
		return x
	}
	if x.parser, x.err = d.NewParser(r, x.plan.fields); x.err != nil {
		return x
	}
	most := batchRows(r)
	x.missing = make([]bool, len(x.plan.fields))
	x.rows = Rows{Start: make([]uint32, most), Slots: make([][]Span, len(x.plan.fields))}
	for i := range x.rows.Slots {
		x.rows.Slots[i] = make([]Span, most)
	}
	return x
}

func batchRows(r *format.Request) int {
	if r.Query.BatchRows > 0 {
		return r.Query.BatchRows
	}
	return vector.DefaultRows
}

// Assign implements format.Reader.
func (x *Reader) Assign(ctx context.Context, s format.Split) error {
	if x.err != nil {
		return x.err
	}
	x.endBatch()
	x.release()
	f, ok := s.Part.(*Feed)
	if !ok {
		return errors.New("text: the split is of another format")
	}
	if err := f.attach(ctx); err != nil {
		return err
	}
	x.feed, x.chunk, x.pos = f, chunk{}, 0
	return nil
}

func (x *Reader) release() {
	if x.feed != nil {
		x.feed.detach()
		x.feed = nil
	}
}

// endBatch ends the life of the batch before.
func (x *Reader) endBatch() {
	if vector.Invariants && x.live {
		vector.Mangle(&x.batch)
	}
	x.live = false
}

// Next implements vector.Source.
func (x *Reader) Next(ctx context.Context) (*vector.Batch, error) {
	x.endBatch()
	for {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		if x.feed == nil || x.left == 0 || x.plan.hopeless() {
			x.release()
			return nil, io.EOF
		}
		if x.pos >= len(x.chunk.data) {
			if err := x.load(ctx); err != nil {
				x.release()
				return nil, inTable(err, x.req.Table)
			}
		}
		n, err := x.read(ctx)
		if err != nil {
			x.release()
			return nil, err
		}
		if n > 0 {
			x.live = true
			x.req.Metrics.Rows.Add(int64(n))
			return &x.batch, nil
		}
	}
}

// load gets the next chunk of the feed.
func (x *Reader) load(ctx context.Context) error {
	first := x.chunk.data == nil
	var err error
	x.buf, x.chunk, err = x.feed.next(ctx, x.buf, x.account.Resize)
	if err != nil {
		return err
	}
	x.pos = 0
	x.valid = utf8.Valid(x.chunk.data)
	if first {
		clear(x.missing)
		return x.parser.Begin(x.feed, x.missing)
	}
	return nil
}

// read makes a batch of the next records and returns how many rows are in it.
func (x *Reader) read(ctx context.Context) (int, error) {
	most := len(x.rows.Start)
	if x.left >= 0 && len(x.req.Filters)+len(x.req.Dynamic) == 0 {
		most = int(min(int64(most), x.left))
	}
	x.rows.N = 0
	next, err := x.parser.Locate(x.chunk.data, x.pos, most, &x.rows)
	if err != nil {
		return 0, x.place(err)
	}
	x.pos = next
	if x.rows.N == 0 {
		return 0, nil
	}
	src := Source{Data: x.chunk.data, Decoder: x.parser, ValidUTF8: x.valid, IgnoreMalformed: x.req.Storage.IgnoreMalformed,
		Typed: x.dialect.Typed()}
	if err := x.plan.run(ctx, &x.rows, x.missing, src, &x.batch); err != nil {
		return 0, x.placeValue(err)
	}
	n := x.batch.Rows()
	if x.left < 0 {
		return n, nil
	}
	if int64(n) > x.left {
		n = int(x.left)
		x.batch.Sel = firstRows(x.batch.Sel, n)
	}
	x.left -= int64(n)
	return n, nil
}

func firstRows(sel []uint32, n int) []uint32 {
	if sel != nil {
		return sel[:n]
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

// place names the record of a parser's error.
func (x *Reader) place(err error) error {
	var e *RecordError
	if !errors.As(err, &e) {
		return err
	}
	row := x.chunk.row + x.feed.cut.Count(x.chunk.data, e.Off) + 1
	return recordFault(e.Code, x.req.Table, x.feed.File, row, e.Text)
}

func (x *Reader) placeValue(err error) error {
	var e *conversionError
	if !errors.As(err, &e) {
		return err
	}
	row := x.chunk.row + x.feed.cut.Count(x.chunk.data, int(x.rows.Start[e.row])) + 1
	value := x.rows.Slots[e.slot][e.row].In(x.chunk.data)
	return valueFault(e.cause, x.req.Table, x.feed.File, row, x.req.Fields[x.plan.fields[e.slot]], value)
}

// Close implements vector.Source.
func (x *Reader) Close() error {
	x.endBatch()
	x.release()
	x.buf, x.chunk = nil, chunk{}
	x.account.Close()
	return nil
}
