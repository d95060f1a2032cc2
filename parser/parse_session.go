package parser

import (
	"regexp"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// set reads SET in all its forms.
func (p *parser) set() Statement {
	loc, start := p.loc(), p.tok.start
	p.expect("set")
	if p.word("constraints") {
		return p.rest(loc, start, "SET CONSTRAINTS")
	}
	if p.word("session") && p.peek(1).isWord("characteristics") {
		p.next()
		p.next()
		p.expect("as", "transaction")
		return &SetTransaction{Loc: loc, Session: true, Modes: p.transactionModes()}
	}
	s := &Set{Loc: loc}
	switch {
	case p.word("session") && !p.peek(1).isOp("=") && !p.peek(1).isWord("to") && !p.peek(1).isPunct("."):
		p.next()
		s.Scope = SetSession
	case p.word("local") && !p.peek(1).isOp("=") && !p.peek(1).isWord("to"):
		p.next()
		s.Scope = SetLocal
	}
	if p.word("transaction") {
		p.next()
		if p.word("snapshot") {
			return p.rest(loc, start, "SET TRANSACTION SNAPSHOT")
		}
		return &SetTransaction{Loc: loc, Modes: p.transactionModes()}
	}
	p.setting(s)
	return s
}

// setting reads the name and value of SET, where some settings have names of several words.
func (p *parser) setting(s *Set) {
	switch {
	case p.accept("time", "zone"):
		s.Name = "timezone"
		p.timeZone(s)
		return
	case p.word("names") && !p.atAssignment():
		p.next()
		s.Name = "client_encoding"
		if s.Default = p.atEnd(); !s.Default {
			p.singleValue(s)
		}
		return
	case p.word("schema") && p.peek(1).kind == tokString:
		p.next()
		s.Name, s.Values = "search_path", []string{p.str()}
		return
	case p.word("catalog") && p.peek(1).kind == tokString:
		s.Name = p.next().text
		s.Values = []string{p.str()}
		return
	case p.word("role") && !p.atAssignment():
		s.Name = p.next().text
		p.singleValue(s)
		return
	case p.words("session", "authorization"), p.word("authorization") && s.Scope == SetSession:
		if !p.accept("session") {
			s.Scope = SetDefaultScope
		}
		p.next()
		s.Name = "session_authorization"
		p.singleValue(s)
		return
	}
	s.Name = p.settingName()
	if p.words("from", "current") {
		p.unsupported(p.tok.pos, "SET FROM CURRENT")
	}
	if !p.accept("to") {
		p.expectEquals()
	}
	p.settingValues(s)
}

func (p *parser) atAssignment() bool { return p.peek(1).isOp("=") || p.peek(1).isWord("to") }

// settingName reads a name with dots; names of settings have no case.
func (p *parser) settingName() string {
	name := p.name()
	for p.acceptPunct(".") {
		name += "." + p.name()
	}
	return foldName(name)
}

// singleValue reads a name or string, or DEFAULT.
func (p *parser) singleValue(s *Set) {
	switch {
	case p.accept("default"):
		s.Default = true
	case p.tok.kind == tokString:
		s.Values = []string{p.str()}
	default:
		s.Values = []string{p.roleName()}
	}
}

func (p *parser) settingValues(s *Set) {
	if p.accept("default") {
		s.Default = true
		return
	}
	for {
		s.Values = append(s.Values, p.settingValue())
		if !p.acceptPunct(",") {
			return
		}
	}
}

// settingValue reads one value of a setting: a string, a number, a word (true, on and off are words of the value too).
func (p *parser) settingValue() string {
	switch {
	case p.tok.kind == tokString:
		return p.str()
	case p.tok.isOp("-"), p.tok.isOp("+"), p.tok.kind == tokNumber:
		return p.signedNumber()
	case p.anyWord("true", "false", "on", "null"):
		return p.next().text
	}
	return p.roleName()
}

func (p *parser) signedNumber() string {
	sign := ""
	if p.acceptOp("-") {
		sign = "-"
	} else {
		p.acceptOp("+")
	}
	if p.tok.kind != tokNumber {
		p.unexpected()
	}
	return sign + p.next().text
}

// timeZone reads the value of SET TIME ZONE.
func (p *parser) timeZone(s *Set) {
	switch {
	case p.accept("local"), p.accept("default"):
		s.Default = true
	case p.word("interval"):
		pos := p.tok.pos
		i, ok := p.intervalLit().(*IntervalLit)
		if !ok {
			p.next()
			p.unexpected()
		}
		s.Interval = true
		s.Values = []string{p.zoneInterval(i, pos)}
	default:
		s.Values = []string{p.settingValue()}
	}
}

// zoneInterval returns the offset of an interval as text with a sign and minutes: +02:00.
func (p *parser) zoneInterval(i *IntervalLit, pos int) string {
	if i.From != NoUnit && (i.From != HourUnit || i.To != MinuteUnit && i.To != NoUnit) {
		p.failAt(pos, "time zone interval must be HOUR or HOUR TO MINUTE")
	}
	value := i.Value
	if i.To == NoUnit && i.From == HourUnit && !strings.Contains(value, ":") {
		value += ":00"
	}
	if !zoneOffset.MatchString(value) || i.Negative {
		p.fail(sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"%s\"", i.Value).At(pos).
			WithHint("An offset is hours and minutes, as in INTERVAL '+02:00' HOUR TO MINUTE."))
	}
	if value[0] != '-' && value[0] != '+' {
		value = "+" + value
	}
	return value
}

var zoneOffset = regexp.MustCompile(`^[+-]?[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$`)

// resetSetting reads RESET.
func (p *parser) resetSetting() Statement {
	s := &Reset{Loc: p.loc()}
	p.expect("reset")
	switch {
	case p.accept("all"):
	case p.accept("time", "zone"):
		s.Name = "timezone"
	case p.accept("transaction", "isolation", "level"):
		s.Name = "transaction_isolation"
	case p.accept("session", "authorization"):
		s.Name = "session_authorization"
	default:
		if p.word("session") && !p.peek(1).isPunct(".") && p.peek(1).kind == tokWord {
			p.next()
		}
		s.Name = p.settingName()
	}
	return s
}

func (p *parser) discard() Statement {
	s := &Discard{Loc: p.loc()}
	p.expect("discard")
	if !p.anyWord("all", "plans", "sequences", "temp", "temporary") {
		p.unexpected()
	}
	s.Target = upper(p.next().text)
	if s.Target == "TEMPORARY" {
		s.Target = "TEMP"
	}
	return s
}

func (p *parser) use() Statement {
	s := &Use{Loc: p.loc()}
	p.expect("use")
	s.Schema = p.name()
	if p.acceptPunct(".") {
		s.Catalog = s.Schema
		s.Schema = p.label()
	}
	return s
}

func (p *parser) notification() Statement {
	loc := p.loc()
	switch p.next().text {
	case "listen":
		return &Listen{Loc: loc, Channel: p.name()}
	case "unlisten":
		if p.acceptOp("*") {
			return &Unlisten{Loc: loc}
		}
		return &Unlisten{Loc: loc, Channel: p.name()}
	}
	s := &Notify{Loc: loc, Channel: p.name()}
	if p.acceptPunct(",") {
		s.Payload = p.str()
	}
	return s
}

// lockModes are the modes of LOCK TABLE.
var lockModes = [][]string{
	{"access", "share"}, {"access", "exclusive"}, {"row", "share"}, {"row", "exclusive"},
	{"share", "update", "exclusive"}, {"share", "row", "exclusive"}, {"share"}, {"exclusive"},
}

func (p *parser) lock() Statement {
	s := &Lock{Loc: p.loc()}
	p.expect("lock")
	p.accept("table")
	for {
		p.accept("only")
		s.Tables = append(s.Tables, p.qualifiedName())
		p.acceptOp("*")
		if !p.acceptPunct(",") {
			break
		}
	}
	if p.accept("in") {
		for _, mode := range lockModes {
			if p.accept(mode...) {
				s.Mode = upper(strings.Join(mode, " "))
				break
			}
		}
		if s.Mode == "" {
			p.unexpected()
		}
		p.expect("mode")
	}
	s.NoWait = p.accept("nowait")
	return s
}

// kill reads KILL [QUERY] 'id'.
func (p *parser) kill() Statement {
	s := &KillQuery{Loc: p.loc()}
	p.expect("kill")
	p.accept("query")
	if p.tok.kind == tokNumber {
		s.ID = p.next().text
	} else {
		s.ID = p.str()
	}
	return s
}

func (p *parser) callStatement() Statement {
	s := &Call{Loc: p.loc()}
	p.expect("call")
	s.Name = p.qualifiedName()
	c := &FuncCall{Name: s.Name}
	p.expectPunct("(")
	if !p.acceptPunct(")") {
		s.Args = p.moreArgs(c, p.arg(c))
	}
	return s
}
