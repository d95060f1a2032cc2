package slt

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// kind says what a record does.
type kind int

const (
	statementOK kind = iota
	statementCount
	statementError
	statementNotice
	query
	connection
)

// sortMode says in which order rows are compared.
type sortMode string

const (
	noSort    sortMode = "nosort"
	rowSort   sortMode = "rowsort"
	valueSort sortMode = "valuesort"
)

// header says what the first expected line of a query holds.
type header string

const (
	noHeader    header = ""
	namesHeader header = "names"
	oidsHeader  header = "oids"
)

// record is one test step of a file.
type record struct {
	line   int // of the header, from 1
	kind   kind
	onlyIf [][]string
	skipIf [][]string
	sql    string

	count    int64          // statementCount
	sqlState string         // statementError; "*" is any
	message  *regexp.Regexp // statementError, nil is any; statementNotice

	types    string // query
	sort     sortMode
	header   header
	label    string
	expected []string // raw lines, the header line included

	// expectedFrom is the index in file.lines of the line after "----"; expectedTo is the index after the last row.
	expectedFrom, expectedTo int

	name string // connection
}

// file is a parsed test file. The lines are kept so that it can be written again with other expectations.
type file struct {
	path    string
	lines   []string
	records []*record
}

func readFile(path string) (*file, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, string(text))
}

// parser walks the lines of a file.
type parser struct {
	*file
	at     int // index of the next line
	onlyIf [][]string
	skipIf [][]string
}

func parse(path, text string) (*file, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, "\r")
	}
	p := parser{file: &file{path: path, lines: lines}}
	for p.at < len(p.lines) {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if len(p.onlyIf)+len(p.skipIf) > 0 {
		return nil, fmt.Errorf("%s:%d: a condition without a record after it", path, len(p.lines))
	}
	return p.file, nil
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.path, p.at, fmt.Sprintf(format, args...))
}

// next reads one line between records and what belongs to it.
func (p *parser) next() error {
	line := strings.TrimSpace(p.lines[p.at])
	p.at++
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	words := strings.Fields(line)
	switch words[0] {
	case "onlyif", "skipif":
		return p.condition(words)
	case "connection":
		if len(words) != 2 {
			return p.errorf("want: connection NAME")
		}
		p.add(&record{line: p.at, kind: connection, name: words[1]})
		return nil
	case "statement":
		return p.statement(line, words)
	case "query":
		return p.query(words)
	}
	return p.errorf("unknown record %q: want statement, query, connection, onlyif or skipif", words[0])
}

func (p *parser) condition(words []string) error {
	var configs []string
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "#") {
			break
		}
		configs = append(configs, word)
	}
	if len(configs) == 0 {
		return p.errorf("want: %s CONFIG...", words[0])
	}
	if words[0] == "onlyif" {
		p.onlyIf = append(p.onlyIf, configs)
	} else {
		p.skipIf = append(p.skipIf, configs)
	}
	return nil
}

// add appends a record and gives it the conditions that were read before it.
func (p *parser) add(r *record) {
	r.onlyIf, r.skipIf = p.onlyIf, p.skipIf
	p.onlyIf, p.skipIf = nil, nil
	p.records = append(p.records, r)
}

var noticeWords = regexp.MustCompile(`^statement\s+notice\s+(.*)$`)

var stateWords = regexp.MustCompile(`^statement\s+error\s+(\S+)\s*(.*)$`)

var sqlStatePattern = regexp.MustCompile(`^([0-9A-Z]{5}|\*)$`)

func (p *parser) statement(line string, words []string) error {
	r := &record{line: p.at}
	switch {
	case len(words) == 2 && words[1] == "ok":
		r.kind = statementOK
	case len(words) == 3 && words[1] == "count":
		n, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil || n < 0 {
			return p.errorf("%q is no row count", words[2])
		}
		r.kind, r.count = statementCount, n
	case len(words) >= 3 && words[1] == "error":
		m := stateWords.FindStringSubmatch(line)
		if len(m) != 3 || !sqlStatePattern.MatchString(m[1]) {
			return p.errorf("%q is no SQLSTATE: want five digits or upper-case letters, or *", words[2])
		}
		r.kind, r.sqlState = statementError, m[1]
		if m[2] != "" {
			message, err := regexp.Compile(m[2])
			if err != nil {
				return p.errorf("%v", err)
			}
			r.message = message
		}
	case len(words) >= 3 && words[1] == "notice":
		m := noticeWords.FindStringSubmatch(line)
		if m == nil { // words are parted by something else than blanks
			return p.errorf("want: statement notice REGEXP")
		}
		message, err := regexp.Compile(m[1])
		if err != nil {
			return p.errorf("%v", err)
		}
		r.kind, r.message = statementNotice, message
	default:
		return p.errorf("want: statement ok | count N | error SQLSTATE [REGEXP] | notice REGEXP")
	}
	sql, separated, err := p.sql()
	if err != nil {
		return err
	}
	if separated {
		return p.errorf("a statement has no expected rows: use query")
	}
	r.sql = sql
	p.add(r)
	return nil
}

func (p *parser) query(words []string) error {
	if len(words) < 2 {
		return p.errorf("want: query TYPES [nosort|rowsort|valuesort] [names|oids] [LABEL]")
	}
	r := &record{line: p.at, kind: query, types: words[1], sort: noSort}
	if bad := strings.Trim(r.types, typeLetters); bad != "" && r.types != noColumns {
		return p.errorf("column types %q: want letters of %s", r.types, typeLetters)
	}
	rest := words[2:]
	if len(rest) > 0 && (rest[0] == string(noSort) || rest[0] == string(rowSort) || rest[0] == string(valueSort)) {
		r.sort, rest = sortMode(rest[0]), rest[1:]
	}
	if len(rest) > 0 && (rest[0] == string(namesHeader) || rest[0] == string(oidsHeader)) {
		r.header, rest = header(rest[0]), rest[1:]
	}
	if len(rest) > 0 {
		r.label, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return p.errorf("unexpected %q at the end of the query's header", rest[0])
	}
	sql, separated, err := p.sql()
	if err != nil {
		return err
	}
	if !separated {
		return p.errorf("a query needs the line ---- and its rows after the SQL")
	}
	r.sql = sql
	r.expectedFrom = p.at
	for p.at < len(p.lines) && strings.TrimSpace(p.lines[p.at]) != "" {
		p.at++
	}
	r.expectedTo = p.at
	r.expected = p.lines[r.expectedFrom:r.expectedTo]
	p.add(r)
	return nil
}

// separator ends a query's SQL.
const separator = "----"

// sql reads lines up to a blank line, the separator, or the end of the file, and reports whether it saw the separator.
func (p *parser) sql() (text string, separated bool, err error) {
	from := p.at
	for p.at < len(p.lines) {
		line := strings.TrimSpace(p.lines[p.at])
		if line == "" || line == separator {
			break
		}
		p.at++
	}
	if p.at == from {
		return "", false, p.errorf("a record without SQL")
	}
	text = strings.Join(p.lines[from:p.at], "\n")
	if p.at < len(p.lines) && strings.TrimSpace(p.lines[p.at]) == separator {
		p.at++
		return text, true, nil
	}
	return text, false, nil
}

// headerLine prints a query's or failing statement's header.
func (r *record) headerLine() string {
	if r.kind == statementError {
		line := "statement error " + r.sqlState
		if r.message != nil {
			line += " " + r.message.String()
		}
		return line
	}
	words := []string{"query", r.types}
	if r.sort != noSort {
		words = append(words, string(r.sort))
	}
	if r.header != noHeader {
		words = append(words, string(r.header))
	}
	if r.label != "" {
		words = append(words, r.label)
	}
	return strings.Join(words, " ")
}

// applies reports whether the record runs under a set of configurations.
func (r *record) applies(configs []string) bool {
	has := func(names []string) bool {
		for _, name := range names {
			for _, config := range configs {
				if name == config {
					return true
				}
			}
		}
		return false
	}
	for _, names := range r.onlyIf {
		if !has(names) {
			return false
		}
	}
	for _, names := range r.skipIf {
		if has(names) {
			return false
		}
	}
	return true
}
