package demolake

import (
	"context"
	"math/rand/v2"
	"time"
)

// telemetryPerDay is at scale 1: one report every six minutes.
const telemetryPerDay = 240

// telemetry writes one file for each gateway that was awake.
func (g *generator) telemetry(ctx context.Context, day int) error {
	date := g.date(day)
	for i := range gatewayCount {
		if g.silentDay("gateway", i, day) {
			continue
		}
		data, rows := g.reports(i, day, date)
		if rows == 0 {
			continue
		}
		key := "telemetry/" + date.Format("2006/01/02") + "/" + gatewayID(i) + "/telemetry.jsonl"
		if err := g.write(ctx, Telemetry, key, data, rows); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) reports(i, day int, date time.Time) (data []byte, rows int) {
	r := stream(g.o.Seed, "telemetry", day, i)
	n := max(1, int(telemetryPerDay*g.o.Scale))
	step := 24 * time.Hour / time.Duration(n)
	from, to := g.silentHours("gateway", i, day)
	version := firmware[min(len(firmware)-2, day/25)]
	j := jsonLine{b: make([]byte, 0, n*260)}
	for k := range n {
		at := date.Add(time.Duration(k)*step + time.Duration(r.IntN(4000))*time.Millisecond)
		if h := at.Hour(); h >= from && h < to {
			continue
		}
		report(r, &j, gatewayID(i), version, int64(day*n+k), at)
		rows++
	}
	return j.b, rows
}

var linkTags = []string{"edge", "cold-chain", "lte", "roaming", "prod", "überwacht"}

func report(r *rand.Rand, j *jsonLine, device, version string, seq int64, at time.Time) {
	j.open('{')
	j.text("device", device)
	j.time("ts", at)
	j.int("seq", seq)
	j.text("firmware", version)
	if chance(r, 0.98) {
		j.cents("cpu_pct", int64(200+r.IntN(6000)))
	}
	j.key("memory")
	j.open('{')
	used := int64(120+r.IntN(300)) << 20
	j.int("used", used)
	j.int("free", 512<<20-used)
	j.close('}')
	if chance(r, 0.93) { // offline at the time: no such key
		j.key("net")
		j.open('{')
		j.text("iface", []string{"eth0", "wwan0"}[pick(r, []int{7, 3}, 10)])
		j.int("rx_bytes", int64(r.IntN(9_000_000)))
		j.int("tx_bytes", int64(r.IntN(2_000_000)))
		if chance(r, 0.5) {
			j.int("rssi", int64(-50-r.IntN(60)))
		}
		j.close('}')
	}
	j.key("temps")
	j.open('[')
	for range 1 + r.IntN(4) {
		j.sep()
		j.b = appendCents(j.b, int64(3500+r.IntN(2500)))
	}
	j.close(']')
	if chance(r, 0.6) {
		j.key("tags")
		j.open('[')
		for range r.IntN(4) {
			j.str(oneOf(r, linkTags))
		}
		j.close(']')
	}
	switch {
	case chance(r, 0.02):
		j.text("error", oneOf(r, []string{"disk \"data\" nearly full", "ntp: no reply", "modem reset\nretry 3", "Zeitüberschreitung"}))
	case chance(r, 0.1):
		j.null("error")
	}
	j.end()
}
