package lake

import (
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
)

// derived is what is worked out once for a partition set, which the catalog keeps from query to query.
type derived struct {
	folders func() *tree
	keys    func() []connectors.ColumnStatistics
}

// derivedCache keeps it for the sets that were used last.
type derivedCache struct {
	mu    sync.Mutex
	sets  map[*catalog.PartitionSet]*derived
	order []*catalog.PartitionSet
}

const cachedSets = 16

func (c *derivedCache) get(t *catalog.Table, set *catalog.PartitionSet) *derived {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.sets[set]; d != nil {
		return d
	}
	d := &derived{
		folders: sync.OnceValue(func() *tree { return newTree(t, set.List) }),
		keys: sync.OnceValue(func() []connectors.ColumnStatistics {
			out := make([]connectors.ColumnStatistics, len(t.Keys))
			for i := range out {
				out[i] = keyStatistics(set, i)
			}
			return out
		}),
	}
	if c.sets == nil {
		c.sets = map[*catalog.PartitionSet]*derived{}
	}
	if len(c.order) == cachedSets {
		delete(c.sets, c.order[0])
		c.order = c.order[1:]
	}
	c.sets[set] = d
	c.order = append(c.order, set)
	return d
}
