package session

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/system"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/parser"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// hooks is the session as functions see it.
type hooks struct{ *Session }

var _ functions.Session = (*hooks)(nil)

// BackendPID is the number that clients cancel by.
func (h *hooks) BackendPID() int32 { return h.pid }

// Version is what version() says.
func (h *hooks) Version() string { return "PostgreSQL " + ServerVersion(h.engine.Version) }

// Started is the server's start.
func (h *hooks) Started() time.Time { return h.engine.Started() }

// ClientAddress is the client's IP address; empty for local sessions.
func (h *hooks) ClientAddress() string {
	if tcp, ok := h.login.Address.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return ""
}

// SearchPath lists the schemas of the path that exist.
func (h *hooks) SearchPath(ctx context.Context, implicit bool) ([]string, error) {
	var out []string
	if implicit {
		out = append(out, "pg_catalog")
	}
	sys, q, done := h.lookup()
	defer done()
	for _, name := range h.Session.SearchPath() {
		_, ok, err := sys.NamespaceOID(ctx, q, name)
		if err != nil {
			return nil, err
		}
		if ok && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// SetSetting is set_config.
func (h *hooks) SetSetting(name, value string, local bool) error {
	if local && !h.tx.open {
		h.notice(Warning, sqlerr.NoActiveTransaction, "a setting of this transaction can only be set in a transaction block")
		return nil
	}
	defer h.setApplication()
	return h.assign(name, value, local)
}

// CancelBackend ends a session's statement, or the session.
func (h *hooks) CancelBackend(pid int32, terminate bool) (bool, error) {
	other := h.engine.Session(pid)
	if other == nil {
		h.notice(Warning, sqlerr.Warning, "PID %d is not a PostgreSQL backend process", pid)
		return false, nil
	}
	if err := h.maySignal(other, terminate); err != nil {
		return false, err
	}
	if terminate {
		other.Terminate()
	} else {
		other.Cancel()
	}
	return true, nil
}

// lookup returns the system tables and a query to read them with.
func (h *hooks) lookup() (*system.Connector, *connectors.Query, func()) {
	q := &connectors.Query{User: h.User(), Database: h.Database(), Start: time.Now(), Workers: 1,
		Memory: memory.NewBudget("query memory limit", 64<<20, h.engine.Memory)}
	if sys, ok := h.system.(*system.Connector); ok {
		return sys, q, q.Close
	}
	return system.New(&host{h.Session}), q, q.Close
}

// Lookup finds the OID of a name.
func (h *hooks) Lookup(ctx context.Context, kind schema.Kind, name string) (int64, bool, error) {
	sys, q, done := h.lookup()
	defer done()
	schemaName, object := splitName(name)
	switch kind {
	case schema.RegClass:
		return sys.RelationOID(ctx, q, schemaName, object, append([]string{"pg_catalog"}, h.Session.SearchPath()...))
	case schema.RegNamespace:
		return sys.NamespaceOID(ctx, q, object)
	case schema.RegProc:
		oid, ok := sys.RegProcOID(object)
		return oid, ok, nil
	case schema.RegType:
		return typeOID(object)
	}
	return 0, false, nil
}

// typeOID finds a type by the name that SQL or pg_type has for it.
func typeOID(name string) (int64, bool, error) {
	if oid, ok := system.TypeOID(name); ok {
		return oid, true, nil
	}
	t, err := parser.ParseType(name)
	if err != nil {
		return 0, false, nil //nolint:nilerr // not a type is an answer
	}
	bound, err := planner.BindType(t)
	if err != nil {
		return 0, false, nil //nolint:nilerr // not a type is an answer
	}
	return int64(schema.OIDOf(bound)), true, nil
}

// splitName splits a name that may be quoted and may have a schema.
func splitName(name string) (schemaName, object string) {
	var parts []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '"' && quoted && i+1 < len(name) && name[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, b.String())
			b.Reset()
		case !quoted && c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	parts = append(parts, b.String())
	if len(parts) > 1 {
		schemaName = parts[len(parts)-2]
	}
	return schemaName, parts[len(parts)-1]
}

// Describe returns the name of an OID.
func (h *hooks) Describe(ctx context.Context, kind schema.Kind, oid int64) (string, bool, error) {
	sys, q, done := h.lookup()
	defer done()
	switch kind {
	case schema.RegClass:
		schemaName, name, _, ok, err := sys.Relation(ctx, q, oid)
		if err != nil || !ok {
			return "", false, err
		}
		if schemaName == "pg_catalog" || slices.Contains(h.Session.SearchPath(), schemaName) {
			return schema.QuoteIdent(name), true, nil
		}
		return schema.QuoteIdent(schemaName) + "." + schema.QuoteIdent(name), true, nil
	case schema.RegNamespace:
		name, err := sys.NamespaceName(ctx, q, oid)
		return schema.QuoteIdent(name), name != "", err
	case schema.RegProc:
		name := sys.RegProcName(oid)
		return name, name != "", nil
	case schema.RegType:
		name := h.FormatType(oid, -1)
		return name, name != "" && name != "???", nil
	}
	return "", false, nil
}

// ObjectName returns the name of an object as regclass and its kin show it; it is empty where no object has the OID.
func (s *Session) ObjectName(ctx context.Context, kind schema.Kind, oid int64) (string, error) {
	name, known, err := (&hooks{s}).Describe(ctx, kind, oid)
	if !known {
		return "", err
	}
	return name, err
}

// FunctionSignature returns the arguments and the result of a function.
func (h *hooks) FunctionSignature(oid int64) (args, result string, ok bool) {
	sys, _, done := h.lookup()
	defer done()
	return sys.FunctionSignature(oid)
}

// Comment returns the comment of a relation or a column.
func (h *hooks) Comment(ctx context.Context, relation int64, column int) (string, error) {
	sys, q, done := h.lookup()
	defer done()
	if column > 0 {
		return sys.ColumnComment(ctx, q, relation, column)
	}
	_, _, comment, _, err := sys.Relation(ctx, q, relation)
	return comment, err
}

// ViewSQL returns the query of a view.
func (h *hooks) ViewSQL(ctx context.Context, relation int64) (string, error) {
	sys, q, done := h.lookup()
	defer done()
	return sys.ViewSQL(ctx, q, relation)
}

// UserName returns the name of a user.
func (h *hooks) UserName(oid int64) string {
	sys, _, done := h.lookup()
	defer done()
	return sys.UserName(oid)
}

// standardNames are the SQL standard's names of types, which PostgreSQL shows in place of its own.
var standardNames = map[string]string{
	"bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
	"varchar": "character varying", "bpchar": "character", "time": "time without time zone", "timetz": "time with time zone",
	"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "char": `"char"`, "bit": "bit", "varbit": "bit varying",
}

// FormatType returns the SQL name of a type, with its modifier.
func (h *hooks) FormatType(oid, typmod int64) string {
	if oid == 0 {
		return "-"
	}
	name, ok := system.TypeName(oid)
	if !ok {
		return "???"
	}
	if elem, array := strings.CutPrefix(name, "_"); array {
		if elemOID, known := system.TypeOID(elem); known {
			return h.FormatType(elemOID, typmod) + "[]"
		}
	}
	if long, known := standardNames[name]; known {
		name = long
	}
	if typmod < 0 {
		return name
	}
	base, suffix := name, ""
	if i := strings.Index(name, " with"); i > 0 {
		base, suffix = name[:i], name[i:]
	}
	switch mod := typmod - 4; base {
	case "numeric":
		return fmt.Sprintf("numeric(%d,%d)", mod>>16, mod&0x7ff)
	case "character varying", "character":
		return fmt.Sprintf("%s(%d)", base, mod)
	}
	return fmt.Sprintf("%s(%d)%s", base, typmod, suffix)
}

// Visible says that a relation is found without its schema.
func (h *hooks) Visible(ctx context.Context, relation int64) (bool, error) {
	sys, q, done := h.lookup()
	defer done()
	schemaName, name, _, ok, err := sys.Relation(ctx, q, relation)
	if err != nil || !ok {
		return false, err
	}
	oid, found, err := sys.RelationOID(ctx, q, "", name, append([]string{"pg_catalog"}, h.Session.SearchPath()...))
	_ = schemaName
	return found && oid == relation, err
}
