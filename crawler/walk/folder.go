// Package walk lists what is below a crawler's target and sums it up by folder, in memory that grows with the number of
// folders and not with that of files.
package walk

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/connectors/objstore"
)

// Folder is a folder that holds data files, or folders that do. It is immutable once a walk has ended.
type Folder struct {
	// Name is the last segment of the folder's path; empty for the root of a walk.
	Name   string
	Parent *Folder
	// Children are ordered by name.
	Children []*Folder
	// Files sums up the data files directly in the folder; nil when there are none.
	Files *Files
	// Managed names the table format whose log was seen in the folder ("Delta Lake"), or is empty.
	Managed string
}

// Files sums up the data files of one folder.
type Files struct {
	Count, Bytes int64
	// Objects are some of the files in the order of their keys: all of a small folder, the first ones and the last of a
	// large one. Past the walk's bound there are none and First alone names a file.
	Objects []objstore.Object
	// First is the name of the first file.
	First string
	// Kinds counts the files by their extension without that of compression (".csv"), when they differ. Kind is the one
	// they share.
	Kinds map[string]int64
	Kind  string
}

// Path returns the folder's path below the root of the walk: "" or "a/b/".
func (f *Folder) Path() string {
	if f.Parent == nil {
		return ""
	}
	return f.Parent.Path() + f.Name + "/"
}

// Child returns the child of a name, or nil.
func (f *Folder) Child(name string) *Folder {
	i, ok := slices.BinarySearchFunc(f.Children, name, func(c *Folder, n string) int { return cmp.Compare(c.Name, n) })
	if !ok {
		return nil
	}
	return f.Children[i]
}

// Find returns the folder at a path below f ("" is f itself), or nil.
func (f *Folder) Find(path string) *Folder {
	for seg := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if seg == "" {
			continue
		}
		if f = f.Child(seg); f == nil {
			return nil
		}
	}
	return f
}

// Leaves yields every folder at or below f that holds files, with the names of the folders between, in order. The slice of
// names is reused. Folders for which skip is true are left out with all that is below them; skip may be nil.
func (f *Folder) Leaves(skip func(*Folder) bool) iter.Seq2[*Folder, []string] {
	return func(yield func(*Folder, []string) bool) {
		path := make([]string, 0, 16)
		var visit func(*Folder) bool
		visit = func(n *Folder) bool {
			if n.Files != nil && !yield(n, path) {
				return false
			}
			for _, c := range n.Children {
				if skip != nil && skip(c) {
					continue
				}
				path = append(path, c.Name)
				ok := visit(c)
				path = path[:len(path)-1]
				if !ok {
					return false
				}
			}
			return true
		}
		visit(f)
	}
}

// Total sums up the files at and below f.
func (f *Folder) Total() (files, bytes int64) {
	for leaf := range f.Leaves(nil) {
		files += leaf.Files.Count
		bytes += leaf.Files.Bytes
	}
	return files, bytes
}

// settle sorts the children and removes folders without data. It reports whether f is to be kept.
func (f *Folder) settle() bool {
	kept := f.Children[:0]
	for _, c := range f.Children {
		if c.settle() {
			kept = append(kept, c)
		}
	}
	clear(f.Children[len(kept):])
	f.Children = slices.Clip(kept)
	slices.SortFunc(f.Children, func(a, b *Folder) int { return cmp.Compare(a.Name, b.Name) })
	return f.Files != nil || len(f.Children) > 0
}

// descend returns the child of a name and makes it when it is not the newest one: the keys of a folder follow each other in
// a listing.
func (f *Folder) descend(name string) *Folder {
	if n := len(f.Children); n > 0 && f.Children[n-1].Name == name {
		return f.Children[n-1]
	}
	c := &Folder{Name: name, Parent: f}
	f.Children = append(f.Children, c)
	return c
}
