package objstore

import (
	"path"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Location is a parsed storage URL.
type Location struct {
	// Scheme is "s3", "file" or "mem".
	Scheme string
	// Bucket is the bucket's name; empty for files.
	Bucket string
	// Key is the key or key prefix below the bucket, without a leading slash. For files it is the absolute path without
	// its leading slash. A trailing slash is kept: it tells the folder "a/" from the name prefix "a".
	Key string
}

// String is the URL in its normal form.
func (l Location) String() string {
	if l.Scheme == "file" {
		return "file:///" + l.Key
	}
	return l.Scheme + "://" + l.Bucket + "/" + l.Key
}

// ParseURL reads "s3://bucket/key", "file:///dir/file", "file:/dir/file" and "mem://bucket/key". The Hadoop schemes s3a
// and s3n mean s3. Nothing is unescaped: keys are written as they are, as in Athena's LOCATION.
func ParseURL(url string) (Location, error) {
	scheme, rest, ok := strings.Cut(url, ":")
	if !ok {
		return Location{}, badURL(url, "it has no scheme")
	}
	switch strings.ToLower(scheme) {
	case "s3", "s3a", "s3n":
		return bucketURL("s3", url, rest)
	case "mem":
		return bucketURL("mem", url, rest)
	case "file":
		return fileURL(url, rest)
	}
	return Location{}, badURL(url, "its scheme is not s3 or file")
}

func bucketURL(scheme, url, rest string) (Location, error) {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return Location{}, badURL(url, "\"//\" and a bucket must follow the scheme")
	}
	bucket, key, _ := strings.Cut(rest, "/")
	switch {
	case bucket == "":
		return Location{}, badURL(url, "it names no bucket")
	case strings.ContainsAny(bucket, "@:?# \\"):
		return Location{}, badURL(url, "its bucket name has a character that bucket names cannot have")
	}
	return Location{Scheme: scheme, Bucket: bucket, Key: key}, nil
}

func fileURL(url, rest string) (Location, error) {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		rest = strings.TrimPrefix(after, "localhost")
	}
	if !strings.HasPrefix(rest, "/") {
		return Location{}, badURL(url, "a file URL needs an absolute path")
	}
	folder := strings.HasSuffix(rest, "/")
	clean := strings.TrimPrefix(path.Clean(rest), "/")
	if folder && clean != "" {
		clean += "/"
	}
	return Location{Scheme: "file", Key: clean}, nil
}

func badURL(url, why string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid storage location %q: %s", url, why).
		WithHint("Write it as s3://bucket/prefix/ or file:///directory/.")
}
