package system

import (
	"hash/fnv"
	"slices"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
)

// The well-known OIDs of PostgreSQL.
const (
	pgCatalogOID     = 11
	publicOID        = 2200
	infoSchemaOID    = 13182
	tarnSchemaOID    = 16000
	heapAM           = 2
	bootstrapUserOID = 10
	defaultSpaceOID  = 1663
	classRelation    = 1259
)

// namespace is a schema of the current catalog.
type namespace struct {
	name   string
	oid    int64
	system bool
}

// object is a relation of the current catalog: a table, a view, or a system relation.
type object struct {
	namespace namespace
	name      string
	oid       int64
	kind      byte
	comment   string
	columns   []objectColumn
	rows      float64
	view      string
	system    bool
}

type objectColumn struct {
	name, comment, pgType string
	typ                   schema.Type
	notNull               bool
}

// objects are the relations of the current catalog; a statement lists them once.
type objects struct {
	namespaces []namespace
	list       []object
	err        error
}

type objectsKey struct{ database string }

// objects lists the schemas and relations of the current catalog.
func (s *source) objects() ([]namespace, []object, error) {
	key := objectsKey{s.host().Database()}
	o, _ := s.query.Shared(key, func() any { return new(objects) }).(*objects)
	if o.list == nil && o.err == nil {
		o.err = o.load(s)
	}
	return o.namespaces, o.list, o.err
}

func (o *objects) load(s *source) error {
	for _, name := range Schemas {
		o.namespaces = append(o.namespaces, namespace{name: name, oid: systemNamespaceOID(name), system: true})
	}
	c, err := s.host().Connector(s.ctx, s.host().Database())
	if err != nil {
		return err
	}
	names, err := c.Schemas(s.ctx, s.query)
	if err != nil {
		return err
	}
	o.list = make([]object, 0, 256)
	for _, name := range names {
		if slices.Contains(Schemas, name) {
			continue
		}
		ns := namespace{name: name, oid: namespaceOID(s.host().Database(), name)}
		o.namespaces = append(o.namespaces, ns)
		if err := o.loadTables(s, c, ns); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(o.namespaces, func(n namespace) bool { return n.name == "public" }) {
		o.namespaces = append(o.namespaces, namespace{name: "public", oid: publicOID})
	}
	o.addSystem()
	return nil
}

func (o *objects) loadTables(s *source, c connectors.Connector, ns namespace) error {
	infos, err := c.Tables(s.ctx, s.query, ns.name)
	if err != nil {
		return err
	}
	for _, info := range infos {
		t, err := c.Table(s.ctx, s.query, ns.name, info.Name)
		if err != nil {
			continue // dropped meanwhile, or of a type that cannot be read: the listing goes on without it
		}
		obj := object{namespace: ns, name: info.Name, kind: 'r', comment: info.Comment, rows: -1}
		obj.oid = tableOID(t, s.host().Database())
		if info.View {
			obj.kind = 'v'
		}
		if v, ok := t.(connectors.Viewer); ok {
			obj.kind, obj.view = 'v', v.ViewSQL()
		}
		if st, err := t.Statistics(s.ctx); err == nil {
			obj.rows = st.Rows
		}
		for _, col := range t.Columns() {
			if !col.Hidden {
				obj.columns = append(obj.columns, objectColumn{name: col.Name, comment: col.Comment, typ: col.Type, notNull: col.NotNull})
			}
		}
		o.list = append(o.list, obj)
	}
	return nil
}

func (o *objects) addSystem() {
	for _, r := range allLayouts().list {
		obj := object{namespace: namespace{r.schema, systemNamespaceOID(r.schema), true}, name: r.name, oid: r.oid, kind: r.kind, system: true}
		for _, c := range r.columns {
			obj.columns = append(obj.columns, objectColumn{name: c.name, typ: c.typ, pgType: c.pgType, notNull: c.notNull})
		}
		o.list = append(o.list, obj)
	}
}

func systemNamespaceOID(name string) int64 {
	switch name {
	case "pg_catalog":
		return pgCatalogOID
	case "information_schema":
		return infoSchemaOID
	}
	return tarnSchemaOID
}

func namespaceOID(database, name string) int64 {
	if name == "public" {
		return publicOID
	}
	return hashOID("namespace", database, name)
}

// OIDer is a table that has an OID of its own, stable for as long as the table exists.
type OIDer interface{ OID() int64 }

func tableOID(t connectors.Table, database string) int64 {
	if o, ok := t.(OIDer); ok {
		return o.OID()
	}
	n := t.Name()
	return hashOID("table", database, n.Schema, n.Table)
}

// hashOID makes an OID of a name, the same in all sessions and after a restart, above those that the catalog counts.
func hashOID(parts ...string) int64 {
	h := fnv.New32a()
	for _, p := range parts {
		h.Write([]byte(p)) //nolint:errcheck // a hash never fails
		h.Write([]byte{0}) //nolint:errcheck // a hash never fails
	}
	return 1<<30 | int64(h.Sum32()&(1<<30-1))
}
