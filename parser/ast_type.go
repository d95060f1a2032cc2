package parser

// TypeName is the name of a type as written. Unqualified spellings of several words become one word: character varying
// is varchar, double precision is double, timestamp with time zone is timestamptz, time with time zone is timetz, bit
// varying is varbit. Every other name stays as it is, in lower case.
//
// Constructed types have the names array, map and row: array<int>, array(int), int[] and int array; map<k,v> and
// map(k,v); struct<a:int> and row(a int). An unquoted char is PostgreSQL's blank-padded character type; "char" (Quoted)
// and pg_catalog.char are its one-byte internal type.
type TypeName struct {
	Loc
	Name   Name
	Quoted bool
	// Mods are the numbers in parentheses: decimal(10, 2), varchar(20), timestamp(3).
	Mods []int
	// Elems is the element type of an array (one) and the key and value types of a map (two).
	Elems []*TypeName
	// Fields are the fields of a row.
	Fields []TypeField
	// From and To are the fields of interval year to month.
	From, To IntervalUnit
	// SetOf is set for SETOF type, which only a function's result may be.
	SetOf bool
}

// TypeField is one field of a row type. Name is "" when it is not given, as in row(bigint, varchar).
type TypeField struct {
	Loc
	Name    string
	Type    *TypeName
	Comment string
}

// IsArray reports whether the type is an array of Elems[0].
func (t *TypeName) IsArray() bool { return t.constructed("array") && len(t.Elems) == 1 }

// IsMap reports whether the type is a map from Elems[0] to Elems[1].
func (t *TypeName) IsMap() bool { return t.constructed("map") && len(t.Elems) == 2 }

// IsRow reports whether the type is a row of Fields.
func (t *TypeName) IsRow() bool { return t.constructed("row") && len(t.Fields) > 0 }

func (t *TypeName) constructed(name string) bool {
	return len(t.Name) == 1 && !t.Quoted && t.Name[0] == name
}
