package lake_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	pq "github.com/parquet-go/parquet-go"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// reading is the row of the files of these tests: id ascends over the files of a day.
type reading struct {
	ID   int64  `parquet:"id"`
	Name string `parquet:"name"`
}

// putParquet writes rows in row groups of the given size.
func putParquet[T any](w *world, key string, group int64, rows ...T) {
	w.t.Helper()
	var buf bytes.Buffer
	p := pq.NewGenericWriter[T](&buf, pq.MaxRowsPerRowGroup(group))
	if _, err := p.Write(rows); err != nil {
		w.t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.put(key, buf.String())
}

// parquetTable makes a table of Parquet files, its partitions as csvTable does.
func (w *world) parquetTable(name, cols, keys string, partitions ...string) *catalog.Table {
	w.t.Helper()
	t := *w.csvTable(name, cols, keys, partitions...)
	t.Storage = catalog.Storage{Format: catalog.Parquet}
	w.update(func(tx catalog.Tx) error { return tx.AlterTable(context.Background(), &t) })
	return &t
}

func readings(from, to int) (out []reading) {
	for i := from; i < to; i++ {
		out = append(out, reading{int64(i), fmt.Sprintf("n%d", i)})
	}
	return out
}

// where compares a bigint column with a number, as the planner hands such a filter over.
func (s *statement) where(column string, op connectors.Op, n int64) connectors.Filter {
	f := s.filter(column, func(v []string) bool {
		var x int64
		if _, err := fmt.Sscan(v[0], &x); err != nil {
			return false
		}
		switch op {
		case connectors.Eq:
			return x == n
		case connectors.Ge:
			return x >= n
		case connectors.Lt:
			return x < n
		}
		s.t.Fatalf("no operator %v", op)
		return false
	})
	f.Predicates = []connectors.Predicate{{Column: f.Columns[0], Op: op, Values: []schema.Value{schema.IntValue(schema.T(schema.BigInt), n)}}}
	f.Exact = true
	return f
}

func (s *statement) pruning() string {
	m := s.metrics
	return fmt.Sprintf("partitions %d/%d files %d row groups %d pruned of %d", m.PartitionsSelected.Load(), m.PartitionsTotal.Load(),
		m.FilesTotal.Load(), m.RowGroupsPruned.Load(), m.RowGroupsTotal.Load())
}

func TestFiltersPrunePartitionsThenRowGroupsOfParquetFiles(t *testing.T) {
	w := newWorld(t)
	w.parquetTable("t", "id bigint; name varchar", "k varchar", "x", "y")
	putParquet(w, "t/x/1.parquet", 10, readings(0, 50)...)
	putParquet(w, "t/x/2.parquet", 10, readings(50, 100)...)
	putParquet(w, "t/y/1.parquet", 10, readings(1000, 1030)...)
	putParquet(w, "t/y/_temporary/2.parquet", 10, readings(0, 50)...)
	inY := func(v []string) bool { return v[0] == "y" }
	for _, c := range []struct {
		name    string
		filters func(s *statement) []connectors.Filter
		want    []string
		pruning string
	}{
		{"an empty range of a partition", func(s *statement) []connectors.Filter {
			return []connectors.Filter{s.filter("k", inY), s.where("id", connectors.Ge, 0), s.where("id", connectors.Lt, 1)}
		},
			nil, "partitions 1/2 files 1 row groups 3 pruned of 3"},
		{"one row", func(s *statement) []connectors.Filter { return []connectors.Filter{s.where("id", connectors.Eq, 55)} },
			[]string{"55|n55|x"}, "partitions 2/2 files 3 row groups 12 pruned of 13"},
		{"a range over two files", func(s *statement) []connectors.Filter {
			return []connectors.Filter{s.where("id", connectors.Ge, 49), s.where("id", connectors.Lt, 51)}
		}, []string{"49|n49|x", "50|n50|x"}, "partitions 2/2 files 3 row groups 11 pruned of 13"},
		{"partition and row group", func(s *statement) []connectors.Filter {
			return []connectors.Filter{s.filter("k", inY), s.where("id", connectors.Ge, 1029)}
		}, []string{"1029|n1029|y"}, "partitions 1/2 files 1 row groups 2 pruned of 3"},
		{"nothing is left", func(s *statement) []connectors.Filter { return []connectors.Filter{s.where("id", connectors.Eq, 500)} },
			nil, "partitions 2/2 files 3 row groups 13 pruned of 13"},
	} {
		s := w.statement("t")
		s.expect(s.scan("id name k", connectors.ScanRequest{Filters: c.filters(s)}), c.want...)
		if got := s.pruning(); got != c.pruning {
			t.Errorf("%s: %s, want %s", c.name, got, c.pruning)
		}
	}
}

// Files of one table differ: a column is missing, in another place, in other case, narrower, or one that the table lacks.
func TestParquetFilesOfOneTableEvolve(t *testing.T) {
	type first struct {
		ID int32 `parquet:"id"`
	}
	type second struct {
		Name  string `parquet:"Name"`
		Extra int64  `parquet:"extra"`
		ID    int64  `parquet:"ID"`
	}
	w := newWorld(t)
	w.parquetTable("t", "id bigint; name varchar; score double", "k integer", "1", "2", "3")
	putParquet(w, "t/1/f", 10, first{1}, first{2})
	putParquet(w, "t/2/f", 10, second{"b", 7, 1 << 40})
	putParquet(w, "t/3/f", 10, struct {
		Score float32 `parquet:"score,optional"`
		ID    int64   `parquet:"id"`
	}{1.5, 3})
	s := w.statement("t")
	s.expect(s.scan("k id name score", connectors.ScanRequest{}), "1|1|NULL|NULL", "1|2|NULL|NULL", "2|1099511627776|b|NULL", "3|3|NULL|1.5")
	s = w.statement("t")
	s.expect(s.scan("k", connectors.ScanRequest{Filters: []connectors.Filter{s.where("id", connectors.Ge, 3)}}), "2", "3")
	s = w.statement("t")
	s.expect(s.scan("id", connectors.ScanRequest{Filters: []connectors.Filter{s.filter("name", func(v []string) bool { return v[0] == "NULL" })}}), "1", "2", "3")
	s = w.statement("t")
	s.expect(s.scan("", connectors.ScanRequest{}), "", "", "", "")
}

// A file whose column is of a type that the table's cannot hold is named in the error.
func TestParquetFileOfAnotherTypeIsNamed(t *testing.T) {
	w := newWorld(t)
	w.parquetTable("t", "id bigint", "k integer", "1", "2")
	putParquet(w, "t/1/good.parquet", 10, readings(0, 1)...)
	putParquet(w, "t/2/bad.parquet", 10, struct {
		ID string `parquet:"id"`
	}{"x"})
	s := w.statement("t")
	_, err := s.read(s.scan("id", connectors.ScanRequest{}))
	if err == nil || sqlerr.CodeOf(err) == sqlerr.InternalError || !bytes.Contains([]byte(err.Error()), []byte("mem://b/t/2/bad.parquet")) {
		t.Errorf("%v (%s)", err, sqlerr.CodeOf(err))
	}
}

func TestConformanceOfParquetTables(t *testing.T) {
	w := newWorld(t)
	def := w.parquetTable("t", "id bigint; name varchar", "k integer", "0", "1", "2")
	src := conntest.Source{Connector: w.lake, Schema: "public", Table: "t"}
	for _, c := range def.AllColumns() {
		src.Columns = append(src.Columns, schema.Column{Name: c.Name, Type: c.Type})
	}
	for k := range 3 {
		rows := readings(k*40, k*40+40)
		putParquet(w, fmt.Sprintf("t/%d/a.parquet", k), 7, rows[:25]...)
		putParquet(w, fmt.Sprintf("t/%d/b.parquet", k), 100, rows[25:]...)
		for _, r := range rows {
			src.Rows = append(src.Rows, []schema.Value{schema.IntValue(def.Columns[0].Type, r.ID), schema.TextValue(r.Name), schema.IntValue(def.Keys[0].Type, int64(k))})
		}
	}
	conntest.Run(t, src)
}
