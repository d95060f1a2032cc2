package parser

// ColumnDef is a column with its type in CREATE TABLE, ADD COLUMNS and column definition lists.
type ColumnDef struct {
	Loc
	Name string
	// Type is nil in the column list of a view.
	Type    *TypeName
	Comment string
	NotNull bool
	// PrimaryKey and Unique are PostgreSQL's column constraints.
	PrimaryKey bool
	Unique     bool
	Default    Expr
	// Constraints names what of the column's definition is not kept: "REFERENCES", "CHECK", "GENERATED" and "COLLATE".
	Constraints []string
	// Options is Trino's WITH (..) of a column.
	Options []Option
}

// CreateDatabase is CREATE DATABASE or CREATE SCHEMA.
type CreateDatabase struct {
	Loc
	Name        Name
	IfNotExists bool
	Comment     string
	Location    string
	Properties  []Property
	// Options is Trino's WITH (..).
	Options []Option
}

// DropDatabase is DROP DATABASE or DROP SCHEMA.
type DropDatabase struct {
	Loc
	Name     Name
	IfExists bool
	Cascade  bool
}

// CreateTable is CREATE [EXTERNAL | TEMPORARY] TABLE in Hive's, Trino's and PostgreSQL's forms, and CREATE TABLE AS.
type CreateTable struct {
	Loc
	Name        Name
	IfNotExists bool
	OrReplace   bool
	External    bool
	Temporary   bool
	Columns     []ColumnDef
	// Like is the table of CREATE TABLE t LIKE other, or of LIKE inside the column list.
	Like Name
	// PrimaryKey holds the columns of a table constraint PRIMARY KEY (..).
	PrimaryKey []string
	// Constraints names what of PostgreSQL's table definition is not kept: table constraints such as "FOREIGN KEY" or
	// "CHECK", and the clauses "INHERITS", "USING" and "PARTITION BY".
	Constraints []string
	Comment     string
	// PartitionedBy are Hive's partition columns, with their types.
	PartitionedBy []ColumnDef
	// PartitionTransforms are Iceberg's, in PARTITIONED BY (day(ts), bucket(16, id)); PartitionedBy is empty then.
	PartitionTransforms []Expr
	ClusteredBy         []string
	SortedBy            []OrderItem
	Buckets             int
	RowFormat           *RowFormat
	Storage             *StorageFormat
	Location            string
	Properties          []Property
	// Options is Trino's and PostgreSQL's WITH (..).
	Options []Option
	// OnCommit is "", "PRESERVE ROWS", "DELETE ROWS" or "DROP".
	OnCommit string
	// Query is the query of CREATE TABLE AS, nil otherwise. ColumnNames renames its columns.
	Query       *Query
	ColumnNames []string
	WithNoData  bool
}

// RowFormat is ROW FORMAT. Serde is "" for ROW FORMAT DELIMITED. A delimiter is nil when it is not given; its escapes
// (\t, \001) are resolved.
type RowFormat struct {
	Loc
	Serde           string
	SerdeProperties []Property
	FieldsTerminatedBy, EscapedBy, CollectionItemsTerminatedBy,
	MapKeysTerminatedBy, LinesTerminatedBy, NullDefinedAs *string
}

// StorageFormat is STORED AS. Format is the word in upper case, such as "PARQUET", or "" when INPUTFORMAT and
// OUTPUTFORMAT name Java classes.
type StorageFormat struct {
	Loc
	Format       string
	InputFormat  string
	OutputFormat string
}

// DropTable is DROP TABLE.
type DropTable struct {
	Loc
	Names    []Name
	IfExists bool
	Cascade  bool
}

// CreateView is CREATE [OR REPLACE] VIEW.
type CreateView struct {
	Loc
	Name         Name
	OrReplace    bool
	IfNotExists  bool
	Temporary    bool
	Materialized bool
	// Columns have a name and perhaps a comment, no type.
	Columns    []ColumnDef
	Comment    string
	Properties []Property
	Query      *Query
}

// DropView is DROP VIEW.
type DropView struct {
	Loc
	Names        []Name
	IfExists     bool
	Cascade      bool
	Materialized bool
}

// CreateCatalog is CREATE CATALOG name USING connector WITH (..): it attaches a data source.
type CreateCatalog struct {
	Loc
	Name        string
	IfNotExists bool
	OrReplace   bool
	Connector   string
	Comment     string
	Properties  []Property
}

// DropCatalog is DROP CATALOG.
type DropCatalog struct {
	Loc
	Name     string
	IfExists bool
	Cascade  bool
}

// CommentOn is COMMENT ON kind name IS 'text'. Comment is nil for IS NULL. Kind is in upper case.
type CommentOn struct {
	Loc
	Kind    string
	Name    Name
	Comment *string
}

// Grant is GRANT and, with Revoke set, REVOKE. Kind is "TABLE", "SCHEMA", "DATABASE", "CATALOG" and the like in upper
// case, "" when roles are granted; Privileges then holds the roles. Privileges are in upper case otherwise; ALL is "ALL".
type Grant struct {
	Loc
	Revoke     bool
	Privileges []Privilege
	Kind       string
	// AllInSchema is ON ALL TABLES IN SCHEMA; Objects holds the schemas then.
	AllInSchema bool
	Objects     []Name
	Grantees    []string
	// GrantOption is WITH GRANT OPTION, or GRANT OPTION FOR of a REVOKE.
	GrantOption bool
	Cascade     bool
}

// Privilege is one privilege of a Grant, with the columns it is limited to.
type Privilege struct {
	Loc
	Name    string
	Columns []string
}

// OtherStatement is a statement that the parser knows by its first words only, and the engine refuses by its tag.
type OtherStatement struct {
	Loc
	// Command is the tag, such as "CREATE INDEX".
	Command string
	// Text is the statement as written, without the semicolon.
	Text string
}
