package parser

func (p *printer) create(s Statement) {
	switch s := s.(type) {
	case *CreateTable:
		p.createTable(s)
	case *CreateView:
		p.createView(s)
	case *CreateDatabase:
		p.put("CREATE SCHEMA ")
		p.putIf(s.IfNotExists, "IF NOT EXISTS ")
		p.name(s.Name)
		p.comment(s.Comment)
		if s.Location != "" {
			p.put(" LOCATION ")
			p.str(s.Location)
		}
		if len(s.Properties) > 0 {
			p.put(" WITH DBPROPERTIES")
			p.properties(s.Properties)
		}
		p.withOptions(s.Options)
	case *CreateCatalog:
		p.createCatalog(s)
	case *CreateCrawler:
		p.createCrawler(s)
	}
}

func (p *printer) comment(s string) {
	if s != "" {
		p.put(" COMMENT ")
		p.str(s)
	}
}

func (p *printer) createCatalog(s *CreateCatalog) {
	p.put("CREATE ")
	p.putIf(s.OrReplace, "OR REPLACE ")
	p.put("CATALOG ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.ident(s.Name)
	p.put(" USING ")
	p.ident(s.Connector)
	p.comment(s.Comment)
	for i, prop := range s.Properties {
		p.putIf(i == 0, " WITH (")
		p.comma(i)
		p.quoted(prop.Key)
		p.put(" = ")
		p.str(prop.Value)
	}
	p.putIf(len(s.Properties) > 0, ")")
}

func (p *printer) createCrawler(s *CreateCrawler) {
	p.put("CREATE ")
	p.putIf(s.OrReplace, "OR REPLACE ")
	p.put("CRAWLER ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.ident(s.Name)
	p.put(" TARGET ")
	p.strings(s.Targets)
	if len(s.Exclude) > 0 {
		p.put(" EXCLUDE (")
		p.strings(s.Exclude)
		p.put(")")
	}
	if len(s.Database) > 0 {
		p.put(" DATABASE ")
		p.name(s.Database)
	}
	if s.Prefix != "" {
		p.put(" PREFIX ")
		p.str(s.Prefix)
	}
	if s.Schedule != "" {
		p.put(" SCHEDULE ")
		p.str(s.Schedule)
	}
	p.withOptions(s.Options)
}

func (p *printer) strings(list []string) {
	for i, s := range list {
		p.comma(i)
		p.str(s)
	}
}

func (p *printer) createView(s *CreateView) {
	p.put("CREATE ")
	p.putIf(s.OrReplace, "OR REPLACE ")
	p.putIf(s.Temporary, "TEMPORARY ")
	p.putIf(s.Materialized, "MATERIALIZED ")
	p.put("VIEW ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.name(s.Name)
	for i, c := range s.Columns {
		p.putIf(i == 0, " (")
		p.comma(i)
		p.ident(c.Name)
		p.comment(c.Comment)
	}
	p.putIf(len(s.Columns) > 0, ")")
	p.comment(s.Comment)
	if len(s.Properties) > 0 {
		p.put(" TBLPROPERTIES")
		p.properties(s.Properties)
	}
	p.put(" AS ")
	p.query(s.Query)
}

func (p *printer) createTable(s *CreateTable) {
	p.put("CREATE ")
	p.putIf(s.OrReplace, "OR REPLACE ")
	p.putIf(s.Temporary, "TEMPORARY ")
	p.putIf(s.External, "EXTERNAL ")
	p.hive = s.External
	p.put("TABLE ")
	p.putIf(s.IfNotExists, "IF NOT EXISTS ")
	p.name(s.Name)
	p.tableElements(s)
	p.hive = true
	p.tableClauses(s)
	p.hive = false
	if s.Query == nil {
		return
	}
	p.put(" AS ")
	p.query(s.Query)
	p.putIf(s.WithNoData, " WITH NO DATA")
}

func (p *printer) tableElements(s *CreateTable) {
	if len(s.ColumnNames) > 0 {
		p.parenIdents(s.ColumnNames)
		return
	}
	n := 0
	item := func() {
		p.putIf(n == 0, " (")
		p.comma(n)
		n++
	}
	for _, c := range s.Columns {
		item()
		p.column(c)
	}
	if len(s.Like) > 0 {
		item()
		p.put("LIKE ")
		p.name(s.Like)
	}
	if len(s.PrimaryKey) > 0 {
		item()
		p.put("PRIMARY KEY")
		p.parenIdents(s.PrimaryKey)
	}
	if n == 0 && s.Query == nil {
		p.put(" (")
		n++
	}
	p.putIf(n > 0, ")")
}

func (p *printer) column(c ColumnDef) {
	p.ident(c.Name)
	if c.Type != nil {
		p.put(" ")
		p.typeName(c.Type)
	}
	p.putIf(c.NotNull, " NOT NULL")
	p.putIf(c.PrimaryKey, " PRIMARY KEY")
	p.putIf(c.Unique, " UNIQUE")
	if c.Default != nil {
		p.put(" DEFAULT ")
		p.operand(c.Default, precUnary)
	}
	if len(c.Options) > 0 {
		p.withOptions(c.Options)
	}
	p.comment(c.Comment)
}

func (p *printer) columns(list []ColumnDef) {
	p.put(" (")
	for i, c := range list {
		p.comma(i)
		p.column(c)
	}
	p.put(")")
}

func (p *printer) tableClauses(s *CreateTable) {
	p.comment(s.Comment)
	if len(s.PartitionedBy) > 0 {
		p.put(" PARTITIONED BY")
		p.columns(s.PartitionedBy)
	}
	if len(s.PartitionTransforms) > 0 {
		p.put(" PARTITIONED BY (")
		p.exprs(s.PartitionTransforms)
		p.put(")")
	}
	if len(s.ClusteredBy) > 0 {
		p.put(" CLUSTERED BY")
		p.parenIdents(s.ClusteredBy)
		if len(s.SortedBy) > 0 {
			p.put(" SORTED BY (")
			p.orderItems(s.SortedBy)
			p.put(")")
		}
		p.put(" INTO ")
		p.int(int64(s.Buckets))
		p.put(" BUCKETS")
	}
	if s.RowFormat != nil {
		p.rowFormat(s.RowFormat)
	}
	if s.Storage != nil {
		p.storage(s.Storage)
	}
	if s.Location != "" {
		p.put(" LOCATION ")
		p.str(s.Location)
	}
	if len(s.Properties) > 0 {
		p.put(" TBLPROPERTIES")
		p.properties(s.Properties)
	}
	p.hive = false
	p.withOptions(s.Options)
	p.putIf(s.OnCommit != "", " ON COMMIT "+s.OnCommit)
	p.unkept(s.Constraints)
}

// unkept writes the clauses of which only the name is kept, as far as they have a form without details.
func (p *printer) unkept(list []string) {
	for _, c := range list {
		if c == "INHERITS" {
			p.put(" INHERITS ()")
		}
	}
}

func (p *printer) rowFormat(r *RowFormat) {
	if r.Serde != "" {
		p.put(" ROW FORMAT SERDE ")
		p.str(r.Serde)
		if len(r.SerdeProperties) > 0 {
			p.put(" WITH SERDEPROPERTIES")
			p.properties(r.SerdeProperties)
		}
		return
	}
	p.put(" ROW FORMAT DELIMITED")
	p.delimiter(" FIELDS TERMINATED BY ", r.FieldsTerminatedBy)
	p.delimiter(" ESCAPED BY ", r.EscapedBy)
	p.delimiter(" COLLECTION ITEMS TERMINATED BY ", r.CollectionItemsTerminatedBy)
	p.delimiter(" MAP KEYS TERMINATED BY ", r.MapKeysTerminatedBy)
	p.delimiter(" LINES TERMINATED BY ", r.LinesTerminatedBy)
	p.delimiter(" NULL DEFINED AS ", r.NullDefinedAs)
	if len(r.SerdeProperties) > 0 {
		p.put(" WITH SERDEPROPERTIES")
		p.properties(r.SerdeProperties)
	}
}

func (p *printer) delimiter(word string, s *string) {
	if s != nil {
		p.put(word)
		p.str(*s)
	}
}

func (p *printer) storage(s *StorageFormat) {
	p.put(" STORED AS ")
	if s.Format == "" {
		p.put("INPUTFORMAT ")
		p.str(s.InputFormat)
		p.put(" OUTPUTFORMAT ")
		p.str(s.OutputFormat)
		return
	}
	if isPlainName(foldName(s.Format)) {
		p.put(s.Format)
	} else {
		p.quoted(s.Format)
	}
}

func (p *printer) drop(s Statement) {
	switch s := s.(type) {
	case *DropDatabase:
		p.dropWords("SCHEMA ", s.IfExists)
		p.name(s.Name)
		p.putIf(s.Cascade, " CASCADE")
	case *DropTable:
		p.dropWords("TABLE ", s.IfExists)
		p.nameList(s.Names)
		p.putIf(s.Cascade, " CASCADE")
	case *DropView:
		kind := "VIEW "
		if s.Materialized {
			kind = "MATERIALIZED VIEW "
		}
		p.dropWords(kind, s.IfExists)
		p.nameList(s.Names)
		p.putIf(s.Cascade, " CASCADE")
	case *DropCatalog:
		p.dropWords("CATALOG ", s.IfExists)
		p.ident(s.Name)
		p.putIf(s.Cascade, " CASCADE")
	case *DropCrawler:
		p.dropWords("CRAWLER ", s.IfExists)
		p.ident(s.Name)
	}
}

func (p *printer) dropWords(kind string, ifExists bool) {
	p.put("DROP ", kind)
	p.putIf(ifExists, "IF EXISTS ")
}
