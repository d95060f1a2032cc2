package system

import (
	"context"

	"github.com/tarnsql/tarn/connectors"
)

// The look-ups below serve the casts to regclass and its kin, and the functions that PostgreSQL's clients call with OIDs.

func (c *Connector) source(ctx context.Context, q *connectors.Query) *source {
	return &source{ctx: ctx, connector: c, query: q}
}

// RelationOID finds a relation by schema (empty: the first of path that has it) and name.
func (c *Connector) RelationOID(ctx context.Context, q *connectors.Query, schemaName, name string, path []string) (int64, bool, error) {
	_, list, err := c.source(ctx, q).objects()
	if err != nil {
		return 0, false, err
	}
	search := []string{schemaName}
	if schemaName == "" {
		search = append([]string{"pg_catalog"}, path...)
	}
	for _, ns := range search {
		for i := range list {
			if list[i].name == name && list[i].namespace.name == ns {
				return list[i].oid, true, nil
			}
		}
	}
	return 0, false, nil
}

// Relation finds a relation by its OID.
func (c *Connector) Relation(ctx context.Context, q *connectors.Query, oid int64) (schemaName, name, comment string, ok bool, err error) {
	_, list, err := c.source(ctx, q).objects()
	for i := range list {
		if list[i].oid == oid {
			return list[i].namespace.name, list[i].name, list[i].comment, true, err
		}
	}
	return "", "", "", false, err
}

// ViewSQL returns the query of the view with an OID, and "" for none.
func (c *Connector) ViewSQL(ctx context.Context, q *connectors.Query, oid int64) (string, error) {
	_, list, err := c.source(ctx, q).objects()
	for i := range list {
		if list[i].oid == oid {
			return list[i].view, err
		}
	}
	return "", err
}

// ColumnComment returns the comment of a column by its relation's OID and its number, and "" for none.
func (c *Connector) ColumnComment(ctx context.Context, q *connectors.Query, oid int64, number int) (string, error) {
	_, list, err := c.source(ctx, q).objects()
	for i := range list {
		if list[i].oid == oid && number >= 1 && number <= len(list[i].columns) {
			return list[i].columns[number-1].comment, err
		}
	}
	return "", err
}

// NamespaceOID finds a schema by name, NamespaceName by OID.
func (c *Connector) NamespaceOID(ctx context.Context, q *connectors.Query, name string) (int64, bool, error) {
	namespaces, _, err := c.source(ctx, q).objects()
	for _, ns := range namespaces {
		if ns.name == name {
			return ns.oid, true, err
		}
	}
	return 0, false, err
}

// NamespaceName finds a schema by its OID.
func (c *Connector) NamespaceName(ctx context.Context, q *connectors.Query, oid int64) (string, error) {
	namespaces, _, err := c.source(ctx, q).objects()
	for _, ns := range namespaces {
		if ns.oid == oid {
			return ns.name, err
		}
	}
	return "", err
}

// TypeOID finds a type by its PostgreSQL name (int4, _text), TypeName by OID.
func TypeOID(name string) (int64, bool) { return oidOfName(name) }

// TypeName finds a type's PostgreSQL name by its OID.
func TypeName(oid int64) (string, bool) {
	r, ok := allTypes().byOID[oid]
	if !ok {
		return "", false
	}
	return r.name, true
}
