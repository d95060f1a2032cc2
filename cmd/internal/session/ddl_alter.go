package session

import (
	"context"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// alterTable runs ALTER TABLE.
func (s *Session) alterTable(ctx context.Context, st *parser.AlterTable) (*Result, error) {
	database, name, err := s.lakeName(ctx, st.Name, st.Pos())
	if err != nil {
		return nil, err
	}
	return s.change(ctx, st.Tag(), func(tx catalog.Tx) error {
		t, err := tx.Table(ctx, database, name)
		if err != nil {
			if st.IfExists && sqlerr.Is(err, sqlerr.UndefinedTable) {
				s.notice(Note, "00000", "relation %q does not exist, skipping", name)
				return nil
			}
			return err
		}
		next := *t
		return s.alter(ctx, tx, &next, st.Action)
	})
}

func (s *Session) alter(ctx context.Context, tx catalog.Tx, t *catalog.Table, action parser.AlterAction) error {
	switch a := action.(type) {
	case *parser.AddPartitions:
		return s.addPartitions(ctx, tx, t, a)
	case *parser.DropPartitions:
		return s.dropPartitions(ctx, tx, t, a)
	case *parser.RenamePartition:
		return s.renamePartition(ctx, tx, t, a)
	case *parser.SetLocation:
		if a.Partition != nil {
			return s.movePartition(ctx, tx, t, a)
		}
		t.Location = folder(a.Location)
	case *parser.SetTableProperties:
		t.Properties = mergeProperties(t.Properties, a.Properties, a.Unset)
		if err := storageProperties(&t.Storage, a); err != nil {
			return err
		}
	case *parser.RenameTable:
		database, name, err := s.lakeName(ctx, a.To, a.Pos())
		if err != nil {
			return err
		}
		if len(a.To) == 1 {
			database = t.Database
		}
		t.Database, t.Name = database, name
	default:
		if err := alterColumns(t, action); err != nil {
			return err
		}
	}
	return tx.AlterTable(ctx, t)
}

// storageProperties applies changed properties that say how files are read.
func storageProperties(s *catalog.Storage, a *parser.SetTableProperties) error {
	props := properties(a.Properties)
	if !a.Unset {
		if err := textProperties(s, props); err != nil {
			return sqlerr.As(err).At(a.Pos())
		}
		return nil
	}
	if _, ok := props["skip.header.line.count"]; ok {
		s.HeaderLines = 0
	}
	if _, ok := props["serialization.null.format"]; ok {
		s.NullText = ""
	}
	return nil
}

func alterColumns(t *catalog.Table, action parser.AlterAction) error {
	t.Columns = slices.Clone(t.Columns)
	switch a := action.(type) {
	case *parser.AddColumns:
		cols, err := columnDefs(a.Columns)
		if err != nil {
			return err
		}
		for _, c := range cols {
			if a.IfNotExists && columnIndex(t.AllColumns(), c.Name) >= 0 {
				continue
			}
			t.Columns = append(t.Columns, c)
		}
	case *parser.ReplaceColumns:
		cols, err := columnDefs(a.Columns)
		if err != nil {
			return err
		}
		t.Columns = cols
	case *parser.ChangeColumn:
		i := columnIndex(t.Columns, strings.ToLower(a.Old))
		if i < 0 {
			return missingColumn(a.Old, t, a.Pos())
		}
		cols, err := columnDefs([]parser.ColumnDef{a.New})
		if err != nil {
			return err
		}
		if cols[0].Source == "" && cols[0].Name != t.Columns[i].Name {
			cols[0].Source = sourceName(t.Columns[i])
		}
		t.Columns[i] = cols[0]
		if err := moveColumn(t, i, a); err != nil {
			return err
		}
	case *parser.RenameColumn:
		i := columnIndex(t.Columns, a.Old)
		if i < 0 {
			return missingColumn(a.Old, t, a.Pos())
		}
		t.Columns[i].Source = sourceName(t.Columns[i])
		t.Columns[i].Name = a.New
	case *parser.DropColumn:
		i := columnIndex(t.Columns, a.Name)
		if i < 0 && !a.IfExists {
			return missingColumn(a.Name, t, a.Pos())
		}
		if i >= 0 {
			t.Columns = slices.Delete(t.Columns, i, i+1)
		}
	case *parser.OtherAlter:
		return sqlerr.Unsupported("ALTER TABLE %s", a.Action).At(a.Pos())
	default:
		return sqlerr.Unsupported("this form of ALTER TABLE").At(action.Pos())
	}
	t.Stats.Columns = nil // they are by position
	return checkDistinct(t, action.Pos())
}

// moveColumn puts the changed column i where FIRST or AFTER says.
func moveColumn(t *catalog.Table, i int, a *parser.ChangeColumn) error {
	to := 0
	if !a.First {
		if a.After == "" {
			return nil
		}
		after := columnIndex(t.Columns, strings.ToLower(a.After))
		if after < 0 || after == i {
			return missingColumn(a.After, t, a.Pos())
		}
		if to = after; after < i {
			to++
		}
	}
	c := t.Columns[i]
	t.Columns = slices.Insert(slices.Delete(t.Columns, i, i+1), to, c)
	return nil
}

func sourceName(c catalog.Column) string {
	if c.Source != "" {
		return c.Source
	}
	return c.Name
}

func columnIndex(cols []catalog.Column, name string) int {
	return slices.IndexFunc(cols, func(c catalog.Column) bool { return c.Name == name })
}

func missingColumn(name string, t *catalog.Table, pos int) error {
	var known []string
	for _, c := range t.AllColumns() {
		known = append(known, c.Name)
	}
	err := sqlerr.New(sqlerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name).At(pos)
	if best := sqlerr.Nearest(name, known); best != "" {
		return err.WithHint("Perhaps you meant to reference the column %q.", best)
	}
	return err
}

// partitionOf evaluates a partition specification; every key must be given.
func (s *Session) partitionOf(ctx context.Context, t *catalog.Table, spec parser.PartitionSpec) (catalog.Partition, error) {
	p := catalog.Partition{Values: make([]schema.Value, len(t.Keys)), Location: folder(spec.Location),
		Stats: catalog.PartitionStats{Rows: -1, Bytes: -1, Files: -1}}
	given := make([]bool, len(t.Keys))
	for _, v := range spec.Values {
		i := columnIndex(t.Keys, strings.ToLower(v.Column))
		if i < 0 {
			return p, sqlerr.New(sqlerr.UndefinedColumn, "%q is not a partition column of %q", v.Column, t.Name).At(v.Pos()).
				WithHint("its partition columns are %s", keyNames(t))
		}
		value, err := s.partitionValue(ctx, v, t.Keys[i].Type)
		if err != nil {
			return p, err
		}
		p.Values[i], given[i] = value, true
	}
	if i := slices.Index(given, false); i >= 0 {
		return p, sqlerr.New(sqlerr.SyntaxError, "the partition needs a value of %q", t.Keys[i].Name).At(spec.Pos())
	}
	if p.Location == "" {
		p.Location = folder(folder(t.Location) + t.PartitionName(p))
	}
	return p, nil
}

func keyNames(t *catalog.Table) string {
	names := make([]string, len(t.Keys))
	for i, k := range t.Keys {
		names[i] = k.Name
	}
	return strings.Join(names, ", ")
}

func (s *Session) partitionValue(ctx context.Context, v parser.PartitionValue, t schema.Type) (schema.Value, error) {
	if v.Value == nil {
		return schema.Value{}, sqlerr.New(sqlerr.SyntaxError, "partition column %q needs a value", v.Column).At(v.Pos())
	}
	q, err := s.newQuery(ctx, s.engine.queryID())
	if err != nil {
		return schema.Value{}, err
	}
	defer q.Close()
	return planner.Evaluate(ctx, s.environment(q, nil), v.Value, t)
}

func (s *Session) addPartitions(ctx context.Context, tx catalog.Tx, t *catalog.Table, a *parser.AddPartitions) error {
	if len(t.Keys) == 0 {
		return sqlerr.New(sqlerr.WrongObjectType, "%q is not a partitioned table", t.Name).At(a.Pos())
	}
	set, err := tx.Partitions(ctx, t)
	if err != nil {
		return err
	}
	var add []catalog.Partition
	for _, spec := range a.Partitions {
		p, err := s.partitionOf(ctx, t, spec)
		if err != nil {
			return err
		}
		if a.IfNotExists && (hasPartition(set.List, p) || hasPartition(add, p)) {
			continue
		}
		add = append(add, p)
	}
	return tx.AddPartitions(ctx, t, add, false)
}

func hasPartition(list []catalog.Partition, p catalog.Partition) bool {
	return slices.ContainsFunc(list, func(q catalog.Partition) bool { return samePartition(p, q) })
}

func samePartition(p, q catalog.Partition) bool {
	return slices.EqualFunc(p.Values, q.Values, func(a, b schema.Value) bool { return a.Compare(b) == 0 })
}

// dropPartitions drops all partitions that meet each specification, which may compare with any operator and leave keys
// out.
func (s *Session) dropPartitions(ctx context.Context, tx catalog.Tx, t *catalog.Table, a *parser.DropPartitions) error {
	set, err := tx.Partitions(ctx, t)
	if err != nil {
		return err
	}
	var drop []catalog.Partition
	for _, spec := range a.Partitions {
		n := len(drop)
		for _, p := range set.List {
			ok, err := s.meets(ctx, t, p, spec.Values)
			if err != nil {
				return err
			}
			if ok {
				drop = append(drop, p)
			}
		}
		if len(drop) == n && !a.IfExists {
			return sqlerr.New(sqlerr.UndefinedObject, "no partition of %q meets the specification", t.Name).At(spec.Pos()).
				WithHint("SHOW PARTITIONS %s lists them; DROP IF EXISTS ignores missing ones", schema.QuoteIdent(t.Name))
		}
	}
	_, err = tx.DropPartitions(ctx, t, drop)
	return err
}

// meets reports whether a partition has all values of a specification, which may leave keys out.
func (s *Session) meets(ctx context.Context, t *catalog.Table, p catalog.Partition, spec []parser.PartitionValue) (bool, error) {
	for _, v := range spec {
		i := columnIndex(t.Keys, strings.ToLower(v.Column))
		if i < 0 {
			return false, sqlerr.New(sqlerr.UndefinedColumn, "%q is not a partition column of %q", v.Column, t.Name).At(v.Pos())
		}
		want, err := s.partitionValue(ctx, v, t.Keys[i].Type)
		if err != nil {
			return false, err
		}
		if !compares(p.Values[i], v.Op, want) {
			return false, nil
		}
	}
	return true, nil
}

func compares(have schema.Value, op string, want schema.Value) bool {
	if !have.Valid || !want.Valid {
		return op == "=" && !have.Valid && !want.Valid
	}
	c := have.Compare(want)
	switch op {
	case "=":
		return c == 0
	case "<>", "!=":
		return c != 0
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	return false
}

func (s *Session) renamePartition(ctx context.Context, tx catalog.Tx, t *catalog.Table, a *parser.RenamePartition) error {
	from, err := s.existingPartition(ctx, tx, t, a.From)
	if err != nil {
		return err
	}
	to, err := s.partitionOf(ctx, t, a.To)
	if err != nil {
		return err
	}
	to.Location, to.Stats = from.Location, from.Stats
	if _, err := tx.DropPartitions(ctx, t, []catalog.Partition{from}); err != nil {
		return err
	}
	return tx.AddPartitions(ctx, t, []catalog.Partition{to}, false)
}

func (s *Session) movePartition(ctx context.Context, tx catalog.Tx, t *catalog.Table, a *parser.SetLocation) error {
	p, err := s.existingPartition(ctx, tx, t, *a.Partition)
	if err != nil {
		return err
	}
	p.Location = folder(a.Location)
	return tx.AddPartitions(ctx, t, []catalog.Partition{p}, true)
}

func (s *Session) existingPartition(ctx context.Context, tx catalog.Tx, t *catalog.Table, spec parser.PartitionSpec) (catalog.Partition, error) {
	want, err := s.partitionOf(ctx, t, spec)
	if err != nil {
		return want, err
	}
	set, err := tx.Partitions(ctx, t)
	if err != nil {
		return want, err
	}
	for _, p := range set.List {
		if samePartition(p, want) {
			return p, nil
		}
	}
	return want, sqlerr.New(sqlerr.UndefinedObject, "partition %s of %q does not exist", t.PartitionName(want), t.Name).At(spec.Pos())
}
