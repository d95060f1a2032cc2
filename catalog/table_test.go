package catalog

import (
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
)

// A partition's name is the path that Hive writes and that its readers take apart again.
func TestPartitionNameEscapesAsHive(t *testing.T) {
	table := &Table{Keys: []Column{{Name: "at", Type: schema.T(schema.Timestamp)}, {Name: "shop", Type: schema.Text}}}
	for shop, want := range map[string]string{
		"x y":  "at=1970-01-01 00%3A00%3A00/shop=x y",
		"a/b":  "at=1970-01-01 00%3A00%3A00/shop=a%2Fb",
		"50%":  "at=1970-01-01 00%3A00%3A00/shop=50%25",
		"a=\n": "at=1970-01-01 00%3A00%3A00/shop=a%3D%0A",
		"é.ü":  "at=1970-01-01 00%3A00%3A00/shop=é.ü",
	} {
		p := Partition{Values: []schema.Value{schema.IntValue(schema.T(schema.Timestamp), 0), schema.TextValue(shop)}}
		if got := table.PartitionName(p); got != want {
			t.Errorf("%q: %s, want %s", shop, got, want)
		}
	}
	if got := table.PartitionName(Partition{Values: []schema.Value{schema.NullOf(schema.T(schema.Timestamp)), schema.TextValue("x")}}); got != "at="+NullPartition+"/shop=x" {
		t.Error(got)
	}
}
