package system

import (
	"github.com/tarnsql/tarn/catalog/schema"
)

func pgNamespace(s *source, yield func(row)) error {
	namespaces, _, err := s.objects()
	for _, ns := range namespaces {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "oid":
				return num(ns.oid)
			case "nspname":
				return text(ns.name)
			case "nspowner":
				return num(bootstrapUserOID)
			}
			return none()
		})
	}
	return err
}

func pgClass(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		yield(o.class)
	}
	return err
}

// class is the row of pg_class.
func (o *object) class(c string) (schema.Value, bool) {
	switch c {
	case "oid":
		return num(o.oid)
	case "relname":
		return text(o.name)
	case "relnamespace":
		return num(o.namespace.oid)
	case "relowner":
		return num(bootstrapUserOID)
	case "relam":
		if o.kind == 'r' {
			return num(heapAM)
		}
	case "reltuples":
		return float(o.rows)
	case "relpersistence":
		return char('p')
	case "relkind":
		return char(o.kind)
	case "relnatts":
		return num(int64(len(o.columns)))
	case "relispopulated":
		return flag(true)
	case "relreplident": // PostgreSQL's default; a view and a catalog table have none
		if o.kind == 'r' && !o.system {
			return char('d')
		}
		return char('n')
	}
	return none()
}

func pgAttribute(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		for i := range o.columns {
			yield(func(c string) (schema.Value, bool) { return o.attribute(c, i) })
		}
	}
	return err
}

// attribute is the row of pg_attribute of column i.
func (o *object) attribute(c string, i int) (schema.Value, bool) {
	col := &o.columns[i]
	switch c {
	case "attrelid":
		return num(o.oid)
	case "attname":
		return text(col.name)
	case "atttypid":
		return num(col.typeOID())
	case "attstattarget":
		return num(-1)
	case "attlen":
		return num(col.typeRow().length)
	case "attnum":
		return num(int64(i + 1))
	case "attndims":
		if col.typ.Kind == schema.Array {
			return num(1)
		}
	case "attcacheoff":
		return num(-1)
	case "atttypmod":
		return num(int64(schema.TypMod(col.typ)))
	case "attbyval":
		return flag(col.typeRow().byValue)
	case "attalign":
		return char(col.typeRow().align)
	case "attstorage":
		return char(col.typeRow().storage)
	case "attnotnull":
		return flag(col.notNull)
	case "attislocal":
		return flag(true)
	case "attcollation":
		return num(col.typeRow().collation)
	case "attcompression", "attidentity", "attgenerated":
		return val(schema.StringValue(schema.T(schema.InternalChar), ""))
	}
	return none()
}

// typeOID is the OID that the column has in PostgreSQL, which knows more types than the engine.
func (c *objectColumn) typeOID() int64 {
	if c.pgType != "" {
		if oid, ok := oidOfName(c.pgType); ok {
			return oid
		}
	}
	return int64(schema.OIDOf(c.typ))
}

func (c *objectColumn) typeRow() *typeRow { return typeByOID(c.typeOID()) }

func pgDescription(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		describe := func(sub int64, comment string) {
			if comment == "" {
				return
			}
			yield(func(c string) (schema.Value, bool) {
				switch c {
				case "objoid":
					return num(o.oid)
				case "classoid":
					return num(classRelation)
				case "objsubid":
					return num(sub)
				case "description":
					return text(comment)
				}
				return none()
			})
		}
		describe(0, o.comment)
		for i, col := range o.columns {
			describe(int64(i+1), col.comment)
		}
	}
	return err
}

func pgTables(s *source, yield func(row)) error {
	return s.relations('r', func(o *object) {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "schemaname":
				return text(o.namespace.name)
			case "tablename":
				return text(o.name)
			case "tableowner":
				return text(s.host().User())
			case "hasindexes", "hasrules", "hastriggers", "rowsecurity":
				return flag(false)
			}
			return none()
		})
	})
}

func pgViews(s *source, yield func(row)) error {
	return s.relations('v', func(o *object) {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "schemaname":
				return text(o.namespace.name)
			case "viewname":
				return text(o.name)
			case "viewowner":
				return text(s.host().User())
			case "definition":
				return text(o.view)
			}
			return none()
		})
	})
}

func pgStatUserTables(s *source, yield func(row)) error {
	return s.relations('r', func(o *object) {
		if o.system {
			return
		}
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "relid":
				return num(o.oid)
			case "schemaname":
				return text(o.namespace.name)
			case "relname":
				return text(o.name)
			case "n_live_tup":
				return num(int64(max(o.rows, 0)))
			}
			return none()
		})
	})
}

// relations calls f for the relations of a kind.
func (s *source) relations(kind byte, f func(*object)) error {
	_, list, err := s.objects()
	for i := range list {
		if list[i].kind == kind {
			f(&list[i])
		}
	}
	return err
}
