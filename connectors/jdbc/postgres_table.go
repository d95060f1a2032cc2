package jdbc

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Table reads a table's columns and its primary key, which says nothing of the rows of tables that inherit from it.
func (p *postgres) Table(ctx context.Context, q *connectors.Query, schemaName, name string) (connectors.Table, error) {
	t := &table{name: schema.TableName{Catalog: p.name, Schema: schemaName, Table: name}, from: quote(schemaName) + "." + quote(name),
		db: p, query: q, stats: p.statistics}
	rows, err := p.pool.Query(ctx, `SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull, coalesce(col_description(c.oid, a.attnum), ''),
			coalesce(array_position(i.indkey::int2[], a.attnum), -1)
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary AND (c.relkind = 'p' OR NOT c.relhassubclass)
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY a.attnum`, schemaName, name)
	if err != nil {
		return nil, p.fault(err)
	}
	var key []int
	_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (struct{}, error) {
		var c column
		var oid uint32
		var typmod int32
		var keyAt int
		if err := r.Scan(&c.name, &oid, &typmod, &c.notNull, &c.comment, &keyAt); err != nil {
			return struct{}{}, err
		}
		c.typ, c.asText = postgresType(oid, typmod)
		c.remote = strconv.Itoa(int(oid))
		if keyAt >= 0 {
			key = append(key, len(t.columns))
		}
		t.columns = append(t.columns, c)
		return struct{}{}, nil
	})
	if err != nil {
		return nil, p.fault(err)
	}
	if len(t.columns) == 0 {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", schemaName+"."+name)
	}
	if key != nil {
		t.keys = [][]int{key}
	}
	return t, nil
}

// nameOID is the OID of PostgreSQL's type name.
const nameOID = "19"

// unboundedScale is the scale of a numeric without one; a value with more digits after the point is an error.
const unboundedScale = 10

// postgresType maps a type; others are read as text.
func postgresType(oid uint32, typmod int32) (t schema.Type, asText bool) {
	switch oid {
	case 16:
		return schema.T(schema.Boolean), false
	case 21:
		return schema.T(schema.SmallInt), false
	case 23:
		return schema.T(schema.Integer), false
	case 20:
		return schema.T(schema.BigInt), false
	case 26:
		return schema.T(schema.OID), false
	case 700:
		return schema.T(schema.Real), false
	case 701:
		return schema.T(schema.Double), false
	case 1700:
		return postgresNumeric(typmod)
	case 25, 19:
		return schema.Text, false
	case 1043:
		return schema.VarcharOf(int(max(typmod-4, 0))), false
	case 1042:
		return schema.CharOf(int(max(typmod-4, 1))), false
	case 17:
		return schema.T(schema.Varbinary), false
	case 1082:
		return schema.T(schema.Date), false
	case 1083:
		return schema.T(schema.Time), false
	case 1114:
		return schema.T(schema.Timestamp), false
	case 1184:
		return schema.T(schema.TimestampTZ), false
	case 1186:
		return schema.T(schema.Interval), false
	case 2950:
		return schema.T(schema.UUID), false
	case 114:
		return schema.T(schema.JSON), false
	}
	return schema.Text, true
}

func postgresNumeric(typmod int32) (schema.Type, bool) {
	if typmod < 4 {
		return schema.DecimalOf(schema.MaxDecimal, unboundedScale), false
	}
	precision, scale := int((typmod-4)>>16), int((typmod-4)&0x7ff)
	if precision > schema.MaxDecimal || scale > precision {
		return schema.Text, true
	}
	return schema.DecimalOf(precision, scale), false
}

// statistics reads pg_class and pg_stats.
func (p *postgres) statistics(ctx context.Context, t *table) (connectors.Statistics, error) {
	s := connectors.Statistics{Rows: -1, Bytes: -1, Source: "pg_stats", Columns: make([]connectors.ColumnStatistics, len(t.columns))}
	var tuples float64
	err := p.pool.QueryRow(ctx, `SELECT c.reltuples::float8, pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`, t.name.Schema, t.name.Table).Scan(&tuples, &s.Bytes)
	if errors.Is(err, pgx.ErrNoRows) { // dropped since the name was looked up
		return s, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", t.name.Schema+"."+t.name.Table)
	}
	if err != nil {
		return s, p.fault(err)
	}
	if tuples >= 0 {
		s.Rows = tuples
	}
	rows, err := p.pool.Query(ctx, "SELECT attname::text, null_frac::float8, n_distinct::float8, avg_width::float8 FROM pg_catalog.pg_stats WHERE schemaname = $1 AND tablename = $2", t.name.Schema, t.name.Table)
	if err != nil {
		return s, p.fault(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var c connectors.ColumnStatistics
		if err := rows.Scan(&name, &c.NullFraction, &c.Distinct, &c.Width); err != nil {
			return s, p.fault(err)
		}
		if c.Distinct < 0 { // a share of the rows
			c.Distinct = -c.Distinct * max(s.Rows, 0)
		}
		for i := range t.columns {
			if t.columns[i].name == name {
				s.Columns[i] = c
			}
		}
	}
	if err := rows.Err(); err != nil {
		return s, p.fault(err)
	}
	return s, nil
}

// verdict: PostgreSQL decides as the engine does, but for blank-padded text and prefixes; text ranges are compared under the C
// collation, equality under any deterministic one.
func (p *postgres) verdict(c column, pred connectors.Predicate) connectors.Verdict {
	switch {
	case pred.Op == connectors.IsNull, pred.Op == connectors.IsNotNull:
		return connectors.Exact
	case pred.Op == connectors.Prefix, c.asText, c.typ.Kind == schema.Char, c.typ.Kind == schema.JSON, c.typ.Kind == schema.Interval:
		return connectors.Unsupported
	case slices.ContainsFunc(pred.Values, foreign):
		return connectors.Unsupported
	}
	return connectors.Exact
}

// The days that PostgreSQL's dates and timestamps reach, from 4713 BC on, as days since 1970.
const (
	firstDay = -2_440_588
	lastDay  = 2_145_042_905
)

// foreign reports whether a value that Tarn can hold is none to PostgreSQL, which refuses a statement with it.
func foreign(v schema.Value) bool {
	switch v.Type.Kind {
	case schema.Varchar:
		return strings.IndexByte(v.S, 0) >= 0 || !utf8.ValidString(v.S)
	case schema.Date:
		return v.I < firstDay && v.I != schema.DateMinusInfinity || v.I > lastDay && v.I != schema.DateInfinity
	case schema.Timestamp, schema.TimestampTZ:
		return v.I < firstDay*schema.MicrosPerDay && v.I != schema.TimestampMinusInfinity
	}
	return false
}

// condition sends constants in text form, which the server reads as the column's type, and the values of IN as one array, so
// that the statement's text does not grow.
func (p *postgres) condition(c column, pred connectors.Predicate, first int) (string, []any) {
	operand := quote(c.name)
	if pred.Op == connectors.IsNull || pred.Op == connectors.IsNotNull {
		return operand + " " + pred.Op.String(), nil
	}
	if c.remote == nameOID { // a name is cut to 63 bytes, and so would be what it is compared with
		operand += "::text"
	}
	if c.typ.IsString() {
		operand += ` COLLATE "C"`
	}
	mark := "$" + strconv.Itoa(first)
	if pred.Op != connectors.In {
		return operand + " " + pred.Op.String() + " " + mark, []any{pred.Values[0].Text()}
	}
	list := []byte{'{'}
	for i, v := range pred.Values {
		if i > 0 {
			list = append(list, ',')
		}
		list = schema.AppendArrayText(list, []byte(v.Text()))
	}
	return operand + " = ANY (" + mark + ")", []any{string(append(list, '}'))}
}

func (p *postgres) selected(c column) string {
	if c.asText {
		return quote(c.name) + "::text"
	}
	return quote(c.name)
}
