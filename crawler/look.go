package crawler

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/crawler/infer"
	"github.com/tarnsql/tarn/crawler/layout"
	"golang.org/x/sync/errgroup"
)

// look looks into files of the new and changed partitions: a few, spread from the first to the last folder; all of them,
// or more of a large table, where the format has footers that tell the exact figures.
func (b *builder) look(ctx context.Context) error {
	files := b.pick(b.sampleFiles)
	if err := b.sampler.take(ctx, files); err != nil {
		return err
	}
	if f, ok := majority(files); ok && hasFooter(f) {
		n := sampledFooters
		if b.freshFiles() <= int64(b.footerFiles) {
			n = b.footerFiles
		}
		files = b.pick(max(n, b.sampleFiles))
		if err := b.sampler.take(ctx, files); err != nil {
			return err
		}
	}
	b.keepFormat(files)
	if len(b.samples) == 0 {
		return nil
	}
	if err := b.settleText(ctx); err != nil {
		return err
	}
	b.merge()
	return nil
}

func hasFooter(f catalog.Format) bool { return f == catalog.Parquet }

func (b *builder) freshFiles() (n int64) {
	for _, i := range b.fresh {
		n += b.leaf[i].Files.Count
	}
	return n
}

// pick chooses up to n files: one for each of some folders, or several of each when there are fewer folders than files.
func (b *builder) pick(n int) []*sample {
	var out []*sample
	for _, i := range spread(len(b.fresh), n) {
		if s := candidate(b.leaf[b.fresh[i]], 0); s != nil {
			out = append(out, s)
		}
	}
	if len(b.fresh) == 0 || len(b.fresh) >= n {
		return out
	}
	per := n / len(b.fresh)
	seen := map[string]bool{}
	for _, s := range out {
		seen[s.object.Key] = true
	}
	for _, i := range b.fresh {
		objects := b.leaf[i].Files.Objects
		want := per
		if n >= int(b.freshFiles()) { // all of them
			want = len(objects)
		}
		for _, k := range spread(len(objects), want) {
			s := candidate(b.leaf[i], k)
			if s != nil && !seen[s.object.Key] && len(out) < n {
				seen[s.object.Key] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// majority returns the format of most files, the first of order between equals.
func majority(files []*sample) (best catalog.Format, ok bool) {
	counts := map[catalog.Format]int{}
	for _, s := range files {
		if s.got != nil {
			counts[s.format]++
		}
	}
	for _, f := range order {
		if counts[f] > counts[best] || !ok && counts[f] > 0 {
			best, ok = f, true
		}
	}
	return best, ok
}

// keepFormat keeps the files of the table's format and reports the others.
func (b *builder) keepFormat(files []*sample) {
	want, _ := majority(files)
	if b.base != nil {
		want = b.base.Storage.Format
	}
	bad := 0
	for _, s := range files {
		why := ""
		switch {
		case s.err != nil:
			why = "it cannot be read: " + s.err.Error()
			if errors.Is(s.err, errNoFormat) {
				why = s.err.Error()
			}
		case s.format != want:
			why = fmt.Sprintf("it is a %s file in a table of %s files; queries of the table will fail on it", s.format, want)
		default:
			b.samples = append(b.samples, s)
			continue
		}
		if bad++; bad <= maxStrayExamples {
			b.warn(ActionWarning, b.target.store.URL(s.object.Key), why)
		}
	}
	if bad > maxStrayExamples {
		b.warn(ActionWarning, b.target.location(b.root), fmt.Sprintf("%d more files cannot be used", bad-maxStrayExamples))
	}
}

// settleText decides about the header of CSV files by all of them and reads those again whose own view was another one. A
// stored table's storage stays.
func (b *builder) settleText(ctx context.Context) error {
	b.storage = b.samples[0].got.Storage
	b.storage.Format = b.samples[0].format
	if b.base != nil {
		b.storage = b.base.Storage
	}
	if b.storage.Format != catalog.CSV {
		return nil
	}
	if b.base == nil {
		b.commonStorage()
	}
	var again []int
	for i, s := range b.samples {
		g := s.got.Storage
		null := g.NullText != "" && g.NullText != b.storage.NullText
		if g.HeaderLines != b.storage.HeaderLines || g.Delimiter != b.storage.Delimiter || g.FixedHeader != b.storage.FixedHeader || null {
			again = append(again, i)
		}
	}
	return b.reread(ctx, again)
}

// commonStorage takes the delimiter and the number of header lines that most files have, unless their first records decide.
func (b *builder) commonStorage() {
	type key struct {
		delimiter byte
		header    int
	}
	counts := map[key]int{}
	best := 0
	var files []*format.Inferred
	nulls := map[string]int{}
	for _, s := range b.samples {
		nulls[s.got.Storage.NullText]++
		files = append(files, s.got)
		k := key{s.got.Storage.Delimiter, s.got.Storage.HeaderLines}
		if counts[k]++; counts[k] > best {
			best = counts[k]
			b.storage = s.got.Storage
			b.storage.Format = catalog.CSV
		}
	}
	// Files without NULLs say nothing about how the others write them.
	delete(nulls, "")
	b.storage.NullText = ""
	for text, n := range nulls {
		if most := nulls[b.storage.NullText]; n > most || n == most && text < b.storage.NullText {
			b.storage.NullText = text
		}
	}
	header, decided := infer.Header(files)
	switch {
	case !decided:
	case header:
		b.storage.HeaderLines, b.storage.FixedHeader = max(1, b.storage.HeaderLines), false
		b.prove("all files looked into begin with the same names: a header")
	default:
		b.storage.HeaderLines, b.storage.FixedHeader = 0, true
		b.prove("the files begin with different records: no header")
	}
}

// reread looks into files once more with the table's storage.
func (b *builder) reread(ctx context.Context, which []int) error {
	o := b.sampler.limit
	o.Storage = b.storage
	read := make([]*sample, len(which))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(b.sampler.workers)
	for n, i := range which {
		g.Go(func() error {
			s := *b.samples[i]
			file := format.File{Store: b.target.store, Object: s.object}
			s.got, s.err = b.sampler.formats[s.format].Infer(ctx, file, o)
			read[n] = &s
			if s.err != nil && fatal(s.err) {
				return s.err
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for n, i := range which {
		if read[n].err != nil {
			b.warn(ActionWarning, b.target.store.URL(read[n].object.Key), "it cannot be read as the other files of its table: "+read[n].err.Error())
			b.samples[i] = nil
			continue
		}
		b.samples[i] = read[n]
	}
	b.samples = slices.DeleteFunc(b.samples, func(s *sample) bool { return s == nil })
	return nil
}

// merge makes the schema of the table, a stored table's columns first, and reports drift and files that are unlike the
// others.
func (b *builder) merge() {
	b.schema = infer.NewSchema(b.storage.Format)
	if b.base != nil {
		for _, c := range b.base.Columns {
			b.schema.Seed(sourceOf(c), c.Type)
		}
	}
	b.refine()
	for _, s := range b.samples {
		b.schema.Add(s.got.Fields, s.object.Key)
	}
	for _, d := range b.schema.Drift {
		if b.replaced[d.Source] {
			continue
		}
		b.out.notes = append(b.out.notes, Change{Action: ActionWarning, Object: b.target.store.URL(d.File), Before: d.Before.String(), After: d.Now.String(),
			Reason: fmt.Sprintf("the type of %s drifts: %s here, %s in the files before; the column becomes %s", d.Source, d.Found, d.Before, d.Now), Confidence: 1})
	}
	b.reportUnlike()
}

// refine makes numbers of small text files decimal where those of the others are.
func (b *builder) refine() {
	if hasFooter(b.storage.Format) {
		return
	}
	files := make([]*format.Inferred, len(b.samples))
	for i, s := range b.samples {
		files[i] = s.got
	}
	decimals := infer.Decimals(files)
	if b.base != nil {
		for _, c := range b.base.Columns {
			if c.Type.Kind == schema.Decimal {
				decimals[sourceOf(c)] = c.Type
			}
		}
	}
	for _, f := range files {
		infer.Refine(f, decimals)
	}
}

func (b *builder) reportUnlike() {
	if len(b.samples) < 2 || b.grouping == groupCombine {
		return
	}
	unlike, example := 0, ""
	for _, s := range b.samples {
		if one := schemaOf(s); infer.Similarity(one, b.schema) < 1-infer.Threshold {
			if unlike++; unlike == 1 {
				example = s.object.Key
			}
		}
	}
	if unlike > 0 {
		b.warn(ActionWarning, b.target.store.URL(example), fmt.Sprintf("%d of the %d files looked into share few columns with the others of their folder", unlike, len(b.samples)))
	}
}

// checkReplaced reports new files in which a column that a partition column stands for has another value than the folder.
func (b *builder) checkReplaced() {
	if b.base == nil || len(b.replaced) == 0 {
		return
	}
	for i, level := range b.layout.Levels {
		if level.Kind != layout.Value {
			continue
		}
		for _, s := range b.samples {
			segment := segmentAt(s, b.group, i)
			for source := range b.replaced {
				v, ok := constant(s.got, source)
				if segment != "" && ok && v != segment && len(b.replaced) == 1 {
					if want, fine := layout.ParseValue(level.Types[0], segment); !fine || want.Text() != v {
						b.warn(ActionWarning, b.target.store.URL(s.object.Key), fmt.Sprintf("its column %s is %q, its folder says %q; queries see the folder's", source, v, segment))
					}
				}
			}
		}
	}
}

// segmentAt returns the name of the folder at a level of the table on the way to a file, or "".
func segmentAt(s *sample, g *group, level int) string {
	var names []string
	for f := s.folder; f != nil && f != g.root; f = f.Parent {
		names = append(names, f.Name)
	}
	if level >= len(names) {
		return ""
	}
	return names[len(names)-1-level]
}
