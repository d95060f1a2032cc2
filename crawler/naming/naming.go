// Package naming makes names of columns and tables from what files and folders call them.
package naming

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// MaxLength is the longest name of a table or column, in bytes, as in Glue.
const MaxLength = 128

// Normal returns a name of lower-case letters, digits and underscores: other characters become an underscore, several of
// these one. A name that would begin with a digit gets an underscore in front. The result is "" when nothing is left.
func Normal(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z':
			r += 'a' - 'A'
		case r == '_', r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		default:
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('_')
		}
		if b.Len() == 0 && r >= '0' && r <= '9' {
			b.WriteByte('_')
		}
		gap = false
		b.WriteRune(r)
		if b.Len() >= MaxLength {
			break
		}
	}
	out := b.String()
	if strings.Trim(out, "_") == "" {
		return ""
	}
	return out
}

// Column returns the name of the column at position i (from 0) that files call s.
func Column(s string, i int) string {
	if n := Normal(s); n != "" {
		return n
	}
	return "col" + strconv.Itoa(i)
}

// Unique returns name, or name with the first free number behind it, and takes it.
func Unique(name string, taken map[string]bool) string {
	out := name
	for i := 2; taken[out]; i++ {
		suffix := "_" + strconv.Itoa(i)
		out = name[:min(len(name), MaxLength-len(suffix))] + suffix
	}
	taken[out] = true
	return out
}

// Hashed returns name with a suffix that depends on s alone, for a name that is taken.
func Hashed(name, s string) string {
	h := fnv.New32a()
	h.Write([]byte(s)) //nolint:errcheck // a hash takes everything
	suffix := "_" + strconv.FormatUint(uint64(h.Sum32())|1<<32, 16)[1:]
	return name[:min(len(name), MaxLength-len(suffix))] + suffix
}
