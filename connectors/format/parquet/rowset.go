package parquet

// rowset is an ascending set of rows of a row group: all of [from, to), or the listed ones among them.
type rowset struct {
	from, to int
	rows     []uint32 // nil: all
	// loose says that some of [from, to) are not wanted, so that any value will do for a row that was not fetched.
	loose bool
}

func (s rowset) len() int {
	if s.rows != nil {
		return len(s.rows)
	}
	return s.to - s.from
}

// listed returns the set of the listed rows, which are a part of s.
func (s rowset) listed(rows []uint32) rowset {
	if len(rows) == 0 {
		return rowset{from: s.to, to: s.to}
	}
	if len(rows) == int(rows[len(rows)-1]-rows[0])+1 {
		return rowset{from: int(rows[0]), to: int(rows[len(rows)-1]) + 1}
	}
	return rowset{from: int(rows[0]), to: int(rows[len(rows)-1]) + 1, rows: rows}
}

// touches reports whether a row of s lies in [from, to).
func (s rowset) touches(from, to int) bool {
	if from < s.from {
		from = s.from
	}
	if to > s.to {
		to = s.to
	}
	if from >= to {
		return false
	}
	if s.rows == nil {
		return true
	}
	i := lowerBound(s.rows, uint32(from))
	return i < len(s.rows) && int(s.rows[i]) < to
}

// rowFilter says which rows are wanted.
type rowFilter interface {
	// touches reports whether a row in [from, to) is wanted.
	touches(from, to int) bool
}

// lowerBound returns the first position in rows whose row is at least r.
func lowerBound(rows []uint32, r uint32) int {
	lo, hi := 0, len(rows)
	for lo < hi {
		m := int(uint(lo+hi) / 2)
		if rows[m] < r {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// span is a run of rows [from, to).
type span struct{ from, to int }

// spans is an ascending list of runs.
type spans []span

func (s spans) touches(from, to int) bool {
	for _, x := range s {
		if x.from < to && x.to > from {
			return true
		}
	}
	return false
}

// rows returns how many rows there are.
func (s spans) rows() int {
	n := 0
	for _, x := range s {
		n += x.to - x.from
	}
	return n
}

// intersect returns the rows that are in both lists of ascending spans.
func intersect(a, b spans) spans {
	var out spans
	for i, j := 0, 0; i < len(a) && j < len(b); {
		lo, hi := max(a[i].from, b[j].from), min(a[i].to, b[j].to)
		if lo < hi {
			out = append(out, span{lo, hi})
		}
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

// within returns the rows of [from, to) that lie in the spans.
func within(list spans, from, to int, buf []uint32) rowset {
	all := rowset{from: to, to: to}
	n := 0
	for _, s := range list {
		lo, hi := max(s.from, from), min(s.to, to)
		if lo >= hi {
			continue
		}
		if n == 0 {
			all.from = lo
		}
		all.to = hi
		n += hi - lo
	}
	if n == 0 || n == all.to-all.from {
		return all
	}
	rows := buf[:0]
	for _, s := range list {
		for r := max(s.from, all.from); r < min(s.to, all.to); r++ {
			rows = append(rows, uint32(r))
		}
	}
	all.rows = rows
	return all
}
