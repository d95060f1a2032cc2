package pgtypes

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// driverText writes a value that pgx decoded so that equal values have equal texts.
func driverText(v any) string {
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return string(v)
	case pgtype.Numeric:
		f, err := v.Value()
		if err != nil {
			return err.Error()
		}
		return fmt.Sprint(f)
	}
	return fmt.Sprint(v)
}
