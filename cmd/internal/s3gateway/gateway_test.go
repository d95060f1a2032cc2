package s3gateway

import (
	"bytes"
	"context"
	"log" //nolint:depguard // the HTTP client's log is what is tested
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
)

func startGateway(t *testing.T, o Options) *Gateway {
	t.Helper()
	t.Chdir(t.TempDir()) // restores the working directory, which the gateway changes
	if o.Root == "" {
		o.Root = t.TempDir()
	}
	o.Observe = true
	g, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func put(t *testing.T, s objstore.Store, key, content string) objstore.Object {
	t.Helper()
	obj, err := s.Put(context.Background(), key, bytes.NewReader([]byte(content)), int64(len(content)), objstore.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

func TestObjectsAreWhatTheServerSays(t *testing.T) {
	for _, sidecar := range []bool{false, true} {
		o := Options{Root: t.TempDir()}
		if sidecar {
			o.Sidecar = t.TempDir() // exists, so it is used
		}
		t.Run(map[bool]string{false: "probed", true: "sidecar"}[sidecar], func(t *testing.T) {
			g := startGateway(t, o)
			if sidecar && !g.Sidecar() {
				t.Fatal("the metadata directory is not used")
			}
			ctx := context.Background()
			s, err := g.Bucket(ctx, "lake")
			if err != nil {
				t.Fatal(err)
			}
			obj := put(t, s, "a/b c+ü.txt", "hello world")
			if obj.ETag == "" {
				t.Fatal("no ETag")
			}
			got, err := s.Stat(ctx, obj.Key)
			if err != nil || got.ETag != obj.ETag || got.Size != 11 {
				t.Fatalf("stat: %+v, %v", got, err)
			}
			g.Log().Reset()
			p := make([]byte, 5)
			if err := s.ReadAt(ctx, obj, p, 6); err != nil || string(p) != "world" {
				t.Fatalf("%q, %v", p, err)
			}
			if keys := g.Log().KeysRead(); !slices.Equal(keys, []string{"a/b c+ü.txt"}) {
				t.Errorf("keys read: %q", keys)
			}
			r := g.Log().Requests()
			if len(r) != 1 || r[0].Range != "bytes=6-10" || r[0].Bytes != 5 || r[0].Status != http.StatusPartialContent ||
				r[0].Bucket != "lake" || r[0].Method != http.MethodGet {
				t.Errorf("requests: %+v", r)
			}
			if n := g.Log().BytesRead(""); n != 5 {
				t.Errorf("bytes read: %d", n)
			}
		})
	}
}

func TestOneGatewayPerProcess(t *testing.T) {
	g := startGateway(t, Options{})
	if _, err := Start(context.Background(), Options{Root: t.TempDir()}); err == nil {
		t.Fatal("a second gateway started")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(g.Endpoint() + healthPath); err == nil { //nolint:bodyclose // it must fail
		t.Error("the server still answers after Close")
	}
	again := startGateway(t, Options{})
	if again.Endpoint() == "" {
		t.Error("no endpoint")
	}
}

func TestObjectsSurviveARestart(t *testing.T) {
	root := t.TempDir()
	ctx := context.Background()
	g := startGateway(t, Options{Root: root})
	s, err := g.Bucket(ctx, "lake")
	if err != nil {
		t.Fatal(err)
	}
	obj := put(t, s, "x/y", "content")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	g = startGateway(t, Options{Root: root})
	if s, err = g.Bucket(ctx, "lake"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Stat(ctx, "x/y")
	if err != nil || got.ETag != obj.ETag {
		t.Errorf("%+v, %v, want ETag %s", got, err, obj.ETag)
	}
}

func TestMetadataInsideTheRootIsRefused(t *testing.T) {
	root := t.TempDir()
	if _, err := Start(context.Background(), Options{Root: root, Sidecar: root + "/meta"}); err == nil {
		t.Fatal("started")
	}
	if _, err := os.Stat(root + "/meta"); err == nil {
		t.Error("the directory was made")
	}
}

func TestListingsAreRecorded(t *testing.T) {
	g := startGateway(t, Options{})
	ctx := context.Background()
	s, err := g.Bucket(ctx, "lake")
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "orders/2026/01/x", "1")
	g.Log().Reset()
	for _, err := range s.List(ctx, "orders/2026/", objstore.ListOptions{Delimiter: "/"}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if l := g.Log().Listed(); !slices.Equal(l, []string{"orders/2026/"}) {
		t.Errorf("listed %q", l)
	}
	if k := g.Log().KeysRead(); len(k) != 0 {
		t.Errorf("read %q", k)
	}
}

func TestEmptyObjectsLeaveTheConnectionClean(t *testing.T) {
	g := startGateway(t, Options{})
	s, err := g.Bucket(context.Background(), "lake")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log.SetOutput(&out) // the HTTP client complains there about bytes that nobody asked for
	defer log.SetOutput(os.Stderr)
	for range 20 {
		put(t, s, "empty", "")
		put(t, s, "full", "x")
	}
	time.Sleep(20 * time.Millisecond) // the complaint comes when the server's answer to those bytes does
	objstore.CloseIdle(s)
	if out.Len() > 0 {
		t.Errorf("%s", out.String())
	}
}
