package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// calendar serves a lake with the same few days in layouts of every sort, behind an S3 server that keeps what was asked for.
func calendar(t *testing.T) (*s3gateway.Gateway, string) {
	t.Helper()
	g := startGateway(t)
	files := map[string]string{
		"text/dt=__HIVE_DEFAULT_PARTITION__/f": "0\n", "parquet/k=1/a.parquet": parquetRows(t, 0, 50), "parquet/k=1/b.parquet": parquetRows(t, 50, 100),
		"parquet/k=2/a.parquet": parquetRows(t, 1000, 1030), "instant/at=2026-01-01 05%3A30%3A00/f": "1\n", "instant/at=2026-01-02 00%3A00%3A00/f": "2\n",
	}
	for i, day := range []string{"2001-02-03", "2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"} {
		row := fmt.Sprintf("%d\n", i+1)
		y, m, d := day[:4], day[5:7], day[8:]
		files["bare/"+y+"/"+m+"/"+d+"/f.csv"] = "id,shop\n" + fmt.Sprintf("%d,s%d\n", i+1, i+1)
		files["text/dt="+day+"/f"] = row
		files["parts/year="+y+"/month="+m+"/day="+d+"/f"] = row
	}
	bucketOf(t, g, "lake", files)
	stores, err := objstore.NewSet(t.Context(), g.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	dsn, _ := serveStores(t, stores)
	table := "create external table %s (id bigint) partitioned by (%s) stored as %s location 's3://lake/%s/'"
	for _, x := range [][3]string{
		{"text", "dt string", "textfile"}, {"parts", "year string, month string, day string", "textfile"}, {"parquet", "k int", "parquet"}, {"instant", "at timestamp", "textfile"},
	} {
		runAll(t, dsn, fmt.Sprintf(table, "t_"+x[0], x[1], x[2], x[0]), "msck repair table t_"+x[0])
	}
	runAll(t, dsn, "create crawler c target 's3://lake/bare/'", "run crawler c")
	return g, dsn
}

// Each condition reads the objects of the partitions that may have its rows, and no other: the S3 server is the witness.
func TestConditionsReadThePartitionsThatTheyName(t *testing.T) {
	g, dsn := calendar(t)
	datadriven.Walk(t, filepath.Join(programs.source, "testdata/pruning"), func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			g.Log().Reset()
			var out strings.Builder
			for _, row := range runAll(t, dsn, d.Input) {
				fmt.Fprintf(&out, "row %s\n", row)
			}
			for _, key := range g.Log().KeysRead() {
				fmt.Fprintf(&out, "read %s\n", key)
			}
			return out.String()
		})
	})
}

// figures are those that differ from run to run: times, memory, and what a cache of footers spares.
var figures = regexp.MustCompile(`(time=|Time: |Memory: |(?:Execution|Actual Startup|Actual Total) Time": |Usage": |Requests(?:: |": "))[0-9.]+(?: ms|kB)?`)

// fetched may be missing altogether.
var fetched = regexp.MustCompile(`\n *"?Fetched Bytes.*`)

func TestExplainAnalyzeTellsWhatWasReadBesideWhatWasExpected(t *testing.T) {
	_, dsn := calendar(t)
	datadriven.Walk(t, filepath.Join(programs.source, "testdata/analyze"), func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			plan := strings.Join(runAll(t, dsn, "set tarn.workers = 1", d.Input), "\n")
			return figures.ReplaceAllString(fetched.ReplaceAllString(plan, ""), "${1}N") + "\n"
		})
	})
}
