package demolake

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// ordersPerDay is the mean of an ordinary day at scale 1.
const ordersPerDay = 3300

const orderHeader = "order_id,ordered_at,customer_id,product_id,quantity,unit_price,currency,status,coupon,ship_city,note\n"

// orderStride separates the order ids of two days.
func orderStride(scale float64) int { return 10 * ordersPerDay * int(math.Ceil(scale)) }

// shopClosed is the maintenance window in which no order came in: three hours of one night.
func shopClosed(day, hour int) bool { return day == 17 && hour >= 2 && hour <= 4 }

// orders writes one file for each hour of the day that has orders.
func (g *generator) orders(ctx context.Context, day int) error {
	date := g.date(day)
	mean := ordersPerDay * g.o.Scale * busy(date, day)
	id := 1_000_000 + day*orderStride(g.o.Scale)
	for hour := range 24 {
		if shopClosed(day, hour) {
			continue
		}
		r := stream(g.o.Seed, "orders", day, hour)
		n := poisson(r, mean*hourShare[hour]/1000)
		if n == 0 {
			continue
		}
		at := date.Add(time.Duration(hour) * time.Hour)
		data, err := gzipped(g.ordersOf(r, at, id, n))
		if err != nil {
			return err
		}
		id += n
		if err := g.write(ctx, Orders, "orders/"+at.Format("2006/01/02/15")+"/orders.csv.gz", data, n); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) ordersOf(r *rand.Rand, hour time.Time, id, n int) []byte {
	seconds := make([]int, n)
	for i := range seconds {
		seconds[i] = r.IntN(3600)
	}
	slices.Sort(seconds)
	products := rand.NewZipf(r, 1.15, 8, productCount-1)
	customers := rand.NewZipf(r, 1.1, 60, customerCount-1)
	c := csvRow{b: append(make([]byte, 0, len(orderHeader)+n*96), orderHeader...)}
	for i := range n {
		g.order(r, &c, id+i, hour.Add(time.Duration(seconds[i])*time.Second),
			int(g.shop.customerByRank[customers.Uint64()]), int(g.shop.productByRank[products.Uint64()]))
	}
	return c.b
}

var (
	statuses      = []string{"delivered", "shipped", "paid", "cancelled", "refunded"}
	statusWeights = []int{72, 13, 9, 4, 2}
	quantities    = []int{1, 2, 3, 4, 6, 12}
	quantityShare = []int{70, 17, 6, 3, 3, 1}
)

func (g *generator) order(r *rand.Rand, c *csvRow, id int, at time.Time, customerID, productID int) {
	region := g.shop.regionOf[customerID-1]
	currency := regions[region].Currency
	status := statuses[pick(r, statusWeights, 100)]
	quantity := quantities[pick(r, quantityShare, 100)]
	if status == "refunded" {
		quantity = -quantity // a refund takes its revenue back
	}
	coupon, discount := "", 1.0
	if chance(r, 0.14) {
		coupon, discount = oneOf(r, coupons), 0.9
	}
	price := int64(math.Round(float64(g.shop.products[productID-1].priceCent) * currencyRate[currency] * discount))
	if currency == "JPY" {
		price = (price + 99) / 100 * 100 // there is no smaller coin
	}
	c.begin()
	c.int(int64(id))
	c.time(at, time.DateTime)
	c.int(int64(customerID))
	c.int(int64(productID))
	c.int(int64(quantity))
	c.cents(price)
	c.text(currency)
	c.text(status)
	c.text(coupon)
	if chance(r, 0.97) {
		c.text(oneOf(r, regionCities[region]))
	} else {
		c.text("")
	}
	if chance(r, 0.12) {
		c.text(oneOf(r, notes))
	} else {
		c.text("")
	}
	c.end()
}
