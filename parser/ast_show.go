package parser

// ShowKind says what a Show statement lists.
type ShowKind uint8

// The kinds of SHOW.
const (
	// ShowSetting shows the setting Setting.
	ShowSetting ShowKind = iota
	// ShowAllSettings is SHOW ALL.
	ShowAllSettings
	// ShowCatalogs is SHOW CATALOGS [LIKE].
	ShowCatalogs
	// ShowSchemas is SHOW SCHEMAS or SHOW DATABASES [FROM catalog] [LIKE].
	ShowSchemas
	// ShowTables is SHOW TABLES [FROM database] [LIKE].
	ShowTables
	// ShowViews is SHOW VIEWS [FROM database] [LIKE].
	ShowViews
	// ShowColumns is SHOW COLUMNS FROM table [FROM database].
	ShowColumns
	// ShowPartitions is SHOW PARTITIONS table.
	ShowPartitions
	// ShowCreateTable is SHOW CREATE TABLE table.
	ShowCreateTable
	// ShowCreateView is SHOW CREATE VIEW view.
	ShowCreateView
	// ShowCreateSchema is SHOW CREATE SCHEMA or DATABASE.
	ShowCreateSchema
	// ShowTableProperties is SHOW TBLPROPERTIES table [('key')].
	ShowTableProperties
	// ShowFunctions is SHOW FUNCTIONS [FROM schema] [LIKE].
	ShowFunctions
	// ShowSession is Trino's SHOW SESSION [LIKE].
	ShowSession
	// ShowStats is SHOW STATS FOR table or (query).
	ShowStats
	// ShowCrawlers is SHOW CRAWLERS [LIKE].
	ShowCrawlers
	// ShowCreateCrawler is SHOW CREATE CRAWLER crawler.
	ShowCreateCrawler
	// ShowQueries is SHOW QUERIES.
	ShowQueries
	// ShowCost is SHOW COST [BY word].
	ShowCost
	// ShowGrants is SHOW GRANTS [ON table].
	ShowGrants
	// ShowRoles is SHOW ROLES.
	ShowRoles
)

// Show is a SHOW statement. Kind says which fields mean something.
type Show struct {
	Loc
	Kind ShowKind
	// Setting is the name of a setting in lower case, with its dot if it has one. SHOW TIME ZONE is timezone, SHOW
	// TRANSACTION ISOLATION LEVEL is transaction_isolation, SHOW SESSION AUTHORIZATION is session_authorization.
	Setting string
	// Name is the object: a table, a view, a crawler; for lists the database, schema or catalog after IN or FROM.
	Name Name
	// Like is the pattern of LIKE 'pattern' or of a bare 'pattern', nil when absent. Escape is the ESCAPE character.
	// Regexp says that the pattern came without LIKE, which in Athena is a regular expression with * and |.
	Like   *string
	Escape string
	Regexp bool
	// Key is the property of SHOW TBLPROPERTIES t('key'), or the word after SHOW COST BY.
	Key string
	// Partition is the partition of SHOW PARTITIONS t PARTITION (..).
	Partition []PartitionValue
	// Query is the query of SHOW STATS FOR (query).
	Query *Query
}

// DescribeKind says what a Describe is about.
type DescribeKind uint8

// The kinds of DESCRIBE.
const (
	DescribeTable DescribeKind = iota
	DescribeDatabase
	// DescribeInput and DescribeOutput are about the prepared statement Name[0].
	DescribeInput
	DescribeOutput
)

// Describe is DESCRIBE or DESC.
type Describe struct {
	Loc
	Kind      DescribeKind
	Name      Name
	Extended  bool
	Formatted bool
	// Column is the column of Hive's DESCRIBE t c, with nested fields after dots, "" when absent.
	Column    string
	Partition []PartitionValue
}

// Explain is EXPLAIN in PostgreSQL's and Trino's forms.
type Explain struct {
	Loc
	Analyze bool
	Verbose bool
	// Cost is Tarn's EXPLAIN COST: the quote alone.
	Cost bool
	// Format is "text", "json" and the like in lower case, "" for the default; Type is Trino's TYPE in lower case.
	Format string
	Type   string
	// Options holds the other options: COSTS, BUFFERS, TIMING, SUMMARY, SETTINGS, ...
	Options   []Option
	Statement Statement
}
