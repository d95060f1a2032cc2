package parquet

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go/bloom"
	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
)

// maxBloom bounds the Bloom filter of a chunk that is read.
const maxBloom = 32 << 20

// plainBytes returns the bytes of v as the leaf's column stores them, which its Bloom filter hashes. ok is false when
// Tarn cannot tell; none is true when the column cannot hold v at all.
func plainBytes(b *bound, v schema.Value) (out []byte, none, ok bool) {
	a := annotation(b.node.elem)
	from, to := b.node.typ, v.Type
	switch b.node.elem.Type {
	case pqformat.Int32:
		if !from.IsInteger() && from.Kind != schema.Date || !to.IsInteger() && to.Kind != schema.Date || a.Kind == meta.Integer && !a.Signed {
			return nil, false, false
		}
		if v.I < math.MinInt32 || v.I > math.MaxInt32 {
			return nil, true, true
		}
		return binary.LittleEndian.AppendUint32(nil, uint32(v.I)), false, true
	case pqformat.Int64:
		micros := a.Unit == meta.Micros && from.IsTemporal() && to.IsTemporal() && to.Physical() == schema.PhysInt64
		if micros || from.Kind == schema.BigInt && to.Kind == schema.BigInt {
			return binary.LittleEndian.AppendUint64(nil, uint64(v.I)), false, true
		}
	case pqformat.ByteArray:
		if from.Physical() == schema.PhysBytes && to.Physical() == schema.PhysBytes && to.Precision == 0 && to.Kind != schema.JSONB {
			return []byte(v.S), false, true
		}
	case pqformat.FixedLenByteArray:
		if from.Kind == schema.UUID && to.Kind == schema.UUID {
			return []byte(v.S), false, true
		}
	}
	return nil, false, false
}

// bloomExcludes reports whether the Bloom filter of a chunk says that none of the predicate's values is in it, and how
// many stored bytes the filter has.
func (f *file) bloomExcludes(ctx context.Context, src format.File, group int, b *bound, p *connectors.Predicate) (excluded bool, read int64, err error) {
	m := &f.meta.RowGroups[group].Columns[b.node.leaf]
	if p.Op != connectors.Eq && p.Op != connectors.In || m.BloomOffset <= 0 || b.typ.Kind == schema.Char {
		return false, 0, nil
	}
	var hashes []uint64
	for _, v := range p.Values {
		plain, none, ok := plainBytes(b, v)
		if !ok {
			return false, 0, nil
		}
		if !none {
			hashes = append(hashes, xxhash.Sum64(plain))
		}
	}
	if len(hashes) == 0 {
		return true, 0, nil
	}
	bits, read, err := f.bloomBits(ctx, src, m)
	if err != nil || len(bits) == 0 {
		return false, read, err
	}
	filter := bloom.MakeSplitBlockFilter(bits)
	for _, h := range hashes {
		if filter.Check(h) {
			return false, read, nil
		}
	}
	return true, read, nil
}

// bloomBits reads a filter; nil when it is of an unknown kind.
func (f *file) bloomBits(ctx context.Context, src format.File, m *meta.Chunk) (bits []byte, read int64, err error) {
	n := int64(m.BloomLength)
	if n <= 0 {
		n = min(64, f.size-m.BloomOffset)
	}
	if n > maxBloom {
		return nil, 0, nil
	}
	b, err := f.read(ctx, src.Store, src.Object, m.BloomOffset, n)
	if err != nil {
		return nil, 0, err
	}
	header, size, err := meta.ParseBloomHeader(b)
	if err != nil || size == 0 || size > maxBloom {
		return nil, n, err
	}
	total := int64(header) + int64(size)
	if total > f.size-m.BloomOffset {
		return nil, n, nil
	}
	if total > n {
		if b, err = f.read(ctx, src.Store, src.Object, m.BloomOffset, total); err != nil {
			return nil, 0, err
		}
	}
	return b[header:total], total, nil
}
