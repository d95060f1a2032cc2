package crawler

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/crawler/infer"
	"github.com/tarnsql/tarn/crawler/layout"
	"github.com/tarnsql/tarn/crawler/walk"
)

// group is a folder that is a table.
type group struct {
	root   *walk.Folder
	layout *layout.Layout
	// apart are folders below root that are not part of the table.
	apart map[*walk.Folder]bool
	// base is the table that the catalog has for the folder, nil for a new one.
	base *catalog.Table
	// reason says why this folder is one table.
	reason string
}

func (g *group) skip(f *walk.Folder) bool { return g.apart[f] }

// leaves yields the folders of the table that hold files.
func (g *group) leaves() iter.Seq2[*walk.Folder, []string] { return g.root.Leaves(g.skip) }

func (g *group) paths() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for _, path := range g.leaves() {
			if !yield(path) {
				return
			}
		}
	}
}

// Bounds of grouping: how many siblings are compared by their files, and how many different schemas the glue policy takes.
const (
	maxCompared      = 64
	maxGlueSchemas   = 5
	maxStrayExamples = 5
)

// grouper decides which folders of a target are tables.
type grouper struct {
	*settings
	target  *target
	sampler *sampler
	claims  map[*walk.Folder]claim
	// above are the folders with a claimed one below.
	above  map[*walk.Folder]bool
	groups []*group
	notes  []Change
}

func newGrouper(s *settings, t *target, smp *sampler, tables []*catalog.Table) *grouper {
	g := &grouper{settings: s, target: t, sampler: smp, claims: t.claims(tables, s), above: map[*walk.Folder]bool{}}
	for f := range g.claims {
		for p := f.Parent; p != nil; p = p.Parent {
			g.above[p] = true
		}
	}
	return g
}

func (g *grouper) note(action, object, reason string) {
	g.notes = append(g.notes, Change{Action: action, Object: object, Reason: reason, Confidence: 1})
}

func (g *grouper) url(f *walk.Folder) string { return g.target.location(f) }

// run groups the whole target.
func (g *grouper) run(ctx context.Context) error {
	return g.visit(ctx, g.target.found.Root, g.target.level(), "the target has no other folder to be a table")
}

// visit decides about one folder. Level is its depth with the bucket as 1; why is the reason for it to be looked at alone.
func (g *grouper) visit(ctx context.Context, f *walk.Folder, level int, why string) error {
	if c, ok := g.claims[f]; ok {
		return g.claimed(ctx, f, c, level)
	}
	switch {
	case f.Managed != "":
		g.note(ActionSkip, g.url(f), "it is a "+f.Managed+" table: its files include rows that are no longer part of it")
		return nil
	case g.tableLevel > 0 && level < g.tableLevel && len(f.Children) > 0:
		return g.split(ctx, f, level, fmt.Sprintf("table_level is %d", g.tableLevel))
	case g.tableLevel > 0:
		return g.table(f, g.detect(f), nil, fmt.Sprintf("table_level %d is %s", g.tableLevel, g.url(f)))
	case g.grouping == groupOneTable:
		return g.table(f, g.detect(f), nil, "grouping is one_table")
	case g.above[f]:
		return g.split(ctx, f, level, "the folder beside it is a table already")
	case len(f.Children) == 0:
		return g.table(f, g.detect(f), nil, why)
	}
	if l := g.detectNamed(f); l != nil {
		return g.partitioned(ctx, f, l, level)
	}
	return g.opaque(ctx, f, g.detect(f), level)
}

// detectNamed finds the layout of a folder whose folders are partitions by their names, but for some that are not and whose
// names are words; nil when it has none.
func (g *grouper) detectNamed(f *walk.Folder) *layout.Layout {
	apart := map[*walk.Folder]bool{}
	named, other := int64(0), int64(0)
	for _, c := range f.Children {
		n := int64(0)
		for range c.Leaves(nil) {
			n++
		}
		switch {
		case layout.Speaks(c.Name):
			named += n
		default:
			other += n
			if !number(c.Name) {
				apart[c] = true
			}
		}
	}
	if named < other {
		return nil
	}
	l := layout.Detect((&group{root: f, apart: apart}).paths())
	if len(l.Levels) == 0 || l.Levels[0].Kind == layout.Value {
		return nil
	}
	return l
}

func number(s string) bool { return strings.Trim(s, "0123456789") == "" }

// claimed handles a folder that is a table already. Tables inside it are looked at on their own.
func (g *grouper) claimed(ctx context.Context, f *walk.Folder, c claim, level int) error {
	apart := map[*walk.Folder]bool{}
	if g.above[f] {
		for inner := range g.claims {
			if inner != f && below(inner, f) {
				apart[inner] = true
			}
		}
	}
	if !c.own {
		g.note(ActionKeep, c.table.Database+"."+c.table.Name, "the folder "+g.url(f)+" belongs to this table, which "+maker(c.table)+" made; it is not changed")
	} else if err := g.known(f, c.table, apart); err != nil {
		return err
	}
	for inner := range apart {
		if nearest(inner, f, g.claims) {
			if err := g.visit(ctx, inner, level+1, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func below(f, root *walk.Folder) bool {
	for p := f.Parent; p != nil; p = p.Parent {
		if p == root {
			return true
		}
	}
	return false
}

// nearest reports whether no claimed folder lies between f and root.
func nearest(f, root *walk.Folder, claims map[*walk.Folder]claim) bool {
	for p := f.Parent; p != nil && p != root; p = p.Parent {
		if _, ok := claims[p]; ok {
			return false
		}
	}
	return true
}

func maker(t *catalog.Table) string {
	if t.CreatedBy == "" || t.CreatedBy == "ddl" {
		return "DDL"
	}
	return "crawler " + t.CreatedBy
}

// layoutProperty is the table property with the layout of the folders.
const layoutProperty = "tarn.layout"

// known makes the group of a table that this crawler made. Its layout stays while it fits at least half of the folders.
func (g *grouper) known(f *walk.Folder, t *catalog.Table, apart map[*walk.Folder]bool) error {
	gr := &group{root: f, apart: apart, base: t, reason: "the catalog has this table"}
	gr.layout = layout.Detect(gr.paths())
	old, err := layout.Restore(t.Properties[layoutProperty], t.Keys)
	if err == nil {
		total, fits, values := int64(0), int64(0), false
		for path := range gr.paths() {
			total++
			_, err := old.Values(path)
			if err == nil {
				fits++
			} else if m, ok := err.(*layout.Mismatch); ok && m.Level >= 0 { //nolint:errorlint // Values returns nothing else
				k := old.Levels[m.Level].Kind
				values = values || k == layout.Pair || k == layout.Value
			}
		}
		old.Total, old.Matched, old.Evidence = total, fits, gr.layout.Evidence
		if 2*fits >= total && (!values || gr.layout.String() != old.String()) {
			gr.layout = old
		}
	}
	g.groups = append(g.groups, gr)
	return nil
}

func (g *grouper) detect(f *walk.Folder) *layout.Layout {
	return layout.Detect((&group{root: f}).paths())
}

// table makes a folder a table.
func (g *grouper) table(f *walk.Folder, l *layout.Layout, apart map[*walk.Folder]bool, why string) error {
	g.groups = append(g.groups, &group{root: f, layout: l, apart: apart, reason: why})
	return nil
}

// split visits the folders of f on their own. Files beside them belong to no table.
func (g *grouper) split(ctx context.Context, f *walk.Folder, level int, why string) error {
	if f.Files != nil {
		g.note(ActionSkip, g.url(f)+f.Files.First, plural(f.Files.Count, "file")+" beside folders that are tables; move to a folder of their own")
	}
	for _, c := range f.Children {
		if err := g.visit(ctx, c, level+1, why); err != nil {
			return err
		}
	}
	return nil
}

// partitioned makes a table of a folder whose folders are partitions by their names alone. Folders that do not fit are
// misplaced partitions when their files are like the table's or their names are numbers, and tables of their own otherwise.
func (g *grouper) partitioned(ctx context.Context, f *walk.Folder, l *layout.Layout, level int) error {
	apart := map[*walk.Folder]bool{}
	var like *infer.Schema
	for _, c := range f.Children {
		if l.Levels[0].Fits(c.Name) || number(c.Name) {
			continue
		}
		if like == nil {
			var err error
			if like, err = g.peek(ctx, fitting(f, l)); err != nil {
				return err
			}
		}
		s, err := g.peek(ctx, c)
		if err != nil {
			return err
		}
		if s == nil || like != nil && infer.Similarity(s, like) >= infer.Threshold {
			continue
		}
		apart[c] = true
	}
	if err := g.table(f, l, apart, "its folders are partitions by their names"); err != nil {
		return err
	}
	for _, c := range f.Children {
		if apart[c] {
			if err := g.visit(ctx, c, level+1, "it is no partition of the folder around it, and its files are different"); err != nil {
				return err
			}
		}
	}
	return nil
}

// fitting returns the first folder that is a partition.
func fitting(f *walk.Folder, l *layout.Layout) *walk.Folder {
	for _, c := range f.Children {
		if l.Levels[0].Fits(c.Name) {
			return c
		}
	}
	return f
}

// peek returns the schema of one file below a folder, nil when none can be read.
func (g *grouper) peek(ctx context.Context, f *walk.Folder) (*infer.Schema, error) {
	list := firstSamples([]*walk.Folder{f})
	if err := g.sampler.take(ctx, list); err != nil {
		return nil, err
	}
	for _, s := range list {
		return schemaOf(s), nil
	}
	return nil, nil
}

// firstSamples returns one file for each of some folders, from the first folder below that has one.
func firstSamples(folders []*walk.Folder) []*sample {
	out := make([]*sample, 0, len(folders))
	for _, f := range folders {
		var s *sample
		for leaf := range f.Leaves(nil) {
			if s = candidate(leaf, 0); s != nil {
				break
			}
		}
		if s != nil {
			out = append(out, s)
		}
	}
	return out
}

func schemaOf(s *sample) *infer.Schema {
	if s.got == nil {
		return nil
	}
	out := infer.NewSchema(s.format)
	out.Add(s.got.Fields, s.object.Key)
	return out
}
