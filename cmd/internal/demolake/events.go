package demolake

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// eventsPerDay is the mean of an ordinary day over all countries at scale 1.
const eventsPerDay = 5600

// country is a country with visitors. Its weight is in percent.
type country struct {
	code   string
	weight int
	// first is the first day with data.
	first int
}

var countries = []country{{"BR", 7, 0}, {"DE", 34, 0}, {"FR", 20, 0}, {"GB", 14, 0}, {"JP", 9, 10}, {"US", 16, 0}}

// zstdFrom is the day from which on files are compressed by zstd: the pipeline was changed.
const zstdFrom = 30

var zstdEncoders = sync.Pool{New: func() any {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants that exist
	}
	return w
}}

// events writes one file for each country with visitors.
func (g *generator) events(ctx context.Context, day int) error {
	date := g.date(day)
	for i, c := range countries {
		if day < c.first || c.code == "BR" && attribute(g.o.Seed, "events gap", day)%20 == 0 {
			continue
		}
		r := stream(g.o.Seed, "events", day, i)
		n := poisson(r, eventsPerDay*g.o.Scale*busy(date, day)*float64(c.weight)/100)
		if n == 0 {
			continue
		}
		data, ext, err := compressEvents(g.eventsOf(r, date, day, n), day)
		if err != nil {
			return err
		}
		key := "events/dt=" + date.Format(time.DateOnly) + "/country=" + c.code + "/events.json" + ext
		if err := g.write(ctx, Events, key, data, n); err != nil {
			return err
		}
	}
	return nil
}

func compressEvents(data []byte, day int) (out []byte, ext string, err error) {
	if day < zstdFrom {
		out, err = gzipped(data)
		return out, ".gz", err
	}
	w := zstdEncoders.Get().(*zstd.Encoder)
	defer zstdEncoders.Put(w)
	return w.EncodeAll(data, make([]byte, 0, len(data)/4)), ".zst", nil
}

func (g *generator) eventsOf(r *rand.Rand, date time.Time, day, n int) []byte {
	at := make([]int, n) // milliseconds of the day
	for i := range at {
		at[i] = busyMillisecond(r)
	}
	slices.Sort(at)
	products := rand.NewZipf(r, 1.1, 5, productCount-1)
	customers := rand.NewZipf(r, 1.1, 60, customerCount-1)
	j := jsonLine{b: make([]byte, 0, n*230)}
	sessions := n/7 + 1 // a visit is about seven events long
	for i, ms := range at {
		user := 0
		if chance(r, 0.45) {
			user = int(g.shop.customerByRank[customers.Uint64()])
		}
		visit := i/7 + r.IntN(5)
		event(r, &j, int64(day)*1_000_000+int64(i), date.Add(time.Duration(ms)*time.Millisecond), user,
			int(g.shop.productByRank[products.Uint64()]), day*100_000+visit%sessions)
	}
	return j.b
}

// busyMillisecond draws a time of day by the share of its hour.
func busyMillisecond(r *rand.Rand) int {
	x := r.Float64() * 1000
	for hour, share := range hourShare {
		if x -= share; x < 0 {
			return hour*3_600_000 + r.IntN(3_600_000)
		}
	}
	return 86_399_999
}

var (
	eventTypes   = []string{"page_view", "search", "add_to_cart", "checkout", "purchase"}
	eventWeights = []int{66, 15, 11, 5, 3}
	referrers    = []string{"https://search.example/?q=kühltasche", "https://news.example/artikel/42", "newsletter", "https://video.example/w?v=1&t=30"}
	searches     = []string{"kettle", "crêpe pan", "gift under 30", "sleeping bag -10°", "\"27 inch\" monitor", "ギフト"}
	systems      = []string{"Windows", "Android", "iOS", "macOS", "Linux"}
	widths       = [][2]int64{{1920, 1080}, {390, 844}, {1440, 900}, {360, 800}, {2560, 1440}}
)

func event(r *rand.Rand, j *jsonLine, id int64, at time.Time, user, product, session int) {
	kind := eventTypes[pick(r, eventWeights, 100)]
	j.open('{')
	j.int("event_id", id)
	j.time("ts", at)
	j.text("type", kind)
	j.text("session", string(appendPadded([]byte("s-"), session, 7)))
	if user > 0 {
		j.int("user_id", int64(user))
	} else if chance(r, 0.5) {
		j.null("user_id")
	}
	if kind != "search" {
		j.int("product_id", int64(product))
	} else {
		j.text("query", oneOf(r, searches))
	}
	if chance(r, 0.35) {
		j.text("referrer", oneOf(r, referrers))
	}
	j.key("client")
	j.open('{')
	j.text("os", systems[pick(r, []int{34, 26, 22, 13, 5}, 100)])
	j.bool("mobile", chance(r, 0.5))
	w := oneOf(r, widths)
	j.key("viewport")
	j.open('[')
	for _, n := range w {
		j.sep()
		j.b = append(j.b, appendPadded(nil, int(n), 1)...)
	}
	j.close(']')
	j.close('}')
	if kind == "purchase" {
		j.cents("value", int64(500+r.IntN(30_000)))
	}
	j.end()
}
