package objstore

import (
	"context"
	"io"
	"iter"
	"time"
)

// Object describes one object, as a listing or a Stat saw it. It is the version that reads of it are pinned to.
type Object struct {
	// Key is the full key in the bucket, or the slash-separated path below the root directory. It never starts with
	// a slash.
	Key string
	// Size is the length in bytes.
	Size int64
	// ETag names the version of the content, without quotes. An empty ETag (some servers give none for files they did
	// not write) leaves reads unpinned.
	ETag string
	// Modified is the time of the last write, in UTC.
	Modified time.Time
	// StorageClass is what the server says, for example "STANDARD" or "GLACIER"; empty when it says nothing.
	StorageClass string
	// Prefix says that this entry is a common prefix (a "folder") of a listing with a delimiter: Key ends with the
	// delimiter and no other field is set.
	Prefix bool
}

// ListOptions refine a listing. The zero value lists everything below the prefix.
type ListOptions struct {
	// Delimiter folds keys that share the part up to the next Delimiter after the prefix into one entry with Prefix
	// set. Empty lists recursively. Implementations support "" and "/".
	Delimiter string
	// StartAfter skips the keys (and common prefixes) that are not lexically greater.
	StartAfter string
}

// Condition makes a Put conditional. At most one field is set; the zero value overwrites whatever is there.
type Condition struct {
	// IfMatch lets the Put succeed only over an object with this ETag.
	IfMatch string
	// IfAbsent lets the Put succeed only when no object has the key.
	IfAbsent bool
}

// Store is one bucket or one directory tree. All methods are safe for concurrent use and end early with the context's
// error when ctx ends.
type Store interface {
	// List yields the objects whose keys start with prefix in lexical (byte) order of their keys, in constant memory:
	// the next page is fetched when the consumer has used up the last. Prefix is a plain string prefix, as in S3: "a/b"
	// matches "a/bc". An error is yielded once, with a zero Object, and ends the sequence. A prefix without objects
	// is an empty sequence, a missing bucket is ErrNoBucket.
	List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error]

	// Stat describes one object. A missing one is fs.ErrNotExist for errors.Is.
	Stat(ctx context.Context, key string) (Object, error)

	// ReadAt fills all of p from offset off of obj, or fails. It fails with ErrChanged when the object no longer has
	// obj.ETag and with ErrOutOfRange when the range is not inside obj.Size; p holds garbage after an error.
	ReadAt(ctx context.Context, obj Object, p []byte, off int64) error

	// Open streams obj from offset off to its end, pinned like ReadAt. It suits files that can only be read from start
	// to end (gzip). The reader returns an error that is not io.EOF when the body ends early. The caller closes it.
	Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error)

	// Put writes size bytes of r as the object key, atomically: readers see the old object or the new one, whole. The
	// object described by the answer is the one written. When c refuses, the error is ErrConflict. A reader that gives
	// fewer or more than size bytes is an error and leaves nothing behind. A Put whose reader is also an io.Seeker is
	// retried after passing faults.
	Put(ctx context.Context, key string, r io.Reader, size int64, c Condition) (Object, error)

	// Delete removes an object. A key without an object is no error.
	Delete(ctx context.Context, key string) error

	// URL is what users see for a key, in errors and in the $path column: "s3://bucket/key" or "file:///dir/key".
	URL(key string) string
}
