package datasets

import (
	"testing"

	"github.com/tarnsql/tarn/internal/pgtest"
	"github.com/tarnsql/tarn/internal/slt"
)

// TestRealDataIsWhatPostgreSQLSays holds the expected answers over the real data sets, which Tarn is tested with, to
// what PostgreSQL answers over the same rows. With -rewrite it takes them from there.
func TestRealDataIsWhatPostgreSQLSays(t *testing.T) {
	db := pgtest.Start(t).NewDatabase(t)
	Load(t, db.Connect(t), append(Vega(), NYCFlights()...)...)
	db.Exec(t, "analyze")
	slt.RunFiles(t, "../../testdata/realdata/*.slt", slt.Target{Name: "postgresql", DSN: db.DSN})
}
