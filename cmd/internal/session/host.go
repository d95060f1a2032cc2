package session

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/connectors/system"
	"github.com/tarnsql/tarn/planner/expr"
)

// SystemOf returns the system schemas of a session.
func SystemOf(s *Session) connectors.Connector { return system.New(&host{s}) }

// host is the session as the system tables see it.
type host struct{ *Session }

var _ system.Host = (*host)(nil)

// Snapshot is the catalog as the statement sees it.
func (h *host) Snapshot(ctx context.Context) (catalog.Snapshot, error) { return h.CatalogSnapshot(ctx) }

// Ledger is the record of queries.
func (h *host) Ledger() catalog.Ledger { return h.engine.Catalog.Ledger() }

// Functions are the engine's, for pg_proc.
func (h *host) Functions() []system.Function {
	h.engine.functionsOnce.Do(func() {
		for _, f := range h.engine.Registry.List() {
			if f.Operator {
				continue
			}
			h.engine.functions = append(h.engine.functions, system.Function{
				Name: f.Name, Kind: [...]byte{'f', 'a', 'w', 'f'}[f.Kind], Set: f.Kind == expr.TableFunction, Args: f.Args,
				Variadic: f.Variadic, Result: f.Result, ArgNames: f.ArgNames, ResultName: f.ResultName, Volatility: [...]byte{'i', 's', 'v'}[f.Volatility],
			})
		}
	})
	return h.engine.functions
}

// Settings are the session's parameters.
func (h *host) Settings() []system.Setting {
	var out []system.Setting
	for _, d := range h.settings.list() {
		out = append(out, system.Setting(d))
	}
	return out
}

// Sessions are those of the server.
func (h *host) Sessions() []system.Activity {
	var out []system.Activity
	for _, s := range h.engine.Sessions() {
		a := s.Activity()
		x := system.Activity{PID: s.pid, User: s.login.User, Database: s.Database(), Application: a.Application, State: a.State,
			Query: a.Query, Opened: s.opened, QueryStart: a.QueryStart, StateChanged: a.Changed}
		if tcp, ok := s.login.Address.(*net.TCPAddr); ok {
			x.Address, x.Port = tcp.IP.String(), int32(tcp.Port)
		}
		out = append(out, x)
	}
	return out
}

// Users are those who may connect and the session's own.
func (h *host) Users() []string {
	users := slices.Clone(h.engine.Users)
	for _, s := range h.engine.Sessions() {
		if !slices.Contains(users, s.login.User) {
			users = append(users, s.login.User)
		}
	}
	slices.Sort(users)
	return users
}

// PreparedStatements are the session's own.
func (h *host) PreparedStatements() []system.Prepared {
	var out []system.Prepared
	for _, name := range sortedKeys(h.prepared) {
		if name != "" {
			out = append(out, system.Prepared{Name: name, SQL: h.prepared[name].Statement.Text})
		}
	}
	return out
}

// Cursors are the session's own.
func (h *host) Cursors() []string {
	var out []string
	for _, name := range sortedKeys(h.portals) {
		if h.portals[name].declared {
			out = append(out, name)
		}
	}
	return out
}

// Started is when the server started.
func (h *host) Started() time.Time { return h.engine.started }
