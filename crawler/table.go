package crawler

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/objstore/glob"
	"github.com/tarnsql/tarn/crawler/infer"
	"github.com/tarnsql/tarn/crawler/layout"
	"github.com/tarnsql/tarn/crawler/naming"
	"github.com/tarnsql/tarn/crawler/walk"
)

// observed is a table as the crawl saw it.
type observed struct {
	// table is the definition; of a known table it has the stored columns and what is new.
	table *catalog.Table
	// base is the stored table, nil for a new one.
	base *catalog.Table
	// rebuild says that the partition columns differ from those of base.
	rebuild bool
	// parts are all partitions seen, ordered by their values; nil for a table without keys.
	parts    []catalog.Partition
	covers   func(location string) bool
	reason   string
	evidence string
	// confidence is that of the layout times that of the format.
	confidence float64
	// notes are warnings and drift.
	notes []Change
}

// builder makes the table of one group.
type builder struct {
	*grouper
	*group
	out *observed
	// leaf and parts are the folders that are partitions and their values, folder by folder. fresh are indexes of those to
	// look into.
	leaf  []*walk.Folder
	parts []catalog.Partition
	fresh []int
	// files and bytes are the table's.
	files, bytes int64
	// samples are the files of the table's format that were looked into.
	samples  []*sample
	schema   *infer.Schema
	storage  catalog.Storage
	replaced map[string]bool
	// stored are the partitions of base by identity.
	stored map[string]*catalog.Partition
}

// replacedProperty names the fields of the files that partition columns stand for, as a JSON array.
const replacedProperty = "tarn.path_columns"

// build makes the table of a group; nil when nothing in it can be read.
func (g *grouper) build(ctx context.Context, gr *group, stored []catalog.Partition) (*observed, error) {
	b := &builder{grouper: g, group: gr, replaced: map[string]bool{}, stored: map[string]*catalog.Partition{}}
	b.out = &observed{base: gr.base, covers: g.target.covers, reason: gr.reason, evidence: gr.layout.Evidence}
	matched := map[int]match{}
	if gr.base == nil {
		var err error
		if matched, err = g.matches(ctx, gr); err != nil {
			return nil, err
		}
	}
	for _, i := range slices.Sorted(maps.Keys(matched)) {
		b.prove("the column " + matched[i].source + " repeats the folders' names")
	}
	for i := range stored {
		b.stored[identity(stored[i].Values)] = &stored[i]
	}
	b.settleKnown(matched)
	b.enumerate(matched)
	if err := b.look(ctx); err != nil {
		return nil, err
	}
	if b.schema == nil && b.base == nil {
		g.notes = append(g.notes, b.out.notes...)
		return nil, nil
	}
	b.define(matched)
	b.count()
	return b.out, nil
}

// identity is the text by which partitions of one table are told apart.
func identity(values []schema.Value) string {
	var s strings.Builder
	for i := range values {
		if values[i].Valid {
			s.WriteString(values[i].Text())
		} else {
			s.WriteByte(1)
		}
		s.WriteByte(0)
	}
	return s.String()
}

func (b *builder) warn(action, object, reason string) {
	b.out.notes = append(b.out.notes, Change{Action: action, Object: object, Reason: reason, Confidence: 1})
}

// settleKnown fixes the types of matched levels, and takes over the names of a stored table whose layout changed its types
// only.
func (b *builder) settleKnown(matched map[int]match) {
	for i, m := range matched {
		b.layout.Levels[i].Types[0] = m.Type
	}
	if b.base == nil {
		return
	}
	var fields []string
	if text := b.base.Properties[replacedProperty]; text != "" && json.Unmarshal([]byte(text), &fields) == nil {
		for _, f := range fields {
			b.replaced[f] = true
		}
	}
	if b.layout.String() == b.base.Properties[layoutProperty] {
		if old, err := layout.Restore(b.layout.String(), b.base.Keys); err == nil {
			b.layout.Follow(old)
		}
	} else {
		b.layout.Name(nil, nil)
	}
}

// enumerate turns folders into partitions and finds those that are new or changed. Different folders whose numbers are the
// same ("1" and "01") make the key of a new table text.
func (b *builder) enumerate(matched map[int]match) {
	notes := len(b.out.notes)
	for b.enumerateOnce() && b.base == nil && b.textKeys(matched) {
		b.out.notes = b.out.notes[:notes]
	}
}

// textKeys turns keys that were taken for numbers into text. It reports whether there were any.
func (b *builder) textKeys(matched map[int]match) bool {
	found := false
	for i := range b.layout.Levels {
		level := &b.layout.Levels[i]
		_, fixed := matched[i]
		if (level.Kind == layout.Pair || level.Kind == layout.Value) && level.Types[0].IsInteger() && !fixed {
			level.Types[0] = schema.Text
			found = true
		}
	}
	return found && b.layout.Relink()
}

// enumerateOnce reports whether two folders have the same values.
func (b *builder) enumerateOnce() (clash bool) {
	seen := map[string]string{}
	misfits := 0
	b.files, b.bytes, b.leaf, b.parts, b.fresh = 0, 0, nil, nil, nil
	misfit := func(f *walk.Folder, why string) {
		if misfits++; misfits <= maxStrayExamples {
			b.warn(ActionSkip, b.target.store.URL(b.target.prefix+f.Path()+f.Files.First), why)
		}
	}
	for f, path := range b.leaves() {
		values, err := b.layout.Values(path)
		if err != nil {
			misfit(f, err.Error())
			continue
		}
		if b.layout.Short(path) && len(f.Children) > 0 {
			misfit(f, "the files lie beside the folders of hours")
			continue
		}
		p := catalog.Partition{Values: values, Location: b.target.location(f), Stats: catalog.PartitionStats{Rows: -1, Bytes: f.Files.Bytes, Files: f.Files.Count}}
		id := identity(values)
		if other, ok := seen[id]; ok {
			clash = true
			misfit(f, "its folder has the same partition values as "+other)
			continue
		}
		b.files += f.Files.Count
		b.bytes += f.Files.Bytes
		seen[id] = p.Location
		b.leaf, b.parts = append(b.leaf, f), append(b.parts, p)
		if !b.unchanged(id, &b.parts[len(b.parts)-1]) {
			b.fresh = append(b.fresh, len(b.parts)-1)
		}
	}
	if misfits > maxStrayExamples {
		b.warn(ActionSkip, b.target.location(b.root), fmt.Sprintf("%d more folders do not fit the layout %s", misfits-maxStrayExamples, b.layout))
	}
	return clash
}

// prove adds to the evidence.
func (b *builder) prove(text string) {
	if b.out.evidence != "" {
		b.out.evidence += "; "
	}
	b.out.evidence += text
}

// unchanged reports whether a partition is stored with the same size; then it keeps what is known about its rows.
func (b *builder) unchanged(id string, p *catalog.Partition) bool {
	if b.base == nil {
		return false
	}
	if !b.layout.Partitioned() {
		return b.base.Stats.Bytes == p.Stats.Bytes && b.base.Stats.Files == p.Stats.Files
	}
	old := b.stored[id]
	if old == nil || old.Location != p.Location {
		return false
	}
	if b.newFolders || old.Stats.Bytes == p.Stats.Bytes && old.Stats.Files == p.Stats.Files {
		p.Stats = old.Stats
		return true
	}
	return false
}

// define makes the definition from the merged schema and the layout.
func (b *builder) define(matched map[int]match) {
	t := &catalog.Table{Database: b.database, Location: b.target.location(b.root), CreatedBy: b.settings.name}
	if b.base != nil {
		copied := *b.base
		t = &copied
	}
	t.Columns = b.columns(matched)
	keys := b.layout.Columns()
	if b.base == nil || !sameColumns(keys, b.base.Keys) {
		b.out.rebuild = b.base != nil
		t.Keys = keys
	}
	if b.base == nil {
		t.Storage = withClasses(b.storage)
	}
	t.Properties = b.properties()
	b.out.table = t
	b.out.confidence = b.layout.Confidence() * b.formatConfidence()
	if b.layout.Partitioned() {
		b.out.parts = b.parts
		slices.SortFunc(b.out.parts, func(x, y catalog.Partition) int { return compareValues(x.Values, y.Values) })
	}
}

func sameColumns(a, b []catalog.Column) bool {
	return slices.EqualFunc(a, b, func(x, y catalog.Column) bool { return x.Name == y.Name && x.Type.Equal(y.Type) })
}

func compareValues(a, b []schema.Value) int {
	for i := range min(len(a), len(b)) {
		if c := a[i].Compare(b[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func (b *builder) formatConfidence() float64 {
	if len(b.samples) == 0 {
		return 1
	}
	sum := 0.0
	for _, s := range b.samples {
		sum += min(1, s.got.Confidence)
	}
	return sum / float64(len(b.samples))
}

// columns names the fields of the files. Fields that partition columns stand for are left out; one that shares its name with
// key=value folders is renamed, because the folder's value prunes.
func (b *builder) columns(matched map[int]match) []catalog.Column {
	for _, m := range matched {
		b.replaced[m.source] = true
	}
	taken := map[string]bool{}
	var out []catalog.Column
	stored := map[string]bool{}
	keys := map[string]bool{}
	if b.base != nil {
		for _, c := range b.base.Columns {
			taken[c.Name], stored[sourceOf(c)] = true, true
			if i := b.index(sourceOf(c)); i >= 0 {
				c.Type = b.schema.Fields[i].Type
			}
			out = append(out, c)
		}
		for _, k := range b.base.Keys {
			taken[k.Name], keys[k.Name] = true, true
		}
	}
	if b.schema != nil {
		for i, f := range b.schema.Fields {
			if b.replaced[f.Source] || stored[f.Source] {
				continue
			}
			name := naming.Column(f.Source, i)
			if keys[name] {
				name = "file_" + name
			}
			name = naming.Unique(name, taken)
			out = append(out, column(name, f.Source, infer.Settle(f.Type)))
		}
	}
	if b.base == nil {
		b.nameKeys(out, matched)
	}
	return out
}

func (b *builder) index(source string) int {
	if b.schema == nil {
		return -1
	}
	return b.schema.Index(source)
}

func column(name, source string, t schema.Type) catalog.Column {
	c := catalog.Column{Name: name, Type: t}
	if source != name {
		c.Source = source
	}
	return c
}

func sourceOf(c catalog.Column) string {
	if c.Source != "" {
		return c.Source
	}
	return c.Name
}

// nameKeys names the partition columns and renames the columns of the files that would have the same name.
func (b *builder) nameKeys(columns []catalog.Column, matched map[int]match) {
	names := map[string]bool{}
	for _, c := range columns {
		names[c.Name] = true
	}
	plain := map[int]layout.Match{}
	for i, m := range matched {
		plain[i] = m.Match
	}
	b.layout.Name(names, plain)
	keys := map[string]bool{}
	for _, k := range b.layout.Columns() {
		keys[k.Name] = true
	}
	for i := range columns {
		c := &columns[i]
		if !keys[c.Name] {
			continue
		}
		source := sourceOf(*c)
		renamed := naming.Unique("file_"+c.Name, names)
		b.warn(ActionWarning, b.target.location(b.root), fmt.Sprintf("the files have a column %s and the folders a partition key of the same name: the folders' value is %s, the files' is %s", c.Name, c.Name, renamed))
		*c = column(renamed, source, c.Type)
	}
}

// properties are the table's, in Athena's spelling where it has one.
func (b *builder) properties() map[string]string {
	out := map[string]string{}
	if b.base != nil {
		maps.Copy(out, b.base.Properties)
	}
	if b.base == nil || b.out.rebuild {
		out[layoutProperty] = b.layout.String()
	}
	if b.base != nil {
		return out
	}
	out["classification"] = string(b.storage.Format)
	if b.storage.HeaderLines > 0 {
		out["skip.header.line.count"] = strconv.Itoa(b.storage.HeaderLines)
	}
	if b.storage.NullText != "" {
		out["serialization.null.format"] = b.storage.NullText
	}
	if len(b.replaced) > 0 {
		fields := make([]string, 0, len(b.replaced))
		for f := range b.replaced {
			fields = append(fields, f)
		}
		slices.Sort(fields)
		if text, err := json.Marshal(fields); err == nil {
			out[replacedProperty] = string(text)
		}
	}
	if len(b.exclude) > 0 {
		globs := make([]string, len(b.exclude))
		for i, p := range b.exclude {
			globs[i] = glob.Escape(slashed(b.target.store.URL(b.target.prefix))) + p.String()
		}
		if text, err := json.Marshal(globs); err == nil {
			out["exclusions"] = string(text)
		}
	}
	return out
}

// classes are the Hive classes that Athena's DDL names for a format.
var classes = map[catalog.Format][3]string{
	catalog.Parquet: {"org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
		"org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"},
	catalog.CSV: {"org.apache.hadoop.hive.serde2.OpenCSVSerde",
		"org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"},
	catalog.JSON: {"org.openx.data.jsonserde.JsonSerDe",
		"org.apache.hadoop.mapred.TextInputFormat", "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"},
}

func withClasses(s catalog.Storage) catalog.Storage {
	c := classes[s.Format]
	if s.SerDe == "" {
		s.SerDe = c[0]
	}
	if s.InputFormat == "" {
		s.InputFormat, s.OutputFormat = c[1], c[2]
	}
	return s
}
