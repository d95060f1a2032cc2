package system

import (
	"github.com/tarnsql/tarn/catalog/schema"
)

func infoCatalogName(s *source, yield func(row)) error {
	yield(single(s.host().Database()))
	return nil
}

func infoSchemata(s *source, yield func(row)) error {
	namespaces, _, err := s.objects()
	for _, ns := range namespaces {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "catalog_name":
				return text(s.host().Database())
			case "schema_name":
				return text(ns.name)
			case "schema_owner":
				return text(s.host().User())
			}
			return none()
		})
	}
	return err
}

func infoTables(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "table_catalog":
				return text(s.host().Database())
			case "table_schema":
				return text(o.namespace.name)
			case "table_name":
				return text(o.name)
			case "table_type":
				if o.kind == 'v' {
					return text("VIEW")
				}
				return text("BASE TABLE")
			case "is_insertable_into", "is_typed":
				return yesNo(false)
			}
			return none()
		})
	}
	return err
}

func infoViews(s *source, yield func(row)) error {
	return s.relations('v', func(o *object) {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "table_catalog":
				return text(s.host().Database())
			case "table_schema":
				return text(o.namespace.name)
			case "table_name":
				return text(o.name)
			case "view_definition":
				return textOr(o.view)
			case "check_option":
				return text("NONE")
			case "is_updatable", "is_insertable_into", "is_trigger_updatable", "is_trigger_deletable", "is_trigger_insertable_into":
				return yesNo(false)
			}
			return none()
		})
	})
}

func infoColumns(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		for i := range o.columns {
			yield(func(c string) (schema.Value, bool) { return s.infoColumn(c, &o, i) })
		}
	}
	return err
}

func (s *source) infoColumn(c string, o *object, i int) (schema.Value, bool) {
	col := &o.columns[i]
	t := col.typ
	switch c {
	case "table_catalog", "udt_catalog":
		return text(s.host().Database())
	case "table_schema":
		return text(o.namespace.name)
	case "table_name":
		return text(o.name)
	case "column_name":
		return text(col.name)
	case "ordinal_position":
		return num(int64(i + 1))
	case "is_nullable":
		return yesNo(!col.notNull)
	case "data_type":
		return text(infoTypeName(t))
	case "character_maximum_length":
		if t.Precision > 0 && (t.Kind == schema.Varchar || t.Kind == schema.Char) {
			return num(int64(t.Precision))
		}
	case "character_octet_length":
		if t.Kind == schema.Varchar || t.Kind == schema.Char {
			return num(1 << 30)
		}
	case "numeric_precision", "numeric_precision_radix", "numeric_scale":
		return infoNumeric(c, t)
	case "datetime_precision":
		return infoDatetime(t)
	case "udt_schema":
		return text("pg_catalog")
	case "udt_name":
		return text(col.typeRow().name)
	case "dtd_identifier":
		return text(string(schema.IntValue(schema.T(schema.Integer), int64(i+1)).AppendText(nil, nil)))
	case "is_self_referencing", "is_identity", "identity_cycle", "is_updatable":
		return yesNo(false)
	case "is_generated":
		return text("NEVER")
	}
	return none()
}

// infoTypeNames are the SQL standard's names as PostgreSQL's information schema spells them.
var infoTypeNames = map[schema.Kind]string{
	schema.Boolean: "boolean", schema.TinyInt: "smallint", schema.SmallInt: "smallint", schema.Integer: "integer",
	schema.BigInt: "bigint", schema.Real: "real", schema.Double: "double precision", schema.Decimal: "numeric",
	schema.Char: "character", schema.Varbinary: "bytea", schema.Date: "date", schema.Time: "time without time zone",
	schema.Timestamp: "timestamp without time zone", schema.TimestampTZ: "timestamp with time zone", schema.Interval: "interval",
	schema.UUID: "uuid", schema.JSON: "json", schema.JSONB: "jsonb", schema.Array: "ARRAY", schema.Map: "json", schema.Row: "json",
	schema.OID: "oid", schema.Name: "name", schema.InternalChar: `"char"`, schema.RegClass: "regclass", schema.RegType: "regtype",
	schema.RegProc: "regproc", schema.RegNamespace: "regnamespace", schema.Int2Vector: "ARRAY", schema.OIDVector: "ARRAY",
}

func infoTypeName(t schema.Type) string {
	if t.Kind == schema.Varchar {
		if t.Precision > 0 {
			return "character varying"
		}
		return "text"
	}
	return infoTypeNames[t.Kind]
}

func infoNumeric(c string, t schema.Type) (schema.Value, bool) {
	precision, radix := int64(0), int64(2)
	switch t.Kind {
	case schema.TinyInt, schema.SmallInt:
		precision = 16
	case schema.Integer:
		precision = 32
	case schema.BigInt:
		precision = 64
	case schema.Real:
		precision = 24
	case schema.Double:
		precision = 53
	case schema.Decimal:
		precision, radix = int64(t.Precision), 10
	default:
		return none()
	}
	switch c {
	case "numeric_precision":
		return num(precision)
	case "numeric_precision_radix":
		return num(radix)
	}
	if t.IsFloat() {
		return none()
	}
	return num(int64(t.Scale))
}

func infoDatetime(t schema.Type) (schema.Value, bool) {
	switch {
	case t.Kind == schema.Date:
		return num(0)
	case t.IsTemporal() && t.Digits() >= 0:
		return num(int64(t.Digits()))
	case t.IsTemporal() || t.Kind == schema.Interval:
		return num(6)
	}
	return none()
}

func infoCharacterSets(s *source, yield func(row)) error {
	yield(func(c string) (schema.Value, bool) {
		switch c {
		case "character_set_name", "character_repertoire", "form_of_use":
			return text("UTF8")
		case "default_collate_catalog":
			return text(s.host().Database())
		case "default_collate_schema":
			return text("pg_catalog")
		case "default_collate_name":
			return text("C")
		}
		return none()
	})
	return nil
}

func infoRoles(s *source, yield func(row)) error {
	yield(single(s.host().User()))
	return nil
}

func infoApplicableRoles(s *source, yield func(row)) error {
	yield(func(c string) (schema.Value, bool) {
		if c == "is_grantable" {
			return yesNo(false)
		}
		return text(s.host().User())
	})
	return nil
}

func infoTablePrivileges(s *source, yield func(row)) error {
	_, list, err := s.objects()
	for _, o := range list {
		if o.system {
			continue
		}
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "grantor", "grantee":
				return text(s.host().User())
			case "table_catalog":
				return text(s.host().Database())
			case "table_schema":
				return text(o.namespace.name)
			case "table_name":
				return text(o.name)
			case "privilege_type":
				return text("SELECT")
			case "is_grantable":
				return yesNo(false)
			case "with_hierarchy":
				return yesNo(true)
			}
			return none()
		})
	}
	return err
}
