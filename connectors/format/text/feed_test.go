package text

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func valueText(v vector.Vector, i int) string {
	x := vector.ValueAt(v, i)
	return string(x.AppendText(nil, time.UTC))
}

// lineCutter cuts at line breaks.
type lineCutter struct{}

func (lineCutter) Start(data []byte, end bool) (int, int64, bool, error) {
	i := bytes.IndexByte(data, '\n') + 1
	return i, 1, i == 0 && !end, nil
}

func (lineCutter) Cut(data []byte, end bool) (int, int64, error) {
	if end {
		return len(data), int64(bytes.Count(data, []byte{'\n'})), nil
	}
	n := bytes.LastIndexByte(data, '\n') + 1
	return n, int64(bytes.Count(data[:n], []byte{'\n'})), nil
}

func (lineCutter) Count(data []byte, off int) int64 {
	return int64(bytes.Count(data[:off], []byte{'\n'}))
}

// numbered is a header and n lines, each its number.
func numbered(n int) (data []byte, lines []string) {
	var b bytes.Buffer
	b.WriteString("header\n")
	for i := range n {
		line := fmt.Sprintf("%d %s", i, strings.Repeat("x", i%90))
		lines = append(lines, line)
		b.WriteString(line + "\n")
	}
	return b.Bytes(), lines
}

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func stored(t *testing.T, s objstore.Store, key string, data []byte) format.File {
	t.Helper()
	obj, err := s.Put(context.Background(), key, bytes.NewReader(data), int64(len(data)), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return format.File{Store: s, Object: obj}
}

func feedOf(f format.File) *Feed {
	r := &format.Request{Query: &connectors.Query{Memory: memory.NewBudget("test", 1<<30, nil)}, Metrics: &connectors.Metrics{},
		Table: schema.TableName{Schema: "public", Table: "t"}}
	return NewFeed(r, f, lineCutter{})
}

// consumer takes chunks as a reader does.
type consumer struct {
	t     *testing.T
	feed  *Feed
	buf   []byte
	lines []string
}

func (c *consumer) take(ctx context.Context) error {
	c.t.Helper()
	buf, chunk, err := c.feed.next(ctx, c.buf, func(int64) error { return nil })
	c.buf = buf
	if err != nil {
		return err
	}
	text := strings.TrimSuffix(string(chunk.data), "\n")
	for i, line := range strings.Split(text, "\n") {
		if number, _, _ := strings.Cut(line, " "); number != strconv.FormatInt(chunk.row-1+int64(i), 10) {
			c.t.Fatalf("line %q is said to be row %d", line, chunk.row+int64(i))
		}
		c.lines = append(c.lines, line)
	}
	return nil
}

// One reader's end, and its return, must not cost the others a record or give them one twice, also where the file can only be
// read from its start.
func TestReadersComeAndGo(t *testing.T) {
	data, want := numbered(100_000)
	for key, content := range map[string][]byte{"f": data, "f.gz": zipped(t, data)} {
		f := feedOf(stored(t, objstore.NewMemory("b"), key, content))
		ctx := context.Background()
		var got []string
		for turn := 0; ; turn++ {
			c := &consumer{t: t, feed: f}
			if err := f.attach(ctx); err != nil {
				t.Fatal(err)
			}
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			if err := c.take(cancelled); !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
				t.Fatalf("%s: %v from an ended context", key, err)
			}
			err := c.take(ctx)
			f.detach()
			got = append(got, c.lines...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d lines, want %d", key, len(got), len(want))
		}
		if n := f.req.Metrics.BilledBytes.Load(); n != int64(len(content)) {
			t.Errorf("%s: %d bytes billed of %d", key, n, len(content))
		}
	}
}

func TestStorageErrorsPass(t *testing.T) {
	data, _ := numbered(50_000)
	s := objstore.NewMemory("b")
	f := feedOf(stored(t, s, "f", data))
	c := &consumer{t: t, feed: f}
	if err := c.take(context.Background()); err != nil {
		t.Fatal(err)
	}
	stored(t, s, "f", append(data, "more\n"...))
	err := c.take(context.Background())
	if !errors.Is(err, objstore.ErrChanged) || sqlerr.CodeOf(err) != sqlerr.SerializationFailure {
		t.Errorf("changed object: %v", err)
	}
	if again := c.take(context.Background()); !errors.Is(again, objstore.ErrChanged) {
		t.Errorf("after an error: %v", again)
	}
}

// A memory limit stops a reader and leaves the records to others.
func TestRefusedMemoryLosesNothing(t *testing.T) {
	data, want := numbered(30_000)
	f := feedOf(stored(t, objstore.NewMemory("b"), "f", data))
	refuse := sqlerr.New(sqlerr.OutOfMemory, "no memory")
	if _, _, err := f.next(context.Background(), nil, func(int64) error { return refuse }); sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Fatal(err)
	}
	c := &consumer{t: t, feed: f}
	for {
		if err := c.take(context.Background()); err != nil {
			break
		}
	}
	if !slices.Equal(c.lines, want) {
		t.Errorf("%d lines, want %d", len(c.lines), len(want))
	}
}

// Read-ahead by ranges, which remote stores get, gives the same bytes and returns its memory.
func TestRangesGiveTheSameLines(t *testing.T) {
	data, want := numbered(400_000)
	s := faulty.New(objstore.NewMemory("b"), 1)
	f := feedOf(stored(t, remote{s}, "f", data))
	c := &consumer{t: t, feed: f}
	var err error
	for err == nil {
		err = c.take(context.Background())
	}
	if !errors.Is(err, io.EOF) || !slices.Equal(c.lines, want) {
		t.Errorf("%d lines, want %d: %v", len(c.lines), len(want), err)
	}
	if n := f.req.Query.Memory.Used(); n != 0 {
		t.Errorf("%d bytes are still reserved", n)
	}
}

// remote makes a store look like one across a network.
type remote struct{ objstore.Store }

func (r remote) URL(key string) string { return "s3://b/" + key }
