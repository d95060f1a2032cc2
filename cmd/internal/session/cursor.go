package session

import (
	"context"
	"errors"
	"io"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// declare runs DECLARE CURSOR: the query starts with the first FETCH.
func (s *Session) declare(ctx context.Context, st *parser.DeclareCursor, params []schema.Value) (*Result, error) {
	if !s.tx.open && !st.Hold {
		return nil, sqlerr.New(sqlerr.NoActiveTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if _, taken := s.portals[st.Name]; taken {
		return nil, sqlerr.New(sqlerr.DuplicateCursor, "cursor %q already exists", st.Name)
	}
	types := make([]schema.Type, len(params))
	for i, v := range params {
		types[i] = v.Type
	}
	types, cols, err := s.describe(ctx, st.Query, types)
	switch {
	case err != nil:
		return nil, err
	case len(types) > len(params):
		return nil, sqlerr.New(sqlerr.UndefinedParameter, "there is no parameter $%d", len(params)+1)
	}
	p, err := s.Bind(st.Name, &Prepared{Statement: Statement{AST: st.Query, Text: st.Text}, Params: types, Columns: cols}, params)
	if err != nil {
		return nil, err
	}
	if st.Binary {
		p.Formats = []int16{1}
	}
	p.hold, p.declared = st.Hold, true
	return command("DECLARE CURSOR"), nil
}

func cursorMissing(name string) error {
	return sqlerr.New(sqlerr.InvalidCursorName, "cursor %q does not exist", name)
}

func (s *Session) closeCursor(st *parser.CloseCursor) (*Result, error) {
	if st.Name == "" {
		s.closePortals(func(p *Portal) bool { return p.declared })
		return command("CLOSE CURSOR ALL"), nil
	}
	if _, ok := s.portals[st.Name]; !ok {
		return nil, cursorMissing(st.Name)
	}
	return command("CLOSE CURSOR"), s.ClosePortal(st.Name)
}

// fetch runs FETCH and MOVE, forward only: a cursor is the stream of a running query.
func (s *Session) fetch(ctx context.Context, st *parser.Fetch) (*Result, error) {
	p, ok := s.portals[st.Cursor]
	if !ok {
		return nil, cursorMissing(st.Cursor)
	}
	skip, count, err := p.fetchRange(st)
	if err != nil {
		return nil, err
	}
	r, err := s.Result(ctx, p)
	if err != nil {
		return nil, err
	}
	rows := &fetched{portal: p, from: r, skip: skip, left: count}
	if !st.Move {
		return &Result{Columns: r.Columns, Binary: p.declared && p.Formats != nil, tag: "FETCH", counts: true, rows: rows}, nil
	}
	n := int64(0)
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return command("MOVE %d", n), nil
		}
		if err != nil {
			return nil, err
		}
		n += int64(b.Rows())
	}
}

// fetchRange returns how many rows to skip and to take; a negative count is all.
func (p *Portal) fetchRange(st *parser.Fetch) (skip, count int64, err error) {
	forward := sqlerr.New(sqlerr.NotInPrerequisiteState, "cursor can only scan forward").
		WithHint("declare it again to read from the start")
	switch st.Direction {
	case parser.FetchForward:
		if st.All {
			return 0, -1, nil
		}
		if st.Count < 0 {
			return 0, 0, forward
		}
		return 0, st.Count, nil
	case parser.FetchAbsolute:
		if st.Count <= p.position {
			return 0, 0, forward
		}
		return st.Count - p.position - 1, 1, nil
	case parser.FetchRelative:
		if st.Count <= 0 {
			return 0, 0, forward
		}
		return st.Count - 1, 1, nil
	}
	return 0, 0, forward
}

// fetched is the next rows of a cursor. What a batch has beyond them stays in the portal's rest.
type fetched struct {
	portal     *Portal
	from       *Result
	skip, left int64
}

// Next returns rows until the count is reached.
func (f *fetched) Next(ctx context.Context) (*vector.Batch, error) {
	for f.left != 0 || f.skip > 0 {
		if f.skip > 0 {
			b, err := f.from.Take(ctx, f.skip)
			if err != nil {
				return nil, err
			}
			f.skip -= int64(b.Rows())
			f.portal.position += int64(b.Rows())
			continue
		}
		b, err := f.from.Take(ctx, f.left)
		if err != nil {
			return nil, err
		}
		if f.left > 0 {
			f.left -= int64(b.Rows())
		}
		f.portal.position += int64(b.Rows())
		return b, nil
	}
	return nil, io.EOF
}

func (f *fetched) end(error) error { return nil }

// Take returns at most n rows (n < 0: a whole batch) and keeps the rest of the batch for the next call. The batch is valid until
// then.
func (r *Result) Take(ctx context.Context, n int64) (*vector.Batch, error) {
	if r.rest == nil {
		b, err := r.Next(ctx)
		if err != nil {
			return nil, err
		}
		r.rest, r.restFrom = b, 0
	}
	b := r.rest
	have := int64(b.Rows() - r.restFrom)
	if r.restFrom == 0 && (n < 0 || have <= n) {
		r.rest = nil
		return b, nil
	}
	take := have
	if n >= 0 {
		take = min(n, have)
	}
	part := &vector.Batch{Len: b.Len, Cols: b.Cols, Sel: selectRows(b, r.restFrom, int(take))}
	r.restFrom += int(take)
	if r.restFrom == b.Rows() {
		r.rest = nil
	}
	return part, nil
}

// selectRows returns n of the selected rows of a batch, from the given one on.
func selectRows(b *vector.Batch, from, n int) []uint32 {
	if b.Sel != nil {
		return b.Sel[from : from+n]
	}
	sel := make([]uint32, n)
	for i := range sel {
		sel[i] = uint32(from + i)
	}
	return sel
}
