package demolake

import (
	"iter"
	"strconv"
	"time"
)

// The sizes of the fleet.
const (
	sensorCount  = 24
	gatewayCount = 12
)

// Device is an entry of the device registry, the contents of the key-value store. Its row key is ID.
type Device struct {
	// ID is the name of the device's folder in the lake: "sensor-07" or "gw-03".
	ID string
	// Kind is "sensor" or "gateway".
	Kind  string
	Model string
	// Site is where the device stands.
	Site      string
	Installed time.Time
	// Firmware is empty for devices that never reported: no cell.
	Firmware string
	// Attributes are further cells; devices have different ones.
	Attributes map[string]string
}

var (
	sites    = []string{"Hamburg Kühlhaus 1", "Hamburg Kühlhaus 2", "Łódź hub", "Paris Rungis", "Malmö öst", "São Paulo"}
	models   = []string{"TH-100", "TH-200", "TH-200X"}
	firmware = []string{"1.4.2", "1.5.0", "1.5.1", "2.0.0-rc1"}
)

// sensorID and gatewayID name the devices, from 0 on.
func sensorID(i int) string  { return "sensor-" + string(appendPadded(nil, i+1, 2)) }
func gatewayID(i int) string { return "gw-" + string(appendPadded(nil, i+1, 2)) }

// siteOf gives each site its share of devices.
func siteOf(i int) string { return sites[i%len(sites)] }

// Devices yields the registry in the order of the ids: gateways, then sensors. Two entries have no data in the lake,
// because the devices were never switched on.
func Devices(o Options) iter.Seq[Device] {
	o = o.withDefaults()
	return func(yield func(Device) bool) {
		for i := range gatewayCount + 1 {
			if !yield(device(o, gatewayID(i), "gateway", i, 1000)) {
				return
			}
		}
		for i := range sensorCount + 1 {
			if !yield(device(o, sensorID(i), "sensor", i, 0)) {
				return
			}
		}
	}
}

func device(o Options, id, kind string, i, salt int) Device {
	r := stream(o.Seed, "device", i, salt)
	d := Device{ID: id, Kind: kind, Site: siteOf(i), Attributes: map[string]string{}}
	switch kind {
	case "gateway":
		d.Model = "EdgeBox " + oneOf(r, []string{"S", "M"})
		d.Attributes["uplink"] = oneOf(r, []string{"lte", "ethernet"})
	default:
		d.Model = oneOf(r, models)
		d.Attributes["channel"] = strconv.Itoa(1 + r.IntN(8))
		d.Attributes["gateway"] = gatewayID(i % gatewayCount)
	}
	d.Installed = o.Start().AddDate(0, 0, -10-r.IntN(700))
	if first := firstDay(i); kind == "sensor" && first > 0 {
		d.Installed = o.Start().AddDate(0, 0, first)
	}
	if chance(r, 0.9) {
		d.Firmware = oneOf(r, firmware)
	}
	if chance(r, 0.4) {
		d.Attributes["calibrated_on"] = d.Installed.AddDate(0, 0, r.IntN(9)).Format(time.DateOnly)
	}
	if chance(r, 0.25) {
		d.Attributes["note"] = oneOf(r, []string{"Tür klemmt", "battery replaced", "remplacé en mars", "near the door, draughty"})
	}
	return d
}

// firstDay and lastDay bound the life of a sensor: one is installed late, one breaks for good.
func firstDay(sensor int) int {
	if sensor == 7 {
		return 20
	}
	return 0
}

func lastDay(sensor int) int {
	if sensor == 11 {
		return 44
	}
	return 1 << 30
}

// silentDay says that a device sent nothing on a day: an outage of one device over several days, and single days.
func (g *generator) silentDay(kind string, i, day int) bool {
	if kind == "sensor" {
		if day < firstDay(i) || day > lastDay(i) || i == 3 && day >= 30 && day <= 36 {
			return true
		}
	}
	return attribute(g.o.Seed, kind+" silent day", i*10_000+day)%100 < 3
}

// silentHours is a gap within a day: [from, to) in hours, empty for most days.
func (g *generator) silentHours(kind string, i, day int) (from, to int) {
	h := attribute(g.o.Seed, kind+" silent hours", i*10_000+day)
	if h%100 >= 6 {
		return 0, 0
	}
	from = int(h >> 8 % 20)
	return from, from + 1 + int(h>>32%4)
}
