package demolake

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// csvRow appends the fields of one line (RFC 4180).
type csvRow struct {
	b     []byte
	first bool
}

func (c *csvRow) begin() { c.first = true }

func (c *csvRow) end() { c.b = append(c.b, '\n') }

func (c *csvRow) sep() {
	if !c.first {
		c.b = append(c.b, ',')
	}
	c.first = false
}

// text appends a field, quoted where its content asks for it. The empty text is an empty field: NULL.
func (c *csvRow) text(s string) {
	c.sep()
	if s == "" || !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		c.b = append(c.b, s...)
		return
	}
	c.b = append(c.b, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		c.b = append(c.b, s[:i]...)
		c.b = append(c.b, `""`...)
		s = s[i+1:]
	}
	c.b = append(c.b, s...)
	c.b = append(c.b, '"')
}

func (c *csvRow) int(n int64) {
	c.sep()
	c.b = strconv.AppendInt(c.b, n, 10)
}

func (c *csvRow) cents(n int64) {
	c.sep()
	c.b = appendCents(c.b, n)
}

func (c *csvRow) time(t time.Time, layout string) {
	c.sep()
	c.b = t.AppendFormat(c.b, layout)
}

// appendCents appends hundredths as a decimal with two places.
func appendCents(b []byte, n int64) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/100, 10)
	return append(b, '.', byte('0'+n/10%10), byte('0'+n%10))
}

// appendPadded appends n with at least width digits.
func appendPadded(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for range width - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}

var gzipWriters = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant that exists
	}
	return w
}}

// gzipped compresses data. The header has no time, so the bytes depend on the data alone.
func gzipped(data []byte) ([]byte, error) {
	w := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

const productHeader = "product_id,name,category,list_price_eur,weight_g,added_on,discontinued\n"

// products writes the catalogue.
func (g *generator) products(ctx context.Context, _ int) error {
	c := csvRow{b: []byte(productHeader)}
	for _, p := range g.shop.products {
		c.begin()
		c.int(int64(p.id))
		c.text(p.name)
		c.text(p.category)
		c.cents(p.priceCent)
		if p.weightGram > 0 {
			c.int(int64(p.weightGram))
		} else {
			c.text("")
		}
		c.time(p.addedOn, time.DateOnly)
		c.text(strconv.FormatBool(p.discontinued))
		c.end()
	}
	return g.write(ctx, Products, "products/products.csv", c.b, len(g.shop.products))
}
