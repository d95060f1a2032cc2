package session

import (
	"context"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Storage resolves a location to its store.
type Storage = lake.Stores

// repairTable runs MSCK REPAIR TABLE: it adds partitions whose key=value folders exist and drops those whose do not.
func (s *Session) repairTable(ctx context.Context, st *parser.RepairTable) (*Result, error) {
	t, err := s.lakeTable(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	if len(t.Keys) == 0 {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "%q is not a partitioned table", t.Name).At(st.Pos())
	}
	if t.Properties["tarn.layout"] != "" {
		return nil, sqlerr.New(sqlerr.WrongObjectType, "the partitions of %q were found by a crawler, whose folders are not of the form key=value", t.Name).
			At(st.Pos()).WithHint("run the crawler again: RUN CRAWLER, or tarn crawl")
	}
	found, err := lake.DiscoverPartitions(ctx, s.engine.Stores, t)
	if err != nil {
		return nil, err
	}
	r, err := s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		set, err := tx.Partitions(ctx, t)
		if err != nil {
			return err
		}
		if st.Mode != parser.RepairDrop {
			add := missingFrom(found, set.List)
			if err := tx.AddPartitions(ctx, t, add, false); err != nil {
				return err
			}
			s.noticeRepaired("added", t, add)
		}
		if st.Mode != parser.RepairAdd {
			gone, err := lake.WithoutFiles(ctx, s.engine.Stores, t, missingFrom(set.List, found))
			if err != nil {
				return err
			}
			if _, err := tx.DropPartitions(ctx, t, gone); err != nil {
				return err
			}
			s.noticeRepaired("dropped", t, gone)
		}
		return nil
	})
	return r, err
}

// missingFrom returns the partitions of list that are not in the other one.
func missingFrom(list, other []catalog.Partition) []catalog.Partition {
	have := make(map[string]bool, len(other))
	for _, p := range other {
		have[partitionIdentity(p)] = true
	}
	var out []catalog.Partition
	for _, p := range list {
		if !have[partitionIdentity(p)] {
			out = append(out, p)
		}
	}
	return out
}

func partitionIdentity(p catalog.Partition) string {
	id := ""
	for _, v := range p.Values {
		id += v.Literal() + "\x00"
	}
	return id
}

func (s *Session) noticeRepaired(verb string, t *catalog.Table, ps []catalog.Partition) {
	if len(ps) == 0 {
		return
	}
	s.notice(Note, "00000", "%s %d partitions of %s, the first is %s", verb, len(ps), t.Name, t.PartitionName(ps[0]))
}

// analyze runs ANALYZE. Statistics of lake tables come from crawls; it refreshes what the connector caches.
func (s *Session) analyze(ctx context.Context, st *parser.Analyze) (*Result, error) {
	for _, target := range st.Tables {
		if err := s.exists(ctx, target.Name, target.Pos()); err != nil {
			return nil, err
		}
	}
	s.notice(Note, "00000", "statistics of lake tables are gathered by crawls; run the crawler to refresh them")
	return command("ANALYZE"), nil
}

// vacuum runs VACUUM: the lake's files have nothing to reclaim.
func (s *Session) vacuum(ctx context.Context, st *parser.Vacuum) (*Result, error) {
	if s.tx.open {
		return nil, sqlerr.New(sqlerr.ActiveTransaction, "VACUUM cannot run inside a transaction block")
	}
	for _, target := range st.Tables {
		if err := s.exists(ctx, target.Name, 0); err != nil {
			return nil, err
		}
	}
	return command("VACUUM"), nil
}
