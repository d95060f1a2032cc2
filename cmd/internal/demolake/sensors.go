package demolake

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/parquet-go/parquet-go"
)

// reading is a row of the sensors table. Pointers are optional columns.
type reading struct {
	DeviceID    string   `parquet:"device_id,dict"`
	ReadAt      int64    `parquet:"read_at,timestamp(microsecond)"`
	Temperature *float64 `parquet:"temperature,optional"`
	Humidity    *float64 `parquet:"humidity,optional"`
	Battery     *int32   `parquet:"battery,optional"`
	Status      string   `parquet:"status,dict"`
}

// readingsPerDay is at scale 1: one every three minutes.
const readingsPerDay = 480

// sensorWriter holds the buffers of one worker, reused from file to file. The Parquet writer itself is not: its Reset
// (parquet-go 0.32) loses the columns' paths in the footer of every file but the first.
type sensorWriter struct {
	out      bytes.Buffer
	rows     []reading
	floats   []float64
	batterys []int32
}

var (
	sensorWriters = sync.Pool{New: func() any { return new(sensorWriter) }}
	sensorOptions = []parquet.WriterOption{
		parquet.SchemaOf(reading{}), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("tarn-demo", "1", "1"),
		parquet.PageBufferSize(32 << 10), parquet.WriteBufferSize(0),
	}
)

// encode writes w.rows as a file into w.out.
func (w *sensorWriter) encode() error {
	w.out.Reset()
	pw := parquet.NewGenericWriter[reading](&w.out, sensorOptions...)
	if _, err := pw.Write(w.rows); err != nil {
		return err
	}
	return pw.Close()
}

// sensors writes one file for each sensor that was awake.
func (g *generator) sensors(ctx context.Context, day int) error {
	w := sensorWriters.Get().(*sensorWriter)
	defer sensorWriters.Put(w)
	date := g.date(day)
	for i := range sensorCount {
		if g.silentDay("sensor", i, day) {
			continue
		}
		g.readings(w, i, day, date)
		if len(w.rows) == 0 {
			continue
		}
		if err := w.encode(); err != nil {
			return err
		}
		key := "sensors/" + sensorID(i) + "/" + date.Format("2006/01/02") + "/readings.parquet"
		if err := g.write(ctx, Sensors, key, w.out.Bytes(), len(w.rows)); err != nil {
			return err
		}
	}
	return nil
}

// readings fills w.rows with a day of one sensor.
func (g *generator) readings(w *sensorWriter, i, day int, date time.Time) {
	r := stream(g.o.Seed, "sensors", day, i)
	n := max(1, int(readingsPerDay*g.o.Scale))
	step := 24 * time.Hour / time.Duration(n)
	from, to := g.silentHours("sensor", i, day)
	id := sensorID(i)
	w.rows = w.rows[:0]
	// Grown once before pointers into them are taken.
	if cap(w.floats) < 2*n {
		w.floats = make([]float64, 0, 2*n)
		w.batterys = make([]int32, 0, n)
	}
	w.floats, w.batterys = w.floats[:0], w.batterys[:0]
	battery := 100 - int32((day*2+i*7)%85) //nolint:gosec // a percentage
	drift := 0.0
	for k := range n {
		at := date.Add(time.Duration(k) * step)
		drift = 0.98*drift + 0.08*r.NormFloat64()
		if h := at.Hour(); h >= from && h < to {
			continue
		}
		row := reading{DeviceID: id, ReadAt: at.Add(time.Duration(r.IntN(900)) * time.Millisecond).UnixMicro(), Status: "ok"}
		g.measure(r, w, &row, i, at, drift)
		if battery < 20 && row.Status == "ok" {
			row.Status = "low_battery"
		}
		if k%10 == 0 { // reported every half hour only
			w.batterys = append(w.batterys, battery)
			row.Battery = &w.batterys[len(w.batterys)-1]
		}
		w.rows = append(w.rows, row)
	}
}

// measure sets what the sensor measured; a faulty one measures nothing.
func (g *generator) measure(r *rand.Rand, w *sensorWriter, row *reading, i int, at time.Time, drift float64) {
	if chance(r, 0.004) {
		row.Status = "fault"
		return
	}
	cold := []float64{3.5, -19, 5.5, 4, 2.5, 24}[i%len(sites)]
	phase := 2 * math.Pi * (float64(at.Hour()*60+at.Minute()) - 900) / 1440
	t := cold + 1.2*math.Cos(phase) + drift
	if chance(r, 0.002) {
		t += 8 // the door stood open
		row.Status = "alarm"
	}
	w.floats = append(w.floats, math.Round(t*100)/100)
	row.Temperature = &w.floats[len(w.floats)-1]
	if chance(r, 0.97) {
		h := min(100, max(5, 62-8*math.Cos(phase)+3*r.NormFloat64()))
		w.floats = append(w.floats, math.Round(h*10)/10)
		row.Humidity = &w.floats[len(w.floats)-1]
	}
}
