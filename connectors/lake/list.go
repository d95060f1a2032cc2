package lake

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/objstore"
)

const (
	// parallelLists is how many folders are listed at once.
	parallelLists = 16
	// pageObjects is the number of objects that one LIST request returns.
	pageObjects = 1000
	// objectBytes is about what a listed object takes in memory.
	objectBytes = 256
)

// listing is the objects below a folder as one statement saw them first.
type listing struct {
	mu      sync.Mutex
	done    bool
	store   objstore.Store
	prefix  string
	objects []objstore.Object
	// overflow says that the folder holds many more objects than its partitions explain: the list was given up.
	overflow bool
}

// lister finds the files of selected partitions.
type lister struct {
	t       *Table
	metrics *connectors.Metrics
	exclude exclusions
	tree    *tree
	// wanted are the selected partitions; all folders on the way to them are in onPath.
	wanted map[int]bool
	onPath map[*node]bool

	mu    sync.Mutex
	files []file
}

// listAll returns the files of a table without partition keys.
func (t *Table) listAll(ctx context.Context, m *connectors.Metrics) ([]file, error) {
	exclude, err := exclusionsOf(t.def)
	if err != nil {
		return nil, err
	}
	l := &lister{t: t, metrics: m, exclude: exclude}
	lst, err := l.list(ctx, t.def.Location, -1)
	if err != nil {
		return nil, err
	}
	folder := lst.prefix == "" || strings.HasSuffix(lst.prefix, "/")
	for _, o := range lst.objects {
		below := o.Key[len(lst.prefix):]
		// A location without a slash names one object, or a folder: "t" is not "t2".
		if !folder && below != "" && below[0] != '/' {
			continue
		}
		if !hidden(below) {
			l.keep(lst, o, -1)
		}
	}
	return l.files, nil
}

// listPartitions returns the files of the selected partitions in the order of partitions and keys. Folders that share a
// parent are listed together where that takes fewer requests.
func (t *Table) listPartitions(ctx context.Context, m *connectors.Metrics, set *catalog.PartitionSet, rows []uint32) ([]file, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	folders := newTree
	if !projected(t.def) {
		folders = func(*catalog.Table, []catalog.Partition) *tree { return t.connector.derived.get(t.def, set).folders() }
	}
	exclude, err := exclusionsOf(t.def)
	if err != nil {
		return nil, err
	}
	l := &lister{t: t, metrics: m, exclude: exclude, tree: folders(t.def, set.List), wanted: map[int]bool{}, onPath: map[*node]bool{}}
	for _, r := range rows {
		l.wanted[int(r)] = true
		for n := l.tree.byPartition[r]; n != nil && !l.onPath[n]; n = n.parent {
			l.onPath[n] = true
		}
	}
	chosen, _ := l.plan(l.tree.root)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelLists)
	for _, n := range chosen {
		g.Go(func() error { return l.visit(ctx, n) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(l.files, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.partition, b.partition), cmp.Compare(a.Object.Key, b.Object.Key))
	})
	return l.files, nil
}

// plan returns the folders to list below n and what that costs, in requests: a listing of many objects takes several.
func (l *lister) plan(n *node) (folders []*node, cost float64) {
	whole := 1 + float64(n.files)/pageObjects
	if l.isWanted(n) {
		return []*node{n}, whole
	}
	for _, c := range n.children {
		if l.onPath[c] {
			f, x := l.plan(c)
			folders = append(folders, f...)
			cost += x
		}
	}
	if n.inside && whole < cost {
		return []*node{n}, whole
	}
	return folders, cost
}

func (l *lister) isWanted(n *node) bool {
	return slices.ContainsFunc(n.partitions, func(p int) bool { return l.wanted[p] })
}

// visit lists a folder and keeps the files of selected partitions.
func (l *lister) visit(ctx context.Context, n *node) error {
	limit := 4*n.files + 4*pageObjects
	if l.isWanted(n) {
		limit = -1
	}
	lst, err := l.list(ctx, n.url, limit)
	if err != nil {
		return err
	}
	if lst.overflow {
		for _, c := range n.children {
			if l.onPath[c] {
				if err := l.visit(ctx, c); err != nil {
					return err
				}
			}
		}
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range lst.objects {
		owner, below := n.find(o.Key[len(lst.prefix):])
		if owner == nil || hidden(below) {
			continue
		}
		for _, p := range owner.partitions {
			if l.wanted[p] {
				l.keep(lst, o, p)
			}
		}
	}
	return nil
}

// keep adds a file unless the table excludes it.
func (l *lister) keep(lst *listing, o objstore.Object, partition int) {
	if l.exclude.match(lst.store, o.Key) {
		return
	}
	l.files = append(l.files, file{format.File{Store: objstore.Metered(lst.store, counter{l.metrics}), Object: o}, partition})
}

// list returns what is below a folder; all scans of a statement see the same. A limit of 0 or more is how many objects
// may be there before the list is given up.
func (l *lister) list(ctx context.Context, url string, limit int64) (*listing, error) {
	s := l.t.connector.shared(l.t.query)
	s.mu.Lock()
	lst := s.listings[url]
	if lst == nil {
		lst = &listing{}
		s.listings[url] = lst
	}
	s.mu.Unlock()
	lst.mu.Lock()
	defer lst.mu.Unlock()
	if lst.done && (!lst.overflow || limit >= 0) {
		return lst, nil
	}
	err := lst.fill(ctx, l, url, limit)
	return lst, err
}

func (lst *listing) fill(ctx context.Context, l *lister, url string, limit int64) (err error) {
	if lst.store, lst.prefix, err = l.t.connector.stores.Resolve(ctx, url); err != nil {
		return err
	}
	mem := l.t.query.Memory.Account()
	defer func() {
		if err != nil || lst.overflow {
			lst.objects = nil
			mem.Close()
			return
		}
		l.t.query.OnClose(mem.Close)
	}()
	lst.objects, lst.overflow = nil, false
	seen := int64(0)
	for o, err := range lst.store.List(objstore.WithCounter(ctx, counter{l.metrics}), lst.prefix, objstore.ListOptions{}) {
		if err != nil {
			return err
		}
		if seen++; limit >= 0 && seen > limit {
			lst.done, lst.overflow = true, true
			return nil
		}
		if !holdsData(o.Key, o.Size, o.StorageClass) {
			continue
		}
		if len(lst.objects)%pageObjects == 0 {
			if err := mem.Grow(pageObjects * objectBytes); err != nil {
				return err
			}
		}
		lst.objects = append(lst.objects, o)
	}
	lst.done = true
	return nil
}
