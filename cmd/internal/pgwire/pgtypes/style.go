package pgtypes

import (
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// Style is what session settings say about the text form of values.
type Style struct {
	// Location is the time zone of timestamps with time zone; nil is UTC.
	Location *time.Location
	// FloatDigits is extra_float_digits: above 0 floats have the shortest digits that read back, otherwise 15 (real: 6) digits
	// and as many more.
	FloatDigits int
	// ByteaEscape says that bytea_output is escape, not hex.
	ByteaEscape bool
	// Interval is IntervalStyle: postgres (also when empty), postgres_verbose, sql_standard or iso_8601.
	Interval string
	// ObjectName names the object of a regclass, regtype, regproc or regnamespace; nil, and an empty name, leave its number.
	ObjectName func(kind schema.Kind, oid int64) (string, error)
}

// DefaultStyle is the style of a session that changed no setting.
var DefaultStyle = Style{Location: time.UTC, FloatDigits: 1, Interval: "postgres"}

// Text and Binary are the format codes of the protocol.
const (
	Text   = int16(0)
	Binary = int16(1)
)
