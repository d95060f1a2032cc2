package crawler

import (
	"context"
	"fmt"

	"github.com/tarnsql/tarn/crawler/infer"
	"github.com/tarnsql/tarn/crawler/layout"
	"github.com/tarnsql/tarn/crawler/walk"
)

// cluster is sibling folders that are alike: the same layout below, the same format, similar schemas.
type cluster struct {
	shape   string
	schema  *infer.Schema
	members map[*walk.Folder]bool
}

// opaque decides about a folder whose folders have names that say nothing: they are partitions when most of them hold
// the same, and tables otherwise.
func (g *grouper) opaque(ctx context.Context, f *walk.Folder, l *layout.Layout, level int) error {
	if len(f.Children) == 1 {
		return g.single(ctx, f, l, level)
	}
	clusters, err := g.clusters(ctx, f)
	if err != nil {
		return err
	}
	best, compared := largest(clusters)
	if best == nil {
		return g.split(ctx, f, level, "its files cannot be compared with those of the folders beside it")
	}
	n := len(best.members)
	share := float64(n) / float64(compared)
	facts := fmt.Sprintf("%d of %d folders hold the same", n, compared)
	glueLimit := g.grouping == groupGlue && len(clusters) > maxGlueSchemas
	if n < 2 || share < infer.Threshold || glueLimit {
		if compared == 1 {
			facts = "they cannot be compared"
		}
		return g.split(ctx, f, level, fmt.Sprintf("the folders beside it hold other data (%s)", facts))
	}
	apart := map[*walk.Folder]bool{}
	for _, c := range f.Children {
		if !best.members[c] {
			apart[c] = true
		}
	}
	if len(apart) > 0 {
		l = layout.Detect((&group{root: f, apart: apart}).paths())
	}
	if g.bucketRoot(f) {
		// A bucket's top folders are tables as a rule, even when they look alike, unless a column repeats their names.
		matches, err := g.matches(ctx, &group{root: f, layout: l, apart: apart})
		if err != nil {
			return err
		}
		if _, ok := matches[0]; !ok {
			return g.split(ctx, f, level, "it is a folder at the top of the bucket")
		}
		facts += ", and a column of theirs repeats their names"
	}
	if err := g.table(f, l, apart, facts); err != nil {
		return err
	}
	for _, c := range f.Children {
		if apart[c] {
			if err := g.visit(ctx, c, level+1, "it differs from most folders beside it"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *grouper) bucketRoot(f *walk.Folder) bool {
	return f.Parent == nil && g.target.prefix == "" && g.grouping != groupCombine
}

// single decides about a folder with one folder in it. It is a partition when partitions by name follow below and a column
// repeats the folder's name; else the table is further down.
func (g *grouper) single(ctx context.Context, f *walk.Folder, l *layout.Layout, level int) error {
	if f.Files == nil && len(l.Levels) > 1 && l.Levels[1].Kind != layout.Value {
		matches, err := g.matches(ctx, &group{root: f, layout: l})
		if err != nil {
			return err
		}
		if m, ok := matches[0]; ok {
			return g.table(f, l, nil, "the column "+m.Name+" repeats the name of its only folder")
		}
	}
	return g.split(ctx, f, level, "it is the only folder of the one around it")
}

// clusters compares the folders of f by one file each.
func (g *grouper) clusters(ctx context.Context, f *walk.Folder) ([]*cluster, error) {
	picked := make([]*walk.Folder, 0, maxCompared)
	chosen := map[*walk.Folder]bool{}
	for _, i := range spread(len(f.Children), maxCompared) {
		if c := f.Children[i]; c.Managed == "" {
			picked, chosen[c] = append(picked, c), true
		}
	}
	var folders []*walk.Folder
	var files []*sample
	for _, c := range picked {
		if s := firstSamples([]*walk.Folder{c}); len(s) == 1 {
			folders, files = append(folders, c), append(files, s[0])
		}
	}
	if err := g.sampler.take(ctx, files); err != nil {
		return nil, err
	}
	var out []*cluster
	for i, c := range folders {
		if s := schemaOf(files[i]); s != nil {
			out = g.assign(out, c, s)
		}
	}
	if len(f.Children) <= maxCompared {
		return out, nil
	}
	for _, c := range f.Children {
		if chosen[c] {
			continue
		}
		shape := g.detect(c).String()
		for _, k := range out {
			if k.shape == shape {
				k.members[c] = true
				break
			}
		}
	}
	return out, nil
}

// assign puts a folder in the first cluster that it is like.
func (g *grouper) assign(clusters []*cluster, f *walk.Folder, s *infer.Schema) []*cluster {
	shape := g.detect(f).String()
	for _, k := range clusters {
		if k.shape != shape || k.schema.Format != s.Format {
			continue
		}
		if g.grouping == groupCombine || infer.Similarity(k.schema, s) >= infer.Threshold {
			k.members[f] = true
			return clusters
		}
	}
	return append(clusters, &cluster{shape: shape, schema: s, members: map[*walk.Folder]bool{f: true}})
}

// largest returns the cluster with the most folders, the first of equals, and the number of folders in all.
func largest(clusters []*cluster) (best *cluster, all int) {
	for _, k := range clusters {
		all += len(k.members)
		if best == nil || len(k.members) > len(best.members) {
			best = k
		}
	}
	return best, all
}
