package walk

import (
	"strings"

	"github.com/tarnsql/tarn/connectors/objstore"
)

// hiddenSegment reports whether a name marks what is not data: names that begin with a dot or an underscore (Hive's rule;
// an underscore before key=value is a partition), the folder markers of Hadoop's S3 clients, and files being copied.
func hiddenSegment(name string) bool {
	switch {
	case name == "":
		return false
	case name[0] == '.':
		return true
	case name[0] == '_':
		return !strings.Contains(name, "=")
	}
	return strings.HasSuffix(name, "_$folder$") || strings.HasSuffix(name, "._COPYING_")
}

// archived reports whether objects of a storage class must be restored before they can be read. GLACIER_IR need not.
func archived(class string) bool { return class == "GLACIER" || class == "DEEP_ARCHIVE" }

// managedBy names the table format whose log folder has this name.
func managedBy(segment string) string {
	switch segment {
	case "_delta_log":
		return "Delta Lake"
	case ".hoodie":
		return "Hudi"
	}
	return ""
}

var codecs = map[string]bool{
	".gz": true, ".gzip": true, ".bz2": true, ".zst": true, ".zstd": true, ".lz4": true, ".snappy": true, ".xz": true,
	".zip": true, ".br": true, ".deflate": true,
}

// Kind returns the extension of a file name in lower case, without extensions of compression: ".csv" for "A.CSV.gz".
func Kind(name string) string {
	kind, _ := splitCodec(name)
	return kind
}

// Codec returns the extension of compression of a file name, or "".
func Codec(name string) string {
	_, codec := splitCodec(name)
	return codec
}

func splitCodec(name string) (kind, codec string) {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	for {
		dot := strings.LastIndexByte(name, '.')
		if dot <= 0 {
			return "", codec
		}
		ext := name[dot:]
		if !codecs[ext] {
			return ext, codec
		}
		codec, name = ext, name[:dot]
	}
}

// Reason says why an object was left out.
type Reason string

// The reasons. Those that are part of every lake (markers, hidden files) are not reported one by one.
const (
	Hidden   Reason = "hidden"
	Empty    Reason = "empty"
	Excluded Reason = "excluded"
	Archived Reason = "archived"
	// Nameless objects have two slashes in a row in their keys.
	Nameless Reason = "nameless"
)

// Skips counts what was left out for one reason. Example is the first key.
type Skips struct {
	Count   int64
	Example string
}

func (s Skips) plus(o Skips) Skips {
	if s.Count == 0 || o.Count > 0 && o.Example < s.Example {
		s.Example = o.Example
	}
	s.Count += o.Count
	return s
}

// verdict decides about an object by its path below the target. Folder is the length of the shortest folder path that
// decides alone, or 0.
func (w *walker) verdict(rel string, obj objstore.Object) (why Reason, folder int) {
	start := 0
	for {
		n := strings.IndexByte(rel[start:], '/')
		if n < 0 {
			break
		}
		end := start + n
		if start == end {
			return Nameless, end + 1
		}
		if hiddenSegment(rel[start:end]) {
			return Hidden, end + 1
		}
		start = end + 1
		if len(w.Exclude) > 0 && w.Exclude.Covers(rel[:start]) {
			return Excluded, start
		}
	}
	switch {
	case rel[start:] == "", hiddenSegment(rel[start:]):
		return Hidden, 0
	case len(w.Exclude) > 0 && w.Exclude.Match(rel):
		return Excluded, 0
	case obj.Size == 0:
		return Empty, 0
	case archived(obj.StorageClass):
		return Archived, 0
	}
	return "", 0
}
