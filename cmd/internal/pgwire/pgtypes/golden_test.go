package pgtypes

import (
	"bufio"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/vector"
)

// fact is what PostgreSQL says of a value: testdata/forms.tsv.
type fact struct {
	typ, input, text string
	oid              uint32
	binary           []byte
}

func facts(t *testing.T) []fact {
	t.Helper()
	f, err := os.Open("testdata/forms.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []fact
	for in := bufio.NewScanner(f); in.Scan(); {
		if line := in.Text(); line != "" && line[0] != '#' {
			p := strings.Split(line, "\t")
			if len(p) != 5 {
				t.Fatalf("%d fields in %q", len(p), line)
			}
			oid, err := strconv.ParseUint(p[2], 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := hex.DecodeString(p[4])
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fact{typ: p[0], input: p[1], text: p[3], oid: uint32(oid), binary: raw})
		}
	}
	return out
}

func valueOf(t *testing.T, f fact) schema.Value {
	t.Helper()
	typ, err := schema.ParseType(f.typ)
	if err != nil {
		t.Fatal(err)
	}
	v, err := schema.Parse(typ, f.input)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestForms compares the text and binary form of each value with PostgreSQL's, whatever the form of the vector.
func TestForms(t *testing.T) {
	for _, f := range facts(t) {
		t.Run(f.typ+" "+f.input, func(t *testing.T) {
			v := valueOf(t, f)
			if got := schema.OIDOf(v.Type); got != f.oid {
				t.Errorf("OID %d, want %d", got, f.oid)
			}
			for name, vec := range vectorsOf(v) {
				for format, want := range map[int16]string{Text: f.text, Binary: string(f.binary)} {
					if got := encodeOne(t, v.Type, format, vec); got != want {
						t.Errorf("%s vector, format %d: %q, want %q", name, format, got, want)
					}
				}
			}
		})
	}
}

// vectorsOf returns the value as the second of three rows in each form that a vector can have.
func vectorsOf(v schema.Value) map[string]vector.Vector {
	b := vector.NewBuilder(v.Type, 3)
	b.AppendNull()
	b.AppendValue(v)
	b.AppendNull()
	out := map[string]vector.Vector{"flat": b.Build(), "const": vector.FromValue(v, 3)}
	switch v.Type.Physical() {
	case schema.PhysList, schema.PhysStruct:
		return out
	}
	d := vector.NewBuilder(v.Type, 2)
	d.AppendValue(v)
	d.AppendValue(v)
	null := vector.NewBitmap(3)
	null.Set(0)
	out["dict"] = &vector.Dict{Codes: []uint32{0, 1, 0}, Values: d.Build(), ID: vector.NewDictID(), Null: null}
	return out
}

func encodeOne(t *testing.T, typ schema.Type, format int16, v vector.Vector) string {
	t.Helper()
	r := NewRows([]schema.Type{typ}, []int16{format}, DefaultStyle)
	if err := r.Bind(&vector.Batch{Len: 3, Sel: []uint32{1}, Cols: []vector.Vector{v}}); err != nil {
		t.Fatal(err)
	}
	row, next, err := r.AppendDataRows(nil, 0, 1<<20)
	if err != nil || next != 1 {
		t.Fatalf("next %d, error %v", next, err)
	}
	if n := int(row[3])<<8 | int(row[4]); n != len(row)-1 || row[0] != 'D' || row[6] != 1 {
		t.Fatalf("a broken message: %x", row)
	}
	got, null, err := r.AppendValue(nil, 0, 0)
	if err != nil || null || string(got) != string(row[11:]) {
		t.Fatalf("AppendValue %q, null %v, error %v; the row has %q", got, null, err, row[11:])
	}
	return string(row[11:])
}

// TestParameters reads both forms back.
func TestParameters(t *testing.T) {
	for _, f := range facts(t) {
		t.Run(f.typ+" "+f.input, func(t *testing.T) {
			want := valueOf(t, f)
			for format, raw := range map[int16][]byte{Text: []byte(f.text), Binary: f.binary} {
				got, err := Decode(want.Type, raw, format, time.UTC)
				if err != nil {
					t.Fatalf("format %d: %v", format, err)
				}
				if got.Text() != want.Text() && !(want.Type.Kind == schema.Decimal && sameNumber(got.Text(), want.Text())) {
					t.Errorf("format %d: %s, want %s", format, got.Text(), want.Text())
				}
			}
		})
	}
}

func sameNumber(a, b string) bool {
	trim := func(s string) string {
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return s
	}
	return trim(a) == trim(b)
}

// TestPgxReads decodes the forms with pgx's codecs, which are written by others.
func TestPgxReads(t *testing.T) {
	m := pgtype.NewMap()
	for _, f := range facts(t) {
		switch f.oid {
		case 2205, 2206, 24, 4089, 22, 30: // pgx has no codec
			continue
		}
		t.Run(f.typ+" "+f.input, func(t *testing.T) {
			typ, ok := m.TypeForOID(f.oid)
			if !ok {
				t.Fatalf("pgx does not know OID %d: if it has no codec, say so above", f.oid)
			}
			v := valueOf(t, f)
			vec := vectorsOf(v)["flat"]
			text, err := typ.Codec.DecodeValue(m, f.oid, Text, []byte(encodeOne(t, v.Type, Text, vec)))
			if err != nil {
				t.Fatal(err)
			}
			bin, err := typ.Codec.DecodeValue(m, f.oid, Binary, []byte(encodeOne(t, v.Type, Binary, vec)))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := driverText(text), driverText(bin); a != b && !sameNumber(a, b) {
				t.Errorf("text reads as %s, binary as %s", a, b)
			}
		})
	}
}
