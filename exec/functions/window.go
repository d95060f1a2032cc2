package functions

import (
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// Partition is one partition of a window, in its order: rows From to To-1 of the columns that it is in.
type Partition struct {
	From, To int
	// Args are the arguments of the call.
	Args []vector.Vector
	// Peer[i] is the number of the peer group of row i; group g is rows PeerStart[g] to PeerStart[g+1]-1.
	Peer, PeerStart []int32
	// Start and End bound the frame of each row.
	Start, End []int32
	// Excluded says of a row in the frame of another whether it is left out; nil leaves none out.
	Excluded    func(row, of int) bool
	IgnoreNulls bool

	// With IGNORE NULLS: the rows whose first argument is not NULL, and for each row how many of them are before it.
	known  []uint32
	before []uint32
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
		for i := p.From; i < p.To; i++ {
			out.AppendInt(int64(i - p.From + 1))
		}
		return nil
	})
	r.window("rank() bigint", func(p *Partition, out *vector.Builder) error {
		for i := p.From; i < p.To; i++ {
			out.AppendInt(int64(p.PeerStart[p.Peer[i]]) - int64(p.From) + 1)
		}
		return nil
	})
	r.window("dense_rank() bigint", func(p *Partition, out *vector.Builder) error {
		for i := p.From; i < p.To; i++ {
			out.AppendInt(int64(p.Peer[i]-p.Peer[p.From]) + 1)
		}
		return nil
	})
	r.window("percent_rank() double", func(p *Partition, out *vector.Builder) error {
		others := float64(max(p.To-p.From-1, 1))
		for i := p.From; i < p.To; i++ {
			out.AppendFloat(float64(int(p.PeerStart[p.Peer[i]])-p.From) / others)
		}
		return nil
	})
	r.window("cume_dist() double", func(p *Partition, out *vector.Builder) error {
		for i := p.From; i < p.To; i++ {
			out.AppendFloat(float64(int(p.PeerStart[p.Peer[i]+1])-p.From) / float64(p.To-p.From))
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
	n := vector.ValueAt(p.Args[0], p.From)
	if n.Valid && n.I <= 0 {
		return sqlerr.New("22014", "argument of ntile must be greater than zero")
	}
	rows := int64(p.To - p.From)
	for row := range rows {
		if !n.Valid {
			out.AppendNull()
			continue
		}
		size, extra := rows/n.I, rows%n.I
		if row < extra*(size+1) {
			out.AppendInt(row/(size+1) + 1)
			continue
		}
		out.AppendInt(extra + (row-extra*(size+1))/size + 1)
	}
	return nil
}

// rowCopier appends rows of columns, those of one column that follow each other at once.
type rowCopier struct {
	out  *vector.Builder
	of   vector.Vector
	rows []uint32
}

func (c *rowCopier) add(of vector.Vector, row int) {
	if c.of != of {
		c.flush()
		c.of = of
	}
	c.rows = append(c.rows, uint32(row))
}

func (c *rowCopier) addNull() {
	c.flush()
	c.out.AppendNull()
}

func (c *rowCopier) flush() {
	if len(c.rows) > 0 {
		c.out.AppendRows(c.of, c.rows)
		c.rows = c.rows[:0]
	}
}

// shifted is lag and lead.
func shifted(sign int64) WindowFunc {
	return func(p *Partition, out *vector.Builder) error {
		p.count()
		rows := rowCopier{out: out}
		for i := p.From; i < p.To; i++ {
			step := int64(1)
			if len(p.Args) > 1 {
				v := vector.ValueAt(p.Args[1], i)
				if !v.Valid {
					rows.addNull()
					continue
				}
				step = v.I
			}
			at, ok := p.step(i, sign*step)
			switch {
			case ok:
				rows.add(p.Args[0], at)
			case len(p.Args) > 2:
				rows.add(p.Args[2], i)
			default:
				rows.addNull()
			}
		}
		rows.flush()
		return nil
	}
}

// count notes where the rows that are not NULL are, once for all partitions, when NULLs are ignored.
func (p *Partition) count() {
	if !p.IgnoreNulls || p.before != nil {
		return
	}
	n := len(p.Start)
	p.before = make([]uint32, n+1)
	for i := range n {
		p.before[i] = uint32(len(p.known))
		if !vector.NullAt(p.Args[0], i) {
			p.known = append(p.known, uint32(i))
		}
	}
	p.before[n] = uint32(len(p.known))
}

// step returns the row that many steps away; with IGNORE NULLS, NULL rows are no steps.
func (p *Partition) step(i int, n int64) (int, bool) {
	if n > int64(p.To-p.From) || n < -int64(p.To-p.From) {
		return 0, false
	}
	at := i + int(n)
	if p.IgnoreNulls && n != 0 {
		k := int(p.before[i]) + int(n)
		if n > 0 {
			k = int(p.before[i+1]) + int(n) - 1
		}
		if k < 0 || k >= len(p.known) {
			return 0, false
		}
		at = int(p.known[k])
	}
	return at, at >= p.From && at < p.To
}

// nthValue returns the n-th value of the frame, from its end when last.
func nthValue(which func(p *Partition, i int) (n int64, last bool, err error)) WindowFunc {
	return func(p *Partition, out *vector.Builder) error {
		p.count()
		rows := rowCopier{out: out}
		for i := p.From; i < p.To; i++ {
			n, last, err := which(p, i)
			if err != nil {
				return err
			}
			if at := p.inFrame(i, n, last); at < 0 {
				rows.addNull()
			} else {
				rows.add(p.Args[0], at)
			}
		}
		rows.flush()
		return nil
	}
}

// inFrame returns the n-th row of row i's frame, -1 when it has fewer.
func (p *Partition) inFrame(i int, n int64, last bool) int {
	lo, hi := int(p.Start[i]), int(p.End[i])
	if n <= 0 || n > int64(hi-lo) {
		return -1
	}
	if p.Excluded != nil {
		return p.searchFrame(i, n, last)
	}
	if p.IgnoreNulls {
		from, to := int(p.before[lo]), int(p.before[hi])
		if n > int64(to-from) {
			return -1
		}
		if last {
			return int(p.known[to-int(n)])
		}
		return int(p.known[from+int(n)-1])
	}
	if last {
		return hi - int(n)
	}
	return lo + int(n) - 1
}

// searchFrame is inFrame where rows are left out.
func (p *Partition) searchFrame(i int, n int64, last bool) int {
	lo, hi, dir := int(p.Start[i]), int(p.End[i]), 1
	at := lo
	if last {
		at, dir = hi-1, -1
	}
	for ; at >= lo && at < hi; at += dir {
		if p.Excluded(at, i) || p.IgnoreNulls && vector.NullAt(p.Args[0], at) {
			continue
		}
		if n--; n == 0 {
			return at
		}
	}
	return -1
}
