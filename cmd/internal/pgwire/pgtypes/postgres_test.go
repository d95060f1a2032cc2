package pgtypes

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tarnsql/tarn/internal/pgtest"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/forms.tsv anew from a PostgreSQL server")

// TestFactsArePostgres asks a PostgreSQL server for what testdata/forms.tsv says of it.
func TestFactsArePostgres(t *testing.T) {
	server := pgtest.Start(t)
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "set timezone = 'UTC'").ReadAll(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	file.WriteString("# type, input, OID, text, binary (hex), as PostgreSQL 15 gives them in the zone UTC; -rewrite writes the file\n")
	for _, f := range facts(t) {
		got := f
		for _, format := range []int16{Text, Binary} {
			sql := fmt.Sprintf("select $1::text::%s", f.typ)
			res := conn.ExecParams(ctx, sql, [][]byte{[]byte(f.input)}, nil, nil, []int16{format}).Read()
			if res.Err != nil {
				t.Fatalf("%s %s: %v", f.typ, f.input, res.Err)
			}
			got.oid = res.FieldDescriptions[0].DataTypeOID
			if format == Text {
				got.text = string(res.Rows[0][0])
			} else {
				got.binary = res.Rows[0][0]
			}
		}
		fmt.Fprintf(&file, "%s\t%s\t%d\t%s\t%x\n", got.typ, got.input, got.oid, got.text, got.binary)
		if !*rewrite && (got.oid != f.oid || got.text != f.text || !bytes.Equal(got.binary, f.binary)) {
			t.Errorf("%s %s: PostgreSQL says %+v, the file %+v", f.typ, f.input, got, f)
		}
	}
	if *rewrite {
		if err := os.WriteFile("testdata/forms.tsv", file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
