package crawler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler/naming"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

// differ compares what a crawl saw with one version of the catalog.
type differ struct {
	*crawl
	plan    *Plan
	snap    catalog.Snapshot
	current map[string]*catalog.Table
}

// diff makes the plan against a snapshot, or inside the transaction that applies it. A known table that is no longer what
// the crawl started from is errStale.
func (c *crawl) diff(ctx context.Context, snap catalog.Snapshot) (*Plan, error) {
	d := &differ{crawl: c, snap: snap, current: map[string]*catalog.Table{}}
	d.plan = &Plan{Files: c.files, Bytes: c.bytes, Lists: c.counts.Requests(objstore.OpList), base: snap.Version(),
		Gets: c.counts.Requests(objstore.OpRead) + c.counts.Requests(objstore.OpStat)}
	tables, err := tablesOf(ctx, snap, c.database)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		d.current[t.Name] = t
	}
	if err := d.limit(); err != nil {
		return nil, err
	}
	if _, err := snap.Database(ctx, c.database); sqlerr.Is(err, sqlerr.InvalidSchemaName) && len(c.seen) > 0 {
		d.plan.CreateDatabase = true
		d.plan.note(Change{Action: ActionCreateDatabase, Object: c.database, After: c.database, Reason: "the crawler's database does not exist", Confidence: 1})
	}
	for _, o := range c.seen {
		if err := d.table(ctx, o); err != nil {
			return nil, err
		}
	}
	d.goneTables(tables)
	for _, o := range c.seen {
		for _, n := range o.notes {
			d.plan.note(n)
		}
	}
	for _, n := range c.notes {
		d.plan.note(n)
	}
	if d.plan.Empty() {
		d.plan.note(Change{Action: ActionNone, Object: c.name, Confidence: 1,
			Reason: fmt.Sprintf("nothing to do: the catalog has all of %s in %s", plural(c.files, "file"), plural(int64(len(c.seen)), "table"))})
	}
	d.plan.order()
	return d.plan, nil
}

// limit enforces max_tables, before anything is planned.
func (d *differ) limit() error {
	if d.maxTables == 0 || len(d.seen) <= d.maxTables {
		return nil
	}
	names := make([]string, 0, len(d.seen))
	for _, o := range d.seen {
		names = append(names, o.table.Location)
	}
	return sqlerr.New(sqlerr.ProgramLimit, "crawler %s finds %s, more than max_tables = %d", d.name, plural(int64(len(names)), "table"), d.maxTables).
		WithDetail("They are %s.", strings.Join(names[:min(len(names), 20)], ", ")).
		WithHint("Exclude folders, set table_level or grouping, or raise max_tables.")
}

func (d *differ) table(ctx context.Context, o *observed) error {
	if o.base == nil {
		d.create(o)
		return nil
	}
	now := d.current[o.base.Name]
	if now == nil || now.ID != o.base.ID || now.Version != o.base.Version {
		return errStale
	}
	return d.change(ctx, o)
}

// create plans a new table.
func (d *differ) create(o *observed) {
	t := *o.table
	wanted := naming.Normal(d.prefix + t.Name)
	if wanted == "" {
		wanted = naming.Hashed("table", t.Location)
	}
	t.Name = wanted
	reason := []string{o.reason}
	if o.evidence != "" {
		reason = append(reason, o.evidence)
	}
	if d.current[t.Name] != nil {
		t.Name = naming.Hashed(wanted, t.Location)
		reason = append(reason, "the name "+wanted+" is taken")
	}
	for n := 2; d.current[t.Name] != nil; n++ {
		t.Name = naming.Hashed(wanted, t.Location+strconv.Itoa(n))
	}
	d.current[t.Name] = &t
	d.plan.note(Change{Action: ActionCreateTable, Object: t.Database + "." + t.Name, After: describe(&t), Reason: strings.Join(reason, "; "), Confidence: o.confidence})
	d.plan.TablesAdded++
	d.plan.PartitionsAdded += int64(len(o.parts))
	d.notePartitions(ActionAddPartitions, &t, o.parts, "new folders", o.confidence)
	d.plan.Tables = append(d.plan.Tables, PlannedTable{Table: &t, Add: o.parts})
}

// describe is a table in one line.
func describe(t *catalog.Table) string {
	s := fmt.Sprintf("%s, %s", t.Storage.Format, plural(int64(len(t.Columns)), "column"))
	if len(t.Keys) > 0 {
		keys := make([]string, len(t.Keys))
		for i, k := range t.Keys {
			keys[i] = k.Name + " " + k.Type.String()
		}
		s += ", partitioned by (" + strings.Join(keys, ", ") + ")"
	}
	return s + ", " + t.Location
}

func (d *differ) notePartitions(action string, t *catalog.Table, ps []catalog.Partition, why string, confidence float64) {
	if len(ps) == 0 {
		return
	}
	after := plural(int64(len(ps)), "partition")
	if len(ps) == 1 {
		after += ": " + partitionText(t.Keys, ps[0])
	} else {
		after += ": " + partitionText(t.Keys, ps[0]) + " to " + partitionText(t.Keys, ps[len(ps)-1])
	}
	c := Change{Action: action, Object: t.Database + "." + t.Name, After: after, Reason: why, Confidence: confidence}
	if action == ActionDropPartitions || action == ActionGone {
		c.Before, c.After = c.After, ""
	}
	d.plan.note(c)
}

func partitionText(keys []catalog.Column, p catalog.Partition) string {
	out := make([]string, 0, len(keys))
	for i, k := range keys {
		if k.Expr == "" && i < len(p.Values) {
			v := "NULL"
			if p.Values[i].Valid {
				v = p.Values[i].Text()
			}
			out = append(out, k.Name+"="+v)
		}
	}
	return strings.Join(out, "/")
}

// change plans what is new of a known table.
func (d *differ) change(ctx context.Context, o *observed) error {
	t := *o.table
	t.Name, t.ID = o.base.Name, o.base.ID
	p := PlannedTable{Table: &t}
	name := t.Database + "." + t.Name
	if o.rebuild && d.only != "" {
		d.plan.note(Change{Action: ActionWarning, Object: name, Reason: "its partition columns change, which needs a crawl of the whole target; nothing of it was changed", Confidence: 1})
		return nil
	}
	d.columns(&p, o)
	stored, err := d.partitions(ctx, o)
	if err != nil {
		return err
	}
	switch {
	case o.rebuild && d.logUpdates:
		d.plan.note(Change{Action: ActionKeep, Object: name, Before: keysText(o.base.Keys), After: keysText(t.Keys), Reason: "the partition columns differ; update is log", Confidence: o.confidence})
		return nil
	case o.rebuild:
		d.plan.note(Change{Action: ActionChangeLayout, Object: name, Before: keysText(o.base.Keys), After: keysText(t.Keys), Reason: o.evidence, Confidence: o.confidence})
		p.Rebuild, p.Alter = true, true
		p.Remove, p.Add = stored, o.parts
		d.plan.PartitionsAdded += int64(len(o.parts))
		d.notePartitions(ActionAddPartitions, &t, o.parts, "all folders by the new layout", o.confidence)
	case len(t.Keys) > 0:
		d.comparePartitions(&p, o, stored)
	}
	d.stats(&p, o, stored)
	if p.changes() {
		d.plan.Tables = append(d.plan.Tables, p)
		d.plan.TablesChanged++
	}
	return nil
}

func keysText(keys []catalog.Column) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Name + " " + k.Type.String()
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func (d *differ) partitions(ctx context.Context, o *observed) ([]catalog.Partition, error) {
	if len(o.base.Keys) == 0 {
		return nil, nil
	}
	set, err := d.snap.Partitions(ctx, o.base)
	if err != nil {
		return nil, err
	}
	return set.List, nil
}

// columns plans new and wider columns.
func (d *differ) columns(p *PlannedTable, o *observed) {
	t, changed := p.Table, false
	name := t.Database + "." + t.Name
	for i, c := range t.Columns {
		ch := Change{Action: ActionAddColumn, Object: name + "." + c.Name, After: c.Type.String(), Reason: "new files have it", Confidence: o.confidence}
		if i < len(o.base.Columns) {
			old := o.base.Columns[i]
			if old.Type.Equal(c.Type) {
				continue
			}
			ch.Action, ch.Before, ch.Reason = ActionWidenColumn, old.Type.String(), "new files have values that the type does not hold"
		}
		if d.logUpdates {
			ch.Action, ch.Reason = ActionKeep, ch.Reason+"; update is log"
		}
		d.plan.note(ch)
		changed = true
	}
	if changed && d.logUpdates {
		t.Columns = o.base.Columns
		if len(t.Stats.Columns) > len(t.Columns) {
			t.Stats.Columns = t.Stats.Columns[:len(t.Columns)]
		}
		return
	}
	p.Alter = p.Alter || changed
}

// comparePartitions merges two lists that are ordered by value.
func (d *differ) comparePartitions(p *PlannedTable, o *observed, stored []catalog.Partition) {
	var gone []catalog.Partition
	i, j := 0, 0
	for i < len(o.parts) || j < len(stored) {
		order := 0
		switch {
		case i == len(o.parts):
			order = 1
		case j == len(stored):
			order = -1
		default:
			order = compareValues(o.parts[i].Values, stored[j].Values)
		}
		switch {
		case order < 0:
			p.Add = append(p.Add, o.parts[i])
			i++
		case order > 0:
			if o.covers(stored[j].Location) {
				gone = append(gone, stored[j])
			}
			j++
		default:
			if o.parts[i].Location != stored[j].Location || o.parts[i].Stats != stored[j].Stats {
				p.Replace = append(p.Replace, o.parts[i])
			}
			i, j = i+1, j+1
		}
	}
	d.plan.PartitionsAdded += int64(len(p.Add))
	d.plan.PartitionsGone += int64(len(gone))
	d.notePartitions(ActionAddPartitions, p.Table, p.Add, "new folders", o.confidence)
	d.notePartitions(ActionUpdateParts, p.Table, p.Replace, "number or size of the files changed", 1)
	if d.dropGone {
		p.Remove = gone
		d.notePartitions(ActionDropPartitions, p.Table, gone, "the folders are gone; delete is drop", 1)
		return
	}
	d.notePartitions(ActionGone, p.Table, gone, "the folders are gone; the partitions stay, because delete is log", 1)
}

// stats plans new statistics. The totals are those of all partitions, also of those outside of what was walked.
func (d *differ) stats(p *PlannedTable, o *observed, stored []catalog.Partition) {
	t := p.Table
	if len(t.Keys) > 0 && !p.Rebuild {
		total(&t.Stats, o, stored, p)
	}
	if sameStats(t.Stats, o.base.Stats) {
		t.Stats = o.base.Stats
		return
	}
	p.Alter = true
	d.plan.note(Change{Action: ActionUpdateStats, Object: t.Database + "." + t.Name, Before: statsText(o.base.Stats), After: statsText(t.Stats),
		Reason: "files were added, changed or removed", Confidence: 1})
}

// total sums up the partitions after the change: stored ones that were not seen, and those seen.
func total(s *catalog.TableStats, o *observed, stored []catalog.Partition, p *PlannedTable) {
	removed := map[string]bool{}
	for _, r := range p.Remove {
		removed[r.Location] = true
	}
	seen := make(map[string]bool, len(o.parts))
	var bytes, files, rows, known int64
	add := func(q *catalog.Partition) {
		bytes += q.Stats.Bytes
		files += q.Stats.Files
		if q.Stats.Rows >= 0 {
			rows += q.Stats.Rows
			known += q.Stats.Bytes
		}
	}
	for i := range o.parts {
		seen[o.parts[i].Location] = true
		add(&o.parts[i])
	}
	for i := range stored {
		if l := stored[i].Location; !seen[l] && !removed[l] && !o.covers(l) {
			add(&stored[i])
		}
	}
	switch {
	case known == bytes && bytes > 0:
		s.Rows = rows
	case bytes != o.base.Stats.Bytes && s.Rows >= 0 && s.Bytes > 0:
		s.Rows = int64(float64(s.Rows)/float64(s.Bytes)*float64(bytes) + 0.5)
	}
	if s.RowGroups >= 0 && s.Files > 0 && files != s.Files {
		s.RowGroups = s.RowGroups * files / s.Files
	}
	s.Bytes, s.Files = bytes, files
}

func statsText(s catalog.TableStats) string {
	out := fmt.Sprintf("%s, %s", plural(s.Files, "file"), plural(s.Bytes, "byte"))
	if s.Rows >= 0 {
		out += ", " + plural(s.Rows, "row")
	}
	return out
}

// goneTables handles tables of this crawler of which no file is left.
func (d *differ) goneTables(tables []*catalog.Table) {
	seen := map[int64]bool{}
	for _, o := range d.seen {
		if o.base != nil {
			seen[o.base.ID] = true
		}
	}
	for _, t := range tables {
		if t.CreatedBy != d.name || seen[t.ID] || t.Version > d.version || d.reclassify {
			continue
		}
		covered := slices.ContainsFunc(d.targets, func(g *target) bool { return g.covers(normalURL(t.Location)) && g.found.Root.Find(pathIn(g, t)) == nil })
		if !covered {
			continue
		}
		ch := Change{Action: ActionGone, Object: t.Database + "." + t.Name, Before: describe(t), Reason: "no file of it is left; the table stays, because delete is log", Confidence: 1}
		if d.dropGone {
			ch.Action, ch.Reason = ActionDropTable, "no file of it is left; delete is drop"
			d.plan.Tables = append(d.plan.Tables, PlannedTable{Table: t, Drop: true})
			d.plan.TablesChanged++
		}
		d.plan.note(ch)
	}
	slices.SortStableFunc(d.plan.Tables, func(a, b PlannedTable) int { return cmp.Compare(a.Table.Name, b.Table.Name) })
}

// pathIn is the path of a table's folder below a target's root.
func pathIn(g *target, t *catalog.Table) string {
	return strings.TrimPrefix(normalURL(t.Location), slashed(g.store.URL(g.prefix)))
}
