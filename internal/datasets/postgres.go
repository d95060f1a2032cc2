package datasets

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Load makes the tables in PostgreSQL and copies their files' rows in. It fails the test when a table does not have as
// many rows as it must.
func Load(t testing.TB, conn *pgx.Conn, tables ...Table) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for _, table := range tables {
		rows, err := load(ctx, conn, table, table.Path(t))
		if err != nil {
			t.Fatalf("load %s into PostgreSQL: %v", table.Name, err)
		}
		if rows != table.Rows {
			t.Fatalf("load %s into PostgreSQL: %d rows, want %d", table.Name, rows, table.Rows)
		}
	}
}

func load(ctx context.Context, conn *pgx.Conn, table Table, path string) (int64, error) {
	if _, err := conn.Exec(ctx, table.create()); err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	name := pgx.Identifier{table.Name}.Sanitize()
	if table.Format == CSV || table.Format == TSV {
		tag, err := conn.PgConn().CopyFrom(ctx, f, "copy "+name+" from stdin with ("+table.copyOptions()+")")
		return tag.RowsAffected(), err
	}
	reader, writer := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(writer, 1<<16)
		err := convert(out, f, table)
		if err == nil {
			err = out.Flush()
		}
		writer.CloseWithError(err) // nil is the end of the stream
	}()
	defer reader.Close()
	tag, err := conn.PgConn().CopyFrom(ctx, reader, "copy "+name+" from stdin")
	return tag.RowsAffected(), err
}

// create is the table's CREATE TABLE statement.
func (table Table) create() string {
	parts := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		parts[i] = pgx.Identifier{c.Name}.Sanitize() + " " + c.Type
	}
	return "create table " + pgx.Identifier{table.Name}.Sanitize() + " (" + strings.Join(parts, ", ") + ")"
}

func (table Table) copyOptions() string {
	options := "format csv, header true, null '" + table.Null + "'"
	if table.Format == TSV {
		options += `, delimiter E'\t'`
	}
	return options
}

// convert writes a file's rows in COPY's text format.
func convert(out *bufio.Writer, f *os.File, table Table) error {
	if table.Format == Parquet {
		return convertParquet(out, f, table)
	}
	return convertJSON(out, f, table)
}

// convertJSON reads an array of objects; a field that an object lacks is NULL.
func convertJSON(out *bufio.Writer, in io.Reader, table Table) error {
	decoder := json.NewDecoder(bufio.NewReader(in))
	decoder.UseNumber()
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			return err
		}
		for i, c := range table.Columns {
			var err error
			switch value := object[c.Name].(type) {
			case nil:
				err = writeNull(out, i)
			case string:
				err = writeText(out, i, value)
			case json.Number:
				err = writeText(out, i, value.String())
			default:
				err = fmt.Errorf("field %s is a %T", c.Name, value)
			}
			if err != nil {
				return err
			}
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return nil
}

var copyEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

// writeText writes field i of a row in COPY's text format.
func writeText(out *bufio.Writer, i int, value string) error {
	if err := separate(out, i); err != nil {
		return err
	}
	if strings.ContainsAny(value, "\\\t\n\r") {
		value = copyEscapes.Replace(value)
	}
	_, err := out.WriteString(value)
	return err
}

func writeNull(out *bufio.Writer, i int) error {
	if err := separate(out, i); err != nil {
		return err
	}
	_, err := out.WriteString(`\N`)
	return err
}

func separate(out *bufio.Writer, i int) error {
	if i == 0 {
		return nil
	}
	return out.WriteByte('\t')
}
