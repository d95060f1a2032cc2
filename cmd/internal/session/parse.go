package session

import (
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/mysql"
)

// Parse splits a text into its statements, by the front end that tarn.dialect names: with mysql and hive, and for a query that
// quotes its identifiers with backticks, that of MySQL. An empty text gives none.
func (s *Session) Parse(sql string) ([]Statement, error) {
	if s.wantsMySQL(sql) {
		list, err := mysql.Parse(sql)
		if err != nil {
			return nil, err
		}
		return statements(list), nil
	}
	list, err := parser.Parse(sql)
	if err != nil {
		return nil, err
	}
	return statements(list), nil
}

func statements(list []parser.Parsed) []Statement {
	out := make([]Statement, len(list))
	for i, p := range list {
		out[i] = Statement{AST: p.Statement, Text: p.Text}
	}
	return out
}

// wantsMySQL says which front end reads a text. In the MySQL dialects a text that is not a query (SET, SHOW, DDL) goes to the
// default one, which knows Hive's DDL and can switch the dialect back.
func (s *Session) wantsMySQL(sql string) bool {
	dialect, _ := s.settings.get("tarn.dialect")
	if dialect == "mysql" || dialect == "hive" {
		return mysql.IsQuery(sql)
	}
	return mysql.Wanted(sql)
}
