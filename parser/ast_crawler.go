package parser

// CreateCrawler is CREATE [OR REPLACE] CRAWLER [IF NOT EXISTS] name TARGET 's3://..', .. [EXCLUDE ('glob', ..)]
// [DATABASE d] [PREFIX x] [SCHEDULE 'cron(..)'] [WITH (k = v, ..)].
type CreateCrawler struct {
	Loc
	Name        string
	OrReplace   bool
	IfNotExists bool
	Targets     []string
	Exclude     []string
	Database    Name
	Prefix      string
	Schedule    string
	Options     []Option
}

// DropCrawler is DROP CRAWLER [IF EXISTS] name.
type DropCrawler struct {
	Loc
	Name     string
	IfExists bool
}

// PlanCrawler is PLAN CRAWLER name: it shows what a run would change.
type PlanCrawler struct {
	Loc
	Name string
	// Prefix limits the walk, "" for all of the targets.
	Prefix string
}

// RunCrawler is RUN CRAWLER name [ONLY PREFIX 's3://..'] [DRY].
type RunCrawler struct {
	Loc
	Name   string
	Prefix string
	Dry    bool
}

// StopCrawler is STOP CRAWLER name.
type StopCrawler struct {
	Loc
	Name string
}

// ExplainCrawl is EXPLAIN CRAWL id: why a crawl decided as it did.
type ExplainCrawl struct {
	Loc
	ID int64
}

// RollbackCrawl is ROLLBACK CRAWL id: it takes a crawl's changes to the catalog back.
type RollbackCrawl struct {
	Loc
	ID int64
}
