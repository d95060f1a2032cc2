package store

import (
	"context"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// CreateTable adds a table and gives it an ID.
func (t *tx) CreateTable(ctx context.Context, table *catalog.Table) error {
	if _, err := t.Database(ctx, table.Database); err != nil {
		return err
	}
	if _, ok := t.state.tables[tableKey{table.Database, table.Name}]; ok {
		return duplicateTable(table)
	}
	id, err := t.nextID(ctx)
	if err != nil {
		return err
	}
	table.ID, table.Created = id, time.Now()
	return t.putTable(ctx, table)
}

func duplicateTable(table *catalog.Table) error {
	err := sqlerr.New(sqlerr.DuplicateTable, "relation %q already exists", table.Name)
	err.Schema, err.Table = table.Database, table.Name
	return err
}

func (t *tx) nextID(ctx context.Context) (int64, error) {
	var id int64
	err := t.sql.QueryRowContext(ctx, `INSERT INTO counters VALUES ('table', ?)
		ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`, firstID).Scan(&id)
	return id, t.store.fault("change", err)
}

// AlterTable replaces a table's definition; the table may move to another name.
func (t *tx) AlterTable(ctx context.Context, table *catalog.Table) error {
	old := t.tableByID(table.ID)
	if old == nil {
		return sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table.Name)
	}
	was, is := tableKey{old.Database, old.Name}, tableKey{table.Database, table.Name}
	if was != is {
		if _, err := t.Database(ctx, table.Database); err != nil {
			return err
		}
		if _, taken := t.state.tables[is]; taken {
			return duplicateTable(table)
		}
		delete(t.state.tables, was)
		if err := t.remove(ctx, kindTable, was.objectName()); err != nil {
			return err
		}
	}
	return t.putTable(ctx, table)
}

func (t *tx) tableByID(id int64) *catalog.Table {
	for _, table := range t.state.tables {
		if table.ID == id {
			return table
		}
	}
	return nil
}

func (t *tx) putTable(ctx context.Context, table *catalog.Table) error {
	table.Updated, table.Version = time.Now(), t.state.version
	stored := *table
	key := tableKey{table.Database, table.Name}
	t.state.tables[key] = &stored
	t.touched[table.ID] = true
	return t.put(ctx, kindTable, key.objectName(), &stored)
}

// DropTable removes a table and its partitions.
func (t *tx) DropTable(ctx context.Context, database, name string) error {
	table, err := t.Table(ctx, database, name)
	if err != nil {
		return err
	}
	key := tableKey{database, name}
	delete(t.state.tables, key)
	if err := t.endPartitions(ctx, table.ID, "1 = 1"); err != nil {
		return err
	}
	return t.remove(ctx, kindTable, key.objectName())
}

// endPartitions ends the partitions of a table that meet a condition with the version before.
func (t *tx) endPartitions(ctx context.Context, table int64, cond string, args ...any) error {
	for _, stmt := range []string{
		"DELETE FROM partitions WHERE since = ?1 AND table_id = ?2 AND until = ?3 AND ",
		"UPDATE partitions SET until = ?1 WHERE table_id = ?2 AND until = ?3 AND ",
	} {
		all := append([]any{t.state.version, table, int64(forever)}, args...)
		if _, err := t.sql.ExecContext(ctx, stmt+cond, all...); err != nil {
			return t.store.fault("change", err)
		}
	}
	return nil
}

// AddPartitions adds or replaces partitions.
func (t *tx) AddPartitions(ctx context.Context, table *catalog.Table, ps []catalog.Partition, replace bool) error {
	if len(ps) == 0 {
		return nil
	}
	current, err := t.bump(ctx, table)
	if err != nil {
		return err
	}
	insert, err := t.sql.PrepareContext(ctx, "INSERT INTO partitions VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return t.store.fault("change", err)
	}
	defer insert.Close() //nolint:errcheck // the transaction's end tells
	for i := range ps {
		vals, err := encodeValues(current.Keys, ps[i].Values)
		if err != nil {
			return err
		}
		if err := t.makeRoom(ctx, current, vals, replace); err != nil {
			return err
		}
		st := ps[i].Stats
		if _, err := insert.ExecContext(ctx, current.ID, vals, ps[i].Location, st.Rows, st.Bytes, st.Files, t.state.version, int64(forever)); err != nil {
			return t.store.fault("change", err)
		}
	}
	return nil
}

// makeRoom ends the partition with the given values, or refuses.
func (t *tx) makeRoom(ctx context.Context, table *catalog.Table, vals string, replace bool) error {
	var n int
	err := t.sql.QueryRowContext(ctx, "SELECT count(*) FROM partitions WHERE table_id = ? AND vals = ? AND until = ?",
		table.ID, vals, int64(forever)).Scan(&n)
	switch {
	case err != nil:
		return t.store.fault("change", err)
	case n == 0:
		return nil
	case !replace:
		return sqlerr.New(sqlerr.DuplicateObject, "partition %s of %s.%s already exists", vals, table.Database, table.Name).
			WithHint("use ADD IF NOT EXISTS PARTITION")
	}
	return t.endPartitions(ctx, table.ID, "vals = ?4", vals)
}

// bump makes this version the one that last changed the table, so that caches of its partitions are not used.
func (t *tx) bump(ctx context.Context, table *catalog.Table) (*catalog.Table, error) {
	current := t.tableByID(table.ID)
	if current == nil {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", table.Name)
	}
	if t.touched[current.ID] {
		return current, nil
	}
	next := *current
	return &next, t.putTable(ctx, &next)
}

// DropPartitions removes partitions by their values.
func (t *tx) DropPartitions(ctx context.Context, table *catalog.Table, ps []catalog.Partition) (int, error) {
	if len(ps) == 0 {
		return 0, nil
	}
	current, err := t.bump(ctx, table)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range ps {
		vals, err := encodeValues(current.Keys, ps[i].Values)
		if err != nil {
			return n, err
		}
		var have int
		if err := t.sql.QueryRowContext(ctx, "SELECT count(*) FROM partitions WHERE table_id = ? AND vals = ? AND until = ?",
			current.ID, vals, int64(forever)).Scan(&have); err != nil {
			return n, t.store.fault("change", err)
		}
		n += have
		if have > 0 {
			if err := t.endPartitions(ctx, current.ID, "vals = ?4", vals); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}
