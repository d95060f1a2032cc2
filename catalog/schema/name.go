package schema

// TableName is the full name of a table: catalog (a connector instance, for example lake or crm), schema (Athena's
// database) and table. All parts are as stored, already folded.
type TableName struct {
	Catalog, Schema, Table string
}

// String returns the name with its parts quoted where needed; empty leading parts are left out.
func (n TableName) String() string {
	s := QuoteIdent(n.Table)
	if n.Schema != "" {
		s = QuoteIdent(n.Schema) + "." + s
	}
	if n.Catalog != "" {
		s = QuoteIdent(n.Catalog) + "." + s
	}
	return s
}

// Column is a column of a table as its catalog declares it.
type Column struct {
	Name    string
	Type    Type
	NotNull bool
	Comment string
	// Hidden columns are found by name and left out of SELECT * ("$path", "$row_number").
	Hidden bool
}
