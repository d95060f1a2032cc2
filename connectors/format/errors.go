package format

import "errors"

// ErrNotRecognised is returned by Infer for a file that is not of the format.
var ErrNotRecognised = errors.New("format not recognised")
