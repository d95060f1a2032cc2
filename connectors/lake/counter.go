package lake

import (
	"time"

	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// counter writes storage requests into a scan's metrics. Repeated requests reach Request like first ones.
type counter struct{ m *connectors.Metrics }

var _ objstore.Counter = counter{}

// Request implements objstore.Counter.
func (c counter) Request(op objstore.Op) {
	switch op {
	case objstore.OpList:
		c.m.Lists.Add(1)
	case objstore.OpStat:
		c.m.Heads.Add(1)
	case objstore.OpRead:
		c.m.Gets.Add(1)
	}
}

// Fetched implements objstore.Counter.
func (c counter) Fetched(bytes int64) { c.m.FetchedBytes.Add(bytes) }

// Retried implements objstore.Counter.
func (c counter) Retried(objstore.Op, time.Duration) {}
