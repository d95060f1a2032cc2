package parser

func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Query:
		p.query(s)
	case *Insert, *Update, *Delete, *Merge, *Truncate, *Unload:
		p.modification(s)
	case *CreateTable, *CreateView, *CreateDatabase, *CreateCatalog, *CreateCrawler:
		p.create(s)
	case *DropDatabase, *DropTable, *DropView, *DropCatalog, *DropCrawler:
		p.drop(s)
	case *AlterTable, *AlterDatabase, *RepairTable, *Analyze, *Vacuum, *CommentOn, *Grant:
		p.maintenance(s)
	case *Show:
		p.show(s)
	case *Describe:
		p.describe(s)
	case *Explain:
		p.explain(s)
	case *Prepare, *Execute, *ExecuteImmediate, *Deallocate, *DeclareCursor, *Fetch, *CloseCursor, *Copy:
		p.prepared(s)
	case *OtherStatement:
		p.put(s.Text)
	default:
		p.session(s)
	}
}

func (p *printer) session(s Statement) {
	switch s := s.(type) {
	case *Set:
		p.set(s)
	case *Reset:
		p.put("RESET ")
		if s.Name == "" {
			p.put("ALL")
		} else {
			p.setting(s.Name)
		}
	case *Discard:
		p.put("DISCARD ", s.Target)
	case *Use:
		p.put("USE ")
		if s.Catalog != "" {
			p.ident(s.Catalog)
			p.put(".")
		}
		p.ident(s.Schema)
	case *Listen:
		p.put("LISTEN ")
		p.ident(s.Channel)
	case *Notify:
		p.put("NOTIFY ")
		p.ident(s.Channel)
		if s.Payload != "" {
			p.put(", ")
			p.str(s.Payload)
		}
	case *Unlisten:
		p.put("UNLISTEN ")
		if s.Channel == "" {
			p.put("*")
		} else {
			p.ident(s.Channel)
		}
	case *Lock:
		p.put("LOCK TABLE ")
		p.nameList(s.Tables)
		p.putIf(s.Mode != "", " IN "+s.Mode+" MODE")
		p.putIf(s.NoWait, " NOWAIT")
	case *KillQuery:
		p.put("KILL QUERY ")
		p.str(s.ID)
	case *Call:
		p.put("CALL ")
		p.name(s.Name)
		p.put("(")
		p.exprs(s.Args)
		p.put(")")
	default:
		p.transaction(s)
	}
}

func (p *printer) transaction(s Statement) {
	switch s := s.(type) {
	case *SetTransaction:
		p.put("SET ")
		p.putIf(s.Session, "SESSION CHARACTERISTICS AS ")
		p.put("TRANSACTION")
		p.modes(s.Modes)
	case *Begin:
		if s.Start {
			p.put("START TRANSACTION")
		} else {
			p.put("BEGIN")
		}
		p.modes(s.Modes)
	case *Commit:
		p.put("COMMIT")
		p.putIf(s.Chain, " AND CHAIN")
	case *Rollback:
		p.put("ROLLBACK")
		p.putIf(s.Chain, " AND CHAIN")
	case *Savepoint:
		p.put("SAVEPOINT ")
		p.ident(s.Name)
	case *Release:
		p.put("RELEASE SAVEPOINT ")
		p.ident(s.Name)
	case *RollbackTo:
		p.put("ROLLBACK TO SAVEPOINT ")
		p.ident(s.Name)
	default:
		p.crawlerCommand(s)
	}
}

func (p *printer) crawlerCommand(s Statement) {
	switch s := s.(type) {
	case *PlanCrawler:
		p.put("PLAN CRAWLER ")
		p.ident(s.Name)
		p.onlyPrefix(s.Prefix)
	case *RunCrawler:
		p.put("RUN CRAWLER ")
		p.ident(s.Name)
		p.onlyPrefix(s.Prefix)
		p.putIf(s.Dry, " DRY")
	case *StopCrawler:
		p.put("STOP CRAWLER ")
		p.ident(s.Name)
	case *ExplainCrawl:
		p.put("EXPLAIN CRAWL ")
		p.int(s.ID)
	case *RollbackCrawl:
		p.put("ROLLBACK CRAWL ")
		p.int(s.ID)
	}
}

func (p *printer) onlyPrefix(prefix string) {
	if prefix != "" {
		p.put(" ONLY PREFIX ")
		p.str(prefix)
	}
}

func (p *printer) modes(m TransactionModes) {
	sep := " "
	add := func(cond bool, s string) {
		if cond {
			p.put(sep, s)
			sep = ", "
		}
	}
	add(m.Isolation != "", "ISOLATION LEVEL "+upper(m.Isolation))
	add(m.Access == ReadOnly, "READ ONLY")
	add(m.Access == ReadWrite, "READ WRITE")
	add(m.Deferrable == Deferrable, "DEFERRABLE")
	add(m.Deferrable == NotDeferrable, "NOT DEFERRABLE")
}

// settingWords begin a SET, RESET or SHOW of another form, so that a setting of the same name needs quotes.
var settingWords = map[string]bool{
	"all": true, "catalog": true, "catalogs": true, "columns": true, "constraints": true, "cost": true, "crawlers": true,
	"create": true, "databases": true, "fields": true, "functions": true, "grants": true, "local": true, "names": true,
	"partitions": true, "queries": true, "roles": true, "schema": true, "schemas": true, "session": true, "stats": true,
	"tables": true, "tblproperties": true, "time": true, "transaction": true, "views": true,
}

func (p *printer) setting(name string) {
	p.dottedName(name, func(part string) bool { return !settingWords[part] && words[part].class <= colName })
}

func (p *printer) set(s *Set) {
	p.put("SET ", [...]string{"", "SESSION ", "LOCAL "}[s.Scope])
	if s.Interval {
		p.put("TIME ZONE INTERVAL ")
		p.str(s.Values[0])
		p.put(" HOUR TO MINUTE")
		return
	}
	p.setting(s.Name)
	p.put(" TO ")
	if s.Default {
		p.put("DEFAULT")
		return
	}
	for i, v := range s.Values {
		p.comma(i)
		p.str(v)
	}
}

func (p *printer) show(s *Show) {
	p.put("SHOW ")
	switch s.Kind {
	case ShowSetting:
		p.setting(s.Setting)
	case ShowAllSettings:
		p.put("ALL")
	case ShowColumns:
		p.put("COLUMNS FROM ")
		p.name(s.Name)
		p.pattern(s)
	case ShowPartitions:
		p.put("PARTITIONS ")
		p.name(s.Name)
		if len(s.Partition) > 0 {
			p.put(" ")
			p.partition(s.Partition)
		}
	case ShowCreateTable, ShowCreateView, ShowCreateSchema, ShowCreateCrawler:
		p.put("CREATE ", showCreateWords[s.Kind], " ")
		p.name(s.Name)
	case ShowTableProperties:
		p.put("TBLPROPERTIES ")
		p.name(s.Name)
		if s.Key != "" {
			p.put(" (")
			p.str(s.Key)
			p.put(")")
		}
	case ShowStats:
		p.put("STATS FOR ")
		if s.Query != nil {
			p.parenQuery(s.Query)
		} else {
			p.name(s.Name)
		}
	case ShowSession:
		p.put("SESSION")
		p.pattern(s)
	case ShowCost:
		p.put("COST")
		if s.Key != "" {
			p.put(" BY ")
			p.ident(s.Key)
		}
	case ShowGrants:
		p.put("GRANTS")
		if len(s.Name) > 0 {
			p.put(" ON ")
			p.name(s.Name)
		}
	default:
		p.showList(s)
	}
}

var showCreateWords = map[ShowKind]string{
	ShowCreateTable: "TABLE", ShowCreateView: "VIEW", ShowCreateSchema: "SCHEMA", ShowCreateCrawler: "CRAWLER",
}

var showListWords = map[ShowKind]string{
	ShowCatalogs: "CATALOGS", ShowSchemas: "SCHEMAS", ShowTables: "TABLES", ShowViews: "VIEWS", ShowFunctions: "FUNCTIONS",
	ShowCrawlers: "CRAWLERS", ShowQueries: "QUERIES", ShowRoles: "ROLES",
}

func (p *printer) showList(s *Show) {
	p.put(showListWords[s.Kind])
	if len(s.Name) > 0 {
		p.put(" FROM ")
		p.name(s.Name)
	}
	p.pattern(s)
}

func (p *printer) pattern(s *Show) {
	if s.Like == nil {
		return
	}
	p.putIf(!s.Regexp, " LIKE")
	p.put(" ")
	p.str(*s.Like)
	if s.Escape != "" {
		p.put(" ESCAPE ")
		p.str(s.Escape)
	}
}

// describeWords begin a DESCRIBE of another form, so that a table of the same name needs quotes.
var describeWords = map[string]bool{
	"database": true, "extended": true, "formatted": true, "input": true, "output": true, "schema": true,
}

func (p *printer) describe(s *Describe) {
	p.put("DESCRIBE ", [...]string{"", "DATABASE ", "INPUT ", "OUTPUT "}[s.Kind])
	p.putIf(s.Extended, "EXTENDED ")
	p.putIf(s.Formatted, "FORMATTED ")
	if describeWords[s.Name[0]] {
		p.quoted(s.Name[0])
		if len(s.Name) > 1 {
			p.put(".")
			p.name(s.Name[1:])
		}
	} else {
		p.name(s.Name)
	}
	if len(s.Partition) > 0 {
		p.put(" ")
		p.partition(s.Partition)
	}
	if s.Column != "" {
		p.put(" ")
		p.dottedName(s.Column, func(part string) bool { return words[part].class <= unreserved && part != "partition" })
	}
}

// queryWords begin a query, which may stand in parentheses after EXPLAIN.
var queryWords = map[string]bool{"select": true, "with": true, "values": true, "table": true}

func (p *printer) explain(e *Explain) {
	p.put("EXPLAIN ")
	p.putIf(e.Cost, "COST ")
	var options []Option
	add := func(cond bool, name, value string) {
		if !cond {
			return
		}
		o := Option{Name: name}
		if value != "" {
			o.Value = &StringLit{Value: value}
		}
		options = append(options, o)
	}
	add(e.Analyze, "analyze", "")
	add(e.Verbose, "verbose", "")
	add(e.Format != "", "format", e.Format)
	add(e.Type != "", "type", e.Type)
	options = append(options, e.Options...)
	if len(options) > 0 {
		p.b.WriteString("(")
		for i, o := range options {
			p.comma(i)
			p.dottedName(o.Name, func(s string) bool { return !queryWords[s] })
			if o.Value != nil {
				p.put(" ")
				p.expr(o.Value)
			}
		}
		p.put(") ")
	}
	p.statement(e.Statement)
}
