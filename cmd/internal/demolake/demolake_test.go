package demolake

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/faulty"
)

// small has few rows, and enough days for every outage and for both compressions of events.
func small() Options { return Options{Days: 40, Scale: 0.02} }

func generate(t *testing.T, s objstore.Store, o Options) Manifest {
	t.Helper()
	m, err := Generate(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// contents maps the keys to the ETags, which are MD5 sums in a memory store.
func contents(t *testing.T, s objstore.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for o, err := range s.List(context.Background(), "", objstore.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		all[o.Key] = o.ETag
	}
	return all
}

func TestTheSameOptionsGiveTheSameBytes(t *testing.T) {
	a, b := objstore.NewMemory("a"), objstore.NewMemory("b")
	o := small()
	o.Workers = 1
	generate(t, a, o)
	o.Workers = 7
	generate(t, b, o)
	want, got := contents(t, a), contents(t, b)
	if len(want) != len(got) || len(want) < 1000 {
		t.Errorf("%d and %d files", len(want), len(got))
	}
	for key, sum := range want {
		if got[key] != sum {
			t.Errorf("%s differs", key)
		}
	}
}

func TestAnotherSeedGivesOtherData(t *testing.T) {
	a, b := objstore.NewMemory("a"), objstore.NewMemory("b")
	o := Options{Days: 1, Scale: 0.02}
	generate(t, a, o)
	o.Seed = 5
	generate(t, b, o)
	same := 0
	other := contents(t, b)
	for key, sum := range contents(t, a) {
		if key != MarkerKey && other[key] == sum {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d files are the same", same)
	}
}

// lake is a generated lake, read back.
type lake struct {
	t *testing.T
	s objstore.Store
	o Options
	m Manifest
}

func newLake(t *testing.T, o Options) *lake {
	t.Helper()
	s := objstore.NewMemory("lake")
	return &lake{t: t, s: s, o: o, m: generate(t, s, o)}
}

func (l *lake) each(table Table, f func(key string, data []byte)) int {
	l.t.Helper()
	n := 0
	for o, err := range l.s.List(context.Background(), string(table)+"/", objstore.ListOptions{}) {
		if err != nil {
			l.t.Fatal(err)
		}
		data, err := objstore.ReadAll(context.Background(), l.s, o, 1<<30)
		if err != nil {
			l.t.Fatal(err)
		}
		f(o.Key, data)
		n++
	}
	return n
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (l *lake) inRange(key string, at time.Time) {
	l.t.Helper()
	if at.Before(l.o.Start()) || !at.Before(DefaultEnd.AddDate(0, 0, 1)) {
		l.t.Fatalf("%s: %s is outside the days of the lake", key, at)
	}
}

func TestOrdersAreValidCSV(t *testing.T) {
	l := newLake(t, small())
	var rows, refunds, quoted, multiline, nonASCII, noNote int
	seen := map[string]bool{}
	var known []string
	for _, n := range notes {
		known = append(known, strings.ReplaceAll(n, "\r\n", "\n")) // encoding/csv reads both line breaks as one
	}
	files := l.each(Orders, func(key string, data []byte) {
		hour, err := time.Parse("orders/2006/01/02/15/orders.csv.gz", key)
		if err != nil {
			t.Fatal(err)
		}
		l.inRange(key, hour)
		records, err := csv.NewReader(bytes.NewReader(gunzip(t, data))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if got := strings.Join(records[0], ",") + "\n"; got != orderHeader {
			t.Fatalf("%s: header %q", key, got)
		}
		if len(records) < 2 {
			t.Errorf("%s has no rows", key)
		}
		for _, rec := range records[1:] {
			rows++
			at, err := time.Parse(time.DateTime, rec[1])
			if err != nil || !at.Truncate(time.Hour).Equal(hour) {
				t.Fatalf("%s: ordered at %q, %v", key, rec[1], err)
			}
			if seen[rec[0]] {
				t.Fatalf("order %s appears twice", rec[0])
			}
			seen[rec[0]] = true
			customer, _ := strconv.Atoi(rec[2])
			product, _ := strconv.Atoi(rec[3])
			if customer < 1 || customer > customerCount || product < 1 || product > productCount {
				t.Fatalf("%s: %q", key, rec)
			}
			if _, err := strconv.ParseFloat(rec[5], 64); err != nil || currencyRate[rec[6]] == 0 {
				t.Fatalf("%s: %q", key, rec)
			}
			note := rec[10]
			if note != "" && !slices.Contains(known, note) {
				t.Fatalf("%s: note %q", key, note)
			}
			count(&refunds, rec[7] == "refunded" && rec[4][0] == '-')
			count(&quoted, strings.Contains(note, `"`))
			count(&multiline, strings.Contains(note, "\n"))
			count(&noNote, note == "")
			count(&nonASCII, len(rec[9]) != utf8.RuneCountInString(rec[9]))
		}
	})
	if int64(rows) != l.m.Tables[Orders].Rows || int64(files) != l.m.Tables[Orders].Files {
		t.Errorf("%d rows in %d files, the manifest says %+v", rows, files, l.m.Tables[Orders])
	}
	for name, n := range map[string]int{"refunds": refunds, "quoted": quoted, "multiline": multiline, "non-ASCII": nonASCII, "NULL notes": noNote} {
		if n == 0 || n == rows {
			t.Errorf("%s: %d of %d rows", name, n, rows)
		}
	}
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

func TestCSVRowsRoundTrip(t *testing.T) {
	fields := append(slices.Clone(notes), "", "plain", `"`, `""`, ",", "\n", "a\"b\"c", " ", "ü")
	for i, f := range fields {
		fields[i] = strings.ReplaceAll(f, "\r\n", "\n") // encoding/csv reads a line break in a field as one character
	}
	c := csvRow{}
	c.begin()
	for _, f := range fields {
		c.text(f)
	}
	c.end()
	got, err := csv.NewReader(bytes.NewReader(c.b)).Read()
	if err != nil || !slices.Equal(got, fields) {
		t.Errorf("%q, %v, want %q", got, err, fields)
	}
}

func TestSensorFilesNameTheirFolder(t *testing.T) {
	o := small()
	l := newLake(t, o)
	known := map[string]bool{}
	for d := range Devices(o) {
		known[d.ID] = true
	}
	var rows, nullT, nullH, nullB int
	devices := map[string]map[string]bool{}
	l.each(Sensors, func(key string, data []byte) {
		p := strings.Split(key, "/")
		day, err := time.Parse("2006/01/02", strings.Join(p[2:5], "/"))
		if err != nil || !known[p[1]] {
			t.Fatalf("%s: %v", key, err)
		}
		l.inRange(key, day)
		if devices[p[1]] == nil {
			devices[p[1]] = map[string]bool{}
		}
		devices[p[1]][day.Format(time.DateOnly)] = true
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for i, c := range f.Metadata().RowGroups[0].Columns {
			if want := f.Schema().Columns()[i]; !slices.Equal(c.MetaData.PathInSchema, want) {
				t.Fatalf("%s: column %d has the path %q, want %q", key, i, c.MetaData.PathInSchema, want)
			}
		}
		readings, err := parquet.Read[reading](bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for _, r := range readings {
			rows++
			if r.DeviceID != p[1] || !time.UnixMicro(r.ReadAt).UTC().Truncate(24*time.Hour).Equal(day) {
				t.Fatalf("%s: %+v", key, r)
			}
			if r.Temperature != nil && (*r.Temperature < -40 || *r.Temperature > 60) || r.Battery != nil && (*r.Battery < 1 || *r.Battery > 100) {
				t.Fatalf("%s: %v %v", key, *r.Temperature, *r.Battery)
			}
			count(&nullT, r.Temperature == nil)
			count(&nullH, r.Humidity == nil)
			count(&nullB, r.Battery == nil)
		}
	})
	if int64(rows) != l.m.Tables[Sensors].Rows {
		t.Errorf("%d rows, the manifest says %+v", rows, l.m.Tables[Sensors])
	}
	if nullT == 0 || nullH <= nullT || nullB <= nullH || nullB == rows {
		t.Errorf("NULLs: %d, %d, %d of %d", nullT, nullH, nullB, rows)
	}
	if len(devices) != sensorCount {
		t.Errorf("%d sensors", len(devices))
	}
	late, out := devices["sensor-08"], devices["sensor-04"]
	if first := slices.Min(keysOf(late)); first < o.Start().AddDate(0, 0, 20).Format(time.DateOnly) {
		t.Errorf("sensor-08 starts on %s", first)
	}
	for day := 30; day <= 36; day++ {
		if out[o.Start().AddDate(0, 0, day).Format(time.DateOnly)] {
			t.Errorf("sensor-04 has data on day %d of its outage", day)
		}
	}
}

func keysOf(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// lines decodes JSON lines.
func lines(t *testing.T, key string, data []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range bytes.Lines(data) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v in %s", key, err, line)
		}
		all = append(all, v)
	}
	return all
}

func TestTelemetryIsNestedJSON(t *testing.T) {
	l := newLake(t, small())
	var rows, noNet, errorNull, errorText, noTags int
	l.each(Telemetry, func(key string, data []byte) {
		p := strings.Split(key, "/")
		day, err := time.Parse("2006/01/02", strings.Join(p[1:4], "/"))
		if err != nil {
			t.Fatal(err)
		}
		l.inRange(key, day)
		for _, v := range lines(t, key, data) {
			rows++
			at, err := time.Parse(time.RFC3339, v["ts"].(string))
			if err != nil || !at.Truncate(24*time.Hour).Equal(day) || v["device"] != p[4] {
				t.Fatalf("%s: %v", key, v)
			}
			if len(v["temps"].([]any)) == 0 || v["memory"].(map[string]any)["used"].(float64) <= 0 {
				t.Fatalf("%s: %v", key, v)
			}
			e, has := v["error"]
			count(&noNet, v["net"] == nil)
			count(&noTags, v["tags"] == nil)
			count(&errorNull, has && e == nil)
			count(&errorText, e != nil)
		}
	})
	if int64(rows) != l.m.Tables[Telemetry].Rows || noNet == 0 || noTags == 0 || errorNull == 0 || errorText == 0 {
		t.Errorf("%d rows of %+v; %d %d %d %d", rows, l.m.Tables[Telemetry], noNet, noTags, errorNull, errorText)
	}
}

func TestEventsChangeTheirCompression(t *testing.T) {
	l := newLake(t, small())
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var rows, gz, zst, anonymous int
	l.each(Events, func(key string, data []byte) {
		var dt, code string
		if _, err := fmt.Sscanf(strings.ReplaceAll(key, "/", " "), "events dt=%s country=%s", &dt, &code); err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, dt)
		if err != nil || len(code) != 2 {
			t.Fatalf("%s: %v", key, err)
		}
		l.inRange(key, day)
		switch path.Ext(key) {
		case ".gz":
			gz++
			data = gunzip(t, data)
		default:
			zst++
			if data, err = dec.DecodeAll(data, nil); err != nil {
				t.Fatal(err)
			}
		}
		last := time.Time{}
		for _, v := range lines(t, key, data) {
			rows++
			at, err := time.Parse(time.RFC3339, v["ts"].(string))
			if err != nil || !at.Truncate(24*time.Hour).Equal(day) || at.Before(last) {
				t.Fatalf("%s: %v", key, v)
			}
			last = at
			count(&anonymous, v["user_id"] == nil)
			if len(v["client"].(map[string]any)["viewport"].([]any)) != 2 {
				t.Fatalf("%s: %v", key, v)
			}
		}
	})
	if int64(rows) != l.m.Tables[Events].Rows || gz == 0 || zst == 0 || anonymous == 0 || anonymous == rows {
		t.Errorf("%d rows of %+v, %d gz, %d zst, %d anonymous", rows, l.m.Tables[Events], gz, zst, anonymous)
	}
}

func TestProductsAreOneFile(t *testing.T) {
	l := newLake(t, Options{Days: 1, Scale: 0.01})
	n := l.each(Products, func(key string, data []byte) {
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil || len(records) != productCount+1 || records[productCount][0] != strconv.Itoa(productCount) {
			t.Errorf("%s: %d records, %v", key, len(records), err)
		}
	})
	if n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestACompleteLakeIsReused(t *testing.T) {
	s := objstore.NewMemory("lake")
	o := Options{Days: 2, Scale: 0.02}
	first := generate(t, s, o)
	var c objstore.Counts
	again := generate(t, objstore.Metered(s, &c), o)
	if first.Reused || !again.Reused || again.Total() != first.Total() {
		t.Errorf("%+v, %+v", first, again)
	}
	if c.Requests(objstore.OpPut)+c.Requests(objstore.OpDelete) != 0 {
		t.Error("something was written")
	}
	o.Days = 1
	if m := generate(t, s, o); m.Reused {
		t.Error("a lake of other options was reused")
	}
	if got := len(contents(t, s)); int64(got) != generate(t, s, o).Total().Files+2 { // and the manifest and the marker
		t.Errorf("%d files: leftovers of the larger lake", got)
	}
}

func TestAnInterruptedLakeIsMadeAnew(t *testing.T) {
	want := objstore.NewMemory("lake")
	o := Options{Days: 2, Scale: 0.02}
	generate(t, want, o)
	s := objstore.NewMemory("lake")
	f := faulty.New(s, 1, faulty.Rule{Kind: faulty.Denied, Ops: []objstore.Op{objstore.OpPut}, Skip: 30, Count: 1})
	if _, err := Generate(context.Background(), f, o); !errors.Is(err, objstore.ErrAccessDenied) {
		t.Fatalf("%v", err)
	}
	if _, err := s.Stat(context.Background(), ManifestKey); err == nil {
		t.Fatal("the broken lake has a manifest")
	}
	if m := generate(t, s, o); m.Reused {
		t.Error("the broken lake was reused")
	}
	got, all := contents(t, s), contents(t, want)
	if len(got) != len(all) {
		t.Errorf("%d files, want %d", len(got), len(all))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Generate(ctx, objstore.NewMemory("x"), o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestDataOfOthersIsNotTouched(t *testing.T) {
	s := objstore.NewMemory("lake")
	if _, err := s.Put(context.Background(), "orders/mine.csv", strings.NewReader("x"), 1, objstore.Condition{}); err != nil {
		t.Fatal(err)
	}
	_, err := Generate(context.Background(), s, Options{Days: 1, Scale: 0.01})
	if err == nil || !strings.Contains(err.Error(), "mem://lake/orders/mine.csv exists and is not demo data") {
		t.Errorf("%v", err)
	}
	if got := contents(t, s); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestProgressReachesItsTotal(t *testing.T) {
	var last Progress
	calls := 0
	o := Options{Days: 3, Scale: 0.02, Progress: func(p Progress) {
		if p.Done != last.Done+1 || p.Rows < last.Rows {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
		calls++
	}}
	m := generate(t, objstore.NewMemory("lake"), o)
	if last.Done != last.Total || calls != 13 || last.Rows != m.Total().Rows || last.Bytes != m.Total().Bytes {
		t.Errorf("%+v after %d calls, manifest %+v", last, calls, m.Total())
	}
}

func TestBestSellersAreFew(t *testing.T) {
	l := newLake(t, Options{Days: 3, Scale: 0.5})
	sold := map[string]int{}
	total := 0
	hours := map[string]int{}
	l.each(Orders, func(key string, data []byte) {
		records, err := csv.NewReader(bytes.NewReader(gunzip(t, data))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range records[1:] {
			sold[rec[3]]++
			total++
		}
		hours[strings.Split(key, "/")[4]] += len(records) - 1
	})
	var counts []int
	for _, n := range sold {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	top := 0
	for _, n := range counts[len(counts)-productCount/10:] {
		top += n
	}
	if top*2 < total || sold["1"] == counts[len(counts)-1] {
		t.Errorf("the best tenth sells %d of %d", top, total)
	}
	if hours["20"] < 5*hours["04"] {
		t.Errorf("evenings %d, nights %d", hours["20"], hours["04"])
	}
}

func TestMasterDataJoins(t *testing.T) {
	o := small()
	regionIDs := map[int]bool{}
	vacant := 0
	for r := range Regions() {
		regionIDs[r.ID] = true
		count(&vacant, r.Manager == "")
	}
	var n, noEmail, noSegment, nonASCII int
	for c := range Customers(o) {
		n++
		if c.ID != n || !regionIDs[c.RegionID] || c.Name == "" || !c.SignedUp.Before(o.Start()) || !utf8.ValidString(c.Name) {
			t.Fatalf("%+v", c)
		}
		count(&noEmail, c.Email == nil)
		count(&noSegment, c.Segment == nil)
		count(&nonASCII, len(c.Name) != utf8.RuneCountInString(c.Name))
	}
	if n != customerCount || noEmail == 0 || noSegment == 0 || nonASCII == 0 || vacant == 0 {
		t.Errorf("%d customers, %d without email, %d without segment, %d non-ASCII, %d vacant regions", n, noEmail, noSegment, nonASCII, vacant)
	}
	var ids []string
	for d := range Devices(o) {
		ids = append(ids, d.ID)
		if d.Model == "" || d.Site == "" || len(d.Attributes) == 0 {
			t.Errorf("%+v", d)
		}
	}
	if len(ids) != sensorCount+gatewayCount+2 || !slices.IsSorted(ids) {
		t.Errorf("devices %q", ids)
	}
	for range Customers(o) {
		break // leaving early is fine
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		m, err := Generate(context.Background(), objstore.NewMemory("lake"), Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(m.Total().Rows), "rows")
		b.ReportMetric(float64(m.Total().Files), "files")
		b.SetBytes(m.Total().Bytes)
	}
}
