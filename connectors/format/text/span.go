package text

// Span locates a value in a chunk.
type Span struct {
	Off  uint32
	meta uint32
}

// Flags of a Span.
const (
	// Quoted says that the value stood in quotes, which are outside the span.
	Quoted uint32 = 1 << 31
	// Escaped says that the value needs Decoder.Unescape.
	Escaped uint32 = 1 << 30
	// Null says that the value is NULL.
	Null uint32 = 1 << 29
	// Broken says that the value is malformed: an error if it is needed.
	Broken uint32 = 1 << 28

	lengthMask = 1<<28 - 1
)

// NullSpan is a NULL.
var NullSpan = Span{meta: Null}

// MakeSpan returns the span of data[off:end] with flags.
func MakeSpan(off, end int, flags uint32) Span {
	return Span{Off: uint32(off), meta: uint32(end-off) | flags}
}

// Len is the number of bytes.
func (s Span) Len() int { return int(s.meta & lengthMask) }

// Has reports whether one of the flags is set.
func (s Span) Has(flags uint32) bool { return s.meta&flags != 0 }

// In returns the bytes of the span.
func (s Span) In(data []byte) []byte {
	end := s.Off + s.meta&lengthMask
	return data[s.Off:end:end]
}

// Rows are the records of a batch: N of them, and for each needed column (slot) a span for each record.
type Rows struct {
	N int
	// Start are the offsets at which the records begin, for messages.
	Start []uint32
	// Slots have room for the greatest batch.
	Slots [][]Span
}
