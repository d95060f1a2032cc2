package op

import (
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// lookUp finds where the candidates of each row of the batch are. Each stage is a loop of independent loads, so that
// cache misses overlap.
func (j *HashJoin) lookUp(b *vector.Batch) {
	t := j.table
	switch t.form {
	case bitsForm:
		j.heads = kernel.Grow(&j.heads, b.Len)
		j.lookUpBits(b, j.intColumn(b))
	case denseForm:
		j.heads = kernel.Grow(&j.heads, b.Len)
		j.lookUpDense(b, j.intColumn(b))
	case intForm:
		ints := j.intColumn(b)
		j.hashes = kernel.Grow(&j.hashes, b.Len)
		if b.Sel == nil {
			for r, k := range ints {
				j.hashes[r] = vector.HashInt64(k)
			}
		} else {
			for _, r := range b.Sel {
				j.hashes[r] = vector.HashInt64(ints[r])
			}
		}
		j.lookUpBuckets(b)
	case hashForm:
		j.hashes = kernel.Grow(&j.hashes, b.Len)
		hashKeys(j.keyCols, b.Len, b.Sel, j.hashes)
		j.lookUpBuckets(b)
	}
}

// intColumn returns the only key as 64-bit integers by row.
func (j *HashJoin) intColumn(b *vector.Batch) []int64 {
	if v, ok := j.keyCols[0].(*vector.Flat[int64]); ok {
		j.ints = v.Values[:b.Len:b.Len]
		return j.ints
	}
	return j.convertInts(b)
}

// convertInts copies the key into memory of the join.
func (j *HashJoin) convertInts(b *vector.Batch) []int64 {
	out := kernel.Grow(&j.intBuf, b.Len)
	switch v := j.keyCols[0].(type) {
	case *vector.Flat[int32]:
		for i, x := range v.Values[:b.Len] {
			out[i] = int64(x)
		}
	case *vector.Const:
		if v.IsNull() {
			clear(out)
			break
		}
		one, _ := intKeys(v.Value)
		for i := range out {
			out[i] = one[0]
		}
	case *vector.Dict:
		dictInts(v, b.Len, b.Sel, out)
	}
	j.ints = out
	return out
}

func (j *HashJoin) lookUpBits(b *vector.Batch, keys []int64) {
	t := j.table
	span := uint64(len(t.bits)) * 64
	j.eachKey(b, func(r uint32) {
		j.heads[r] = noEntry
		if d := uint64(keys[r] - t.min); d < span && t.bits[d/64]>>(d%64)&1 != 0 {
			j.heads[r] = 0
		}
	})
}

func (j *HashJoin) lookUpDense(b *vector.Batch, keys []int64) {
	t, heads := j.table, j.heads
	lo, head := t.min, t.head
	if b.Sel == nil {
		for r, k := range keys {
			h := noEntry
			if d := uint64(k - lo); d < uint64(len(head)) {
				h = head[d]
			}
			heads[r] = h
		}
	} else {
		for _, r := range b.Sel {
			h := noEntry
			if d := uint64(keys[r] - lo); d < uint64(len(head)) {
				h = head[d]
			}
			heads[r] = h
		}
	}
	if j.nulls != nil {
		eachSelected(b, func(r uint32) {
			if j.nulls.Get(int(r)) {
				heads[r] = noEntry
			}
		})
	}
}

// eachKey calls f for the rows with a key that can match; the others have no head.
func (j *HashJoin) eachKey(b *vector.Batch, f func(r uint32)) {
	eachSelected(b, func(r uint32) {
		if j.nulls.Get(int(r)) {
			j.heads[r] = noEntry
			return
		}
		f(r)
	})
}

// lookUpBuckets finds the entries of each row's bucket: none where the filter of the bucket says so.
func (j *HashJoin) lookUpBuckets(b *vector.Batch) {
	t := j.table
	j.words = kernel.Grow(&j.words, b.Len)
	j.ends = kernel.Grow(&j.ends, b.Len)
	words, ends, hashes, dir, shift := j.words, j.ends, j.hashes, t.dir, t.shift
	one := func(r uint32) {
		h := hashes[r]
		i := h >> shift
		d := dir[i]
		words[r], ends[r] = 0, 0
		if d&tagOf(h) != 0 {
			words[r], ends[r] = d&offsetMask, dir[i+1]&offsetMask
		}
	}
	if b.Sel == nil {
		for r := range uint32(b.Len) {
			one(r)
		}
	} else {
		for _, r := range b.Sel {
			one(r)
		}
	}
	if j.nulls == nil {
		return
	}
	eachSelected(b, func(r uint32) {
		if j.nulls.Get(int(r)) {
			words[r], ends[r] = 0, 0
		}
	})
}
