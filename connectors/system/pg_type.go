package system

import (
	"strconv"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
)

// typeRow is a row of types.txt.
type typeRow struct {
	fields              []string
	oid                 int64
	name                string
	length              int64
	byValue             bool
	align, storage      byte
	elem, array         int64
	baseType, collation int64
	typmod              int64
}

type typeTable struct {
	rows   []*typeRow
	byOID  map[int64]*typeRow
	byName map[string]*typeRow
}

// allTypes parses the embedded rows once.
var allTypes = sync.OnceValue(func() *typeTable {
	t := &typeTable{byOID: map[int64]*typeRow{}, byName: map[string]*typeRow{}}
	for line := range strings.Lines(typesText) {
		if line[0] == '#' {
			continue
		}
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		n := func(i int) int64 {
			v, _ := strconv.ParseInt(f[i], 10, 64) // the embedded file is checked by a test
			return v
		}
		r := &typeRow{fields: f, oid: n(0), name: f[1], length: n(2), byValue: f[3] == "t", align: f[16][0], storage: f[17][0],
			elem: n(10), array: n(11), baseType: n(18), typmod: n(19), collation: n(20)}
		t.rows = append(t.rows, r)
		t.byOID[r.oid] = r
		t.byName[r.name] = r
	}
	return t
})

// typeByOID returns the row of a type, and that of text for an unknown one.
func typeByOID(oid int64) *typeRow {
	if r, ok := allTypes().byOID[oid]; ok {
		return r
	}
	return allTypes().byOID[25]
}

// oidOfName returns the OID of a type by its name in the layouts.
func oidOfName(name string) (int64, bool) {
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		name = "_" + elem
	}
	switch name {
	case "sql_identifier":
		name = "name"
	case "character_data", "yes_or_no":
		name = "varchar"
	case "cardinal_number":
		name = "int4"
	case "time_stamp":
		name = "timestamptz"
	}
	r, ok := allTypes().byName[name]
	if !ok {
		return 0, false
	}
	return r.oid, true
}

func pgType(_ *source, yield func(row)) error {
	for _, r := range allTypes().rows {
		yield(r.column)
	}
	return nil
}

// textColumns are the columns of pg_type that types.txt has as they are, by their field.
var typeColumns = map[string]int{
	"typname": 1, "typtype": 4, "typcategory": 5, "typdelim": 8, "typalign": 16, "typstorage": 17,
}

// typeFunctions are the columns that name a function; their value is its OID.
var typeFunctions = map[string]int{"typinput": 12, "typoutput": 13, "typreceive": 14, "typsend": 15}

func (r *typeRow) column(c string) (schema.Value, bool) {
	if i, ok := typeColumns[c]; ok {
		return text(r.fields[i])
	}
	if i, ok := typeFunctions[c]; ok {
		return num(builtinFunctionOID(r.fields[i]))
	}
	switch c {
	case "oid":
		return num(r.oid)
	case "typnamespace":
		return num(pgCatalogOID)
	case "typowner":
		return num(bootstrapUserOID)
	case "typlen":
		return num(r.length)
	case "typbyval":
		return flag(r.byValue)
	case "typispreferred":
		return flag(r.fields[6] == "t")
	case "typisdefined":
		return flag(r.fields[7] == "t")
	case "typelem":
		return num(r.elem)
	case "typarray":
		return num(r.array)
	case "typbasetype":
		return num(r.baseType)
	case "typtypmod":
		return num(r.typmod)
	case "typcollation":
		return num(r.collation)
	}
	return none()
}

type functionTable struct {
	oids  map[string]int64
	names map[int64]string
	order []string
}

// inputFunctions numbers the functions that pg_type refers to.
var inputFunctions = sync.OnceValue(func() *functionTable {
	t := &functionTable{oids: map[string]int64{}, names: map[int64]string{}}
	for _, r := range allTypes().rows {
		for _, i := range typeFunctions {
			name := r.fields[i]
			if _, ok := t.oids[name]; ok || name == "-" || name == "" {
				continue
			}
			oid := hashOID("function", name)
			t.oids[name], t.names[oid] = oid, name
			t.order = append(t.order, name)
		}
	}
	return t
})

func builtinFunctionOID(name string) int64 { return inputFunctions().oids[name] }

func pgRange(_ *source, yield func(row)) error {
	for _, r := range [][3]int64{{3904, 23, 4451}, {3906, 1700, 4532}, {3908, 1114, 4533}, {3910, 1184, 4534}, {3912, 1082, 4535}, {3926, 20, 4536}} {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "rngtypid":
				return num(r[0])
			case "rngsubtype":
				return num(r[1])
			case "rngmultitypid":
				return num(r[2])
			}
			return none()
		})
	}
	return nil
}
