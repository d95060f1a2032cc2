package crawler

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog"
)

// The actions of changes. The last five change nothing in the catalog.
const (
	ActionCreateDatabase = "create database"
	ActionCreateTable    = "create table"
	ActionDropTable      = "drop table"
	ActionAddColumn      = "add column"
	ActionWidenColumn    = "widen column"
	ActionChangeLayout   = "change layout"
	ActionAddPartitions  = "add partitions"
	ActionUpdateParts    = "update partitions"
	ActionDropPartitions = "drop partitions"
	ActionUpdateStats    = "update statistics"
	ActionGone           = "gone"
	ActionKeep           = "keep"
	ActionWarning        = "warning"
	ActionSkip           = "skip"
	ActionNone           = "nothing to do"
)

// Change is one row of PLAN CRAWLER and RUN CRAWLER.
type Change struct {
	// Action is one of the Action constants. Object is what it is about: a table, a column of one, or a key in storage.
	Action, Object string
	// Before and After describe the object; empty where there is none.
	Before, After string
	// Reason is the evidence, for people.
	Reason string
	// Confidence is how sure the crawler is, 0 to 1, in hundredths.
	Confidence float64
}

// Reported says that the change is for people only: applying it does nothing.
func (c Change) Reported() bool { return actionOrder[c.Action] > 0 }

// PlannedTable is what a plan does to one table.
type PlannedTable struct {
	// Table is the definition after the crawl. Its ID is 0 when the table is new.
	Table *catalog.Table
	// Drop says that the table goes.
	Drop bool
	// Alter says that the definition changes, Rebuild that its partition columns do, so that all partitions are replaced.
	Alter, Rebuild bool
	// Add are new partitions, Replace those whose size changed, Remove those that go.
	Add, Replace, Remove []catalog.Partition
}

// changes reports whether applying the table would change the catalog.
func (p *PlannedTable) changes() bool {
	return p.Table.ID == 0 || p.Drop || p.Alter || p.Rebuild || len(p.Add)+len(p.Replace)+len(p.Remove) > 0
}

// Plan is the outcome of a crawl before it is applied.
type Plan struct {
	// Changes are for people, warnings last.
	Changes []Change
	// Tables are those that change.
	Tables []PlannedTable
	// CreateDatabase says that the crawler's database does not exist yet.
	CreateDatabase bool
	// TablesAdded, TablesChanged, PartitionsAdded and PartitionsGone count. Gone are also those that stay in the catalog.
	TablesAdded, TablesChanged, PartitionsAdded, PartitionsGone int64
	// Files and Bytes are the data found; Lists and Gets the requests that it took.
	Files, Bytes, Lists, Gets int64
	// base is the catalog version that the plan was made against.
	base catalog.Version
}

// Empty reports whether applying the plan would change nothing.
func (p *Plan) Empty() bool { return !p.CreateDatabase && len(p.Tables) == 0 }

// note adds a change. Keys of objects may be any bytes; people read text.
func (p *Plan) note(c Change) {
	for _, s := range []*string{&c.Object, &c.Before, &c.After, &c.Reason} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	c.Confidence = math.Round(c.Confidence*100) / 100
	p.Changes = append(p.Changes, c)
}

// actionOrder has the actions that are only reported, in the order in which people read them.
var actionOrder = map[string]int{ActionNone: 1, ActionGone: 2, ActionKeep: 3, ActionSkip: 4, ActionWarning: 5}

// order puts what is only reported behind what changes, and keeps the order otherwise.
func (p *Plan) order() {
	slices.SortStableFunc(p.Changes, func(a, b Change) int { return cmp.Compare(actionOrder[a.Action], actionOrder[b.Action]) })
}

// Progress is the state of a running crawl.
type Progress struct {
	Crawler string
	// Phase is "listing", "sampling" or "applying".
	Phase string
	// Folders, Files and Bytes are what was listed so far, Sampled the files looked into, Tables the tables found.
	Folders, Files, Bytes, Sampled, Tables int64
}
