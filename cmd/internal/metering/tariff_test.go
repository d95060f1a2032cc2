package metering

import (
	"testing"

	"github.com/tarnsql/tarn/catalog"
)

func TestChargeFollowsAthenasRules(t *testing.T) {
	for _, c := range []struct {
		scanned, charged, price int64
	}{
		{0, 10_000_000, 50},
		{1_000_000, 10_000_000, 50},
		{2_500_000, 10_000_000, 50},
		{10_000_000, 10_000_000, 50},
		{10_000_001, 11_000_000, 55},
		{1_000_000_000_000, 1_000_000_000_000, 5_000_000},
		{7_000_000_000_000_000, 7_000_000_000_000_000, 35_000_000_000},
	} {
		charged, price := Athena().Charge(c.scanned)
		if charged != c.charged || price != c.price {
			t.Errorf("%d bytes: charged %d = %d, want %d = %d", c.scanned, charged, price, c.charged, c.price)
		}
	}
	iec := Athena()
	iec.Unit = IEC
	if charged, price := iec.Charge(0); charged != 10<<20 || price != 48 {
		t.Errorf("iec minimum: %d = %d", charged, price)
	}
}

func TestWhatIsCharged(t *testing.T) {
	for _, c := range []struct {
		kind  string
		state catalog.QueryState
		want  bool
	}{
		{"SELECT", catalog.Succeeded, true},
		{"SELECT", catalog.Failed, false},
		{"SELECT", catalog.Cancelled, true},
		{"EXPLAIN", catalog.Succeeded, false},
		{"EXPLAIN ANALYZE", catalog.Succeeded, true},
		{"CREATE TABLE", catalog.Succeeded, false},
		{"SHOW", catalog.Succeeded, false},
	} {
		if got := Charged(c.kind, c.state); got != c.want {
			t.Errorf("%s %s: %v", c.kind, c.state, got)
		}
	}
}

func TestReceiptSaysBytesAndDollars(t *testing.T) {
	e := &catalog.LedgerEntry{BilledBytes: 43_100_000, PartitionsTotal: 730, PartitionsRead: 3, FilesRead: 12}
	e.ChargedBytes, e.MicroDollars = Athena().Charge(e.BilledBytes)
	want := "tarn: scanned 43.1 MB (3/730 partitions, 12 files), charged 44.0 MB = $0.000220"
	if got := Athena().Receipt(e); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
