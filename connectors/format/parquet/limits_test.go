package parquet

import (
	"bytes"
	"math"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
)

// Days and Julian days reach farther than microseconds in 64 bits.
func TestTimesBeyondTimestamps(t *testing.T) {
	type day struct {
		Day int32 `parquet:"day,date"`
	}
	var buf bytes.Buffer
	w := pq.NewGenericWriter[day](&buf)
	if _, err := w.Write([]day{{106751990}, {106751992}, {-106751990}, {-106751992}, {1 << 30}, {-1 << 30}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := scan(request([]format.Field{{Name: "day", Type: schema.T(schema.Timestamp)}}, 0), stored(t, buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int]string{1: "infinity", 3: "-infinity", 4: "infinity", 5: "-infinity"} {
		if got[i][0] != want {
			t.Errorf("row %d is %s, want %s", i, got[i][0], want)
		}
	}
	b := make([]byte, 12)
	for days, want := range map[int32]int64{math.MaxInt32: schema.TimestampInfinity, math.MinInt32: schema.TimestampMinusInfinity, julianEpoch: 0} {
		for i := range 4 {
			b[8+i] = byte(uint32(days) >> (8 * i))
		}
		if v := int96Micros(b); v != want {
			t.Errorf("Julian day %d is %d, want %d", days, v, want)
		}
	}
}
