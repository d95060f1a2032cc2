package parquet

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format/parquet/meta"
)

// maxDepth bounds the nesting of a schema, and with it the levels (at most one of each kind per node) and all recursion
// over it.
const maxDepth = 48

// maxLeaves bounds the columns of a file.
const maxLeaves = 1 << 16

// shape says how a node's values are assembled.
type shape uint8

const (
	leafShape shape = iota
	structShape
	listShape // one child
	mapShape  // two children: key and value
)

// node is a column or a part of a nested one, with the annotations of the file interpreted.
type node struct {
	name  string
	shape shape
	// typ is the type that the file's own annotations give.
	typ schema.Type
	// def is the definition level from which the value is not NULL.
	def int
	// elemDef is, for lists and maps, the definition level from which there is an element; their elements repeat at level
	// rep+1, where rep is the number of repeated nodes above.
	elemDef  int
	rep      int
	children []*node
	// leaf is the ordinal of the column chunk, elem its schema element.
	leaf int
	elem *meta.Element
	path string
}

// flat reports whether the node, which is a column, is not nested in anything: one value or NULL a row.
func (n *node) flat() bool { return n.shape == leafShape && n.rep == 0 && n.def <= 1 }

// leaves appends the leaves below n.
func (n *node) leaves(out []*node) []*node {
	if n.shape == leafShape {
		return append(out, n)
	}
	for _, c := range n.children {
		out = c.leaves(out)
	}
	return out
}

// rawNode is a node of the schema as the file has it.
type rawNode struct {
	e        *meta.Element
	def, rep int // maximum levels, its own repetition included
	children []*rawNode
	leaf     int
}

func (r *rawNode) repeated() bool { return r.e.Repetition == format.Repeated }

type treeBuilder struct {
	elems  []meta.Element
	next   int
	leaves int
}

// buildTree interprets a schema: it returns the columns, and the number of leaves.
func buildTree(elems []meta.Element) ([]*node, int, error) {
	if len(elems) == 0 {
		return nil, 0, errors.New("the footer has no schema")
	}
	b := treeBuilder{elems: elems}
	root, err := b.raw(0, 0, 0)
	if err != nil {
		return nil, 0, err
	}
	if b.next != len(elems) {
		return nil, 0, errors.New("the schema has elements outside its root")
	}
	cols := make([]*node, 0, len(root.children))
	for _, c := range root.children {
		n, err := interpret(c, "")
		if err != nil {
			return nil, 0, err
		}
		cols = append(cols, n)
	}
	return cols, b.leaves, nil
}

// raw reads the element at next and what is below it. def and rep are the levels of its parent.
func (b *treeBuilder) raw(def, rep, depth int) (*rawNode, error) {
	if b.next >= len(b.elems) {
		return nil, errors.New("the schema ends early")
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("the schema is nested deeper than %d levels", maxDepth)
	}
	e := &b.elems[b.next]
	b.next++
	if depth > 0 {
		switch e.Repetition {
		case format.Optional:
			def++
		case format.Repeated:
			def++
			rep++
		}
	}
	r := &rawNode{e: e, def: def, rep: rep, leaf: -1}
	if e.HasType && e.Children == 0 {
		if b.leaves == maxLeaves {
			return nil, fmt.Errorf("the schema has more than %d columns", maxLeaves)
		}
		r.leaf = b.leaves
		b.leaves++
		return r, nil
	}
	if e.Children < 0 || int(e.Children) > len(b.elems)-b.next {
		return nil, errors.New("the schema ends early")
	}
	for range e.Children {
		c, err := b.raw(def, rep, depth+1)
		if err != nil {
			return nil, err
		}
		r.children = append(r.children, c)
	}
	return r, nil
}

// interpret turns a raw node into a typed one. A repeated node that no LIST or MAP annotation explains is a list of
// what it repeats.
func interpret(r *rawNode, path string) (*node, error) {
	if path != "" {
		path += "."
	}
	path += r.e.Name
	if !r.repeated() {
		return interpretOne(r, path)
	}
	elem, err := interpretOne(r, path)
	if err != nil {
		return nil, err
	}
	return listOf(r, elem, r.def-1, r.def, path), nil
}

func listOf(r *rawNode, elem *node, def, elemDef int, path string) *node {
	return &node{
		name: r.e.Name, shape: listShape, typ: schema.ArrayOf(elem.typ), def: def, elemDef: elemDef, rep: elem.rep - 1,
		children: []*node{elem}, leaf: -1, elem: r.e, path: path,
	}
}

// interpretOne interprets a node as a single value, whatever its own repetition.
func interpretOne(r *rawNode, path string) (*node, error) {
	if r.leaf >= 0 {
		t, err := leafType(r.e)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", path, err)
		}
		return &node{name: r.e.Name, typ: t, def: r.def, rep: r.rep, leaf: r.leaf, elem: r.e, path: path}, nil
	}
	if len(r.children) == 1 && r.children[0].repeated() {
		switch {
		case r.e.Logical.Kind == meta.List || r.e.Logical.Kind == 0 && r.e.Converted == convertedList:
			return interpretList(r, path)
		case r.e.Logical.Kind == meta.Map || r.e.Logical.Kind == 0 && (r.e.Converted == convertedMap || r.e.Converted == convertedMapKeyValue):
			if kv := r.children[0]; len(kv.children) == 2 {
				return interpretMap(r, kv, path)
			}
		}
	}
	n := &node{name: r.e.Name, shape: structShape, def: r.def, rep: r.rep, leaf: -1, elem: r.e, path: path}
	var fields []schema.Field
	for _, c := range r.children {
		child, err := interpret(c, path)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
		fields = append(fields, schema.Field{Name: child.name, Type: child.typ})
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("column %q is a group without fields", path)
	}
	n.typ = schema.RowOf(fields...)
	return n, nil
}

// interpretList applies the rules of LogicalTypes.md for lists: three levels, or two as older writers made them.
func interpretList(r *rawNode, path string) (*node, error) {
	mid := r.children[0]
	var elem *node
	var err error
	if mid.leaf >= 0 || len(mid.children) != 1 || mid.e.Name == "array" || mid.e.Name == r.e.Name+"_tuple" || mid.children[0].repeated() {
		elem, err = interpretOne(mid, path+"."+mid.e.Name)
	} else {
		elem, err = interpret(mid.children[0], path+"."+mid.e.Name)
	}
	if err != nil {
		return nil, err
	}
	n := listOf(r, elem, r.def, mid.def, path)
	n.rep = r.rep
	return n, nil
}

func interpretMap(r, kv *rawNode, path string) (*node, error) {
	key, err := interpret(kv.children[0], path+"."+kv.e.Name)
	if err != nil {
		return nil, err
	}
	value, err := interpret(kv.children[1], path+"."+kv.e.Name)
	if err != nil {
		return nil, err
	}
	return &node{
		name: r.e.Name, shape: mapShape, typ: schema.MapOf(key.typ, value.typ), def: r.def, elemDef: kv.def, rep: r.rep,
		children: []*node{key, value}, leaf: -1, elem: r.e, path: path,
	}, nil
}

// The legacy annotations (ConvertedType) by their numbers.
const (
	convertedUTF8 = iota
	convertedMap
	convertedMapKeyValue
	convertedList
	convertedEnum
	convertedDecimal
	convertedDate
	convertedTimeMillis
	convertedTimeMicros
	convertedTimestampMillis
	convertedTimestampMicros
	convertedUint8
	convertedUint16
	convertedUint32
	convertedUint64
	convertedInt8
	convertedInt16
	convertedInt32
	convertedInt64
	convertedJSON
	convertedBSON
	convertedInterval
)

// annotation returns the logical type of an element, translated from the legacy annotation where that is all there is.
func annotation(e *meta.Element) meta.Logical {
	if e.Logical.Kind != 0 {
		return e.Logical
	}
	switch e.Converted {
	case convertedUTF8:
		return meta.Logical{Kind: meta.String}
	case convertedEnum:
		return meta.Logical{Kind: meta.Enum}
	case convertedDecimal:
		return meta.Logical{Kind: meta.Decimal, Scale: e.Scale, Precision: e.Precision}
	case convertedDate:
		return meta.Logical{Kind: meta.Date}
	case convertedTimeMillis:
		return meta.Logical{Kind: meta.Time, Unit: meta.Millis}
	case convertedTimeMicros:
		return meta.Logical{Kind: meta.Time, Unit: meta.Micros}
	// What the legacy annotation calls UTC-adjusted, writers of its time used for local times as well: Hive and Athena
	// read it as a timestamp without a zone, and so does Tarn.
	case convertedTimestampMillis:
		return meta.Logical{Kind: meta.Timestamp, Unit: meta.Millis}
	case convertedTimestampMicros:
		return meta.Logical{Kind: meta.Timestamp, Unit: meta.Micros}
	case convertedUint8, convertedUint16, convertedUint32, convertedUint64:
		return meta.Logical{Kind: meta.Integer, Bits: 8 << (e.Converted - convertedUint8)}
	case convertedInt8, convertedInt16, convertedInt32, convertedInt64:
		return meta.Logical{Kind: meta.Integer, Bits: 8 << (e.Converted - convertedInt8), Signed: true}
	case convertedJSON:
		return meta.Logical{Kind: meta.JSON}
	case convertedBSON:
		return meta.Logical{Kind: meta.BSON}
	}
	return meta.Logical{}
}

// leafType returns the SQL type of a leaf. An annotation that does not fit its physical type is ignored, as the format
// asks readers to do; one that fits and is wrong in itself is an error.
func leafType(e *meta.Element) (schema.Type, error) {
	a := annotation(e)
	if a.Kind == meta.Decimal && e.Type != format.Boolean && e.Type != format.Int96 {
		if a.Precision < 1 || a.Precision > schema.MaxDecimal || a.Scale < 0 || a.Scale > a.Precision {
			return schema.Type{}, fmt.Errorf("decimal(%d,%d) is out of range", a.Precision, a.Scale)
		}
		if e.Type != format.Float && e.Type != format.Double {
			return schema.DecimalOf(int(a.Precision), int(a.Scale)), checkLength(e)
		}
	}
	switch e.Type {
	case format.Boolean:
		return schema.T(schema.Boolean), nil
	case format.Int32:
		return int32Type(a), nil
	case format.Int64:
		return int64Type(a), nil
	case format.Int96:
		return schema.T(schema.Timestamp), nil
	case format.Float:
		return schema.T(schema.Real), nil
	case format.Double:
		return schema.T(schema.Double), nil
	case format.ByteArray:
		switch a.Kind {
		case meta.String, meta.Enum:
			return schema.Text, nil
		case meta.JSON:
			return schema.T(schema.JSON), nil
		}
		return schema.T(schema.Varbinary), nil
	case format.FixedLenByteArray:
		return fixedType(e, a), checkLength(e)
	}
	return schema.Type{}, fmt.Errorf("unknown physical type %d", e.Type)
}

func checkLength(e *meta.Element) error {
	if e.Type == format.FixedLenByteArray && (e.TypeLength <= 0 || e.TypeLength > 1<<20) {
		return fmt.Errorf("values of a fixed length of %d bytes", e.TypeLength)
	}
	return nil
}

func int32Type(a meta.Logical) schema.Type {
	switch {
	case a.Kind == meta.Date:
		return schema.T(schema.Date)
	case a.Kind == meta.Time && a.Unit == meta.Millis:
		return schema.T(schema.Time)
	case a.Kind == meta.Integer && a.Bits == 8 && a.Signed:
		return schema.T(schema.TinyInt)
	case a.Kind == meta.Integer && (a.Bits == 16 && a.Signed || a.Bits == 8):
		return schema.T(schema.SmallInt)
	case a.Kind == meta.Integer && a.Bits == 32 && !a.Signed:
		return schema.T(schema.BigInt)
	}
	return schema.T(schema.Integer)
}

func int64Type(a meta.Logical) schema.Type {
	switch {
	case a.Kind == meta.Time && (a.Unit == meta.Micros || a.Unit == meta.Nanos):
		return schema.T(schema.Time)
	case a.Kind == meta.Timestamp && a.UTC:
		return schema.T(schema.TimestampTZ)
	case a.Kind == meta.Timestamp:
		return schema.T(schema.Timestamp)
	case a.Kind == meta.Integer && a.Bits == 64 && !a.Signed:
		return schema.DecimalOf(20, 0)
	}
	return schema.T(schema.BigInt)
}

func fixedType(e *meta.Element, a meta.Logical) schema.Type {
	switch {
	case a.Kind == meta.UUID && e.TypeLength == 16:
		return schema.T(schema.UUID)
	case a.Kind == meta.Float16 && e.TypeLength == 2:
		return schema.T(schema.Real)
	case e.Converted == convertedInterval && e.TypeLength == 12:
		return schema.T(schema.Interval)
	}
	return schema.T(schema.Varbinary)
}
