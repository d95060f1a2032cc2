// Package objstoretest is the acceptance suite that every objstore.Store passes.
package objstoretest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Run runs the suite. open returns an empty store; it is called once for each test and may hand out the same bucket
// when prefix, which is different for each test, keeps the keys apart. Folders are what the suite lists below prefix.
func Run(t *testing.T, open func(t *testing.T, prefix string) objstore.Store) {
	t.Helper()
	tests := []struct {
		name string
		f    func(*fixture)
	}{
		{"what is put is read back", (*fixture).roundTrip},
		{"sizes around the limits", (*fixture).sizes},
		{"streams start anywhere", (*fixture).streams},
		{"a missing object does not exist", (*fixture).missing},
		{"listings are in byte order", (*fixture).listOrder},
		{"a delimiter folds folders", (*fixture).listFolders},
		{"a prefix is a string prefix", (*fixture).listPrefix},
		{"a listing starts behind a key", (*fixture).listStartAfter},
		{"a listing has many pages", (*fixture).listPages},
		{"a listing can be left early", (*fixture).listBreak},
		{"only the slash delimits", (*fixture).listDelimiter},
		{"a replaced object is a changed object", (*fixture).changed},
		{"a deleted object is gone", (*fixture).deleted},
		{"deleting twice is no error", (*fixture).deleteTwice},
		{"if absent lets one writer win", (*fixture).ifAbsent},
		{"if match compares and swaps", (*fixture).ifMatch},
		{"ranges outside are refused", (*fixture).outside},
		{"content of another size is refused", (*fixture).wrongSize},
		{"a failing reader leaves nothing", (*fixture).failingReader},
		{"the end of the context ends calls", (*fixture).canceled},
		{"calls run concurrently", (*fixture).concurrent},
		{"requests and bytes are counted", (*fixture).metered},
		{"unusual keys keep their bytes", (*fixture).keys},
		{"invalid writes are refused", (*fixture).invalid},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			prefix := fmt.Sprintf("t%02d/", i)
			test.f(&fixture{T: t, s: open(t, prefix), ctx: t.Context(), prefix: prefix})
		})
	}
}

type fixture struct {
	*testing.T
	s      objstore.Store
	ctx    context.Context
	prefix string
}

func (f *fixture) put(key, content string) objstore.Object {
	f.Helper()
	obj, err := f.s.Put(f.ctx, f.prefix+key, strings.NewReader(content), int64(len(content)), objstore.Condition{})
	if err != nil {
		f.Fatalf("put %s: %v", key, err)
	}
	return obj
}

// wantErr checks a sentinel, an SQLSTATE and that the message names the object.
func (f *fixture) wantErr(err, is error, code sqlerr.Code, key string) {
	f.Helper()
	switch {
	case err == nil:
		f.Fatalf("no error, want %v", is)
	case !errors.Is(err, is):
		f.Fatalf("%v (%T) is not %v", err, err, is)
	case sqlerr.CodeOf(err) != code:
		f.Errorf("SQLSTATE %s, want %s: %v", sqlerr.CodeOf(err), code, err)
	case key != "" && !strings.Contains(err.Error(), f.s.URL(f.prefix+key)):
		f.Errorf("%q does not name %s", err, f.s.URL(f.prefix+key))
	}
}

func (f *fixture) list(prefix string, o objstore.ListOptions) []objstore.Object {
	f.Helper()
	var all []objstore.Object
	for obj, err := range f.s.List(f.ctx, f.prefix+prefix, o) {
		if err != nil {
			f.Fatalf("list %s: %v", prefix, err)
		}
		all = append(all, obj)
	}
	return all
}

func (f *fixture) listKeys(prefix string, o objstore.ListOptions) []string {
	f.Helper()
	if o.StartAfter != "" {
		o.StartAfter = f.prefix + o.StartAfter
	}
	var keys []string
	for _, obj := range f.list(prefix, o) {
		if obj.Prefix != strings.HasSuffix(obj.Key, "/") {
			f.Errorf("%q: Prefix is %v", obj.Key, obj.Prefix)
		}
		keys = append(keys, strings.TrimPrefix(obj.Key, f.prefix))
	}
	return keys
}

func (f *fixture) wantKeys(got []string, want ...string) {
	f.Helper()
	if !slices.Equal(got, want) {
		f.Errorf("listed %q, want %q", got, want)
	}
}

func (f *fixture) roundTrip() {
	before := time.Now().Add(-time.Minute)
	obj := f.put("dir/a.txt", "hello, world")
	if obj.Key != f.prefix+"dir/a.txt" || obj.Size != 12 || obj.ETag == "" || obj.Prefix {
		f.Errorf("put answers %+v", obj)
	}
	got, err := f.s.Stat(f.ctx, obj.Key)
	if err != nil {
		f.Fatal(err)
	}
	if got.Key != obj.Key || got.Size != 12 || got.ETag != obj.ETag || got.Modified.Before(before) || got.Modified.Location() != time.UTC {
		f.Errorf("stat answers %+v, put answered %+v", got, obj)
	}
	listed := f.list("dir/", objstore.ListOptions{})
	if len(listed) != 1 || listed[0].ETag != obj.ETag || listed[0].Size != 12 || !listed[0].Modified.Equal(got.Modified.Truncate(time.Second)) && !listed[0].Modified.Equal(got.Modified) {
		f.Errorf("list answers %+v, stat answered %+v", listed, got)
	}
	p := make([]byte, 5)
	if err := f.s.ReadAt(f.ctx, obj, p, 7); err != nil || string(p) != "world" {
		f.Errorf("read %q, %v", p, err)
	}
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + i>>16)
	}
	return b
}

func (f *fixture) sizes() {
	for _, n := range []int{0, 1, 4096, 1<<20 + 1, 17<<20 + 3} {
		data := pattern(n)
		key := fmt.Sprintf("%ssize-%d", f.prefix, n)
		obj, err := f.s.Put(f.ctx, key, bytes.NewReader(data), int64(n), objstore.Condition{})
		if err != nil {
			f.Fatalf("%d bytes: %v", n, err)
		}
		got, err := objstore.ReadAll(f.ctx, f.s, obj, 1<<30)
		if err != nil || !bytes.Equal(got, data) {
			f.Errorf("%d bytes: read %d, %v", n, len(got), err)
		}
		st, err := f.s.Stat(f.ctx, key)
		if err != nil || st.Size != int64(n) || st.ETag != obj.ETag {
			f.Errorf("%d bytes: stat %+v, %v, put answered %+v", n, st, err, obj)
		}
	}
}

func (f *fixture) streams() {
	data := pattern(300_000)
	obj, err := f.s.Put(f.ctx, f.prefix+"s", bytes.NewReader(data), int64(len(data)), objstore.Condition{})
	if err != nil {
		f.Fatal(err)
	}
	for _, off := range []int{0, 1, 65_536, len(data) - 1, len(data)} {
		r, err := f.s.Open(f.ctx, obj, int64(off))
		if err != nil {
			f.Fatalf("open at %d: %v", off, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data[off:]) {
			f.Errorf("from %d: %d bytes, %v", off, len(got), err)
		}
		if err := r.Close(); err != nil {
			f.Errorf("close: %v", err)
		}
	}
	_, err = f.s.Open(f.ctx, obj, int64(len(data))+1)
	f.wantErr(err, objstore.ErrOutOfRange, sqlerr.DataCorrupted, "s")
}

func (f *fixture) missing() {
	_, err := f.s.Stat(f.ctx, f.prefix+"nothing")
	f.wantErr(err, fs.ErrNotExist, sqlerr.UndefinedFile, "nothing")
	ghost := objstore.Object{Key: f.prefix + "nothing", Size: 10, ETag: "0123456789abcdef0123456789abcdef"}
	f.wantErr(f.s.ReadAt(f.ctx, ghost, make([]byte, 3), 0), fs.ErrNotExist, sqlerr.UndefinedFile, "nothing")
	_, err = f.s.Open(f.ctx, ghost, 0)
	f.wantErr(err, fs.ErrNotExist, sqlerr.UndefinedFile, "nothing")
	f.wantKeys(f.listKeys("nothing/", objstore.ListOptions{}))
}

func (f *fixture) fill(keys ...string) {
	f.Helper()
	for _, k := range keys {
		f.put(k, k)
	}
}

func (f *fixture) listOrder() {
	f.fill("a/b", "a/c/d", "a-b", "a.b", "b", "B", "a0", "ä", "a/b1", "10", "9")
	want := []string{"10", "9", "B", "a-b", "a.b", "a/b", "a/b1", "a/c/d", "a0", "b", "ä"}
	f.wantKeys(f.listKeys("", objstore.ListOptions{}), want...)
}

func (f *fixture) listFolders() {
	f.fill("2026/01/01/a", "2026/01/01/b", "2026/02/01/c", "2026/x", "2026-old/y", "2027/01/z")
	f.wantKeys(f.listKeys("", objstore.ListOptions{Delimiter: "/"}), "2026-old/", "2026/", "2027/")
	f.wantKeys(f.listKeys("2026/", objstore.ListOptions{Delimiter: "/"}), "2026/01/", "2026/02/", "2026/x")
	f.wantKeys(f.listKeys("2026", objstore.ListOptions{Delimiter: "/"}), "2026-old/", "2026/")
	f.wantKeys(f.listKeys("2026/01/01/", objstore.ListOptions{Delimiter: "/"}), "2026/01/01/a", "2026/01/01/b")
}

func (f *fixture) listPrefix() {
	f.fill("day=1/x", "day=10/x", "day=2/x")
	f.wantKeys(f.listKeys("day=1", objstore.ListOptions{}), "day=1/x", "day=10/x")
	f.wantKeys(f.listKeys("day=1/", objstore.ListOptions{}), "day=1/x")
	f.wantKeys(f.listKeys("day=1", objstore.ListOptions{Delimiter: "/"}), "day=1/", "day=10/")
}

func (f *fixture) listStartAfter() {
	f.fill("a/1", "a/2", "b/1", "b/2", "c")
	f.wantKeys(f.listKeys("", objstore.ListOptions{StartAfter: "a/1"}), "a/2", "b/1", "b/2", "c")
	f.wantKeys(f.listKeys("", objstore.ListOptions{StartAfter: "a/zzz"}), "b/1", "b/2", "c")
	f.wantKeys(f.listKeys("", objstore.ListOptions{StartAfter: "c"}))
	f.wantKeys(f.listKeys("", objstore.ListOptions{StartAfter: "a/", Delimiter: "/"}), "b/", "c")
	f.wantKeys(f.listKeys("", objstore.ListOptions{StartAfter: "a/1", Delimiter: "/"}), "b/", "c")
	f.wantKeys(f.listKeys("b/", objstore.ListOptions{StartAfter: "a/1"}), "b/1", "b/2")
}

func (f *fixture) listPages() {
	const folders, files = 30, 45 // more keys than a page holds
	var wg sync.WaitGroup
	for i := range folders {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range files {
				key := fmt.Sprintf("%s%03d/%03d", f.prefix, i, j)
				if _, err := f.s.Put(f.ctx, key, strings.NewReader("x"), 1, objstore.Condition{}); err != nil {
					f.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	keys := f.listKeys("", objstore.ListOptions{})
	if len(keys) != folders*files || !slices.IsSorted(keys) || len(slices.Compact(keys)) != folders*files {
		f.Errorf("%d keys", len(keys))
	}
	if got := f.listKeys("", objstore.ListOptions{Delimiter: "/"}); len(got) != folders {
		f.Errorf("%d folders: %q", len(got), got)
	}
}

func (f *fixture) listBreak() {
	f.fill("1", "2", "3")
	for obj, err := range f.s.List(f.ctx, f.prefix, objstore.ListOptions{}) {
		if err != nil || obj.Key != f.prefix+"1" {
			f.Fatalf("%+v, %v", obj, err)
		}
		break
	}
}

func (f *fixture) listDelimiter() {
	for _, err := range f.s.List(f.ctx, f.prefix, objstore.ListOptions{Delimiter: "-"}) {
		if sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			f.Errorf("%v", err)
		}
		return
	}
	f.Error("no error")
}

func (f *fixture) changed() {
	old := f.put("k", "old content")
	f.put("k", "new content")
	f.wantErr(f.s.ReadAt(f.ctx, old, make([]byte, 3), 0), objstore.ErrChanged, sqlerr.SerializationFailure, "k")
	_, err := f.s.Open(f.ctx, old, 0)
	f.wantErr(err, objstore.ErrChanged, sqlerr.SerializationFailure, "k")
	f.put("k", "shorter")
	f.wantErr(f.s.ReadAt(f.ctx, old, make([]byte, 3), 8), objstore.ErrChanged, sqlerr.SerializationFailure, "k")
}

func (f *fixture) deleted() {
	obj := f.put("folder/k", "content")
	if err := f.s.Delete(f.ctx, obj.Key); err != nil {
		f.Fatal(err)
	}
	f.wantErr(f.s.ReadAt(f.ctx, obj, make([]byte, 3), 0), fs.ErrNotExist, sqlerr.UndefinedFile, "folder/k")
	f.wantKeys(f.listKeys("", objstore.ListOptions{Delimiter: "/"}))
}

func (f *fixture) deleteTwice() {
	f.put("k", "content")
	for range 2 {
		if err := f.s.Delete(f.ctx, f.prefix+"k"); err != nil {
			f.Fatal(err)
		}
	}
	if err := f.s.Delete(f.ctx, f.prefix+"no/such/folder"); err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) ifAbsent() {
	const writers = 8
	var wg sync.WaitGroup
	won := make([]bool, writers)
	for i := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body := fmt.Sprintf("writer %d", i)
			_, err := f.s.Put(f.ctx, f.prefix+"lock", strings.NewReader(body), int64(len(body)), objstore.Condition{IfAbsent: true})
			switch {
			case err == nil:
				won[i] = true
			case !errors.Is(err, objstore.ErrConflict) || sqlerr.CodeOf(err) != sqlerr.SerializationFailure:
				f.Errorf("writer %d: %v", i, err)
			}
		}()
	}
	wg.Wait()
	winner := slices.Index(won, true)
	if winner < 0 || slices.Contains(won[winner+1:], true) {
		f.Fatalf("winners: %v", won)
	}
	obj, err := f.s.Stat(f.ctx, f.prefix+"lock")
	if err != nil {
		f.Fatal(err)
	}
	got, err := objstore.ReadAll(f.ctx, f.s, obj, 100)
	if want := fmt.Sprintf("writer %d", winner); err != nil || string(got) != want {
		f.Errorf("content %q, %v, want %q", got, err, want)
	}
}

func (f *fixture) ifMatch() {
	v1 := f.put("k", "one")
	v2, err := f.s.Put(f.ctx, v1.Key, strings.NewReader("two"), 3, objstore.Condition{IfMatch: v1.ETag})
	if err != nil {
		f.Fatal(err)
	}
	_, err = f.s.Put(f.ctx, v1.Key, strings.NewReader("new"), 3, objstore.Condition{IfMatch: v1.ETag})
	f.wantErr(err, objstore.ErrConflict, sqlerr.SerializationFailure, "k")
	got, err := objstore.ReadAll(f.ctx, f.s, v2, 100)
	if err != nil || string(got) != "two" {
		f.Errorf("%q, %v", got, err)
	}
	_, err = f.s.Put(f.ctx, f.prefix+"absent", strings.NewReader("new"), 3, objstore.Condition{IfMatch: v1.ETag})
	if err == nil || !errors.Is(err, objstore.ErrConflict) && !errors.Is(err, fs.ErrNotExist) {
		f.Errorf("matching an absent object: %v", err)
	}
}

func (f *fixture) outside() {
	obj := f.put("k", "0123456789")
	for _, r := range []struct{ off, n int64 }{{0, 11}, {10, 1}, {-1, 2}, {11, 0}, {1 << 62, 4}, {9, 2}} {
		f.wantErr(f.s.ReadAt(f.ctx, obj, make([]byte, r.n), r.off), objstore.ErrOutOfRange, sqlerr.DataCorrupted, "k")
	}
	if err := f.s.ReadAt(f.ctx, obj, nil, 10); err != nil {
		f.Errorf("reading nothing at the end: %v", err)
	}
}

// opaque hides what a reader can do besides reading.
type opaque struct{ io.Reader }

func (f *fixture) wrongSize() {
	for _, announced := range []int64{0, 5, 9, 11, 1 << 20} {
		_, err := f.s.Put(f.ctx, f.prefix+"k", opaque{strings.NewReader("0123456789")}, announced, objstore.Condition{})
		if err == nil {
			f.Errorf("10 bytes announced as %d were accepted", announced)
		}
		if _, err := f.s.Stat(f.ctx, f.prefix+"k"); !errors.Is(err, fs.ErrNotExist) {
			f.Errorf("announced %d: something is there: %v", announced, err)
		}
	}
	f.wantKeys(f.listKeys("", objstore.ListOptions{}))
}

var errReader = errors.New("the source broke")

type brokenReader struct{ n int }

func (b *brokenReader) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, errReader
	}
	n := min(b.n, len(p))
	clear(p[:n])
	b.n -= n
	return n, nil
}

func (f *fixture) failingReader() {
	old := f.put("k", "old")
	for _, n := range []int{0, 100, 100_000} {
		_, err := f.s.Put(f.ctx, f.prefix+"k", &brokenReader{n}, 1<<20, objstore.Condition{})
		if !errors.Is(err, errReader) {
			f.Errorf("after %d bytes: %v", n, err)
		}
	}
	if err := f.s.ReadAt(f.ctx, old, make([]byte, 3), 0); err != nil {
		f.Errorf("the old object: %v", err)
	}
	f.wantKeys(f.listKeys("", objstore.ListOptions{}), "k")
}

func (f *fixture) canceled() {
	obj := f.put("k", "content")
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	_, err := f.s.Stat(ctx, obj.Key)
	_, openErr := f.s.Open(ctx, obj, 0)
	_, putErr := f.s.Put(ctx, f.prefix+"n", strings.NewReader("x"), 1, objstore.Condition{})
	var listErr error
	for _, err := range f.s.List(ctx, f.prefix, objstore.ListOptions{}) {
		listErr = err
	}
	for name, err := range map[string]error{
		"stat": err, "open": openErr, "put": putErr, "list": listErr, "delete": f.s.Delete(ctx, obj.Key),
		"read": f.s.ReadAt(ctx, obj, make([]byte, 2), 0),
	} {
		if !errors.Is(err, context.Canceled) {
			f.Errorf("%s: %v", name, err)
		}
	}
	f.wantKeys(f.listKeys("", objstore.ListOptions{}), "k")
}

func (f *fixture) concurrent() {
	data := pattern(1 << 20)
	obj, err := f.s.Put(f.ctx, f.prefix+"k", bytes.NewReader(data), int64(len(data)), objstore.Condition{})
	if err != nil {
		f.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p := make([]byte, 10_000)
			for i := range 10 {
				off := (w*10 + i) * 12_345
				if err := f.s.ReadAt(f.ctx, obj, p, int64(off)); err != nil || !bytes.Equal(p, data[off:off+len(p)]) {
					f.Errorf("at %d: %v", off, err)
				}
			}
		}()
	}
	wg.Wait()
}

func (f *fixture) metered() {
	obj := f.put("k", "0123456789")
	var c, outer objstore.Counts
	s := objstore.Metered(objstore.Metered(f.s, &c), &outer)
	if err := s.ReadAt(f.ctx, obj, make([]byte, 4), 2); err != nil {
		f.Fatal(err)
	}
	r, err := s.Open(f.ctx, obj, 5)
	if err != nil {
		f.Fatal(err)
	}
	_, err = io.Copy(io.Discard, r)
	if err := errors.Join(err, r.Close()); err != nil {
		f.Fatal(err)
	}
	if _, err := s.Stat(f.ctx, obj.Key); err != nil {
		f.Fatal(err)
	}
	for _, err := range s.List(f.ctx, f.prefix, objstore.ListOptions{}) {
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Delete(f.ctx, obj.Key); err != nil {
		f.Fatal(err)
	}
	if c.FetchedBytes() != 9 || c.Requests(objstore.OpRead) != 2 || c.Requests(objstore.OpStat) != 1 ||
		c.Requests(objstore.OpList) != 1 || c.Requests(objstore.OpDelete) != 1 || c.Requests(objstore.OpPut) != 0 {
		f.Errorf("fetched %d, read %d, stat %d, list %d, delete %d, put %d", c.FetchedBytes(), c.Requests(objstore.OpRead),
			c.Requests(objstore.OpStat), c.Requests(objstore.OpList), c.Requests(objstore.OpDelete), c.Requests(objstore.OpPut))
	}
	if outer.FetchedBytes() != 9 || outer.TotalRequests() != c.TotalRequests() {
		f.Errorf("the outer counter has %d requests, %d bytes", outer.TotalRequests(), outer.FetchedBytes())
	}
}

func (f *fixture) keys() {
	keys := []string{
		"a b", "a+b", "a%20b", "a&b=c", "a#b?c", "dt=2026-01-02/x=1", "naïve/日本/🙂", "'quote\"", "a;b,c", "a:b@c", "[x]{y}", "a~b!c", "a\\b",
	}
	for _, k := range keys {
		obj := f.put(k, k)
		got, err := objstore.ReadAll(f.ctx, f.s, obj, 1000)
		if err != nil || string(got) != k {
			f.Errorf("%q: read %q, %v", k, got, err)
		}
	}
	slices.Sort(keys)
	f.wantKeys(f.listKeys("", objstore.ListOptions{}), keys...)
}

func (f *fixture) invalid() {
	for name, err := range map[string]error{
		"empty key":      second(f.s.Put(f.ctx, "", strings.NewReader(""), 0, objstore.Condition{})),
		"long key":       second(f.s.Put(f.ctx, strings.Repeat("k", 2000), strings.NewReader(""), 0, objstore.Condition{})),
		"negative size":  second(f.s.Put(f.ctx, f.prefix+"k", strings.NewReader(""), -1, objstore.Condition{})),
		"two conditions": second(f.s.Put(f.ctx, f.prefix+"k", strings.NewReader(""), 0, objstore.Condition{IfAbsent: true, IfMatch: "x"})),
		"stat of no key": second(f.s.Stat(f.ctx, "")),
	} {
		if sqlerr.CodeOf(err) != sqlerr.InvalidParameterValue {
			f.Errorf("%s: %v (%s)", name, err, sqlerr.CodeOf(err))
		}
	}
}

func second(_ objstore.Object, err error) error { return err }
