package walk

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/glob"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Bounds of a walk.
const (
	// probe is how many keys of a folder are listed flat before the walk decides how to go on: a page of S3.
	probe = 1000
	// fewChildren is how many folders a page may span for each to be worth a listing of its own.
	fewChildren = 16
	// keptPerFolder and keptInAll bound the objects that are remembered.
	keptPerFolder = 1024
	keptInAll     = 100_000
	// DefaultMaxFolders is about 200 MB of folders.
	DefaultMaxFolders = 1_000_000
)

// Options say what to walk.
type Options struct {
	// Prefix is the key prefix of the target: "" or one that ends in a slash.
	Prefix string
	// Only limits the walk to keys with this prefix; it starts with Prefix. Empty is Prefix.
	Only string
	// Exclude applies to keys relative to Prefix.
	Exclude glob.Set
	// Parallel is how many listings run at once; 0 is 16.
	Parallel int
	// MaxFolders fails a walk that finds more; 0 is DefaultMaxFolders.
	MaxFolders int64
	// Progress, when set, is called now and then with the counts so far, from any goroutine.
	Progress func(folders, files, bytes int64)
}

// Result is what a walk found.
type Result struct {
	// Root stands for Options.Prefix.
	Root *Folder
	// Folders counts those with data; Files and Bytes the data files. Objects counts everything listed.
	Folders, Files, Bytes, Objects int64
	Skipped                        map[Reason]Skips
	// Failed are prefixes that may not be listed. What is below them is unknown, not gone.
	Failed []Failure
}

// Failure is a prefix that could not be listed.
type Failure struct {
	Prefix string
	Err    error
}

// walker runs one walk. Each listing fills a part of the tree of its own, so that only counts are shared.
//
// A folder is first listed flat (all keys below it), because most trees of partitions have few files a folder: a page of a
// thousand keys answers for hundreds of folders at once. Only when the first page ends and spans few folders are these
// listed side by side.
type walker struct {
	Options
	store objstore.Store
	// slots bounds the listings that run at once.
	slots chan struct{}
	tasks sync.WaitGroup
	stop  context.CancelFunc

	folders, files, bytes, objects, kept atomic.Int64

	mu      sync.Mutex
	skipped map[Reason]Skips
	failed  []Failure
	err     error
}

// Walk lists the target. A missing bucket, refused credentials and an unreachable storage are errors; a folder below the
// target that may not be listed is a Failure.
func Walk(ctx context.Context, store objstore.Store, o Options) (*Result, error) {
	if o.Parallel <= 0 {
		o.Parallel = 16
	}
	if o.MaxFolders <= 0 {
		o.MaxFolders = DefaultMaxFolders
	}
	if o.Only == "" {
		o.Only = o.Prefix
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walker{Options: o, store: store, slots: make(chan struct{}, o.Parallel), stop: cancel, skipped: map[Reason]Skips{}}
	root := &Folder{}
	at := root
	dir := o.Only[:strings.LastIndexByte(o.Only, '/')+1]
	for seg := range strings.SplitSeq(strings.TrimPrefix(dir, o.Prefix), "/") {
		if seg != "" {
			at = at.descend(seg)
		}
	}
	w.tasks.Add(1)
	w.task(ctx, o.Only, at)
	w.tasks.Wait()
	if w.err != nil {
		return nil, w.err
	}
	root.settle()
	w.report()
	return &Result{Root: root, Folders: w.folders.Load(), Files: w.files.Load(), Bytes: w.bytes.Load(),
		Objects: w.objects.Load(), Skipped: w.skipped, Failed: w.failed}, nil
}

func (w *walker) report() {
	if w.Progress != nil {
		w.Progress(w.folders.Load(), w.files.Load(), w.bytes.Load())
	}
}

// fail ends the walk with the first error.
func (w *walker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
		w.stop()
	}
}

func (w *walker) skip(why Reason, more Skips) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skipped[why] = w.skipped[why].plus(more)
}

// task lists one prefix whose folder is at.
func (w *walker) task(ctx context.Context, prefix string, at *Folder) {
	defer w.tasks.Done()
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		w.fail(ctx.Err())
		return
	}
	defer func() { <-w.slots }()
	err := w.flat(ctx, prefix, at)
	switch {
	case err == nil:
	case errors.Is(err, objstore.ErrAccessDenied) && prefix != w.Only:
		w.mu.Lock()
		w.failed = append(w.failed, Failure{Prefix: prefix, Err: err})
		w.mu.Unlock()
	default:
		w.fail(err)
	}
	w.report()
}

// listing is the state of the flat listing of one prefix.
type listing struct {
	*walker
	prefix string
	// base is the length of the folder part of prefix, at its folder.
	base int
	at   *Folder
	// keys counts those listed since the last decision, children the folders that they span; child is the newest and before
	// the last key ahead of it.
	keys, children int
	child, before  string
	last           string
	// ignored counts the keys listed in a row inside the folder ignoring.
	ignored  int
	ignoring string
	// These count what is in the newest child, to be taken back when it is listed again.
	files, bytes, folders, objects int64
	skips                          map[Reason]Skips
	// leaf is the folder of the newest file.
	leaf     *Folder
	leafPath string
}

// Flow of a flat listing: go on, start again behind a folder that is not wanted, or list the children on their own.
type flow uint8

const (
	proceed flow = iota
	leap
	fanOut
)

func (w *walker) flat(ctx context.Context, prefix string, at *Folder) error {
	l := &listing{walker: w, prefix: prefix, base: strings.LastIndexByte(prefix, '/') + 1, at: at}
	after := ""
	for {
		next, err := l.pass(ctx, after)
		if err != nil {
			return err
		}
		switch next {
		case proceed:
			l.settle()
			return nil
		case leap:
			after = l.ignoring + "\U0010FFFF"
			l.ignored, l.ignoring = 0, ""
		case fanOut:
			return l.fan(ctx)
		}
	}
}

func (l *listing) pass(ctx context.Context, after string) (flow, error) {
	for obj, err := range l.store.List(ctx, l.prefix, objstore.ListOptions{StartAfter: after}) {
		if err != nil {
			return proceed, err
		}
		next, err := l.key(obj)
		if next != proceed || err != nil {
			return next, err
		}
		l.last = obj.Key
	}
	return proceed, nil
}

// key takes one listed object.
func (l *listing) key(obj objstore.Object) (flow, error) {
	if len(obj.Key) < l.base {
		return proceed, nil
	}
	child := ""
	if n := strings.IndexByte(obj.Key[l.base:], '/'); n >= 0 {
		child = obj.Key[:l.base+n+1]
	}
	if child != l.child {
		l.settle()
		l.children++
		l.child, l.before = child, l.last
	}
	if l.keys++; l.keys > probe {
		if child != "" && l.children <= fewChildren {
			return fanOut, nil
		}
		l.keys, l.children = 1, 1
		l.report()
	}
	l.objects++
	return l.take(obj)
}

// settle adds the counts of the newest child to those of the walk.
func (l *listing) settle() {
	l.walker.objects.Add(l.objects)
	for why, s := range l.skips {
		l.skip(why, s)
	}
	l.files, l.bytes, l.folders, l.objects, l.skips = 0, 0, 0, 0, nil
}

// take adds an object to the tree, or skips it.
func (l *listing) take(obj objstore.Object) (flow, error) {
	rel := obj.Key[len(l.Prefix):]
	why, folder := l.verdict(rel, obj)
	if why == "" {
		l.ignored = 0
		return proceed, l.add(obj)
	}
	if strings.HasSuffix(obj.Key, "/") && obj.Size == 0 {
		why = Hidden // the marker of a folder
	}
	l.skipKey(why, obj.Key)
	if folder == 0 {
		return proceed, nil
	}
	l.noteManaged(rel[:folder])
	path := obj.Key[:len(l.Prefix)+folder]
	if path != l.ignoring {
		l.ignored, l.ignoring = 0, path
	}
	if l.ignored++; l.ignored > probe {
		return leap, nil
	}
	return proceed, nil
}

func (l *listing) skipKey(why Reason, key string) {
	if l.skips == nil {
		l.skips = map[Reason]Skips{}
	}
	l.skips[why] = l.skips[why].plus(Skips{Count: 1, Example: key})
}

// noteManaged marks the folder whose log folder was seen.
func (l *listing) noteManaged(rel string) {
	dir, name := splitFolder(strings.TrimSuffix(rel, "/"))
	by := managedBy(name)
	if by == "" || len(l.Prefix)+len(dir) < l.base {
		return
	}
	n := l.at
	for seg := range strings.SplitSeq(dir[l.base-len(l.Prefix):], "/") {
		if seg != "" {
			n = n.descend(seg)
		}
	}
	n.Managed = by
}

func splitFolder(rel string) (dir, name string) {
	i := strings.LastIndexByte(rel, '/') + 1
	return rel[:i], rel[i:]
}

func (l *listing) add(obj objstore.Object) error {
	path, name := splitFolder(obj.Key[l.base:])
	if l.leaf == nil || path != l.leafPath {
		n := l.at
		for seg := range strings.SplitSeq(path, "/") {
			if seg != "" {
				n = n.descend(seg)
			}
		}
		l.leaf, l.leafPath = n, strings.Clone(path)
	}
	if l.leaf.Files == nil {
		l.leaf.Files = &Files{First: strings.Clone(name), Kind: Kind(name)}
		l.folders++
		if l.walker.folders.Add(1) > l.MaxFolders {
			return sqlerr.New(sqlerr.ProgramLimit, "there are more than %d folders with data below %s",
				l.MaxFolders, l.store.URL(l.Prefix)).WithHint("give the crawler narrower targets, or exclude folders")
		}
	}
	l.files++
	l.bytes += obj.Size
	l.walker.files.Add(1)
	l.walker.bytes.Add(obj.Size)
	l.leaf.Files.add(obj, name, &l.kept)
	return nil
}

// add counts a file and remembers it while there is room. The last place of a large folder is that of its last file.
func (f *Files) add(obj objstore.Object, name string, kept *atomic.Int64) {
	f.Count++
	f.Bytes += obj.Size
	if kind := Kind(name); f.Kinds != nil {
		f.Kinds[kind]++
	} else if kind != f.Kind {
		f.Kinds = map[string]int64{f.Kind: f.Count - 1, kind: 1}
	}
	switch {
	case len(f.Objects) >= keptPerFolder || len(f.Objects) > 1 && kept.Load() >= keptInAll:
		f.Objects[len(f.Objects)-1] = obj
	case kept.Load() < keptInAll:
		kept.Add(1)
		f.Objects = append(f.Objects, obj)
	}
}

// fan lists the children from the newest one on side by side. What was seen of the newest is taken back.
func (l *listing) fan(ctx context.Context) error {
	l.forget()
	from := l.child
	var children []*Folder
	var prefixes []string
	for obj, err := range l.store.List(ctx, l.prefix, objstore.ListOptions{Delimiter: "/", StartAfter: l.before}) {
		switch {
		case err != nil:
			return err
		case obj.Key < from:
			continue
		case !obj.Prefix:
			l.objects++
			l.leaf = nil
			if _, err := l.take(obj); err != nil {
				return err
			}
			continue
		}
		rel := obj.Key[len(l.Prefix):]
		if why, _ := l.verdict(rel+"x", objstore.Object{Size: 1}); why != "" {
			l.skipKey(why, obj.Key)
			l.noteManaged(rel)
			continue
		}
		c := l.at.descend(strings.TrimSuffix(obj.Key[l.base:], "/"))
		children, prefixes = append(children, c), append(prefixes, obj.Key)
	}
	l.settle()
	for i, c := range children {
		l.tasks.Add(1)
		go l.task(ctx, prefixes[i], c)
	}
	return nil
}

// forget removes the newest child from the tree and from the counts.
func (l *listing) forget() {
	l.leaf = nil
	name := strings.TrimSuffix(l.child[l.base:], "/")
	if n := len(l.at.Children); n > 0 && l.at.Children[n-1].Name == name {
		l.at.Children = l.at.Children[:n-1]
	}
	l.walker.files.Add(-l.files)
	l.walker.bytes.Add(-l.bytes)
	l.walker.folders.Add(-l.folders)
	l.files, l.bytes, l.folders, l.objects, l.skips = 0, 0, 0, 0, nil
}
