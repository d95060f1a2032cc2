package functions

import (
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Partition is one partition of a window, in its order.
type Partition struct {
	// N is the number of rows. Args are the arguments of the call, N rows each.
	N    int
	Args []vector.Vector
	// Peer[i] is the number of the peer group of row i, from 0; PeerStart and PeerEnd bound each group.
	Peer               []int32
	PeerStart, PeerEnd []int32
	// Start and End bound the frame of each row.
	Start, End []int32
	// Excluded says of a row in the frame of another whether it is left out; nil leaves none out.
	Excluded    func(row, of int) bool
	IgnoreNulls bool
}

// WindowFunc computes a window function over a partition and appends N values.
type WindowFunc func(p *Partition, out *vector.Builder) error

// WindowOf returns the function of a call that is no aggregate; ok is false for an aggregate.
func WindowOf(fn *expr.Function) (WindowFunc, bool) {
	f, ok := fn.Impl.(WindowFunc)
	return f, ok
}

func (r *Registry) window(sig string, f WindowFunc) *overload {
	o := parseSignature(sig)
	o.fn.Impl = f
	return r.add(expr.WindowFunction, o)
}

func registerWindows(r *Registry) {
	r.window("row_number() bigint", func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			out.AppendInt(int64(i + 1))
		}
		return nil
	})
	r.window("rank() bigint", func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			out.AppendInt(int64(p.PeerStart[p.Peer[i]]) + 1)
		}
		return nil
	})
	r.window("dense_rank() bigint", func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			out.AppendInt(int64(p.Peer[i]) + 1)
		}
		return nil
	})
	r.window("percent_rank() double", func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			if p.N == 1 {
				out.AppendFloat(0)
				continue
			}
			out.AppendFloat(float64(p.PeerStart[p.Peer[i]]) / float64(p.N-1))
		}
		return nil
	})
	r.window("cume_dist() double", func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			out.AppendFloat(float64(p.PeerEnd[p.Peer[i]]) / float64(p.N))
		}
		return nil
	})
	r.window("ntile(integer) integer", ntile)
	for _, f := range []struct {
		name string
		sign int64
	}{{"lag", -1}, {"lead", 1}} {
		for _, sig := range []string{"(anyelement) anyelement", "(anyelement, bigint) anyelement", "(anyelement, bigint, anyelement) anyelement"} {
			r.window(f.name+sig, shifted(f.sign))
		}
	}
	r.window("first_value(anyelement) anyelement", nthValue(func(*Partition, int) (int64, bool, error) { return 1, false, nil }))
	r.window("last_value(anyelement) anyelement", nthValue(func(*Partition, int) (int64, bool, error) { return 1, true, nil }))
	r.window("nth_value(anyelement, bigint) anyelement", nthValue(func(p *Partition, i int) (int64, bool, error) {
		n := vector.ValueAt(p.Args[1], i)
		if !n.Valid {
			return 0, false, nil
		}
		if n.I <= 0 {
			return 0, false, sqlerr.New("22016", "argument of nth_value must be greater than zero")
		}
		return n.I, false, nil
	}))
}

func ntile(p *Partition, out *vector.Builder) error {
	n := vector.ValueAt(p.Args[0], 0)
	if n.Valid && n.I <= 0 {
		return sqlerr.New("22014", "argument of ntile must be greater than zero")
	}
	for i := range p.N {
		if !n.Valid {
			out.AppendNull()
			continue
		}
		size, extra := int64(p.N)/n.I, int64(p.N)%n.I
		row := int64(i)
		if row < extra*(size+1) {
			out.AppendInt(row/(size+1) + 1)
			continue
		}
		out.AppendInt(extra + (row-extra*(size+1))/size + 1)
	}
	return nil
}

// shifted is lag and lead.
func shifted(sign int64) WindowFunc {
	return func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			step := int64(1)
			if len(p.Args) > 1 {
				v := vector.ValueAt(p.Args[1], i)
				if !v.Valid {
					out.AppendNull()
					continue
				}
				step = v.I
			}
			at, ok := p.step(i, sign*step)
			switch {
			case ok:
				out.AppendRows(p.Args[0], []uint32{uint32(at)})
			case len(p.Args) > 2:
				out.AppendRows(p.Args[2], []uint32{uint32(i)})
			default:
				out.AppendNull()
			}
		}
		return nil
	}
}

// step returns the row that many steps away; with IGNORE NULLS, NULL rows are no steps.
func (p *Partition) step(i int, n int64) (int, bool) {
	if !p.IgnoreNulls {
		at := int64(i) + n
		return int(at), at >= 0 && at < int64(p.N)
	}
	dir := 1
	if n < 0 {
		dir, n = -1, -n
	}
	for at := i + dir; at >= 0 && at < p.N; at += dir {
		if vector.NullAt(p.Args[0], at) {
			continue
		}
		if n--; n <= 0 {
			return at, true
		}
	}
	return 0, false
}

// nthValue returns the n-th value of the frame, from its end when last.
func nthValue(which func(p *Partition, i int) (n int64, last bool, err error)) WindowFunc {
	return func(p *Partition, out *vector.Builder) error {
		for i := range p.N {
			n, last, err := which(p, i)
			if err != nil {
				return err
			}
			at := p.inFrame(i, n, last)
			if at < 0 {
				out.AppendNull()
				continue
			}
			out.AppendRows(p.Args[0], []uint32{uint32(at)})
		}
		return nil
	}
}

func (p *Partition) inFrame(i int, n int64, last bool) int {
	if n <= 0 {
		return -1
	}
	lo, hi, dir := int(p.Start[i]), int(p.End[i]), 1
	at := lo
	if last {
		at, dir = hi-1, -1
	}
	for ; at >= lo && at < hi; at += dir {
		if p.Excluded != nil && p.Excluded(at, i) || p.IgnoreNulls && vector.NullAt(p.Args[0], at) {
			continue
		}
		if n--; n == 0 {
			return at
		}
	}
	return -1
}
