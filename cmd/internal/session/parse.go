package session

import (
	"strings"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/mysql"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Script is a text of statements that a client sent as one. As in PostgreSQL all of it is parsed before any of it runs, but for
// what follows a statement that can change tarn.dialect: that is parsed once the statement has run, in the dialect then in force.
type Script struct {
	session *Session
	text    string
	// at is the byte offset of what is not parsed yet.
	at int
	// list are the statements that are parsed and not handed out.
	list []Statement
	runs int
}

// maxRuns bounds how often a text may go from one front end to the other: each time costs a look at the whole text.
const maxRuns = 1000

// dialectSetting is the setting that chooses the front end.
const dialectSetting = "tarn.dialect"

// Parse begins a script. Each statement is read by the front end that tarn.dialect names: with mysql and hive, and for a query
// that quotes its identifiers with backticks, that of MySQL. In the MySQL dialects a statement that is not a query (SET, SHOW,
// DDL) goes to the default one, which knows Hive's DDL.
func (s *Session) Parse(sql string) (*Script, error) {
	c := &Script{session: s, text: sql}
	if err := c.parse(); err != nil {
		return nil, err
	}
	return c, nil
}

// Empty reports whether no statement is left.
func (c *Script) Empty() bool {
	return len(c.list) == 0 && strings.Trim(c.text[c.at:], " \t\r\n\f;") == ""
}

// Next returns the next statement, which must run before Next is called again. ok is false at the end.
func (c *Script) Next() (st Statement, ok bool, err error) {
	if len(c.list) == 0 && c.at < len(c.text) {
		if err := c.parse(); err != nil {
			return st, false, err
		}
	}
	if len(c.list) == 0 {
		return st, false, nil
	}
	st, c.list = c.list[0], c.list[1:]
	return st, true, nil
}

// Rest is the text that is not parsed yet.
func (c *Script) Rest() string { return c.text[c.at:] }

// parse parses up to the end of the text or to the first statement that can change the dialect.
func (c *Script) parse() error {
	for c.at < len(c.text) {
		if c.runs++; c.runs > maxRuns {
			return sqlerr.New(sqlerr.ProgramLimit, "the text changes between SQL dialects more than %d times", maxRuns)
		}
		run := c.parseDefault
		if c.wantsMySQL(c.text[c.at:]) {
			run = c.parseMySQL
		}
		list, end, err := run()
		if err != nil {
			return err
		}
		c.at = end
		for _, p := range list {
			c.list = append(c.list, Statement{AST: p.Statement, Text: p.Text})
		}
		if len(list) > 0 && c.changesDialect(list[len(list)-1]) {
			return nil
		}
	}
	return nil
}

// parseDefault reads statements up to one for the other front end.
func (c *Script) parseDefault() ([]parser.Parsed, int, error) {
	return parser.ParseFrom(c.text, c.at, func(last parser.Parsed, rest string) bool {
		return !c.changesDialect(last) && !c.wantsMySQL(rest)
	})
}

// parseMySQL reads queries up to a statement for the other front end.
func (c *Script) parseMySQL() ([]parser.Parsed, int, error) {
	end := c.at
	for more := true; more && end < len(c.text); more = c.wantsMySQL(c.text[end:]) {
		from := end
		end += mysql.FirstEnd(c.text[end:])
		if mentionsDialect(c.text[from:end]) {
			break
		}
	}
	// What comes before counts for positions only.
	before := strings.Repeat(" ", utf8.RuneCountInString(c.text[:c.at]))
	list, err := mysql.Parse(before + c.text[c.at:end])
	return list, end, err
}

// wantsMySQL says which front end reads the statement that begins a text.
func (c *Script) wantsMySQL(sql string) bool {
	if c.session.inMySQL() {
		return mysql.IsQuery(sql)
	}
	return mysql.Wanted(sql)
}

// inMySQL reports whether the dialect is one of MySQL's.
func (s *Session) inMySQL() bool {
	dialect, _ := s.settings.get(dialectSetting)
	return dialect == "mysql" || dialect == "hive"
}

// changesDialect reports whether a statement can change tarn.dialect.
func (c *Script) changesDialect(p parser.Parsed) bool {
	switch st := p.Statement.(type) {
	case *parser.Reset:
		return st.Name == "" || st.Name == dialectSetting
	case *parser.Discard:
		return st.Target == "ALL"
	case *parser.Rollback, *parser.RollbackTo:
		return c.session.inMySQL() // SET is rolled back too
	}
	return mentionsDialect(p.Text) // SET, and set_config in a query
}

func mentionsDialect(sql string) bool {
	return len(sql) >= len(dialectSetting) && strings.Contains(strings.ToLower(sql), dialectSetting)
}
