package text

import (
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/codec"
)

// The bounds of what inference looks at, unless it is told others.
const (
	HeadSize = 1 << 20
	HeadRows = 20_000
	// SampleSize is how many values of a column inference hands on.
	SampleSize = 300
)

// Head is the inflated beginning of a file.
type Head struct {
	Data []byte
	// Whole says that Data is all of the file.
	Whole bool
	Codec codec.Codec
}

// ReadHead reads the beginning of a file for inference. A file that is no text in UTF-8 is format.ErrNotRecognised.
func ReadHead(ctx context.Context, f format.File, most int64) (Head, error) {
	if most <= 0 {
		most = HeadSize
	}
	if f.Object.Size == 0 {
		return Head{}, format.ErrNotRecognised
	}
	h := Head{Codec: codec.ByName(f.Object.Key)}
	if h.Codec == codec.None {
		h.Data = make([]byte, min(most, f.Object.Size))
		if err := f.Store.ReadAt(ctx, f.Object, h.Data, 0); err != nil {
			return h, err
		}
		h.Whole = int64(len(h.Data)) == f.Object.Size
		h.Codec = codec.ByMagic(h.Data)
	}
	if h.Codec != codec.None {
		if err := h.inflate(ctx, f, most); err != nil {
			return h, err
		}
	}
	if !isText(h.Data, h.Whole) {
		return h, format.ErrNotRecognised
	}
	return h, nil
}

func (h *Head) inflate(ctx context.Context, f format.File, most int64) error {
	s, err := openStream(ctx, f, h.Codec, 0, nil)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // nothing was written
	h.Data, err = io.ReadAll(io.LimitReader(s, most))
	if err != nil {
		return err
	}
	var one [1]byte
	_, err = io.ReadFull(s, one[:])
	h.Whole = errors.Is(err, io.EOF)
	if err != nil && !h.Whole {
		return err
	}
	return nil
}

// isText reports whether data is UTF-8 without the controls that text does not have. Its end may cut a character.
func isText(data []byte, whole bool) bool {
	if !whole {
		for i := 1; i < utf8.UTFMax && i <= len(data); i++ {
			if c := data[len(data)-i]; utf8.RuneStart(c) {
				if !utf8.FullRune(data[len(data)-i:]) {
					data = data[:len(data)-i]
				}
				break
			}
		}
	}
	for _, c := range data {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 1 && c != '\f' {
			return false
		}
	}
	return utf8.Valid(data)
}
