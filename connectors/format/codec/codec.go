package codec

import (
	"bytes"
	"path"
	"strings"
)

// Codec is a whole-file compression.
type Codec uint8

// The codecs. Snappy and LZ4 stand for all their framings; the first bytes tell them apart.
const (
	None Codec = iota
	Gzip
	Zlib
	Zstd
	Bzip2
	Snappy
	LZ4
	// Unsupported is a compression that is known by its extension and cannot be read: lzo, xz, brotli, zip, 7z.
	Unsupported
)

var names = [...]string{"none", "gzip", "zlib", "zstd", "bzip2", "snappy", "lz4", "an unsupported compression"}

// String returns the codec's name in lower case.
func (c Codec) String() string { return names[c] }

// HeadBytes is how many first bytes ByMagic looks at.
const HeadBytes = 16

var extensions = map[string]Codec{
	".gz": Gzip, ".gzip": Gzip, ".bgz": Gzip, ".zlib": Zlib, ".deflate": Zlib, ".zst": Zstd, ".zstd": Zstd, ".bz2": Bzip2,
	".bzip2": Bzip2, ".snappy": Snappy, ".sz": Snappy, ".lz4": LZ4, ".lzo": Unsupported, ".lzo_deflate": Unsupported,
	".xz": Unsupported, ".br": Unsupported, ".zip": Unsupported, ".7z": Unsupported,
}

// ByName returns the codec that the extension of a key stands for, None when it stands for none.
func ByName(key string) Codec { return extensions[strings.ToLower(path.Ext(key))] }

// TrimName returns the key without the extension of a codec.
func TrimName(key string) string {
	if ByName(key) == None {
		return key
	}
	return strings.TrimSuffix(key, path.Ext(key))
}

var magics = []struct {
	head  string
	codec Codec
}{
	{"\x1f\x8b\x08", Gzip},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"BZh", Bzip2},
	{"\xff\x06\x00\x00sNaPpY", Snappy},
	{"\x04\x22\x4d\x18", LZ4},
	{"\x02\x21\x4c\x18", LZ4},
	{"\xfd7zXZ\x00", Unsupported},
}

// ByMagic returns the codec that the first bytes of a file prove, None when they prove none. Raw and Hadoop framings of
// snappy and lz4, and zlib, have no sure sign: only the extension names them.
func ByMagic(head []byte) Codec {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.head)) {
			if m.codec == Bzip2 && !isBzip2(head) {
				continue
			}
			return m.codec
		}
	}
	return None
}

// isBzip2 checks the block size and the block or end mark that follow "BZh": text can begin with these letters.
func isBzip2(head []byte) bool {
	if len(head) < 10 || head[3] < '1' || head[3] > '9' {
		return false
	}
	mark := string(head[4:10])
	return mark == "\x31\x41\x59\x26\x53\x59" || mark == "\x17\x72\x45\x38\x50\x90"
}
