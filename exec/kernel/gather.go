package kernel

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// NoRow stands for no row in a list of rows to gather: the result is NULL there.
const NoRow = ^uint32(0)

// Gatherer gathers rows of one column into memory that it reuses: a result is valid until the next call.
type Gatherer struct {
	b8   []bool
	i32  []int32
	i64  []int64
	f32  []float32
	f64  []float64
	i128 []schema.Int128
	ivs  []schema.IntervalValue
	view []vector.View
	code []uint32
	null vector.Bitmap
}

// Gather returns the given rows of v. With holes, NoRow gives NULL.
func (g *Gatherer) Gather(v vector.Vector, rows []uint32, holes bool) vector.Vector {
	if v.Len() == 0 {
		return NullConst(v.Type(), len(rows))
	}
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return gatherFlat(g, v, rows, holes, &g.b8)
	case *vector.Flat[int32]:
		return gatherFlat(g, v, rows, holes, &g.i32)
	case *vector.Flat[int64]:
		return gatherFlat(g, v, rows, holes, &g.i64)
	case *vector.Flat[float32]:
		return gatherFlat(g, v, rows, holes, &g.f32)
	case *vector.Flat[float64]:
		return gatherFlat(g, v, rows, holes, &g.f64)
	case *vector.Flat[schema.Int128]:
		return gatherFlat(g, v, rows, holes, &g.i128)
	case *vector.Flat[schema.IntervalValue]:
		return gatherFlat(g, v, rows, holes, &g.ivs)
	case *vector.Bytes:
		out := Grow(&g.view, len(rows))
		pick(out, v.Views, rows, holes)
		return &vector.Bytes{Typ: v.Typ, Views: out, Buffers: v.Buffers, Null: g.nulls(v.Null, rows, holes)}
	case *vector.Dict:
		out := Grow(&g.code, len(rows))
		pick(out, v.Codes, rows, holes)
		return &vector.Dict{Codes: out, Values: v.Values, ID: v.ID, Null: g.nulls(v.Null, rows, holes)}
	case *vector.Const:
		if !holes {
			return &vector.Const{Value: v.Value, N: len(rows)}
		}
	}
	b := vector.NewBuilder(v.Type(), len(rows))
	one := make([]uint32, 1)
	for _, r := range rows {
		if holes && r == NoRow {
			b.AppendNull()
			continue
		}
		one[0] = r
		b.AppendRows(v, one)
	}
	return b.Build()
}

func gatherFlat[T vector.Fixed](g *Gatherer, v *vector.Flat[T], rows []uint32, holes bool, scratch *[]T) vector.Vector {
	out := Grow(scratch, len(rows))
	pick(out, v.Values, rows, holes)
	return &vector.Flat[T]{Typ: v.Typ, Values: out, Null: g.nulls(v.Null, rows, holes)}
}

func pick[T any](out, in []T, rows []uint32, holes bool) {
	if !holes {
		for i, r := range rows {
			out[i] = in[r]
		}
		return
	}
	for i, r := range rows {
		if r == NoRow {
			out[i] = in[0]
			continue
		}
		out[i] = in[r]
	}
}

func (g *Gatherer) nulls(in vector.Bitmap, rows []uint32, holes bool) vector.Bitmap {
	if in == nil && !holes {
		return nil
	}
	g.null = g.null.Resize(len(rows))
	found := false
	for i, r := range rows {
		if holes && r == NoRow || r != NoRow && in.Get(int(r)) {
			g.null.Set(i)
			found = true
		}
	}
	if !found {
		return nil
	}
	return g.null
}
