package parser

// Tag returns SELECT.
func (*Query) Tag() string { return "SELECT" }

// Tag returns INSERT.
func (*Insert) Tag() string { return "INSERT" }

// Tag returns UPDATE.
func (*Update) Tag() string { return "UPDATE" }

// Tag returns DELETE.
func (*Delete) Tag() string { return "DELETE" }

// Tag returns MERGE.
func (*Merge) Tag() string { return "MERGE" }

// Tag returns TRUNCATE TABLE.
func (*Truncate) Tag() string { return "TRUNCATE TABLE" }

// Tag returns UNLOAD.
func (*Unload) Tag() string { return "UNLOAD" }

// Tag returns CREATE SCHEMA.
func (*CreateDatabase) Tag() string { return "CREATE SCHEMA" }

// Tag returns DROP SCHEMA.
func (*DropDatabase) Tag() string { return "DROP SCHEMA" }

// Tag returns DROP TABLE.
func (*DropTable) Tag() string { return "DROP TABLE" }

// Tag returns CREATE CATALOG.
func (*CreateCatalog) Tag() string { return "CREATE CATALOG" }

// Tag returns DROP CATALOG.
func (*DropCatalog) Tag() string { return "DROP CATALOG" }

// Tag returns COMMENT.
func (*CommentOn) Tag() string { return "COMMENT" }

// Tag returns ALTER TABLE.
func (*AlterTable) Tag() string { return "ALTER TABLE" }

// Tag returns ALTER SCHEMA.
func (*AlterDatabase) Tag() string { return "ALTER SCHEMA" }

// Tag returns MSCK REPAIR TABLE.
func (*RepairTable) Tag() string { return "MSCK REPAIR TABLE" }

// Tag returns ANALYZE.
func (*Analyze) Tag() string { return "ANALYZE" }

// Tag returns VACUUM.
func (*Vacuum) Tag() string { return "VACUUM" }

// Tag returns SHOW.
func (*Show) Tag() string { return "SHOW" }

// Tag returns DESCRIBE.
func (*Describe) Tag() string { return "DESCRIBE" }

// Tag returns EXPLAIN.
func (*Explain) Tag() string { return "EXPLAIN" }

// Tag returns SET.
func (*Set) Tag() string { return "SET" }

// Tag returns RESET.
func (*Reset) Tag() string { return "RESET" }

// Tag returns USE.
func (*Use) Tag() string { return "USE" }

// Tag returns SET.
func (*SetTransaction) Tag() string { return "SET" }

// Tag returns COMMIT.
func (*Commit) Tag() string { return "COMMIT" }

// Tag returns ROLLBACK.
func (*Rollback) Tag() string { return "ROLLBACK" }

// Tag returns SAVEPOINT.
func (*Savepoint) Tag() string { return "SAVEPOINT" }

// Tag returns RELEASE.
func (*Release) Tag() string { return "RELEASE" }

// Tag returns ROLLBACK.
func (*RollbackTo) Tag() string { return "ROLLBACK" }

// Tag returns LISTEN.
func (*Listen) Tag() string { return "LISTEN" }

// Tag returns NOTIFY.
func (*Notify) Tag() string { return "NOTIFY" }

// Tag returns UNLISTEN.
func (*Unlisten) Tag() string { return "UNLISTEN" }

// Tag returns LOCK TABLE.
func (*Lock) Tag() string { return "LOCK TABLE" }

// Tag returns KILL.
func (*KillQuery) Tag() string { return "KILL" }

// Tag returns CALL.
func (*Call) Tag() string { return "CALL" }

// Tag returns PREPARE.
func (*Prepare) Tag() string { return "PREPARE" }

// Tag returns EXECUTE.
func (*Execute) Tag() string { return "EXECUTE" }

// Tag returns EXECUTE.
func (*ExecuteImmediate) Tag() string { return "EXECUTE" }

// Tag returns DECLARE CURSOR.
func (*DeclareCursor) Tag() string { return "DECLARE CURSOR" }

// Tag returns COPY.
func (*Copy) Tag() string { return "COPY" }

// Tag returns CREATE CRAWLER.
func (*CreateCrawler) Tag() string { return "CREATE CRAWLER" }

// Tag returns DROP CRAWLER.
func (*DropCrawler) Tag() string { return "DROP CRAWLER" }

// Tag returns PLAN CRAWLER.
func (*PlanCrawler) Tag() string { return "PLAN CRAWLER" }

// Tag returns RUN CRAWLER.
func (*RunCrawler) Tag() string { return "RUN CRAWLER" }

// Tag returns STOP CRAWLER.
func (*StopCrawler) Tag() string { return "STOP CRAWLER" }

// Tag returns EXPLAIN CRAWL.
func (*ExplainCrawl) Tag() string { return "EXPLAIN CRAWL" }

// Tag returns ROLLBACK CRAWL.
func (*RollbackCrawl) Tag() string { return "ROLLBACK CRAWL" }

// Tag returns CREATE TABLE, or CREATE TABLE AS for the form with a query.
func (s *CreateTable) Tag() string {
	if s.Query != nil {
		return "CREATE TABLE AS"
	}
	return "CREATE TABLE"
}

// Tag returns CREATE VIEW or CREATE MATERIALIZED VIEW.
func (s *CreateView) Tag() string {
	if s.Materialized {
		return "CREATE MATERIALIZED VIEW"
	}
	return "CREATE VIEW"
}

// Tag returns DROP VIEW or DROP MATERIALIZED VIEW.
func (s *DropView) Tag() string {
	if s.Materialized {
		return "DROP MATERIALIZED VIEW"
	}
	return "DROP VIEW"
}

// Tag returns GRANT or REVOKE, with ROLE when roles are granted.
func (s *Grant) Tag() string {
	tag := "GRANT"
	if s.Revoke {
		tag = "REVOKE"
	}
	if s.Kind == "" {
		tag += " ROLE"
	}
	return tag
}

// Tag returns the command's first words.
func (s *OtherStatement) Tag() string { return s.Command }

// Tag returns DISCARD and its target.
func (s *Discard) Tag() string { return "DISCARD " + s.Target }

// Tag returns BEGIN or START TRANSACTION.
func (s *Begin) Tag() string {
	if s.Start {
		return "START TRANSACTION"
	}
	return "BEGIN"
}

// Tag returns DEALLOCATE or DEALLOCATE ALL.
func (s *Deallocate) Tag() string {
	if s.Name == "" {
		return "DEALLOCATE ALL"
	}
	return "DEALLOCATE"
}

// Tag returns FETCH or MOVE.
func (s *Fetch) Tag() string {
	if s.Move {
		return "MOVE"
	}
	return "FETCH"
}

// Tag returns CLOSE CURSOR or CLOSE CURSOR ALL.
func (s *CloseCursor) Tag() string {
	if s.Name == "" {
		return "CLOSE CURSOR ALL"
	}
	return "CLOSE CURSOR"
}
