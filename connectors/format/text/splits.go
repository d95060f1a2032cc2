package text

import (
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
)

// splitBytes is the least stored size that a further worker is worth; inflating multiplies the work.
const (
	splitBytes  = 4 << 20
	inflateGain = 4
)

// Splits cuts a file into equal splits of one feed: as many as workers can use. It reads nothing.
func Splits(r *format.Request, f format.File, cut Cutter) []format.Split {
	size := f.Object.Size
	if size == 0 {
		return nil
	}
	work := size
	if codec.ByName(f.Object.Key) != codec.None {
		work *= inflateGain
	}
	n := max(min(work/splitBytes, int64(r.Query.Workers)), 1)
	feed := NewFeed(r, f, cut)
	out := make([]format.Split, n)
	for i := range out {
		from, to := size*int64(i)/n, size*int64(i+1)/n
		out[i] = format.Split{File: f, From: from, To: to, Part: feed, Size: to - from}
	}
	return out
}
