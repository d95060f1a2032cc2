package demolake

import (
	"context"
	"testing"

	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/connectors/objstore"
)

func startGateway(tb testing.TB) *s3gateway.Gateway {
	tb.Helper()
	tb.Chdir(tb.TempDir()) // the gateway changes the working directory; this restores it
	g, err := s3gateway.Start(context.Background(), s3gateway.Options{Root: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := g.Close(); err != nil {
			tb.Error(err)
		}
	})
	return g
}

func TestTheLakeInS3IsTheLakeInMemory(t *testing.T) {
	g := startGateway(t)
	s, err := g.Bucket(context.Background(), "lake")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Days: 3, Scale: 0.05}
	mem := objstore.NewMemory("lake")
	if a, b := generate(t, s, o), generate(t, mem, o); a.Total() != b.Total() {
		t.Errorf("%+v, %+v", a.Total(), b.Total())
	}
	want, got := contents(t, mem), contents(t, s)
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for key, sum := range want { // both kinds of store have MD5 sums as ETags
		if got[key] != sum {
			t.Errorf("%s has the ETag %q, want %q", key, got[key], sum)
		}
	}
	if m := generate(t, s, o); !m.Reused {
		t.Error("the lake was not reused")
	}
}

func BenchmarkGenerateIntoS3(b *testing.B) {
	g := startGateway(b)
	for i := range b.N {
		s, err := g.Bucket(context.Background(), "lake"+string(rune('a'+i)))
		if err != nil {
			b.Fatal(err)
		}
		m, err := Generate(context.Background(), s, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(m.Total().Bytes)
	}
}
