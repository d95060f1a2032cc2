package bind

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Type returns the type that a name in a statement means. An unknown one is 42704.
func Type(t *parser.TypeName) (typ schema.Type, err error) {
	defer func() { err = recovered(recover(), err) }()
	return typeOf(t), nil
}

func typeOf(t *parser.TypeName) schema.Type {
	switch {
	case t.SetOf:
		unsupported(t.Pos(), "SETOF")
	case t.IsArray():
		return schema.ArrayOf(typeOf(t.Elems[0]))
	case t.IsMap():
		return schema.MapOf(typeOf(t.Elems[0]), typeOf(t.Elems[1]))
	case t.IsRow():
		fields := make([]schema.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = schema.Field{Name: f.Name, Type: typeOf(f.Type)}
		}
		return schema.RowOf(fields...)
	}
	name := t.Name.Last()
	if len(t.Name) > 1 && t.Name[0] != "pg_catalog" && t.Name[0] != "information_schema" {
		fail(t.Pos(), sqlerr.UndefinedObject, "type %q does not exist", strings.Join(t.Name, "."))
	}
	if (t.Quoted || len(t.Name) > 1) && name == "char" && len(t.Mods) == 0 {
		return schema.T(schema.InternalChar)
	}
	if name == "bpchar" && len(t.Mods) == 0 {
		return schema.CharOf(0)
	}
	if typ, ok := namedType(name, t.Mods, t.Pos()); ok {
		return typ
	}
	if elem, ok := strings.CutPrefix(name, "_"); ok {
		if typ, ok := namedType(elem, t.Mods, t.Pos()); ok {
			return schema.ArrayOf(typ)
		}
	}
	fail(t.Pos(), sqlerr.UndefinedObject, "type %q does not exist", strings.Join(t.Name, "."))
	return schema.Type{}
}

func namedType(name string, mods []int, pos int) (schema.Type, bool) {
	typ, ok, err := schema.NamedType(name, mods)
	if err != nil {
		raise(err, pos)
	}
	return typ, ok
}

// Numeric is what numeric without parameters means. PostgreSQL's has any number of digits; ours has 38, and a quoted
// number or an integer that is cast to it keeps the digits that it has.
var Numeric, _, _ = schema.NamedType("numeric", nil)

// TypeName returns the type as PostgreSQL's messages name it.
func TypeName(t schema.Type) string {
	switch t.Kind {
	case schema.Row:
		return "record"
	case schema.Map:
		return "map(" + TypeName(t.Key()) + ", " + TypeName(t.Elem()) + ")"
	case schema.Array:
		return TypeName(t.Elem()) + "[]"
	}
	return schema.PostgresName(t)
}
