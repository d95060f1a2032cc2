package kv

import (
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Definition is a table as the store keeps it.
type Definition struct {
	Name    string `json:"name"`
	Comment string `json:"comment,omitempty"`
	// Key are the columns of the row key, in the order in which rows are sorted.
	Key []KeyColumn `json:"key"`
	// Columns are the other columns.
	Columns []CellColumn `json:"columns"`
}

// KeyColumn is a part of the row key. It is never NULL.
type KeyColumn struct {
	Name string      `json:"name"`
	Type schema.Type `json:"type"`
	// Descending sorts greater values first.
	Descending bool   `json:"descending,omitempty"`
	Comment    string `json:"comment,omitempty"`
}

// CellColumn is a column that lives in a cell. An absent cell is NULL.
type CellColumn struct {
	Name   string      `json:"name"`
	Type   schema.Type `json:"type"`
	Family string      `json:"family"`
	// Qualifier is the cell's; "*" makes the column a map(varchar, varchar) of all cells of the family that no other column
	// names.
	Qualifier string `json:"qualifier"`
	Comment   string `json:"comment,omitempty"`
}

// Check reports what is wrong with a definition.
func (d *Definition) Check() error {
	bad := func(format string, args ...any) error {
		return sqlerr.New(sqlerr.InvalidTableDefinition, "key-value table %q: "+format, append([]any{d.Name}, args...)...)
	}
	if d.Name == "" || len(d.Key) == 0 {
		return bad("a table needs a name and a key")
	}
	seen := map[string]bool{}
	for _, k := range d.Key {
		if seen[k.Name] {
			return bad("column %q is declared twice", k.Name)
		}
		seen[k.Name] = true
		if !keyable(k.Type) {
			return bad("a key column cannot have type %s", k.Type)
		}
	}
	for _, c := range d.Columns {
		switch {
		case seen[c.Name]:
			return bad("column %q is declared twice", c.Name)
		case c.Family == "" || c.Qualifier == "":
			return bad("column %q needs a family and a qualifier", c.Name)
		case strings.IndexByte(c.Family, 0) >= 0:
			return bad("a family's name cannot hold a zero byte")
		case c.Qualifier == "*" && !c.Type.Equal(schema.MapOf(schema.Text, schema.Text)):
			return bad("column %q is a whole family and must be map(varchar, varchar)", c.Name)
		case c.Qualifier != "*" && !cellable(c.Type):
			return bad("a cell cannot have type %s", c.Type)
		}
		seen[c.Name] = true
	}
	return nil
}

func (d *Definition) columns() []schema.Column {
	out := make([]schema.Column, 0, len(d.Key)+len(d.Columns))
	for _, k := range d.Key {
		out = append(out, schema.Column{Name: k.Name, Type: k.Type, NotNull: true, Comment: k.Comment})
	}
	for _, c := range d.Columns {
		comment := c.Comment
		if comment == "" {
			comment = c.Family + ":" + c.Qualifier
		}
		out = append(out, schema.Column{Name: c.Name, Type: c.Type, Comment: comment})
	}
	return out
}
