package parquet

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// bound is a node of a file as a table's column reads it.
type bound struct {
	node *node
	// typ is the type of what is assembled: for leaves, and nested columns read as text, before conv.
	typ schema.Type
	// conv makes the table's type of it.
	conv conversion
	// children are the parts of a nested type; a row has one for each field of typ, nil where the file has none.
	children []*bound
	// shape is, for rows none of whose fields are in the file, a leaf to learn from which rows are NULL.
	shape *node
}

// findColumn returns the file's column for a field, or nil. Names match exactly if they can, else without regard to
// case.
func findColumn(cols []*node, f format.Field) *node {
	name := f.Source
	if name == "" {
		name = f.Name
	}
	return findNode(cols, name)
}

func findNode(cols []*node, name string) *node {
	var found *node
	for _, c := range cols {
		if c.name == name {
			return c
		}
		if found == nil && strings.EqualFold(c.name, name) {
			found = c
		}
	}
	return found
}

// bindField binds a column of a file to a field of the table; nil says that the file does not have it.
func (f *file) bindField(table schema.TableName, field format.Field) (*bound, error) {
	n := findColumn(f.columns, field)
	if n == nil {
		return nil, nil
	}
	b, ok := bindNode(n, field.Type)
	if !ok {
		return nil, sqlerr.New(sqlerr.DatatypeMismatch, "column %q of table %s has type %s, file %q has type %s for it",
			field.Name, table, field.Type, f.url, n.typ).
			WithHint("a column may be wider than in its files, not narrower: declare it as %s", n.typ)
	}
	return b, nil
}

func bindNode(n *node, t schema.Type) (*bound, bool) {
	b := &bound{node: n, typ: t}
	if n.shape == leafShape {
		b.typ = n.typ
	}
	if n.shape == leafShape || t.IsString() {
		conv, ok := conversionOf(n.typ, t)
		b.conv = conv
		if !ok || n.shape == leafShape {
			return b, ok
		}
		// A nested column as text: it is read as the file has it, and written out.
		inner, ok := bindNode(n, n.typ)
		inner.conv = conv
		return inner, ok
	}
	switch {
	case n.shape == listShape && t.Kind == schema.Array:
		return bindChildren(b, n.children, t.Elem())
	case n.shape == mapShape && t.Kind == schema.Map:
		return bindChildren(b, n.children, t.Key(), t.Elem())
	case n.shape == structShape && t.Kind == schema.Row:
		return bindRow(b, t)
	}
	return b, false
}

func bindChildren(b *bound, nodes []*node, types ...schema.Type) (*bound, bool) {
	for i, t := range types {
		c, ok := bindNode(nodes[i], t)
		if !ok {
			return b, false
		}
		b.children = append(b.children, c)
	}
	return b, true
}

func bindRow(b *bound, t schema.Type) (*bound, bool) {
	found := false
	for i, f := range t.Fields() {
		n := findNode(b.node.children, f.Name)
		if f.Name == "" && i < len(b.node.children) {
			n = b.node.children[i]
		}
		if n == nil {
			b.children = append(b.children, nil)
			continue
		}
		c, ok := bindNode(n, f.Type)
		if !ok {
			return b, false
		}
		found = true
		b.children = append(b.children, c)
	}
	if !found {
		b.shape = b.node.leaves(nil)[0]
	}
	return b, true
}

// leaves appends the leaves that reading b needs.
func (b *bound) leaves(out []*node) []*node {
	if b.node.shape == leafShape {
		return append(out, b.node)
	}
	if b.shape != nil {
		return append(out, b.shape)
	}
	for _, c := range b.children {
		if c != nil {
			out = c.leaves(out)
		}
	}
	return out
}
