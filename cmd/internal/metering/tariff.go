// Package metering turns bytes into money by Athena's rules and writes the receipt that a client sees.
//
// The rules are Amazon Athena's published ones: a price per terabyte scanned, each query rounded up to the next megabyte
// with a minimum of ten; DDL, SHOW, SET, EXPLAIN and failed queries free; cancelled queries charged for what they had
// scanned. Money is counted in micro-dollars, in integers.
package metering

import (
	"fmt"
	"math/bits"

	"github.com/tarnsql/tarn/catalog"
)

// Unit says how many bytes a megabyte has.
type Unit string

// The units: SI counts a megabyte as 10^6 bytes and a terabyte as 10^12, IEC as 2^20 and 2^40. Athena's pages do not say
// which it uses; SI never quotes too little.
const (
	SI  Unit = "si"
	IEC Unit = "iec"
)

// Tariff is a price list.
type Tariff struct {
	// MicroDollarsPerTB is the price of a terabyte; Athena's is 5,000,000.
	MicroDollarsPerTB int64
	// MinimumMB is charged at least for every charged query; Athena's is 10.
	MinimumMB int64
	Unit      Unit
}

// Athena is Amazon Athena's price list of us-east-1.
func Athena() Tariff { return Tariff{MicroDollarsPerTB: 5_000_000, MinimumMB: 10, Unit: SI} }

func (t Tariff) megabyte() int64 {
	if t.Unit == IEC {
		return 1 << 20
	}
	return 1_000_000
}

// Charge returns the bytes that are charged for a query that scanned the given bytes, and their price, rounded up to a whole
// micro-dollar.
func (t Tariff) Charge(scanned int64) (charged, microDollars int64) {
	mb := t.megabyte()
	n := max((max(scanned, 0)+mb-1)/mb, t.MinimumMB)
	hi, lo := bits.Mul64(uint64(n), uint64(t.MicroDollarsPerTB))
	perTB := uint64(1_000_000)
	if t.Unit == IEC {
		perTB = 1 << 20
	}
	lo, carry := bits.Add64(lo, perTB-1, 0)
	price, _ := bits.Div64(hi+carry, lo, perTB)
	return n * mb, int64(price)
}

// String describes the tariff for the ledger.
func (t Tariff) String() string {
	return fmt.Sprintf("$%s/TB, at least %d MB, %s units", Dollars(t.MicroDollarsPerTB), t.MinimumMB, t.Unit)
}

// Charged reports whether Athena charges for a statement of the given kind that ended in the given state.
func Charged(kind string, state catalog.QueryState) bool {
	switch kind {
	case "SELECT", "EXPLAIN ANALYZE", "COPY":
		return state == catalog.Succeeded || state == catalog.Cancelled
	}
	return false
}

// Dollars writes micro-dollars as dollars with six digits.
func Dollars(micro int64) string {
	sign := ""
	if micro < 0 {
		sign, micro = "-", -micro
	}
	return fmt.Sprintf("%s%d.%06d", sign, micro/1_000_000, micro%1_000_000)
}

// Bytes writes a number of bytes for people: 512 B, 43.1 MB.
func (t Tariff) Bytes(n int64) string {
	base, names := int64(1000), [...]string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	if t.Unit == IEC {
		base, names = 1024, [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	}
	if n < base {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n), 0
	for f >= float64(base) && i < len(names)-1 {
		f /= float64(base)
		i++
	}
	return fmt.Sprintf("%.1f %s", f, names[i])
}

// Receipt is the line that a client gets after a query: what was scanned, of how much, and what it cost.
func (t Tariff) Receipt(e *catalog.LedgerEntry) string {
	s := fmt.Sprintf("tarn: scanned %s", t.Bytes(e.BilledBytes))
	switch {
	case e.PartitionsTotal > 0:
		s += fmt.Sprintf(" (%d/%d partitions, %d files)", e.PartitionsRead, e.PartitionsTotal, e.FilesRead)
	case e.FilesTotal > 0:
		s += fmt.Sprintf(" (%d/%d files)", e.FilesRead, e.FilesTotal)
	}
	return s + fmt.Sprintf(", charged %s = $%s", t.Bytes(e.ChargedBytes), Dollars(e.MicroDollars))
}
