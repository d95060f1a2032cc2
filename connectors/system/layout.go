package system

import (
	_ "embed" // layout.txt and types.txt
	"strconv"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/catalog/schema"
)

//go:embed layout.txt
var layoutText string

//go:embed types.txt
var typesText string

//go:embed tarn.txt
var tarnText string

// relation is the layout of a system relation.
type relation struct {
	schema, name string
	kind         byte // r or v
	oid          int64
	columns      []column
	byName       map[string]int
}

// column is a column of a system relation. pgType is its PostgreSQL type: the engine has fewer.
type column struct {
	name, pgType string
	typ          schema.Type
	notNull      bool
}

// layouts are all system relations by schema and name.
type layouts struct {
	list   []*relation
	byName map[[2]string]*relation
}

// allLayouts parses the embedded layouts once.
var allLayouts = sync.OnceValue(func() *layouts {
	l := &layouts{byName: map[[2]string]*relation{}}
	for _, text := range []string{layoutText, tarnText} {
		l.parse(text)
	}
	return l
})

func (l *layouts) parse(text string) {
	var r *relation
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || line[0] == '#':
		case line[0] != '\t':
			r = newRelation(fields)
			l.list = append(l.list, r)
			l.byName[[2]string{r.schema, r.name}] = r
		default:
			typ, notNull := strings.CutSuffix(fields[1], "!")
			r.byName[fields[0]] = len(r.columns)
			r.columns = append(r.columns, column{name: fields[0], pgType: typ, typ: columnType(typ), notNull: notNull})
		}
	}
}

func newRelation(fields []string) *relation {
	r := &relation{kind: fields[1][0], byName: map[string]int{}}
	r.schema, r.name, _ = strings.Cut(fields[0], ".")
	r.oid, _ = strconv.ParseInt(fields[2], 10, 64) // the embedded file is checked by a test
	return r
}

// columnTypes are the engine's types for PostgreSQL's names in the layouts.
var columnTypes = map[string]schema.Type{
	"oid": schema.T(schema.OID), "name": schema.T(schema.Name), "char": schema.T(schema.InternalChar),
	"bool": schema.T(schema.Boolean), "int2": schema.T(schema.SmallInt), "int4": schema.T(schema.Integer), "int8": schema.T(schema.BigInt),
	"float4": schema.T(schema.Real), "float8": schema.T(schema.Double), "numeric": schema.DecimalOf(38, 0), "text": schema.Text,
	"regproc": schema.T(schema.RegProc), "regtype": schema.T(schema.RegType), "xid": schema.T(schema.OID), "bytea": schema.T(schema.Varbinary),
	"timestamptz": schema.T(schema.TimestampTZ), "interval": schema.T(schema.Interval), "int2vector": schema.T(schema.Int2Vector),
	"oidvector": schema.T(schema.OIDVector), "sql_identifier": schema.T(schema.Name), "character_data": schema.Text,
	"cardinal_number": schema.T(schema.Integer), "yes_or_no": schema.VarcharOf(3), "time_stamp": schema.T(schema.TimestampTZ),
	"anyarray": schema.ArrayOf(schema.Text), "varchar": schema.Text,
}

func columnType(name string) schema.Type {
	if elem, ok := strings.CutSuffix(name, "[]"); ok {
		return schema.ArrayOf(columnType(elem))
	}
	if t, ok := columnTypes[name]; ok {
		return t
	}
	return schema.Text
}
