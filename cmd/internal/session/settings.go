package session

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// setting describes a run-time parameter.
type setting struct {
	name, value, about string
	// check returns the normalised value or the reason why it is refused; nil accepts everything.
	check func(string) (string, error)
	// reported settings are sent to the client when they change (ParameterStatus).
	reported bool
	// fixed settings can be shown and not set.
	fixed bool
}

// SettingInfo is a setting for SHOW ALL and pg_settings.
type SettingInfo struct {
	Name, Value, Default, About string
	Fixed                       bool
}

// settings are the parameters of a session.
type settings struct {
	engine *Engine
	// start are those of the startup packet, to which RESET goes back.
	start map[string]string
	// values are those that were set since, or have a dot and no definition; undo holds the values before SET LOCAL, nil for none.
	values map[string]string
	undo   map[string]*string
	zone   *time.Location
	// changed are reported settings that the client has not been told of.
	changed []string
}

func newSettings(e *Engine) *settings {
	return &settings{engine: e, values: map[string]string{}, undo: map[string]*string{}, zone: time.UTC}
}

func (g *settings) clone() *settings {
	c := *g
	c.values, c.undo = maps.Clone(g.values), maps.Clone(g.undo)
	c.changed = nil
	return &c
}

// restore sets all settings to those of a clone.
func (g *settings) restore(to *settings) {
	for name, d := range settingDefinitions {
		if was, _ := g.get(name); d.reported {
			if is, _ := to.get(name); is != was {
				g.changed = append(g.changed, name)
			}
		}
	}
	changed := g.changed
	*g = *to.clone()
	g.changed = changed
}

// endLocal takes back what SET LOCAL set.
func (g *settings) endLocal() {
	for name, value := range g.undo {
		if value == nil {
			delete(g.values, name)
		} else {
			g.values[name] = *value
		}
		g.touched(name)
	}
	clear(g.undo)
}

// settingName returns the definition's spelling of a name, which case does not tell apart.
func settingName(name string) string {
	name = strings.ToLower(name)
	if name == "time zone" {
		return "timezone"
	}
	return name
}

func (g *settings) get(name string) (string, bool) {
	name = settingName(name)
	if v, ok := g.values[name]; ok {
		return v, true
	}
	return g.initial(name)
}

// initial returns what RESET sets a setting to.
func (g *settings) initial(name string) (string, bool) {
	if v, ok := g.start[name]; ok {
		return v, true
	}
	d, ok := settingDefinitions[name]
	if !ok {
		return "", false
	}
	switch name {
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return g.get("default_" + name)
	case "server_version":
		return ServerVersion(g.engine.Version), true
	case "port":
		return g.engine.Port, true
	case "ssl":
		return onOff(g.engine.TLS), true
	case "max_connections":
		return strconv.Itoa(g.engine.MaxSessions), true
	case "tarn.workers":
		return strconv.Itoa(g.engine.Workers), true
	}
	return d.value, true
}

// ServerVersion is what Tarn says its PostgreSQL version is, with its own version in parentheses: clients choose their SQL
// by the number.
func ServerVersion(tarn string) string { return "15.18 (Tarn " + tarn + ")" }

// set changes a setting; local lasts until the transaction ends.
func (g *settings) set(name, value string, local bool) error {
	name = settingName(name)
	d, ok := settingDefinitions[name]
	switch {
	case !ok && (!strings.Contains(name, ".") || strings.HasPrefix(name, "tarn.")):
		return unknownSetting(name)
	case ok && d.fixed:
		return sqlerr.New("55P02", "parameter %q cannot be changed", d.name)
	case ok && d.check != nil:
		v, err := d.check(value)
		if err != nil {
			return err
		}
		value = v
	}
	g.remember(name, local)
	g.values[name] = value
	g.touched(name)
	return nil
}

func (g *settings) remember(name string, local bool) {
	if !local {
		delete(g.undo, name)
		return
	}
	if _, ok := g.undo[name]; ok {
		return
	}
	if v, ok := g.values[name]; ok {
		g.undo[name] = &v
	} else {
		g.undo[name] = nil
	}
}

// reset returns a setting to its default.
func (g *settings) reset(name string) error {
	name = settingName(name)
	if _, ok := settingDefinitions[name]; !ok && !strings.Contains(name, ".") {
		return unknownSetting(name)
	}
	delete(g.values, name)
	delete(g.undo, name)
	g.touched(name)
	return nil
}

func (g *settings) resetAll() {
	for name := range maps.Clone(g.values) {
		delete(g.values, name)
		g.touched(name)
	}
	clear(g.undo)
}

// touched updates what is derived from a setting and remembers to report it.
func (g *settings) touched(name string) {
	if name == "timezone" {
		v, _ := g.get(name)
		if loc, err := parseZone(v); err == nil {
			g.zone = loc
		}
	}
	if settingDefinitions[name].reported {
		g.changed = append(g.changed, name)
	}
}

func unknownSetting(name string) error {
	err := sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", name)
	if best := sqlerr.Nearest(name, slices.Sorted(maps.Keys(settingDefinitions))); best != "" {
		return err.WithHint("perhaps you meant %q", best)
	}
	return err
}

func (g *settings) list() []SettingInfo {
	var out []SettingInfo
	for _, name := range slices.Sorted(maps.Keys(settingDefinitions)) {
		d := settingDefinitions[name]
		v, _ := g.get(name)
		initial, _ := g.initial(name)
		out = append(out, SettingInfo{Name: d.name, Value: v, Default: initial, About: d.about, Fixed: d.fixed})
	}
	return out
}

func (g *settings) location() *time.Location { return g.zone }

func (g *settings) on(name string) bool {
	v, _ := g.get(name)
	return v == "on"
}

func (g *settings) number(name string) int64 {
	v, _ := g.get(name)
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (g *settings) timeout(name string) time.Duration {
	v, _ := g.get(name)
	d, err := parseDuration(v)
	if err != nil {
		return 0
	}
	return d
}

// searchPath returns the schemas of search_path, with "$user" left out: Tarn has no schema per user.
func (g *settings) searchPath(user string) []string {
	v, _ := g.get("search_path")
	var out []string
	names, _ := splitIdentifiers(v)
	for _, part := range names {
		if part == "$user" {
			part = user
		}
		if part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}

// splitIdentifiers splits a list of identifiers at commas: quoted ones keep their case, others are folded. ok is false for what is
// no such list (SplitIdentifierString in src/backend/utils/adt/varlena.c).
func splitIdentifiers(list string) (out []string, ok bool) {
	const blanks = " \t\n\r\f"
	list = strings.Trim(list, blanks)
	for more := list != ""; more; {
		var word string
		if strings.HasPrefix(list, `"`) {
			if word, list, ok = cutQuoted(list[1:]); !ok {
				return out, false
			}
		} else {
			end := strings.IndexAny(list, blanks+",")
			if end < 0 {
				end = len(list)
			}
			if word, list = strings.ToLower(list[:end]), list[end:]; word == "" {
				return out, false
			}
		}
		out = append(out, word)
		if list = strings.TrimLeft(list, blanks); list == "" {
			break
		}
		if list, more = strings.CutPrefix(list, ","); !more {
			return out, false
		}
		list = strings.TrimLeft(list, blanks)
	}
	return out, true
}

// cutQuoted reads an identifier up to its closing quote; two quotes stand for one.
func cutQuoted(s string) (word, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '"':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '"':
			b.WriteByte('"')
			i++
		default:
			return b.String(), s[i+1:], true
		}
	}
	return b.String(), "", false
}

// loudEnough drops notices below client_min_messages.
func (g *settings) loudEnough(in []Notice) []Notice {
	v, _ := g.get("client_min_messages")
	order := []string{"debug", "log", "info", "notice", "warning", "error"}
	level := func(s string) int {
		s = strings.ToLower(s)
		if strings.HasPrefix(s, "debug") {
			s = "debug"
		}
		return slices.Index(order, s)
	}
	least := level(v)
	return slices.DeleteFunc(in, func(n Notice) bool { return level(string(n.Severity)) < least })
}

// ParameterStatus is a reported setting with its value.
type ParameterStatus struct{ Name, Value string }

// Reported returns all reported settings, for the end of the login.
func (s *Session) Reported() []ParameterStatus {
	s.settings.changed = nil
	var out []ParameterStatus
	for _, name := range slices.Sorted(maps.Keys(settingDefinitions)) {
		if d := settingDefinitions[name]; d.reported {
			v, _ := s.settings.get(name)
			s.told[name] = v
			out = append(out, ParameterStatus{d.name, v})
		}
	}
	return out
}

// ReportChanges returns the reported settings that changed since the last call.
func (s *Session) ReportChanges() []ParameterStatus {
	var out []ParameterStatus
	slices.Sort(s.settings.changed)
	for _, name := range slices.Compact(s.settings.changed) {
		v, _ := s.settings.get(name)
		if s.told[name] == v {
			continue // changed and changed back
		}
		s.told[name] = v
		out = append(out, ParameterStatus{settingDefinitions[name].name, v})
	}
	s.settings.changed = nil
	return out
}

// startSettings applies those of the startup packet. Unknown ones are a warning: an old driver's habit should not keep it
// out.
func (s *Session) startSettings(given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		err := s.assign(name, given[name], false)
		switch {
		case sqlerr.Is(err, sqlerr.UndefinedObject):
			s.notice(Warning, sqlerr.Warning, "ignoring unknown setting %q", name)
		case err != nil:
			return err
		}
	}
	s.settings.begin(s.login.User)
	return nil
}

// begin makes the values so far, and the user's name, those that RESET goes back to.
func (g *settings) begin(user string) {
	g.start, g.values = g.values, map[string]string{}
	g.start["session_authorization"] = user
}

// set runs SET.
func (s *Session) set(st *parser.Set) (*Result, error) {
	if st.Scope == parser.SetLocal && !s.tx.open {
		s.notice(Warning, sqlerr.NoActiveTransaction, "SET LOCAL can only be used in transaction blocks")
		return command("SET"), nil
	}
	if st.Default {
		s.remember()
		return command("SET"), s.settings.reset(st.Name)
	}
	value := strings.Join(st.Values, ", ")
	if settingName(st.Name) == "search_path" {
		value = joinIdentifiers(st.Values)
	}
	return command("SET"), s.assign(st.Name, value, st.Scope == parser.SetLocal)
}

// assign sets a setting for SET, set_config and the startup packet; local lasts until the transaction ends.
func (s *Session) assign(name, value string, local bool) error {
	switch name = settingName(name); name {
	case "role", "session_authorization":
		if value == s.login.User || value == "none" && name == "role" {
			return nil
		}
		return sqlerr.New(sqlerr.InsufficientPrivilege, "permission denied to set %s %q", strings.ReplaceAll(name, "_", " "), value)
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		if !s.tx.open { // it ends with the statement
			_, err := settingDefinitions[name].check(value)
			return err
		}
		local = true
	}
	s.remember()
	return s.settings.set(name, value, local)
}

func joinIdentifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = schema.QuoteIdent(n)
	}
	return strings.Join(quoted, ", ")
}
