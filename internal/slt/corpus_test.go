package slt

import "testing"

// TestCorpusIsWhatPostgreSQLSays holds the expectations of the shared corpus, which Tarn is tested with, to what a
// real server answers. With -rewrite it takes them from there.
func TestCorpusIsWhatPostgreSQLSays(t *testing.T) {
	for _, path := range Files(t, "../../testdata/slt/*.slt") {
		t.Run(TestName(path), func(t *testing.T) { Run(t, path, postgres(t, Simple)) })
	}
}
