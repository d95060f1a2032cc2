package demolake

import (
	"iter"
	"math"
	"time"
)

// The sizes of the shop's master data.
const (
	customerCount = 20_000
	productCount  = 480
)

// Region is a row of the relational store's table of sales regions.
type Region struct {
	ID       int
	Code     string
	Name     string
	Country  string
	Currency string
	// Manager is empty where the post is vacant: NULL.
	Manager string
}

var regions = []Region{
	{1, "DE-N", "Norddeutschland", "DE", "EUR", "Jürgen Weiß"},
	{2, "DE-S", "Süddeutschland", "DE", "EUR", "Ulrike Schäfer"},
	{3, "FR-IDF", "Île-de-France", "FR", "EUR", "Chloé Lefèvre"},
	{4, "FR-SUD", "Provence-Alpes-Côte d'Azur", "FR", "EUR", ""},
	{5, "GB-ENG", "England & Wales", "GB", "GBP", "Liam Hughes"},
	{6, "US-E", "US East", "US", "USD", "Sofia Williams"},
	{7, "US-W", "US West", "US", "USD", "David Smith"},
	{8, "JP-KT", "Kantō (関東)", "JP", "JPY", "佐藤 美咲"},
	{9, "BR-SE", "São Paulo e Rio", "BR", "BRL", "João Silva"},
	{10, "PL", "Polska", "PL", "PLN", "Łukasz Świątek"},
	{11, "DK", "Danmark og Færøerne", "DK", "DKK", "Søren Jørgensen"},
	{12, "TR", "Türkiye", "TR", "TRY", ""},
}

var regionWeights = []int{16, 15, 12, 6, 11, 10, 7, 7, 5, 5, 3, 3}

// regionCities are cities of the region with the same index.
var regionCities = [][]string{
	{"Hamburg", "Lübeck", "Göttingen", "Berlin"}, {"München", "Nürnberg", "Stuttgart", "Würzburg"},
	{"Paris", "Saint-Denis", "Créteil"}, {"Marseille", "Nîmes", "Aix-en-Provence"}, {"London", "Leeds", "Cardiff"},
	{"New York", "Boston", "Washington, D.C."}, {"Seattle", "San José", "Portland"}, {"東京", "横浜", "Chiba"},
	{"São Paulo", "Niterói", "Santo André"}, {"Łódź", "Kraków", "Gdańsk", "Warszawa"}, {"København", "Århus", "Tórshavn"},
	{"İstanbul", "İzmir", "Şanlıurfa"},
}

// currencyRate is the price of one euro.
var currencyRate = map[string]float64{"EUR": 1, "GBP": 0.85, "USD": 1.08, "JPY": 168, "BRL": 5.9, "PLN": 4.3, "DKK": 7.46, "TRY": 35}

// Regions yields the sales regions by id.
func Regions() iter.Seq[Region] {
	return func(yield func(Region) bool) {
		for _, r := range regions {
			if !yield(r) {
				return
			}
		}
	}
}

// Customer is a row of the relational store's table of customers. Pointers are nil for NULL.
type Customer struct {
	ID       int
	Name     string
	Email    *string
	RegionID int
	City     string
	// Segment is "consumer", "business" or "public".
	Segment    *string
	SignedUp   time.Time
	BirthYear  *int
	CreditCent *int64
	Newsletter bool
}

// Customers yields the customers by id, from 1 on; orders.customer_id and events.user_id refer to them.
func Customers(o Options) iter.Seq[Customer] {
	o = o.withDefaults()
	return func(yield func(Customer) bool) {
		for id := 1; id <= customerCount; id++ {
			if !yield(customer(o, id)) {
				return
			}
		}
	}
}

func customerRegion(seed uint64, id int) int {
	return pick(stream(seed, "customer region", id), regionWeights, sum(regionWeights))
}

func customer(o Options, id int) Customer {
	r := stream(o.Seed, "customer", id)
	region := customerRegion(o.Seed, id)
	c := Customer{
		ID: id, Name: oneOf(r, firstNames) + " " + oneOf(r, lastNames), RegionID: regions[region].ID,
		City:       oneOf(r, regionCities[region]),
		SignedUp:   o.Start().AddDate(0, 0, -1-r.IntN(1500)),
		Newsletter: chance(r, 0.4),
	}
	if chance(r, 0.93) {
		email := customerEmail(id, regions[region].Country)
		c.Email = &email
	}
	if chance(r, 0.85) {
		segment := []string{"consumer", "business", "public"}[pick(r, []int{80, 17, 3}, 100)]
		c.Segment = &segment
	}
	if chance(r, 0.7) {
		year := 1940 + r.IntN(67)
		c.BirthYear = &year
	}
	if chance(r, 0.3) {
		cents := int64(1+r.IntN(200)) * 5000
		c.CreditCent = &cents
	}
	return c
}

func customerEmail(id int, country string) string {
	b := append([]byte("customer"), appendPadded(nil, id, 5)...)
	b = append(b, "@example."...)
	b = append(b, map[string]string{"DE": "de", "FR": "fr", "GB": "co.uk", "US": "com", "JP": "jp"}[country]...)
	if b[len(b)-1] == '.' {
		b = append(b, "org"...)
	}
	return string(b)
}

// product is a row of the catalogue.
type product struct {
	id           int
	name         string
	category     string
	priceCent    int64 // in euro
	weightGram   int   // 0 is NULL
	addedOn      time.Time
	discontinued bool
}

// shop is the master data that orders and events draw from.
type shop struct {
	products       []product // by id-1
	productByRank  []int32
	customerByRank []int32
	regionOf       []int8 // by customer id-1, an index of regions
}

func newShop(o Options) *shop {
	s := &shop{
		productByRank:  permutation(o.Seed, "product rank", productCount),
		customerByRank: permutation(o.Seed, "customer rank", customerCount),
		regionOf:       make([]int8, customerCount),
	}
	for i := range s.regionOf {
		s.regionOf[i] = int8(customerRegion(o.Seed, i+1)) //nolint:gosec // there are twelve
	}
	for id := 1; id <= productCount; id++ {
		r := stream(o.Seed, "product", id)
		cat := r.IntN(len(categories))
		p := product{
			id: id, category: categories[cat], name: oneOf(r, adjectives) + " " + oneOf(r, productNouns[cat]),
			priceCent:    int64(math.Round(math.Exp(2.2+1.1*r.NormFloat64())*100)) + 199,
			addedOn:      o.Start().AddDate(0, 0, -r.IntN(900)),
			discontinued: chance(r, 0.04),
		}
		if chance(r, 0.9) {
			p.weightGram = 20 + r.IntN(12_000)
		}
		s.products = append(s.products, p)
	}
	return s
}
