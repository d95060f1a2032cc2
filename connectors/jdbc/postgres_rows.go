package jdbc

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// open runs a statement in the query's snapshot, with parameters as text and results as binary.
func (p *postgres) open(ctx context.Context, q *connectors.Query, st statement, columns []column) (rowReader, error) {
	conn, err := p.begin(ctx, q)
	if err != nil {
		return nil, err
	}
	args := make([][]byte, len(st.args))
	for i, a := range st.args {
		s, _ := a.(string)
		args[i] = []byte(s)
	}
	rr := conn.Conn().PgConn().ExecParams(ctx, st.text, args, nil, nil, []int16{pgx.BinaryFormatCode})
	r := &postgresRows{p: p, conn: conn, rr: rr}
	for _, c := range columns {
		r.decoders = append(r.decoders, decoderOf(c))
		r.names = append(r.names, c.name)
	}
	return r, nil
}

// postgresRows decodes binary rows into builders.
type postgresRows struct {
	p        *postgres
	conn     *pgxpool.Conn
	rr       *pgconn.ResultReader
	decoders []decoder
	names    []string
	done     bool
}

// decoder appends one value that is not NULL.
type decoder func(b *vector.Builder, raw []byte) error

func (r *postgresRows) read(ctx context.Context, builders []*vector.Builder, n int) (int, int64, error) {
	rows, bytes := 0, int64(0)
	for rows < n && r.rr.NextRow() {
		if rows&255 == 0 && ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		values := r.rr.Values()
		for i, b := range builders {
			raw := values[i]
			if raw == nil {
				b.AppendNull()
				continue
			}
			bytes += int64(len(raw))
			if err := r.decoders[i](b, raw); err != nil {
				return 0, 0, sqlerr.New(sqlerr.CodeOf(err), "catalog %s (PostgreSQL): column %q: %w", r.p.name, r.names[i], err)
			}
		}
		rows++
	}
	if rows < n && !r.done {
		r.done = true
		if _, err := r.rr.Close(); err != nil {
			return 0, 0, r.p.fault(err)
		}
	}
	return rows, bytes, nil
}

// close ends the statement. One that has rows left is cancelled by dropping its connection.
func (r *postgresRows) close() error {
	if r.conn == nil {
		return nil
	}
	conn := r.conn
	r.conn = nil
	if !r.done {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		conn.Conn().PgConn().Close(ctx) //nolint:errcheck // the connection is dropped
		conn.Release()
		return nil
	}
	r.p.end(conn)
	return nil
}

func badLength(t schema.Type, raw []byte) error {
	return sqlerr.New(sqlerr.InvalidBinaryRepresent, "%d bytes do not hold a %s", len(raw), t)
}

// PostgreSQL counts dates and times from 2000-01-01.
var (
	postgresEpochDays   = schema.DateOf(2000, 1, 1)
	postgresEpochMicros = postgresEpochDays * schema.MicrosPerDay
)

// decoderOf returns the decoder of a column's binary form (PostgreSQL's typsend functions).
func decoderOf(c column) decoder {
	t := c.typ
	switch t.Kind {
	case schema.Boolean:
		return sized(t, 1, func(b *vector.Builder, raw []byte) { b.AppendInt(int64(raw[0])) })
	case schema.SmallInt:
		return sized(t, 2, func(b *vector.Builder, raw []byte) { b.AppendInt(int64(int16(binary.BigEndian.Uint16(raw)))) })
	case schema.Integer:
		return sized(t, 4, func(b *vector.Builder, raw []byte) { b.AppendInt(int64(int32(binary.BigEndian.Uint32(raw)))) })
	case schema.OID:
		return sized(t, 4, func(b *vector.Builder, raw []byte) { b.AppendInt(int64(binary.BigEndian.Uint32(raw))) })
	case schema.BigInt, schema.Time:
		return sized(t, 8, func(b *vector.Builder, raw []byte) { b.AppendInt(int64(binary.BigEndian.Uint64(raw))) })
	case schema.Real:
		return sized(t, 4, func(b *vector.Builder, raw []byte) {
			b.AppendFloat(float64(math.Float32frombits(binary.BigEndian.Uint32(raw))))
		})
	case schema.Double:
		return sized(t, 8, func(b *vector.Builder, raw []byte) { b.AppendFloat(math.Float64frombits(binary.BigEndian.Uint64(raw))) })
	case schema.Date:
		return sized(t, 4, decodeDate)
	case schema.Timestamp, schema.TimestampTZ:
		return sized(t, 8, decodeTimestamp)
	case schema.Interval:
		return sized(t, 16, decodeInterval)
	case schema.UUID:
		return sized(t, 16, func(b *vector.Builder, raw []byte) { b.AppendBytes(raw) })
	case schema.Decimal:
		return func(b *vector.Builder, raw []byte) error { return decodeNumeric(b, raw, t) }
	}
	return func(b *vector.Builder, raw []byte) error {
		b.AppendBytes(raw)
		return nil
	}
}

func sized(t schema.Type, n int, f func(*vector.Builder, []byte)) decoder {
	return func(b *vector.Builder, raw []byte) error {
		if len(raw) != n {
			return badLength(t, raw)
		}
		f(b, raw)
		return nil
	}
}

func decodeDate(b *vector.Builder, raw []byte) {
	switch d := int32(binary.BigEndian.Uint32(raw)); d {
	case math.MaxInt32, math.MinInt32:
		b.AppendInt(int64(d))
	default:
		b.AppendInt(int64(d) + postgresEpochDays)
	}
}

func decodeTimestamp(b *vector.Builder, raw []byte) {
	switch m := int64(binary.BigEndian.Uint64(raw)); m {
	case math.MaxInt64, math.MinInt64:
		b.AppendInt(m)
	default:
		b.AppendInt(m + postgresEpochMicros)
	}
}

func decodeInterval(b *vector.Builder, raw []byte) {
	b.AppendValue(schema.IntervalOf(schema.IntervalValue{
		Micros: int64(binary.BigEndian.Uint64(raw)), Days: int32(binary.BigEndian.Uint32(raw[8:])), Months: int32(binary.BigEndian.Uint32(raw[12:])),
	}))
}

// decodeNumeric reads numeric's base-10000 digits: count, weight of the first, sign, digits after the point, digits.
func decodeNumeric(b *vector.Builder, raw []byte, t schema.Type) error {
	if len(raw) < 8 || len(raw) != 8+2*int(binary.BigEndian.Uint16(raw)) {
		return badLength(t, raw)
	}
	weight, sign := int(int16(binary.BigEndian.Uint16(raw[2:]))), binary.BigEndian.Uint16(raw[4:])
	if sign != 0 && sign != 0x4000 {
		return sqlerr.New(sqlerr.NumericOutOfRange, "NaN and infinity do not fit %s", t).WithHint("exclude them in a view of the source")
	}
	var v schema.Int128
	exponent := 4 * (weight + 1) // of the point, counted in digits from the left
	for at := 8; at < len(raw); at += 2 {
		var ok bool
		if v, ok = v.MulChecked(schema.Int128FromInt64(10_000)); ok {
			v, ok = v.AddChecked(schema.Int128FromInt64(int64(binary.BigEndian.Uint16(raw[at:]))))
		}
		if !ok {
			return sqlerr.New(sqlerr.NumericOutOfRange, "a numeric of more than %d digits does not fit %s", schema.MaxDecimal, t)
		}
		exponent -= 4
	}
	v, err := rescale(v, exponent+int(t.Scale), t)
	if err != nil {
		return err
	}
	if sign == 0x4000 {
		v = v.Neg()
	}
	if n, ok := v.Int64(); ok && t.Physical() == schema.PhysInt64 {
		b.AppendInt(n)
		return nil
	}
	b.AppendValue(schema.Int128Value(t, v))
	return nil
}

// rescale multiplies by 10^shift; digits that would be lost must be zero.
func rescale(v schema.Int128, shift int, t schema.Type) (schema.Int128, error) {
	for ; shift > 0; shift -= min(shift, 18) {
		var ok bool
		if v, ok = v.MulChecked(schema.Pow10(min(shift, 18))); !ok {
			return v, sqlerr.New(sqlerr.NumericOutOfRange, "a numeric does not fit %s", t)
		}
	}
	for ; shift < 0 && v.Sign() != 0; shift++ {
		q, r := v.QuoRem(schema.Int128FromInt64(10))
		if r.Sign() != 0 {
			return v, sqlerr.New(sqlerr.NumericOutOfRange, "a numeric has more than %d digits after the point", t.Scale).
				WithHint("round it in a view of the source")
		}
		v = q
	}
	return v, nil
}
