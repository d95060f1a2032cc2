package lake

import (
	"strings"

	"github.com/tarnsql/tarn/catalog"
)

// node is a folder in the tree of a table's partition folders.
type node struct {
	// url ends in a slash.
	url      string
	parent   *node
	children map[string]*node
	// partitions are the indices of the partitions whose folder this is: none, one, or several that share it.
	partitions []int
	// files is about how many files are in the folder and below.
	files int64
	// inside says that the folder is the table's root, below it, or a partition's: listing it shows nothing foreign.
	inside bool
}

// guessedFiles is the number of files of a partition that was never looked into.
const guessedFiles = 4

// tree is the folders of all partitions of a table.
type tree struct {
	root *node
	// byPartition has the node of each partition.
	byPartition []*node
}

func newTree(t *catalog.Table, list []catalog.Partition) *tree {
	tr := &tree{root: &node{}, byPartition: make([]*node, len(list))}
	top := tr.add(t.Location)
	top.inside = true
	for i, p := range list {
		n := tr.add(p.Location)
		n.partitions = append(n.partitions, i)
		tr.byPartition[i] = n
	}
	tr.root.settle(list, false)
	return tr
}

// add returns the node of a folder, making it and those above it.
func (tr *tree) add(url string) *node {
	n := tr.root
	url = strings.TrimSuffix(url, "/")
	at := 0
	for at < len(url) {
		end := strings.IndexByte(url[at:], '/')
		if end < 0 {
			end = len(url) - at
		}
		name := url[at : at+end]
		at += end + 1
		next := n.children[name]
		if next == nil {
			next = &node{url: n.url + name + "/", parent: n}
			if n.children == nil {
				n.children = map[string]*node{}
			}
			n.children[name] = next
		}
		n = next
	}
	return n
}

// settle counts the files below and marks what is inside of the table.
func (n *node) settle(list []catalog.Partition, inside bool) {
	n.inside = n.inside || inside || len(n.partitions) > 0
	if len(n.partitions) > 0 {
		n.files = guessedFiles
		if s := list[n.partitions[0]].Stats; s.Files > 0 {
			n.files = s.Files
		}
	}
	for _, c := range n.children {
		c.settle(list, n.inside)
		n.files += c.files
	}
}

// find returns the innermost partition folder on the way down rel from n, or nil, and what of rel is below it.
func (n *node) find(rel string) (owner *node, below string) {
	if len(n.partitions) > 0 {
		owner, below = n, rel
	}
	for n.children != nil {
		name, rest, ok := strings.Cut(rel, "/")
		if !ok {
			break
		}
		next := n.children[name]
		if next == nil {
			break
		}
		n, rel = next, rest
		if len(n.partitions) > 0 {
			owner, below = n, rest
		}
	}
	return owner, below
}
