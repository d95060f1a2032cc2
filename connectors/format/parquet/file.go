package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// tailBytes is how much of a file's end the first request reads: the footer of most files, and often the indexes that
// writers put before it. Only tests change it.
var tailBytes int64 = 128 << 10

// maxFooter bounds the footer that is read.
const maxFooter = 256 << 20

// trailer is the length of what follows the footer: its length and the magic number.
const trailer = 8

// file is the metadata of a file. It is immutable but for the page indexes, which are read when first needed, and
// is shared by all queries through the cache.
type file struct {
	url     string
	size    int64
	meta    *meta.Footer
	columns []*node
	leaves  []*node
	// footer is the length of the footer with the trailer.
	footer int64
	// tail is a part of the file's end before the footer, from tailOff on, that holds indexes; nil if there are none.
	tail    []byte
	tailOff int64
	// whole is the file, if the first request read all of it: lakes of many small files need no second one.
	whole []byte

	mu      sync.Mutex
	indexes map[indexKey]*pageIndex
}

// openFile reads and checks the footer, or finds it in the cache.
func openFile(ctx context.Context, f format.File) (*file, error) {
	if cached := footers.get(f); cached != nil {
		return cached, nil
	}
	url := f.Store.URL(f.Object.Key)
	opened, err := readFile(ctx, f, url)
	if err != nil {
		if errors.Is(err, format.ErrNotRecognised) {
			return nil, err
		}
		return nil, corrupt(place{url: url, group: -1, page: -1}, err)
	}
	footers.put(f, opened)
	return opened, nil
}

func readFile(ctx context.Context, f format.File, url string) (out *file, err error) {
	defer guard(place{url: url, group: -1, page: -1}, &err)
	size := f.Object.Size
	if size < 12 {
		return nil, notParquet(url, "it has only %d bytes", size)
	}
	n := min(size, tailBytes)
	tail := make([]byte, n)
	if err := f.Store.ReadAt(ctx, f.Object, tail, size-n); err != nil {
		return nil, err
	}
	end := tail[n-trailer:]
	switch string(end[4:]) {
	case "PAR1":
	case "PARE":
		return nil, sqlerr.Unsupported("reading encrypted Parquet files (%q)", url)
	default:
		return nil, notParquet(url, "it does not end with PAR1")
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if length > size-12 || length > maxFooter {
		return nil, fmt.Errorf("the footer is said to have %d bytes, the file has %d", length, size)
	}
	var footer []byte
	if length+trailer > n {
		footer = make([]byte, length)
		if err := f.Store.ReadAt(ctx, f.Object, footer, size-trailer-length); err != nil {
			return nil, err
		}
	} else {
		footer = append([]byte(nil), tail[n-trailer-length:n-trailer]...)
	}
	out = &file{url: url, size: size, footer: length + trailer, indexes: map[indexKey]*pageIndex{}}
	if out.meta, err = meta.ParseFooter(footer); err != nil {
		return nil, err
	}
	leaves := 0
	if out.columns, leaves, err = buildTree(out.meta.Schema); err != nil {
		return nil, err
	}
	for _, c := range out.columns {
		out.leaves = c.leaves(out.leaves)
	}
	if err := out.meta.Check(size, leaves); err != nil {
		return nil, err
	}
	out.keepTail(tail, size-n)
	return out, nil
}

func notParquet(url, format string, args ...any) error {
	return sqlerr.New(sqlerr.DataCorrupted, "file %q is not a Parquet file: %w", url, &notRecognised{fmt.Sprintf(format, args...)})
}

// notRecognised is format.ErrNotRecognised with a reason.
type notRecognised struct{ why string }

func (e *notRecognised) Error() string { return e.why }

func (e *notRecognised) Is(target error) bool { return target == format.ErrNotRecognised }

// keepTail keeps the part of the first read that holds page indexes, or all of it if that is the file.
func (f *file) keepTail(tail []byte, off int64) {
	if off == 0 {
		f.whole, f.tail = tail, tail
		return
	}
	lo := f.size
	for g := range f.meta.RowGroups {
		for c := range f.meta.RowGroups[g].Columns {
			m := &f.meta.RowGroups[g].Columns[c]
			for _, x := range []struct {
				off int64
				n   int32
			}{{m.OffsetIndexOffset, m.OffsetIndexLength}, {m.ColumnIndexOffset, m.ColumnIndexLength}} {
				if x.n > 0 && x.off >= off {
					lo = min(lo, x.off)
				}
			}
		}
	}
	hi := f.size - f.footer
	if lo < hi {
		f.tail, f.tailOff = append([]byte(nil), tail[lo-off:hi-off]...), lo
	}
}

// read returns n bytes at off, from what is kept if it is there.
func (f *file) read(ctx context.Context, s objstore.Store, obj objstore.Object, off, n int64) ([]byte, error) {
	if off >= f.tailOff && off+n <= f.tailOff+int64(len(f.tail)) {
		return f.tail[off-f.tailOff : off-f.tailOff+n], nil
	}
	b := make([]byte, n)
	return b, s.ReadAt(ctx, obj, b, off)
}

// cost is about how much memory the metadata takes: parsed, it is several times its stored size.
func (f *file) cost() int64 { return f.footer*6 + int64(len(f.tail)) + 4096 }
