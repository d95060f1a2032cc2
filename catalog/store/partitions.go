package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Partitions returns the partitions of a table in the order of their values.
func (s *snapshot) Partitions(ctx context.Context, t *catalog.Table) (*catalog.PartitionSet, error) {
	// A transaction sees its own changes, which nobody else may; and a table of another snapshot says nothing of this one's
	// partitions.
	shared := s.from == querier(s.store.read)
	if own, ok := s.state.tables[tableKey{t.Database, t.Name}]; ok && own.ID == t.ID {
		t = own
	} else {
		shared = false
	}
	if shared {
		if p := s.store.cache.partitions(t.ID, t.Version); p != nil {
			return p, nil
		}
	}
	list, err := s.readPartitions(ctx, t)
	if err != nil {
		return nil, err
	}
	set := arrange(t, list)
	if shared {
		s.store.cache.putPartitions(t.ID, t.Version, set)
	}
	return set, nil
}

func (s *snapshot) readPartitions(ctx context.Context, t *catalog.Table) ([]catalog.Partition, error) {
	rows, err := s.from.QueryContext(ctx,
		"SELECT vals, location, row_count, bytes, files FROM partitions WHERE table_id = ? AND since <= ? AND until > ?",
		t.ID, s.state.version, s.state.version)
	if err != nil {
		return nil, s.store.fault("read", err)
	}
	defer rows.Close() //nolint:errcheck // Err tells what Close would
	var list []catalog.Partition
	for rows.Next() {
		var vals string
		var p catalog.Partition
		if err := rows.Scan(&vals, &p.Location, &p.Stats.Rows, &p.Stats.Bytes, &p.Stats.Files); err != nil {
			return nil, s.store.fault("read", err)
		}
		if p.Values, err = decodeValues(t.Keys, vals); err != nil {
			return nil, sqlerr.New(sqlerr.DataCorrupted, "a partition of %s.%s cannot be read: %w", t.Database, t.Name, err)
		}
		list = append(list, p)
	}
	return list, s.store.fault("read", rows.Err())
}

// arrange sorts partitions by their values and makes the columns of the values.
func arrange(t *catalog.Table, list []catalog.Partition) *catalog.PartitionSet {
	slices.SortFunc(list, func(a, b catalog.Partition) int {
		for i := range a.Values {
			if c := a.Values[i].Compare(b.Values[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	set := &catalog.PartitionSet{List: list, Keys: make([]vector.Vector, len(t.Keys))}
	for i, k := range t.Keys {
		b := vector.NewBuilder(k.Type, len(list))
		for _, p := range list {
			b.AppendValue(p.Values[i])
		}
		set.Keys[i] = b.Build()
	}
	return set
}

// encodeValues returns the values as a JSON array of texts, NULL as null: the identity of a partition within its table.
// Numbers of the physical form are used, so that no rounding and no time zone comes in.
func encodeValues(keys []catalog.Column, values []schema.Value) (string, error) {
	if len(values) != len(keys) {
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "a partition has %d values, the table has %d partition columns", len(values), len(keys))
	}
	out := make([]*string, len(values))
	for i, v := range values {
		if !v.Valid {
			continue
		}
		var s string
		switch keys[i].Type.Physical() {
		case schema.PhysBytes:
			s = v.S
		case schema.PhysBool, schema.PhysInt32, schema.PhysInt64:
			s = strconv.FormatInt(v.I, 10)
		default:
			return "", sqlerr.Unsupported("a partition column of type %s", keys[i].Type)
		}
		out[i] = &s
	}
	b, err := json.Marshal(out)
	return string(b), err
}

func decodeValues(keys []catalog.Column, text string) ([]schema.Value, error) {
	var in []*string
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, err
	}
	if len(in) != len(keys) {
		return nil, sqlerr.New(sqlerr.DataCorrupted, "%d values for %d partition columns", len(in), len(keys))
	}
	out := make([]schema.Value, len(in))
	for i, s := range in {
		t := keys[i].Type
		switch {
		case s == nil:
			out[i] = schema.NullOf(t)
		case t.Physical() == schema.PhysBytes:
			out[i] = schema.StringValue(t, *s)
		default:
			n, err := strconv.ParseInt(*s, 10, 64)
			if err != nil {
				return nil, err
			}
			out[i] = schema.IntValue(t, n)
		}
	}
	return out, nil
}
