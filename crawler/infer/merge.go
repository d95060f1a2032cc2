package infer

import (
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/format"
)

// Field is a field of a table as its files have it.
type Field struct {
	// Source is its name in the files.
	Source string
	Type   schema.Type
	// Seen counts the files that have it.
	Seen int
	// families counts the files by the family of the field's type.
	families map[Family]int
}

// Drift is a file whose type of a field does not go with that of the files before.
type Drift struct {
	Source, File       string
	Before, Found, Now schema.Type
}

// Schema is the union of the schemas of some files, field by field in the order in which they were seen.
type Schema struct {
	Format catalog.Format
	Files  int
	Fields []Field
	Drift  []Drift
	index  map[string]int
}

// NewSchema returns the schema of no files.
func NewSchema(f catalog.Format) *Schema { return &Schema{Format: f, index: map[string]int{}} }

// SourceOf returns the name of a field in the files.
func SourceOf(f format.Field) string {
	if f.Source != "" {
		return f.Source
	}
	return f.Name
}

// Add merges a file.
func (s *Schema) Add(fields []format.Field, file string) {
	s.Files++
	for _, f := range fields {
		s.field(SourceOf(f), f.Type, file)
	}
}

// Seed adds a column of a stored table. It counts as no file.
func (s *Schema) Seed(source string, t schema.Type) {
	if _, ok := s.index[source]; !ok {
		s.index[source] = len(s.Fields)
		s.Fields = append(s.Fields, Field{Source: source, Type: t, families: map[Family]int{}})
	}
}

func (s *Schema) field(source string, t schema.Type, file string) {
	i, ok := s.index[source]
	if !ok {
		i = len(s.Fields)
		s.index[source] = i
		s.Fields = append(s.Fields, Field{Source: source, Type: t, families: map[Family]int{}})
	}
	f := &s.Fields[i]
	f.Seen++
	f.families[FamilyOf(t)]++
	now, clean := Widen(f.Type, t, s.Format)
	if !clean && !now.Equal(f.Type) {
		s.Drift = append(s.Drift, Drift{Source: source, File: file, Before: f.Type, Found: t, Now: now})
	}
	f.Type = now
}

// Index returns the position of a field by its name in the files, or -1.
func (s *Schema) Index(source string) int {
	if i, ok := s.index[source]; ok {
		return i
	}
	return -1
}

// Threshold is the similarity from which on two schemas are those of one table, as in Glue.
const Threshold = 0.7

// Similarity compares the fields of two schemas: the weighted Jaccard index of (name, family of the type), a field weighing as
// much as the share of files that have it. Fields without values equal any family. Different formats are 0, two schemas
// without fields 1.
func Similarity(a, b *Schema) float64 {
	if a.Format != b.Format {
		return 0
	}
	common, all := 0.0, 0.0
	for i := range a.Fields {
		fa := &a.Fields[i]
		wa, wb := a.weight(fa), 0.0
		if j := b.Index(fa.Source); j >= 0 {
			fb := &b.Fields[j]
			wb = b.weight(fb)
			if !alike(fa, fb) {
				all += wa + wb
				continue
			}
		}
		common += min(wa, wb)
		all += max(wa, wb)
	}
	for i := range b.Fields {
		if a.Index(b.Fields[i].Source) < 0 {
			all += b.weight(&b.Fields[i])
		}
	}
	if all == 0 {
		return 1
	}
	return common / all
}

func (s *Schema) weight(f *Field) float64 {
	if s.Files == 0 {
		return 1
	}
	return float64(f.Seen) / float64(s.Files)
}

// alike reports whether two fields share a family of types.
func alike(a, b *Field) bool {
	if len(a.families) == 0 || len(b.families) == 0 || a.families[Any] == a.Seen || b.families[Any] == b.Seen {
		return true
	}
	for f := range a.families {
		if f != Any && b.families[f] > 0 {
			return true
		}
	}
	return false
}

// Header decides whether the first record of the files of a CSV table is a header, where at least one file could not tell:
// when a file is sure that it has one and the undecided ones start with the same names, or when all of several files start
// with the same record. Decided is false when there is nothing to decide, or no way to.
func Header(files []*format.Inferred) (header, decided bool) {
	var sure, first []string
	undecided, same := 0, true
	for _, f := range files {
		if f.HeaderDecided || f.Header == nil {
			if f.Storage.HeaderLines > 0 && sure == nil {
				sure = sources(f.Fields)
			}
			continue
		}
		undecided++
		if first == nil {
			first = f.Header
		}
		same = same && equalRecords(first, f.Header)
	}
	switch {
	case undecided == 0:
		return false, false
	case sure != nil:
		return same && equalRecords(sure, first), true
	case undecided < 2:
		return false, false
	}
	return same, true
}

func sources(fields []format.Field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = SourceOf(f)
	}
	return out
}

func equalRecords(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if strings.TrimSpace(a[i]) != strings.TrimSpace(b[i]) {
			return false
		}
	}
	return true
}
