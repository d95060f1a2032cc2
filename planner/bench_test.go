package planner_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/planner"
	"github.com/tarnsql/tarn/planner/plantest"
)

// tpchCatalog has the tables of testdata/explain/tpch.
func tpchCatalog(b *testing.B) *plantest.Catalogs {
	text, err := os.ReadFile("testdata/explain/tpch")
	if err != nil {
		b.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(text), "tables\n")
	tables, _, _ = strings.Cut(tables, "----")
	c := plantest.New()
	if err := c.Define(tables); err != nil {
		b.Fatal(err)
	}
	return c
}

func benchmark(b *testing.B, sql string) {
	c := tpchCatalog(b)
	p, err := parser.ParseOne(sql)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		plan, err := planner.PlanStatement(context.Background(), environment(c), p.Statement)
		if err != nil {
			b.Fatal(err)
		}
		if err := plan.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOneTable(b *testing.B) {
	benchmark(b, "select o_orderkey, o_totalprice from orders where o_orderdate = '1995-01-01' order by 2 desc limit 10")
}

func BenchmarkTPCH(b *testing.B) {
	for _, q := range []string{"q01", "q02", "q05", "q08", "q21"} {
		text, err := os.ReadFile("../testdata/tpch/" + q + ".sql")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(q, func(b *testing.B) { benchmark(b, string(text)) })
	}
}
