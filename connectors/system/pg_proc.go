package system

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
)

// RegProcOID returns the OID of a function by its name: one that pg_type refers to, or one of the engine's.
func (c *Connector) RegProcOID(name string) (int64, bool) {
	name = strings.TrimPrefix(name, "pg_catalog.")
	if oid, ok := inputFunctions().oids[name]; ok {
		return oid, true
	}
	for _, f := range c.host.Functions() {
		if f.Name == name {
			return f.oid(), true
		}
	}
	return 0, false
}

// RegProcName returns the name of a function by its OID, and "" for an OID that no function has.
func (c *Connector) RegProcName(oid int64) string {
	if name, ok := inputFunctions().names[oid]; ok {
		return name
	}
	if f, ok := c.function(oid); ok {
		return schema.QuoteIdent(f.Name)
	}
	return ""
}

// FunctionSignature returns the arguments and the result of a function as PostgreSQL's pg_get_function_arguments and
// pg_get_function_result write them; ok is false for an OID that no function of the engine has.
func (c *Connector) FunctionSignature(oid int64) (args, result string, ok bool) {
	f, ok := c.function(oid)
	if !ok {
		return "", "", false
	}
	list := make([]string, len(f.ArgNames))
	copy(list, f.ArgNames)
	if f.Variadic && len(list) > 0 {
		list[len(list)-1] = "VARIADIC " + list[len(list)-1]
	}
	result = f.ResultName
	if f.Set {
		if f.Result.Kind == schema.Row {
			result = "record"
			for _, column := range f.Result.Fields() {
				list = append(list, "OUT "+schema.QuoteIdent(column.Name)+" "+schema.PostgresName(column.Type))
			}
		}
		result = "SETOF " + result
	}
	return strings.Join(list, ", "), result, true
}

func (c *Connector) function(oid int64) (Function, bool) {
	for _, f := range c.host.Functions() {
		if f.oid() == oid {
			return f, true
		}
	}
	return Function{}, false
}

func (f Function) oid() int64 {
	return hashOID(append([]string{"function", string(f.Kind), f.Name}, f.ArgNames...)...)
}

// pseudoTypes are the OIDs of the families of types that PostgreSQL has.
var pseudoTypes = map[string]int64{`"any"`: 2276, "anyelement": 2283, "anyarray": 2277, "anynonarray": 2776, "numeric": 1700}

// typeOID is the OID of an argument's or a result's type: that of "any" for a family that PostgreSQL has not.
func typeOID(name string, t schema.Type) int64 {
	if oid, ok := pseudoTypes[name]; ok {
		return oid
	}
	if t.Kind == schema.Unknown || t.Kind == schema.Lambda {
		return pseudoTypes[`"any"`]
	}
	return int64(schema.OIDOf(t))
}

func pgProc(s *source, yield func(row)) error {
	for _, f := range s.host().Functions() {
		yield(f.column)
	}
	for _, name := range inputFunctions().order {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "oid":
				return num(inputFunctions().oids[name])
			case "proname", "prosrc":
				return text(name)
			case "prokind":
				return char('f')
			case "provolatile":
				return char('i')
			}
			return procDefault(c)
		})
	}
	return nil
}

// procDefault is what all functions have in common.
func procDefault(c string) (schema.Value, bool) {
	switch c {
	case "prolang":
		return num(12)
	case "proparallel":
		return char('s')
	case "pronamespace":
		return num(pgCatalogOID)
	case "proowner":
		return num(bootstrapUserOID)
	}
	return none()
}

func (f Function) column(c string) (schema.Value, bool) {
	switch c {
	case "oid":
		return num(f.oid())
	case "proname", "prosrc":
		return text(f.Name)
	case "prokind":
		return char(f.Kind)
	case "proretset":
		return flag(f.Set)
	case "provolatile":
		return char(f.Volatility)
	case "provariadic":
		if f.Variadic && len(f.Args) > 0 {
			return num(f.argOID(len(f.Args) - 1))
		}
	case "pronargs":
		return num(int64(len(f.Args)))
	case "prorettype":
		if f.Result.Kind == schema.Row {
			return num(2249)
		}
		return num(typeOID(f.ResultName, f.Result))
	case "proargtypes":
		oids := make([]schema.Value, len(f.Args))
		for i := range f.Args {
			oids[i] = schema.IntValue(schema.T(schema.OID), f.argOID(i))
		}
		return val(schema.NestedValue(schema.T(schema.OIDVector), oids))
	}
	return procDefault(c)
}

func (f Function) argOID(i int) int64 { return typeOID(f.ArgNames[i], f.Args[i]) }
