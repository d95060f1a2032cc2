package s3gateway

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
)

func BenchmarkPutSmall(b *testing.B) {
	b.Chdir(b.TempDir())
	g, err := Start(context.Background(), Options{Root: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close() //nolint:errcheck // a benchmark
	defer b.StopTimer()
	s, err := g.Bucket(context.Background(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 16<<10)
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			key := fmt.Sprintf("d/%d", n.Add(1))
			if _, err := s.Put(context.Background(), key, bytes.NewReader(data), int64(len(data)), objstore.Condition{}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
