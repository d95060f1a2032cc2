package crawler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler/walk"
	"golang.org/x/sync/errgroup"
)

// sample is a file that was looked into.
type sample struct {
	folder *walk.Folder
	object objstore.Object
	format catalog.Format
	// got is nil when err says why the file could not be read or what it is could not be told.
	got *format.Inferred
	err error
}

// errNoFormat says that a file is of no known format.
var errNoFormat = errors.New("its format is not recognised")

// sampler looks into files, each once.
type sampler struct {
	store   objstore.Store
	base    string // key prefix of the walk's root
	formats map[catalog.Format]format.Format
	limit   format.InferOptions
	workers int
	done    atomic.Int64
	tick    func(sampled int64)

	mu   sync.Mutex
	seen map[string]*sample
}

// kindFormats are the formats that file names promise.
var kindFormats = map[string]catalog.Format{
	".parquet": catalog.Parquet, ".parq": catalog.Parquet, ".pq": catalog.Parquet,
	".csv": catalog.CSV, ".tsv": catalog.CSV, ".psv": catalog.CSV, ".tab": catalog.CSV,
	".json": catalog.JSON, ".jsonl": catalog.JSON, ".ndjson": catalog.JSON,
}

// unsupported are formats that are known by name and cannot be read.
var unsupported = map[string]string{".orc": "ORC", ".avro": "Avro", ".xml": "XML", ".xlsx": "Excel", ".xls": "Excel"}

// notData are kinds of files that are never tables, whatever they hold.
var notData = map[string]bool{
	".md": true, ".pdf": true, ".png": true, ".jpg": true, ".jpeg": true, ".gif": true, ".html": true, ".htm": true,
	".py": true, ".sh": true, ".sql": true, ".jar": true, ".md5": true, ".sha1": true, ".sha256": true, ".crc": true,
	".tar": true, ".exe": true, ".so": true, ".dll": true, ".docx": true, ".pptx": true, ".yaml": true, ".yml": true,
}

// order is the order in which formats are tried on a file whose name promises none: the surest signs first.
var order = []catalog.Format{catalog.Parquet, catalog.JSON, catalog.CSV}

// The least confidence to believe a format, and the one that ends the search when the name promised it.
const (
	leastConfidence = 0.25
	sureConfidence  = 0.5
	nameBonus       = 0.2
)

// take looks into files side by side and returns them in the given order. The error is one that the crawl cannot go on
// with; what is wrong with single files is in the samples.
func (s *sampler) take(ctx context.Context, files []*sample) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(s.workers)
	for i := range files {
		key := files[i].object.Key
		if key == "" {
			key = s.base + files[i].folder.Path() + files[i].folder.Files.First
		}
		s.mu.Lock()
		old := s.seen[key]
		if old == nil {
			s.seen[key] = files[i]
		}
		s.mu.Unlock()
		if old != nil {
			files[i] = old
			continue
		}
		g.Go(func() error { return s.look(ctx, files[i], key) })
	}
	return g.Wait()
}

func (s *sampler) look(ctx context.Context, f *sample, key string) error {
	if f.object.Key == "" {
		if f.object, f.err = s.store.Stat(ctx, key); f.err != nil {
			f.object.Key = key
		}
	}
	if f.err == nil {
		f.format, f.got, f.err = s.classify(ctx, f.object, s.limit)
	}
	if n := s.done.Add(1); s.tick != nil {
		s.tick(n)
	}
	if f.err != nil && fatal(f.err) {
		return f.err
	}
	return ctx.Err()
}

// fatal reports whether an error is about the storage as a whole rather than one object.
func fatal(err error) bool {
	return errors.Is(err, objstore.ErrCredentials) || errors.Is(err, objstore.ErrNoBucket) || errors.Is(err, objstore.ErrThrottled) ||
		errors.Is(err, objstore.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// classify finds the format of a file by its content; the name only says which one to try first.
func (s *sampler) classify(ctx context.Context, obj objstore.Object, o format.InferOptions) (catalog.Format, *format.Inferred, error) {
	kind := walk.Kind(obj.Key)
	if name, ok := unsupported[kind]; ok {
		return "", nil, fmt.Errorf("%s files are not supported", name)
	}
	promised, named := kindFormats[kind]
	tries := order
	if named {
		tries = append([]catalog.Format{promised}, slices.DeleteFunc(slices.Clone(order), func(f catalog.Format) bool { return f == promised })...)
	}
	var best *format.Inferred
	var bestFormat catalog.Format
	var promisedErr error
	score := 0.0
	for _, name := range tries {
		f := s.formats[name]
		if f == nil {
			continue
		}
		got, err := f.Infer(ctx, format.File{Store: s.store, Object: obj}, o)
		switch {
		case err == nil:
		case fatal(err), about(err):
			return "", nil, err
		default:
			if named && name == promised {
				promisedErr = err
			}
			continue
		}
		confidence := got.Confidence
		if named && name == promised {
			if confidence >= sureConfidence {
				return name, got, nil
			}
			confidence += nameBonus
		}
		if confidence > score {
			best, bestFormat, score = got, name, confidence
		}
	}
	if best != nil && score >= leastConfidence {
		return bestFormat, best, nil
	}
	if promisedErr != nil && !errors.Is(promisedErr, format.ErrNotRecognised) {
		return "", nil, promisedErr
	}
	return "", nil, errNoFormat
}

// about reports whether an error says that the object cannot be read at all, so that trying another format is no use.
func about(err error) bool {
	return errors.Is(err, objstore.ErrAccessDenied) || errors.Is(err, objstore.ErrArchived) || errors.Is(err, objstore.ErrChanged) ||
		errors.Is(err, fs.ErrNotExist)
}

// candidate returns the i-th remembered file of a folder that may be data, as a sample to take; nil when there is none.
func candidate(f *walk.Folder, i int) *sample {
	if len(f.Files.Objects) == 0 {
		if notData[walk.Kind(f.Files.First)] {
			return nil
		}
		return &sample{folder: f}
	}
	for n := range f.Files.Objects {
		obj := f.Files.Objects[(i+n)%len(f.Files.Objects)]
		if !notData[walk.Kind(obj.Key)] {
			return &sample{folder: f, object: obj}
		}
	}
	return nil
}

// spread returns up to n indexes of a list of size items: the first, the last, and others evenly between. The steps are not
// all equal, so that they do not fall in with a period of the list.
func spread(size, n int) []int {
	if n >= size {
		n = size
	}
	out := make([]int, 0, n)
	for i := range n {
		at := 0
		if n > 1 {
			at = i * (size - 1) / (n - 1)
			if i > 0 && i < n-1 && size > 3*n {
				at += i * 7 % (size/n - 1)
			}
		}
		if len(out) == 0 || at > out[len(out)-1] {
			out = append(out, at)
		}
	}
	return out
}
