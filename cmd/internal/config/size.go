package config

import (
	"os"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Size is a number of bytes, written as a number or with a unit of 1024: 512MB, 4GB.
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	unit := int64(1)
	for i, suffix := range []string{"kB", "MB", "GB", "TB"} {
		if rest, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = strings.TrimSpace(rest), int64(1)<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return sqlerr.New(sqlerr.InvalidParameterValue, "%q is not a size: write a number of bytes or one with kB, MB, GB or TB", string(b))
	}
	*s = Size(n * unit)
	return nil
}

// defaultMemory is half of the machine's memory, and 2 GB where that cannot be told.
func defaultMemory() Size {
	const fallback = 2 << 30
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return fallback
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) >= 2 && fields[0] == "MemTotal:" {
			if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return Size(kb << 10 / 2)
			}
		}
	}
	return fallback
}
