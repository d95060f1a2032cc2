package demolake

import (
	"math"
	"math/rand/v2"
	"time"
)

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014): a bijection that spreads every bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// stream returns the random numbers of one unit of work. Units have streams of their own, so the order in which they
// run does not matter.
func stream(seed uint64, name string, parts ...int) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	for _, p := range parts {
		h = mix(h ^ uint64(p)) //nolint:gosec // only its bits matter
	}
	return rand.New(rand.NewPCG(seed, h)) //nolint:gosec // reproducible on purpose
}

// attribute is a number that belongs to an entity for good.
func attribute(seed uint64, name string, id int) uint64 { return stream(seed, name, id).Uint64() }

// pick draws an index by weight. The weights sum to total.
func pick(r *rand.Rand, weights []int, total int) int {
	n := r.IntN(total)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func sum(weights []int) int {
	n := 0
	for _, w := range weights {
		n += w
	}
	return n
}

// oneOf draws an element.
func oneOf[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// poisson draws a count with the given mean; for large means by the normal approximation.
func poisson(r *rand.Rand, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	limit, p, n := math.Exp(-mean), r.Float64(), 0
	for p > limit {
		p *= r.Float64()
		n++
	}
	return n
}

// hourShare is how much of a day's business falls into each hour (UTC), in thousandths.
var hourShare = [24]float64{
	18, 11, 7, 5, 5, 8, 16, 28, 40, 47, 52, 56, 60, 55, 50, 49, 53, 61, 72, 84, 89, 70, 42, 22,
}

// weekdayFactor is how busy each weekday is, from Sunday on.
var weekdayFactor = [7]float64{1.22, 0.96, 0.88, 0.90, 0.94, 1.02, 1.14}

// busy is the factor of a day: its weekday, a slow growth, and a sale every third Friday.
func busy(date time.Time, day int) float64 {
	f := weekdayFactor[date.Weekday()] * (1 + 0.004*float64(day))
	if date.Weekday() == time.Friday && (day/7)%3 == 1 {
		f *= 1.9
	}
	return f
}

// permutation maps ranks to ids from 1 on, so that the most popular id is not 1.
func permutation(seed uint64, name string, n int) []int32 {
	p := make([]int32, n)
	for i := range p {
		p[i] = int32(i + 1) //nolint:gosec // n is small
	}
	r := stream(seed, name)
	r.Shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}
