package lake_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// projectedTable makes a table whose partitions are computed; properties are "name=value" lines.
func (w *world) projectedTable(name, keys, properties string) {
	w.t.Helper()
	p := map[string]string{"projection.enabled": "true"}
	for line := range strings.Lines(properties) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			p[k] = v
		}
	}
	w.update(func(tx catalog.Tx) error {
		return tx.CreateTable(context.Background(), &catalog.Table{
			Database: "public", Name: name, Location: "mem://b/" + name + "/", Columns: columns(w.t, "a bigint"), Keys: columns(w.t, keys),
			Storage: catalog.Storage{Format: catalog.CSV, FixedHeader: true}, Properties: p,
		})
	})
}

func TestPartitionProjection(t *testing.T) {
	w := newWorld(t)
	w.projectedTable("days", "day varchar; region varchar; n integer", `
		projection.day.type=date
		projection.day.range=2026/01/30,NOW-1DAYS
		projection.day.format=yyyy/MM/dd
		projection.region.type=enum
		projection.region.values=eu, us
		projection.n.type=integer
		projection.n.range=8,10
		projection.n.digits=3
		storage.location.template=mem://b/days/${region}/${day}/${n}`)
	w.put("days/eu/2026/01/31/008/f", "1\n")
	w.put("days/us/2026/02/01/010/f", "2\n")
	w.put("days/us/2026/02/01/011/f", "3\n") // out of range
	w.put("days/us/2026/02/02/010/f", "4\n") // not yet
	s := w.statement("days")
	s.query.Start = time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC)
	all := s.scan("a day region n", connectors.ScanRequest{})
	if got := property(all, "Partitions"); got != "18/18" {
		t.Errorf("partitions %s", got)
	}
	s.expect(all, "1|2026/01/31|eu|8", "2|2026/02/01|us|10")
	one := s.scan("a", connectors.ScanRequest{Filters: []connectors.Filter{
		s.filter("day", func(v []string) bool { return v[0] > "2026/01/31" }), s.filter("region n", func(v []string) bool { return v[0] == "us" && v[1] == "10" }),
	}})
	if got := property(one, "Partitions"); got != "1/18" {
		t.Errorf("partitions %s", got)
	}
	s.expect(one, "2")
}

func TestProjectionOfDatesAndHours(t *testing.T) {
	w := newWorld(t)
	w.projectedTable("hours", "at timestamp; dt date", `
		projection.at.type=date
		projection.at.range=2026-01-01-00,2026-01-02-12
		projection.at.format=yyyy-MM-dd-HH
		projection.at.interval=6
		projection.at.interval.unit=HOURS
		projection.dt.type=date
		projection.dt.range=2025-12-01,2026-02-01
		projection.dt.format=yyyy-MM-dd
		projection.dt.interval=1
		projection.dt.interval.unit=MONTHS`)
	w.put("hours/at=2026-01-01-18/dt=2026-01-01/f", "1\n")
	s := w.statement("hours")
	sc := s.scan("a at dt", connectors.ScanRequest{})
	if got := property(sc, "Partitions"); got != "21/21" {
		t.Errorf("partitions %s", got)
	}
	s.expect(sc, "1|2026-01-01 18:00:00|2026-01-01")
}

func TestInjectedProjection(t *testing.T) {
	w := newWorld(t)
	w.projectedTable("devices", "device varchar", "projection.device.type=injected")
	w.put("devices/device=d7/f", "7\n")
	s := w.statement("devices")
	f := s.filter("device", func(v []string) bool { return v[0] == "d7" })
	f.Predicates = []connectors.Predicate{{Column: s.ordinal("device"), Op: connectors.Eq, Values: []schema.Value{schema.TextValue("d7")}}}
	s.expect(s.scan("a device", connectors.ScanRequest{Filters: []connectors.Filter{f}}), "7|d7")
	_, err := s.table.Scan(context.Background(), connectors.ScanRequest{Query: s.query, Metrics: s.metrics})
	if e := sqlerr.As(err); e == nil || !strings.Contains(e.Message, "device") {
		t.Errorf("without a filter: %v", err)
	}
}

func TestProjectionErrorsNameTheProperty(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ properties, want string }{
		"no_type":  {"", "projection.k.type"},
		"bad_type": {"projection.k.type=list", "projection.k.type"},
		"values":   {"projection.k.type=enum", "projection.k.values"},
		"range":    {"projection.k.type=integer\nprojection.k.range=5", "projection.k.range"},
		"descends": {"projection.k.type=integer\nprojection.k.range=5,1", "projection.k.range"},
		"huge":     {"projection.k.type=integer\nprojection.k.range=0,9223372036854775807", "too many"},
		"format":   {"projection.k.type=date\nprojection.k.range=NOW-1DAYS,NOW\nprojection.k.format=QQ", "projection.k.format"},
		"moment":   {"projection.k.type=date\nprojection.k.range=yesterday,NOW\nprojection.k.format=yyyy", "projection.k.range"},
		"template": {"projection.k.type=enum\nprojection.k.values=1\nstorage.location.template=mem://b/x/", "storage.location.template"},
	} {
		w.projectedTable(name, "k integer", c.properties)
		s := w.statement(name)
		_, err := s.table.Scan(context.Background(), connectors.ScanRequest{Query: s.query, Metrics: s.metrics})
		if e := sqlerr.As(err); e == nil || !strings.Contains(e.Message, c.want) || e.Code == sqlerr.InternalError {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
