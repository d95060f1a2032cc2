package system

import (
	"fmt"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
)

func tarnQueries(s *source, yield func(row)) error {
	for e, err := range s.host().Ledger().Entries(s.ctx, time.Time{}) {
		if err != nil {
			return err
		}
		yield(func(c string) (schema.Value, bool) { return queryColumn(c, &e) })
	}
	return nil
}

func queryColumn(c string, e *catalog.LedgerEntry) (schema.Value, bool) {
	switch c {
	case "id":
		return text(e.ID)
	case "user_name":
		return text(e.User)
	case "database":
		return text(e.Database)
	case "application":
		return text(e.Application)
	case "query":
		return text(e.SQL)
	case "kind":
		return text(e.Kind)
	case "state":
		return text(string(e.State))
	case "sqlstate":
		return textOr(e.SQLState)
	case "message":
		return textOr(e.Message)
	case "started":
		return instant(e.Started)
	case "finished":
		return instant(e.Finished)
	case "elapsed":
		if !e.Finished.IsZero() {
			return span(e.Finished.Sub(e.Started))
		}
		return none()
	case "planning":
		return span(e.Planning)
	case "tables":
		return texts(e.Tables)
	case "dollars":
		return text(fmt.Sprintf("%d.%06d", e.MicroDollars/1_000_000, e.MicroDollars%1_000_000))
	case "price":
		return text(e.Price)
	}
	if n, ok := queryCounter(c, e); ok {
		return num(n)
	}
	return none()
}

func queryCounter(c string, e *catalog.LedgerEntry) (int64, bool) {
	n, ok := map[string]int64{
		"rows": e.Rows, "partitions_total": e.PartitionsTotal, "partitions_read": e.PartitionsRead, "files_total": e.FilesTotal,
		"files_read": e.FilesRead, "row_groups_total": e.RowGroupsTotal, "row_groups_read": e.RowGroupsRead,
		"billed_bytes": e.BilledBytes, "fetched_bytes": e.FetchedBytes, "charged_bytes": e.ChargedBytes,
		"micro_dollars": e.MicroDollars, "gets": e.Gets, "lists": e.Lists, "heads": e.Heads, "lookups": e.Lookups,
		"statements": e.Statements, "peak_memory": e.PeakMemory, "spill_bytes": e.SpillBytes,
	}[c]
	return n, ok
}

func tarnCrawlers(s *source, yield func(row)) error {
	return s.withSnapshot(func(snap catalog.Snapshot) error {
		list, err := snap.Crawlers(s.ctx)
		for _, d := range list {
			yield(func(c string) (schema.Value, bool) { return crawlerColumn(c, &d) })
		}
		return err
	})
}

func crawlerColumn(c string, d *catalog.Crawler) (schema.Value, bool) {
	r := &d.LastRun
	switch c {
	case "name":
		return text(d.Name)
	case "targets":
		return texts(d.Targets)
	case "exclude":
		return texts(d.Exclude)
	case "database":
		return text(d.Database)
	case "schedule":
		return textOr(d.Schedule)
	case "last_started":
		return instant(r.Started)
	case "last_elapsed":
		if !r.Started.IsZero() {
			return span(r.Elapsed)
		}
		return none()
	case "last_error":
		return textOr(r.Error)
	}
	n, ok := map[string]int64{"tables_added": r.TablesAdded, "tables_changed": r.TablesChanged, "partitions_added": r.PartitionsAdded,
		"partitions_gone": r.PartitionsGone, "files": r.Files, "bytes": r.Bytes, "lists": r.Lists, "gets": r.Gets}[c]
	if !ok {
		return none()
	}
	return num(n)
}

func (s *source) withSnapshot(f func(catalog.Snapshot) error) error {
	snap, err := s.host().Snapshot(s.ctx)
	if err != nil {
		return err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	return f(snap)
}

// lakeTables calls f for every table of the lake, views left out, with its partitions.
func (s *source) lakeTables(f func(*catalog.Table, []catalog.Partition)) error {
	return s.withSnapshot(func(snap catalog.Snapshot) error {
		databases, err := snap.Databases(s.ctx)
		if err != nil {
			return err
		}
		for _, d := range databases {
			tables, err := snap.Tables(s.ctx, d.Name)
			if err != nil {
				return err
			}
			for _, t := range tables {
				if t.View != "" {
					continue
				}
				set, err := snap.Partitions(s.ctx, t)
				if err != nil {
					return err
				}
				f(t, set.List)
			}
		}
		return nil
	})
}

func tarnTables(s *source, yield func(row)) error {
	return s.lakeTables(func(t *catalog.Table, ps []catalog.Partition) {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "database":
				return text(t.Database)
			case "name":
				return text(t.Name)
			case "format":
				return text(string(t.Storage.Format))
			case "location":
				return text(t.Location)
			case "created_by":
				return text(t.CreatedBy)
			case "created":
				return instant(t.Created)
			case "updated":
				return instant(t.Updated)
			case "rows":
				return known(t.Stats.Rows)
			case "bytes":
				return known(t.Stats.Bytes)
			case "files":
				return known(t.Stats.Files)
			case "row_groups":
				return known(t.Stats.RowGroups)
			case "partitions":
				return num(int64(len(ps)))
			}
			return none()
		})
	})
}

func tarnPartitions(s *source, yield func(row)) error {
	return s.lakeTables(func(t *catalog.Table, ps []catalog.Partition) {
		for _, p := range ps {
			yield(func(c string) (schema.Value, bool) {
				switch c {
				case "database":
					return text(t.Database)
				case "name":
					return text(t.Name)
				case "partition":
					return text(t.PartitionName(p))
				case "location":
					return text(p.Location)
				case "rows":
					return known(p.Stats.Rows)
				case "bytes":
					return known(p.Stats.Bytes)
				case "files":
					return known(p.Stats.Files)
				}
				return none()
			})
		}
	})
}

func tarnSources(s *source, yield func(row)) error {
	return s.withSnapshot(func(snap catalog.Snapshot) error {
		list, err := snap.Sources(s.ctx)
		for _, d := range list {
			yield(func(c string) (schema.Value, bool) {
				switch c {
				case "name":
					return text(d.Name)
				case "connector":
					return text(d.Connector)
				case "created":
					return instant(d.Created)
				}
				return none()
			})
		}
		return err
	})
}
