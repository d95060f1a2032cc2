package walk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/glob"
)

func put(t *testing.T, s objstore.Store, key, data string) {
	t.Helper()
	if _, err := s.Put(context.Background(), key, bytes.NewReader([]byte(data)), int64(len(data)), objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
}

func tree(f *Folder) string {
	var b strings.Builder
	for leaf, path := range f.Leaves(nil) {
		fmt.Fprintf(&b, "%s: %d files, %d bytes, %s", strings.Join(path, "/"), leaf.Files.Count, leaf.Files.Bytes, leaf.Files.Kind)
		if leaf.Files.Kinds != nil {
			fmt.Fprintf(&b, " %v", leaf.Files.Kinds)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestHiddenMarkersAndExcludedAreSkipped(t *testing.T) {
	s := objstore.NewMemory("b")
	for _, k := range []string{
		"t/a/x.csv.gz", "t/a/y.CSV", "t/a/readme.md", "t/a/_SUCCESS", "t/a/.x.csv.crc", "t/_temporary/0/x.csv", "t/b_$folder$",
		"t/_dt=1/x.json", "t/.git/config", "t/ex/1.csv", "t/part._COPYING_", "other/x.csv", "t/delta/_delta_log/0.json", "t/delta/p.parquet", "t/n//x.csv",
	} {
		put(t, s, k, "data")
	}
	put(t, s, "t/a/empty.csv", "")
	put(t, s, "t/folder/", "")
	ex, err := glob.CompileAll([]string{"ex/**"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Walk(context.Background(), s, Options{Prefix: "t/", Exclude: ex})
	if err != nil {
		t.Fatal(err)
	}
	want := "_dt=1: 1 files, 4 bytes, .json\na: 3 files, 12 bytes, .md map[.csv:2 .md:1]\ndelta: 1 files, 4 bytes, .parquet\n"
	if got := tree(r.Root); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if r.Root.Find("delta").Managed != "Delta Lake" {
		t.Error("the Delta Lake table is not marked")
	}
	if r.Files != 5 || r.Folders != 3 || r.Bytes != 20 || r.Skipped[Excluded].Count != 1 || r.Skipped[Nameless].Example != "t/n//x.csv" || r.Skipped[Empty].Example != "t/a/empty.csv" {
		t.Errorf("%+v", *r)
	}
}

func TestOnlyLimitsTheWalk(t *testing.T) {
	s := objstore.NewMemory("b")
	for d := 1; d <= 30; d++ {
		put(t, s, fmt.Sprintf("lake/o/2026/06/%02d/x.csv", d), "1")
	}
	for only, want := range map[string]int64{"": 30, "lake/o/2026/06/0": 9, "lake/o/2026/06/30/": 1, "lake/p/": 0} {
		r, err := Walk(context.Background(), s, Options{Prefix: "lake/", Only: only})
		if err != nil {
			t.Fatal(err)
		}
		if r.Files != want {
			t.Errorf("%s: %d files, want %d", only, r.Files, want)
		}
		for leaf := range r.Root.Leaves(nil) {
			if !strings.HasPrefix("lake/"+leaf.Path(), "lake/o/2026/06/") {
				t.Errorf("leaf %s", leaf.Path())
			}
		}
	}
}

// shape is a generated store: it lists keys without holding any object.
type shape struct {
	objstore.Store
	keys iter.Seq[string] // in order
}

func (s *shape) URL(k string) string { return "s3://b/" + k }

func (s *shape) List(ctx context.Context, prefix string, o objstore.ListOptions) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		folder := ""
		n := 0
		for k := range s.keys {
			if ctx.Err() != nil {
				yield(objstore.Object{}, ctx.Err())
				return
			}
			if !strings.HasPrefix(k, prefix) {
				continue
			}
			obj := objstore.Object{Key: strings.Clone(k), Size: 10, ETag: "e"}
			if o.Delimiter != "" {
				if i := strings.Index(k[len(prefix):], "/"); i >= 0 {
					obj = objstore.Object{Key: k[:len(prefix)+i+1], Prefix: true}
					if obj.Key == folder {
						continue
					}
					folder = obj.Key
				}
			}
			if obj.Key <= o.StartAfter {
				continue
			}
			if n++; n%1000 == 0 && strings.HasPrefix(k, "deny/") {
				yield(objstore.Object{}, objstore.AccessDenied("list", k, nil))
				return
			}
			if !yield(obj, nil) {
				return
			}
		}
	}
}

// TestEveryShapeIsCountedOnce walks trees that are listed flat, side by side and mixed.
func TestEveryShapeIsCountedOnce(t *testing.T) {
	shapes := map[string][]int{
		"one big folder": {1, 5000}, "few big folders": {3, 4000}, "many small": {3000, 2}, "deep": {2, 3, 4, 500},
		"small": {3, 3}, "page edges": {17, 1000}, "wide then deep": {20, 5, 60},
	}
	for name, widths := range shapes {
		t.Run(name, func(t *testing.T) {
			total := 1
			for _, w := range widths {
				total *= w
			}
			keys := func(yield func(string) bool) {
				for i := range total {
					k, rest, unit := "root/", i, total
					for level, w := range widths {
						unit /= w
						k += fmt.Sprintf("%c%05d", 'a'+level, rest/unit)
						if level < len(widths)-1 {
							k += "/"
						}
						rest %= unit
					}
					if !yield(k + ".csv") {
						return
					}
				}
			}
			for _, parallel := range []int{1, 8} {
				r, err := Walk(context.Background(), &shape{keys: keys}, Options{Prefix: "root/", Parallel: parallel})
				if err != nil {
					t.Fatal(err)
				}
				files, _ := r.Root.Total()
				folders := int64(total / widths[len(widths)-1])
				if r.Files != int64(total) || files != int64(total) || r.Folders != folders || r.Objects < int64(total) || r.Objects > int64(total) {
					t.Errorf("%d files, %d in the tree, %d folders, %d objects; want %d in %d", r.Files, files, r.Folders, r.Objects, total, folders)
				}
			}
		})
	}
}

func TestSmallFoldersNeedFewListings(t *testing.T) {
	s := objstore.NewMemory("b")
	for d := range 60 {
		for h := range 24 {
			put(t, s, "o/"+time.Date(2026, 5, 1+d, h, 0, 0, 0, time.UTC).Format("2006/01/02/15")+"/x.csv", "1")
		}
	}
	var c objstore.Counts
	r, err := Walk(objstore.WithCounter(context.Background(), &c), s, Options{Prefix: "o/"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Folders != 1440 || c.Requests(objstore.OpList) > 12 {
		t.Errorf("%d folders in %d listings", r.Folders, c.Requests(objstore.OpList))
	}
}

func TestHugeHiddenFolderIsLeapt(t *testing.T) {
	keys := func(yield func(string) bool) {
		for i := range 50_000 {
			if !yield(fmt.Sprintf("a/_temporary/%06d", i)) {
				return
			}
		}
		yield("a/z.csv")
	}
	r, err := Walk(context.Background(), &shape{keys: keys}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Files != 1 || r.Objects > 5000 {
		t.Errorf("%d files, %d keys listed", r.Files, r.Objects)
	}
}

func TestDeniedFolderIsReportedAndTheRestIsWalked(t *testing.T) {
	keys := func(yield func(string) bool) {
		for _, dir := range []string{"aa", "deny", "zz"} {
			for i := range 2000 {
				if !yield(fmt.Sprintf("%s/%06d", dir, i)) {
					return
				}
			}
		}
	}
	r, err := Walk(context.Background(), &shape{keys: keys}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failed) != 1 || r.Failed[0].Prefix != "deny/" || r.Root.Find("zz").Files.Count != 2000 {
		t.Errorf("%+v", *r)
	}
}

func TestTooManyFoldersIsAnError(t *testing.T) {
	keys := func(yield func(string) bool) {
		for i := range 300 {
			if !yield(fmt.Sprintf("%04d/x", i)) {
				return
			}
		}
	}
	if _, err := Walk(context.Background(), &shape{keys: keys}, Options{MaxFolders: 100}); err == nil {
		t.Error("no error")
	}
}

func TestMissingBucketAndEndedContextFail(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	keys := func(yield func(string) bool) { yield("a") }
	if _, err := Walk(ctx, &shape{keys: keys}, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMillionKeysInBoundedMemory(t *testing.T) {
	total := 1_000_000
	if testing.Short() {
		total = 200_000
	}
	keys := func(yield func(string) bool) {
		var b []byte
		for i := range total {
			b = fmt.Appendf(b[:0], "d%06d/part-%07d.csv", i/40, i)
			if !yield(string(b)) {
				return
			}
		}
	}
	r, err := Walk(context.Background(), &shape{keys: keys}, Options{Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	var kept int
	for leaf := range r.Root.Leaves(nil) {
		kept += len(leaf.Files.Objects)
	}
	if r.Files != int64(total) || kept > keptInAll+25_000 {
		t.Errorf("%d files, %d kept", r.Files, kept)
	}
}

func TestKindStripsCompression(t *testing.T) {
	for name, want := range map[string][2]string{
		"a.csv": {".csv", ""}, "A.JSON.GZ": {".json", ".gz"}, "x.parquet": {".parquet", ""}, "x.gz": {"", ".gz"},
		"part-0.snappy.parquet": {".parquet", ""}, "noext": {"", ""}, ".hidden": {"", ""}, "a.tar.bz2": {".tar", ".bz2"},
	} {
		if k, c := Kind(name), Codec(name); k != want[0] || c != want[1] {
			t.Errorf("%s: %q %q", name, k, c)
		}
	}
}
