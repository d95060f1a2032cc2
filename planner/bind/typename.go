package bind

import (
	"fmt"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// kindsByName are the names of types without parameters of their own, PostgreSQL's, Trino's and Hive's.
var kindsByName = map[string]schema.Kind{
	"boolean": schema.Boolean, "bool": schema.Boolean,
	"tinyint": schema.TinyInt, "int1": schema.TinyInt,
	"smallint": schema.SmallInt, "int2": schema.SmallInt, "smallserial": schema.SmallInt,
	"integer": schema.Integer, "int": schema.Integer, "int4": schema.Integer, "serial": schema.Integer,
	"cardinal_number": schema.Integer,
	"bigint":          schema.BigInt, "int8": schema.BigInt, "bigserial": schema.BigInt, "long": schema.BigInt,
	"xid": schema.BigInt, "xid8": schema.BigInt,
	"real": schema.Real, "float4": schema.Real,
	"double": schema.Double, "float8": schema.Double,
	"varbinary": schema.Varbinary, "binary": schema.Varbinary, "bytea": schema.Varbinary,
	"date":     schema.Date,
	"interval": schema.Interval, "uuid": schema.UUID, "json": schema.JSON, "jsonb": schema.JSONB,
	"oid": schema.OID, "name": schema.Name, "void": schema.Void, "unknown": schema.Unknown,
	"regclass": schema.RegClass, "regtype": schema.RegType, "regproc": schema.RegProc, "regprocedure": schema.RegProc,
	"regnamespace": schema.RegNamespace, "int2vector": schema.Int2Vector, "oidvector": schema.OIDVector,
}

// textNames are the names of text without a limit.
var textNames = map[string]bool{
	"text": true, "string": true, "sql_identifier": true, "character_data": true, "yes_or_no": true, "cstring": true,
	"citext": true,
}

// Type returns the type that a name in a statement means. An unknown one is 42704.
func Type(t *parser.TypeName) (typ schema.Type, err error) {
	defer recovered(&err)
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
	if elem, ok := strings.CutPrefix(name, "_"); ok {
		return schema.ArrayOf(typeOf(&parser.TypeName{Loc: t.Loc, Name: parser.Name{elem}, Mods: t.Mods}))
	}
	if k, ok := kindsByName[name]; ok {
		return schema.T(k)
	}
	if textNames[name] {
		return schema.Text
	}
	return parametric(t, name)
}

func parametric(t *parser.TypeName, name string) schema.Type {
	mod := func(i, def int) int {
		if i < len(t.Mods) {
			return t.Mods[i]
		}
		return def
	}
	switch name {
	case "decimal", "numeric", "dec":
		p, s := mod(0, schema.MaxDecimal), mod(1, 0)
		if len(t.Mods) == 0 {
			return Numeric
		}
		if p < 1 || p > schema.MaxDecimal {
			fail(t.Pos(), sqlerr.InvalidParameterValue, "NUMERIC precision %d must be between 1 and %d", p, schema.MaxDecimal)
		}
		if s < 0 || s > p {
			fail(t.Pos(), sqlerr.InvalidParameterValue, "NUMERIC scale %d must be between 0 and precision %d", s, p)
		}
		return schema.DecimalOf(p, s)
	case "float":
		switch n := mod(0, 53); {
		case n < 1 || n > 53:
			fail(t.Pos(), sqlerr.InvalidParameterValue, "precision for type float must be between 1 and 53 bits")
		case n <= 24:
			return schema.T(schema.Real)
		}
		return schema.T(schema.Double)
	case "varchar", "char", "bpchar", "character", "nchar":
		n := mod(0, 0)
		if len(t.Mods) > 0 && (n < 1 || n > 10485760) {
			fail(t.Pos(), sqlerr.InvalidParameterValue, "length for type %s must be between 1 and 10485760", name)
		}
		if name == "varchar" {
			return schema.VarcharOf(n)
		}
		if len(t.Mods) == 0 && name != "bpchar" {
			n = 1
		}
		return schema.CharOf(n)
	case "time", "timestamp", "timestamptz", "time_stamp":
		k := map[string]schema.Kind{"time": schema.Time, "timestamp": schema.Timestamp, "timestamptz": schema.TimestampTZ,
			"time_stamp": schema.TimestampTZ}[name]
		if len(t.Mods) == 0 {
			return schema.T(k)
		}
		// Digits beyond microseconds are declared by Trino's timestamp(9); values have six.
		return schema.TimeOf(k, min(max(t.Mods[0], 0), 6))
	}
	fail(t.Pos(), sqlerr.UndefinedObject, "type %q does not exist", strings.Join(t.Name, "."))
	return schema.Type{}
}

// Numeric is what numeric without parameters means. PostgreSQL's has any number of digits; ours has 38, and a cast keeps
// the digits after the point that the value has as far as they fit.
var Numeric = schema.DecimalOf(schema.MaxDecimal, 9)

var pgNames = map[schema.Kind]string{
	schema.Varchar: "text", schema.Char: "character", schema.Varbinary: "bytea", schema.Decimal: "numeric",
	schema.Double: "double precision", schema.Time: "time without time zone",
	schema.Timestamp: "timestamp without time zone", schema.TimestampTZ: "timestamp with time zone", schema.Row: "record",
	schema.TinyInt: "tinyint",
}

// TypeName returns the type as PostgreSQL's messages name it.
func TypeName(t schema.Type) string {
	switch t.Kind {
	case schema.Array:
		return TypeName(t.Elem()) + "[]"
	case schema.Map:
		return fmt.Sprintf("map(%s, %s)", TypeName(t.Key()), TypeName(t.Elem()))
	case schema.Varchar:
		if t.Precision > 0 {
			return "character varying"
		}
	}
	if n, ok := pgNames[t.Kind]; ok {
		return n
	}
	return t.Kind.String()
}
