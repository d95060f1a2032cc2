package jdbc

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// open runs a statement.
func (s *sqlite) open(ctx context.Context, _ *connectors.Query, st statement, columns []column) (rowReader, error) {
	rows, err := s.db.QueryContext(ctx, st.text, st.args...) //nolint:rowserrcheck // the reader checks at its end
	if err != nil {
		return nil, s.fault(err)
	}
	r := &sqliteRows{db: s, rows: rows, columns: columns, cells: make([]any, max(len(columns), 1)), targets: make([]any, max(len(columns), 1))}
	for i := range r.cells {
		r.targets[i] = &r.cells[i]
	}
	return r, nil
}

// sqliteRows reads rows whose cells have any type, as SQLite's do: each is converted to its column's.
type sqliteRows struct {
	db      *sqlite
	rows    *sql.Rows
	columns []column
	cells   []any
	targets []any
	row     int64
}

func (r *sqliteRows) close() error { return r.rows.Close() }

func (r *sqliteRows) read(ctx context.Context, builders []*vector.Builder, n int) (int, int64, error) {
	rows, bytes := 0, int64(0)
	for rows < n && r.rows.Next() {
		if rows&255 == 0 && ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		if err := r.rows.Scan(r.targets...); err != nil {
			return 0, 0, r.db.fault(err)
		}
		r.row++
		for i, b := range builders {
			size, err := appendCell(b, r.cells[i])
			if err != nil {
				return 0, 0, sqlerr.New(sqlerr.DatatypeMismatch, "catalog %s (SQLite): column %q, row %d of the result: %w", r.db.name, r.columns[i].name, r.row, err).
					WithHint("SQLite lets a column hold values of other types than declared; convert them there, in a view")
			}
			bytes += size
		}
		rows++
	}
	if rows == 0 {
		if err := r.rows.Err(); err != nil {
			return 0, 0, r.db.fault(err)
		}
	}
	return rows, bytes, nil
}

// appendCell converts one cell and returns the bytes of its value.
func appendCell(b *vector.Builder, cell any) (int64, error) {
	switch v := cell.(type) {
	case nil:
		b.AppendNull()
		return 0, nil
	case int64:
		return 8, appendInt(b, v)
	case float64:
		return 8, appendFloat(b, v)
	case bool:
		n := int64(0)
		if v {
			n = 1
		}
		return 1, appendInt(b, n)
	case string:
		return int64(len(v)), appendString(b, v)
	case []byte:
		if b.Type().Physical() != schema.PhysBytes {
			return 0, mismatch("x'"+hex.EncodeToString(v[:min(len(v), 20)])+"'", b.Type())
		}
		return int64(len(v)), appendString(b, string(v))
	case time.Time:
		return 8, appendTime(b, v)
	}
	return 0, fmt.Errorf("a value of Go type %T", cell)
}

func mismatch(value string, t schema.Type) error {
	return fmt.Errorf("the value %s does not fit type %s", value, t)
}

func appendInt(b *vector.Builder, v int64) error {
	t := b.Type()
	switch {
	case t.IsFloat():
		b.AppendFloat(float64(v))
	case t.Kind == schema.Decimal, t.Physical() == schema.PhysBytes:
		return appendString(b, strconv.FormatInt(v, 10))
	case t.Kind == schema.Boolean && v != 0 && v != 1, t.IsTemporal():
		return mismatch(strconv.FormatInt(v, 10), t)
	default:
		b.AppendInt(v)
	}
	return nil
}

func appendFloat(b *vector.Builder, v float64) error {
	t := b.Type()
	switch {
	case t.IsFloat():
		b.AppendFloat(v)
	case t.Kind == schema.Decimal:
		return appendString(b, strconv.FormatFloat(v, 'f', int(t.Scale), 64))
	case t.IsInteger() && v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return appendInt(b, int64(v))
	case t.Physical() == schema.PhysBytes:
		b.AppendBytes(schema.AppendFloat(nil, v, 64))
	default:
		return mismatch(strconv.FormatFloat(v, 'g', -1, 64), t)
	}
	return nil
}

func appendString(b *vector.Builder, s string) error {
	t := b.Type()
	if t.Kind == schema.Char { // SQLite stores it as it was written
		if missing := int(t.Precision) - utf8.RuneCountInString(s); missing > 0 {
			s += strings.Repeat(" ", missing)
		}
	}
	if t.Physical() == schema.PhysBytes && t.Kind != schema.UUID {
		b.AppendString(s)
		return nil
	}
	v, err := schema.Parse(t, s)
	if err != nil {
		return err
	}
	b.AppendValue(v)
	return nil
}

func appendTime(b *vector.Builder, v time.Time) error {
	switch t := b.Type(); t.Kind {
	case schema.Date:
		b.AppendInt(schema.DateOf(v.Year(), int(v.Month()), v.Day()))
	case schema.Timestamp, schema.TimestampTZ:
		b.AppendInt(v.UnixMicro())
	default:
		return appendString(b, v.Format("2006-01-02 15:04:05.999999"))
	}
	return nil
}
