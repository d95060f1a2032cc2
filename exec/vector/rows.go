package vector

// RowCount is the number of rows in a selection sel of n rows (nil: all).
func RowCount(n int, sel []uint32) int {
	if sel != nil {
		return len(sel)
	}
	return n
}

// EachRow calls f for the rows in a selection sel of n rows (nil: all), in their order.
func EachRow(n int, sel []uint32, f func(r int)) {
	if sel == nil {
		for r := range n {
			f(r)
		}
		return
	}
	for _, r := range sel {
		f(int(r))
	}
}
