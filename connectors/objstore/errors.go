package objstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// The kinds of failure that callers tell apart with errors.Is. A missing object is fs.ErrNotExist.
var (
	// ErrChanged says that the object was replaced after the listing that the read is pinned to. SQLSTATE 40001.
	ErrChanged = errors.New("object changed")
	// ErrConflict says that the condition of a Put did not hold. SQLSTATE 40001.
	ErrConflict = errors.New("write condition not met")
	// ErrNoBucket says that the bucket or the root directory does not exist. SQLSTATE 58P01.
	ErrNoBucket = errors.New("bucket does not exist")
	// ErrAccessDenied says that the credentials are valid and may not do this. SQLSTATE 42501.
	ErrAccessDenied = errors.New("access denied")
	// ErrCredentials says that the credentials are missing, unknown, wrong or expired. SQLSTATE 28000.
	ErrCredentials = errors.New("credentials refused")
	// ErrThrottled says that the storage kept asking for fewer requests (SlowDown, 429, 503) until the retries were
	// used up. SQLSTATE 58030.
	ErrThrottled = errors.New("storage is throttling")
	// ErrUnavailable says that the storage did not answer, or answered with a server fault, until the retries were
	// used up. SQLSTATE 58030.
	ErrUnavailable = errors.New("storage unavailable")
	// ErrBadResponse says that the storage answered with other bytes than were asked for. SQLSTATE 58030.
	ErrBadResponse = errors.New("wrong response")
	// ErrOutOfRange says that a read does not lie inside the object. SQLSTATE XX001, because the offset comes from the
	// content of a file.
	ErrOutOfRange = errors.New("range outside the object")
	// ErrInvalidKey says that a key cannot name an object of this store (it is empty, or leaves the root directory).
	// SQLSTATE 22023.
	ErrInvalidKey = errors.New("invalid object key")
	// ErrArchived says that the object is in a storage class that must be restored before it can be read. SQLSTATE
	// 55000.
	ErrArchived = errors.New("object is archived")
)

// fault carries the sentinel and the cause inside a *sqlerr.Error without adding to its message. Transient faults are
// worth a second try; after is the least wait that the server asked for.
type fault struct {
	text      string
	kind      error
	cause     error
	transient bool
	after     time.Duration
}

func (f *fault) Error() string { return f.text }

func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{f.kind}
	}
	return []error{f.kind, f.cause}
}

// fail builds the error for one kind of failure.
func fail(code sqlerr.Code, kind, cause error, format string, args ...any) *sqlerr.Error {
	return sqlerr.New(code, "%w", &fault{text: fmt.Sprintf(format, args...), kind: kind, cause: cause})
}

// asFault returns the fault inside err, or nil.
func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// NotFound returns the error for a missing object, 58P01 and fs.ErrNotExist.
func NotFound(url string) error {
	return fail(sqlerr.UndefinedFile, fs.ErrNotExist, nil, "object %q does not exist", url).
		WithHint("The object was deleted, or never written. Run the query again; run the table's crawler if the catalog lists what is gone.")
}

// Changed returns the error for an object that was replaced under a reader, 40001 and ErrChanged.
func Changed(url string) error {
	return fail(sqlerr.SerializationFailure, ErrChanged, nil, "object %q changed while the query was reading it", url).
		WithHint("Run the query again: it will read the new version.")
}

// Conflict returns the error for a conditional write that lost, 40001 and ErrConflict.
func Conflict(url string, c Condition) error {
	if c.IfAbsent {
		return fail(sqlerr.SerializationFailure, ErrConflict, fs.ErrExist, "object %q exists already", url).
			WithHint("Another writer created it; run the statement again.")
	}
	return fail(sqlerr.SerializationFailure, ErrConflict, nil, "object %q was changed by another writer", url).
		WithHint("Run the statement again.")
}

// NoBucket returns the error for a missing bucket or root directory, 58P01 and ErrNoBucket.
func NoBucket(url string) error {
	return fail(sqlerr.UndefinedFile, ErrNoBucket, nil, "bucket of %q does not exist", url).
		WithHint("Check the bucket's name, the endpoint and the region in the storage configuration.")
}

// AccessDenied returns the error for an operation that the credentials do not allow, 42501 and ErrAccessDenied.
func AccessDenied(op, url string, cause error) error {
	return fail(sqlerr.InsufficientPrivilege, ErrAccessDenied, cause, "storage denies access to %q (%s)", url, op).
		WithHint("Grant the configured credentials the right to %s this object, or configure others.", op)
}

// BadCredentials returns the error for refused credentials, 28000 and ErrCredentials. Reason is the server's code, for
// example "InvalidAccessKeyId".
func BadCredentials(url, reason string, cause error) error {
	return fail(sqlerr.InvalidAuthorization, ErrCredentials, cause, "storage refused the credentials for %q: %s", url, reason).
		WithHint("Check the access key, the secret, the session token's age and the server's clock.")
}

// Unavailable returns the error for a storage that does not answer properly, 58030 and ErrUnavailable. It is worth
// retrying. Reason is the server's code or the transport's error.
func Unavailable(op, url, reason string, cause error) error {
	return transient(fail(sqlerr.IOError, ErrUnavailable, cause, "cannot %s %q: %s", op, url, reason).
		WithHint("Check that the storage endpoint is up and reachable from this server, then run the query again."), 0)
}

// Throttled returns the error for a storage that asks for fewer requests, 58030 and ErrThrottled. It is worth retrying
// after the given wait (0 when the server named none).
func Throttled(op, url, reason string, after time.Duration, cause error) error {
	return transient(fail(sqlerr.IOError, ErrThrottled, cause, "cannot %s %q: the storage is throttling (%s)", op, url, reason).
		WithHint("Run fewer queries at once, or raise the storage's request limits."), after)
}

// BadResponse returns the error for a response with other bytes than asked for, 58030 and ErrBadResponse.
func BadResponse(op, url, what string) error {
	return fail(sqlerr.IOError, ErrBadResponse, nil, "cannot %s %q: %s", op, url, what).
		WithHint("A proxy between this server and the storage may be altering responses.")
}

// OutOfRange returns the error for a read past the end of an object, XX001 and ErrOutOfRange.
func OutOfRange(url string, off, n, size int64) error {
	return fail(sqlerr.DataCorrupted, ErrOutOfRange, nil, "object %q has %d bytes, cannot read %d at offset %d", url, size, n, off)
}

// InvalidKey returns the error for a key that the store cannot hold, 22023 and ErrInvalidKey.
func InvalidKey(key, why string) error {
	return fail(sqlerr.InvalidParameterValue, ErrInvalidKey, nil, "invalid object key %q: %s", key, why)
}

// Archived returns the error for an object in an archive class, 55000 and ErrArchived.
func Archived(url, class string) error {
	return fail(sqlerr.NotInPrerequisiteState, ErrArchived, nil, "object %q is archived (%s) and cannot be read", url, class).
		WithHint("Restore the object, or exclude it from the table.")
}

// transient marks the fault inside e as worth a second try.
func transient(e *sqlerr.Error, after time.Duration) *sqlerr.Error {
	if f := asFault(e); f != nil {
		f.transient, f.after = true, after
	}
	return e
}

// IsTransient reports whether the same request may succeed when it is tried again, and the least wait that the server
// asked for. The end of the caller's context is never transient.
func IsTransient(err error) (time.Duration, bool) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		if f := asFault(err); f == nil {
			return 0, false
		}
	}
	if f := asFault(err); f != nil && f.transient {
		return f.after, true
	}
	return 0, false
}
