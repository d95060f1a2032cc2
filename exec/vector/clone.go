package vector

// Clone returns a batch of the selected rows of b that owns its memory: it stays valid for ever.
func (b *Batch) Clone() *Batch {
	out := &Batch{Len: b.Rows(), Cols: make([]Vector, len(b.Cols))}
	for i, c := range b.Cols {
		out.Cols[i] = CloneRows(c, b.Sel)
	}
	return out
}

// CloneRows returns the given rows of v (nil: all) in a vector that owns its memory. A Const stays a Const and a Dict
// keeps its codes, its identity and, shared, its values.
func CloneRows(v Vector, rows []uint32) Vector {
	n := RowCount(v.Len(), rows)
	switch v := v.(type) {
	case *Const:
		return &Const{Value: CloneRows(v.Value, nil), N: n}
	case *Dict:
		codes := make([]uint32, 0, n)
		if rows == nil {
			codes = append(codes, v.Codes...)
		} else {
			for _, r := range rows {
				codes = append(codes, v.Codes[r])
			}
		}
		var null nullBuilder
		null.gather(v, rows, 0)
		return &Dict{Codes: codes, Values: v.Values, ID: v.ID, Null: null.finish(n)}
	}
	b := NewBuilder(v.Type(), n)
	b.AppendRows(v, rows)
	return b.Build()
}
