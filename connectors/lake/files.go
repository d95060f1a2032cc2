package lake

import (
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/exec/vector"
)

// file is a file of a scan.
type file struct {
	format.File
	// partition is the index in the table's PartitionSet, or -1 for a table without keys.
	partition int
}

// hidden reports whether a path below a table's or partition's folder has a part that starts with _ or a dot: marker
// files, temporary folders, checksums.
func hidden(below string) bool {
	for part := range strings.SplitSeq(below, "/") {
		if part != "" && (part[0] == '_' || part[0] == '.') {
			return true
		}
	}
	return false
}

// holdsData reports whether an object can be a file of a table: it is not empty, not a folder's marker, and not in an
// archive from which it would have to be restored first.
func holdsData(key string, size int64, class string) bool {
	switch {
	case size == 0, strings.HasSuffix(key, "/"), strings.HasSuffix(key, "_$folder$"):
		return false
	case class == "GLACIER", class == "DEEP_ARCHIVE":
		return false
	}
	return true
}

// fileValue returns the value of a hidden column for a file.
func (t *Table) fileValue(column int, f *file, set *catalog.PartitionSet) schema.Value {
	switch column {
	case hiddenPath:
		return schema.TextValue(f.Store.URL(f.Object.Key))
	case hiddenSize:
		return schema.IntValue(schema.T(schema.BigInt), f.Object.Size)
	case hiddenModified:
		typ := schema.T(schema.TimestampTZ)
		if f.Object.Modified.Equal(time.Time{}) {
			return schema.NullOf(typ)
		}
		return schema.IntValue(typ, f.Object.Modified.UnixMicro())
	}
	if f.partition < 0 {
		return schema.NullOf(schema.Text)
	}
	return schema.TextValue(partitionText(t.def.Keys, set.List[f.partition].Values))
}

// partitionText returns key=value/key=value.
func partitionText(keys []catalog.Column, values []schema.Value) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(k.Name + "=")
		if values[i].Valid {
			b.WriteString(values[i].Text())
		} else {
			b.WriteString(catalog.NullPartition)
		}
	}
	return b.String()
}

// valueOf returns the value of a column that is not in files, for a file.
func (t *Table) valueOf(ordinal int, f *file, set *catalog.PartitionSet) schema.Value {
	if h := ordinal - t.firstHidden(); h >= 0 {
		return t.fileValue(h, f, set)
	}
	return set.List[f.partition].Values[ordinal-t.fileColumns()]
}

// constant returns a column of one row that holds such a value.
func (t *Table) constant(ordinal int, f *file, set *catalog.PartitionSet) vector.Vector {
	b := vector.NewBuilder(t.columns[ordinal].Type, 1)
	b.AppendValue(t.valueOf(ordinal, f, set))
	return b.Build()
}
