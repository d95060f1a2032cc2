package functions

import (
	"context"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func sleep(c *Call, seconds float64) (schema.Value, error) {
	t := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer t.Stop()
	select {
	case <-t.C:
		return schema.StringValue(c.Type, ""), nil
	case <-c.Ctx.Done():
		return schema.Value{}, context.Cause(c.Ctx)
	}
}

// session returns the session, or an error where there is none.
func (c *Call) session() (Session, error) {
	if c.Env.Session == nil {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "this function needs a session")
	}
	return c.Env.Session, nil
}

// fromSession makes a kernel that asks the session; the result is stable.
func fromSession(f func(c *Call, s Session, a []schema.Value) (schema.Value, error)) Kernel {
	return values(func(c *Call, a []schema.Value) (schema.Value, error) {
		s, err := c.session()
		if err != nil {
			return schema.Value{}, err
		}
		return f(c, s, a)
	})
}

func sessionText(f func(s Session) string) Kernel {
	return fromSession(func(c *Call, s Session, _ []schema.Value) (schema.Value, error) {
		return schema.StringValue(c.Type, f(s)), nil
	})
}

// registerSystem declares the functions about the session and the system catalog.
func registerSystem(r *Registry) {
	for _, name := range []string{"current_user", "session_user", "user", "current_role", "system_user"} {
		r.lenient(name+"() name", sessionText(Session.User), "").stable()
	}
	for _, name := range []string{"current_database", "current_catalog"} {
		r.lenient(name+"() name", sessionText(Session.Database), "").stable()
	}
	r.lenient("version() text", sessionText(Session.Version), "").stable()
	r.lenient("current_schema() name", fromSession(func(c *Call, s Session, _ []schema.Value) (schema.Value, error) {
		path, err := s.SearchPath(c.Ctx, false)
		if err != nil || len(path) == 0 {
			return schema.NullOf(c.Type), err
		}
		return schema.StringValue(c.Type, path[0]), nil
	}), "").stable()
	r.strict("current_schemas(boolean) name[]", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
		path, err := s.SearchPath(c.Ctx, a[0].Bool())
		v := textArray(path)
		v.Type = c.Type
		for i := range v.Elems {
			v.Elems[i].Type = schema.T(schema.Name)
		}
		return v, err
	}), "").stable()
	r.lenient("pg_backend_pid() integer", fromSession(func(c *Call, s Session, _ []schema.Value) (schema.Value, error) {
		return intResult(c, int64(s.BackendPID()))
	}), "").stable()
	r.strict("current_setting(text, boolean?) text", fromSession(currentSetting), "").stable()
	r.strict("set_config(text, text, boolean) text", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
		if err := s.SetSetting(a[0].S, a[1].S, a[2].Bool()); err != nil {
			return a[0], err
		}
		v, _ := s.Setting(a[0].S)
		return schema.StringValue(c.Type, v), nil
	}), "").volatile()
	for _, terminate := range []bool{false, true} {
		name := map[bool]string{false: "pg_cancel_backend", true: "pg_terminate_backend"}[terminate]
		r.strict(name+"(integer) boolean", fromSession(func(_ *Call, s Session, a []schema.Value) (schema.Value, error) {
			ok, err := s.CancelBackend(int32(a[0].I), terminate)
			return schema.BoolValue(ok), err
		}), "").volatile()
	}
	for _, name := range []string{"pg_postmaster_start_time", "pg_conf_load_time"} {
		r.lenient(name+"() timestamptz", fromSession(func(c *Call, s Session, _ []schema.Value) (schema.Value, error) {
			return intResult(c, s.Started().UnixMicro())
		}), "").stable()
	}
	r.lenient("inet_client_addr() text", fromSession(func(c *Call, s Session, _ []schema.Value) (schema.Value, error) {
		if s.ClientAddress() == "" {
			return nullOf(c)
		}
		return schema.TextValue(s.ClientAddress()), nil
	}), "").stable()
	registerRegLookups(r)
	registerCatalogFunctions(r)
	registerPrivileges(r)
}

func currentSetting(c *Call, s Session, a []schema.Value) (schema.Value, error) {
	v, ok := s.Setting(a[0].S)
	if !ok {
		if len(a) == 2 && a[1].Bool() {
			return nullOf(c)
		}
		return a[0], sqlerr.New(sqlerr.UndefinedObject, "unrecognized configuration parameter %q", a[0].S)
	}
	return schema.StringValue(c.Type, v), nil
}

func registerRegLookups(r *Registry) {
	for name, kind := range map[string]schema.Kind{"to_regclass": schema.RegClass, "to_regtype": schema.RegType, "to_regproc": schema.RegProc, "to_regnamespace": schema.RegNamespace} {
		r.strict(name+"(text) "+kind.String(), fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
			oid, ok, err := s.Lookup(c.Ctx, kind, a[0].S)
			if err != nil || !ok {
				return schema.NullOf(c.Type), err
			}
			return intResult(c, oid)
		}), "").stable()
	}
	r.strict("pg_get_userbyid(oid) name", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
		name := s.UserName(a[0].I)
		if name == "" {
			name = "unknown (OID=" + a[0].Text() + ")"
		}
		return schema.StringValue(c.Type, name), nil
	}), "").stable()
	r.lenient("format_type(oid, integer) text", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
		if !a[0].Valid {
			return nullOf(c)
		}
		mod := int64(-1)
		if a[1].Valid {
			mod = a[1].I
		}
		return schema.TextValue(s.FormatType(a[0].I, mod)), nil
	}), "").stable()
	for _, name := range []string{"pg_table_is_visible"} {
		r.strict(name+"(oid) boolean", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
			ok, err := s.Visible(c.Ctx, a[0].I)
			return schema.BoolValue(ok), err
		}), "").stable()
	}
	for _, name := range []string{"type", "function", "collation", "conversion", "operator", "opclass", "opfamily", "statistics_obj", "ts_config", "ts_dict", "ts_parser", "ts_template"} {
		r.strict("pg_"+name+"_is_visible(oid) boolean", always(true), "").stable()
	}
	comment := func(column bool) Kernel {
		return fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
			n := 0
			if column {
				n = int(a[1].I)
			}
			text, err := s.Comment(c.Ctx, a[0].I, n)
			if err != nil || text == "" {
				return schema.NullOf(c.Type), err
			}
			return schema.TextValue(text), nil
		})
	}
	r.strict("obj_description(oid, name?) text", comment(false), "").stable()
	r.strict("col_description(oid, integer) text", comment(true), "").stable()
	r.strict("shobj_description(oid, name) text", alwaysNull, "")
	r.strict("pg_get_viewdef(oid, boolean?) text", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
		text, err := s.ViewSQL(c.Ctx, a[0].I)
		if err != nil || text == "" {
			return schema.NullOf(c.Type), err
		}
		return schema.TextValue(text), nil
	}), "").stable()
	for _, name := range []string{"pg_get_function_arguments", "pg_get_function_identity_arguments", "pg_get_function_result"} {
		r.strict(name+"(oid) text", fromSession(func(c *Call, s Session, a []schema.Value) (schema.Value, error) {
			args, result, ok := s.FunctionSignature(a[0].I)
			if !ok || !a[0].Valid {
				return nullOf(c)
			}
			if name == "pg_get_function_result" {
				return schema.TextValue(result), nil
			}
			return schema.TextValue(args), nil
		}), "").stable()
	}
	r.strict("pg_get_serial_sequence(text, text) text", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		return schema.NullOf(c.Type), c.requireRelation(a[0].S)
	}), "NULL: no column has a sequence").stable()
}

func always(b bool) Kernel {
	return values(func(_ *Call, _ []schema.Value) (schema.Value, error) { return schema.BoolValue(b), nil })
}

var alwaysNull = values(func(c *Call, _ []schema.Value) (schema.Value, error) { return nullOf(c) })

func constantText(s string) Kernel {
	return values(func(c *Call, _ []schema.Value) (schema.Value, error) { return schema.StringValue(c.Type, s), nil })
}

func constantInt(n int64) Kernel {
	return values(func(c *Call, _ []schema.Value) (schema.Value, error) { return intResult(c, n) })
}

// registerCatalogFunctions declares functions about objects that Tarn does not have: indexes, rules, sequences, and so on.
func registerCatalogFunctions(r *Registry) {
	for _, sig := range []string{"pg_get_expr(text, oid, boolean?) text", "pg_get_indexdef(oid, integer?, boolean?) text", "pg_get_constraintdef(oid, boolean?) text",
		"pg_get_triggerdef(oid, boolean?) text", "pg_get_ruledef(oid, boolean?) text", "pg_get_partkeydef(oid) text",
		"pg_get_functiondef(oid) text",
		"pg_get_statisticsobjdef_columns(oid) text", "pg_get_function_sqlbody(oid) text", "pg_index_column_has_property(oid, integer, text) boolean",
		"pg_encoding_max_length(integer) integer", "inet_server_addr() text", "inet_client_port() integer", "inet_server_port() integer"} {
		r.lenient(sig, alwaysNull, "")
	}
	for _, name := range []string{"pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size"} {
		r.strict(name+"(oid, text?) bigint", constantInt(0), "0: tables live in object storage").stable()
	}
	r.strict("pg_database_size(oid) bigint", constantInt(0), "").stable()
	r.strict("pg_database_size(name) bigint", constantInt(0), "").stable()
	r.lenient("pg_is_in_recovery() boolean", always(false), "")
	r.strict("pg_relation_is_publishable(oid) boolean", always(false), "")
	r.strict("pg_is_other_temp_schema(oid) boolean", always(false), "")
	r.lenient("pg_my_temp_schema() oid", constantInt(0), "")
	r.strict("pg_stat_get_numscans(oid) bigint", constantInt(0), "")
	r.lenient("txid_current() bigint", constantInt(1), "").stable()
	r.lenient("pg_current_xact_id() oid", constantInt(1), "").stable()
	r.strict("age(oid) integer", constantInt(0), "")
	r.strict("pg_encoding_to_char(integer) name", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		return schema.StringValue(c.Type, map[bool]string{true: "UTF8"}[a[0].I == 6]), nil
	}), "")
	r.strict("pg_char_to_encoding(name) integer", values(func(c *Call, a []schema.Value) (schema.Value, error) {
		if strings.EqualFold(strings.ReplaceAll(a[0].S, "-", ""), "utf8") {
			return intResult(c, 6)
		}
		return intResult(c, -1)
	}), "")
	r.strict("pg_tablespace_location(oid) text", constantText(""), "")
	r.lenient("getdatabaseencoding() name", constantText("UTF8"), "")
	r.lenient("pg_client_encoding() name", constantText("UTF8"), "").stable()
	registerSizes(r)
	for _, sig := range []string{"pg_advisory_unlock_all() void", "pg_advisory_lock(bigint) void", "pg_advisory_xact_lock(bigint) void"} {
		r.lenient(sig, constantText(""), "nothing is locked").volatile()
	}
	for _, name := range []string{"pg_try_advisory_lock", "pg_try_advisory_xact_lock", "pg_advisory_unlock"} {
		r.strict(name+"(bigint) boolean", always(true), "nothing is locked").volatile()
	}
}

// mayRead answers whether a list of privileges, the last argument, asks for reading alone.
func mayRead(_ *Call, a []schema.Value) (schema.Value, error) {
	for p := range strings.SplitSeq(a[len(a)-1].S, ",") {
		switch strings.ToUpper(strings.TrimSpace(p)) {
		case "INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "REFERENCES", "TRIGGER":
			return schema.BoolValue(false), nil
		}
	}
	return schema.BoolValue(true), nil
}

// requireRelation fails when no relation has the name.
func (c *Call) requireRelation(name string) error {
	s, err := c.session()
	if err != nil {
		return err
	}
	_, ok, err := s.Lookup(c.Ctx, schema.RegClass, name)
	if err == nil && !ok {
		err = missingObject(schema.RegClass, name)
	}
	return err
}

// registerPrivileges declares has_..._privilege: who may connect may read.
func registerPrivileges(r *Registry) {
	reads := strictValues(mayRead)
	readsTable := strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		if err := c.requireRelation(a[len(a)-2].S); err != nil {
			return a[0], err
		}
		return mayRead(c, a)
	})
	for _, kind := range []string{"database", "schema", "table", "any_column", "function", "sequence", "tablespace", "type", "language", "server", "foreign_data_wrapper"} {
		for _, object := range []string{"text", "oid"} {
			k := reads
			if object == "text" && (kind == "table" || kind == "any_column") {
				k = readsTable
			}
			r.strict("has_"+kind+"_privilege("+object+", text) boolean", k, "").stable()
			r.strict("has_"+kind+"_privilege(name, "+object+", text) boolean", k, "").stable()
			r.strict("has_"+kind+"_privilege(oid, "+object+", text) boolean", k, "").stable()
		}
	}
	for _, sig := range []string{"(text, text, text)", "(oid, text, text)", "(oid, smallint, text)", "(name, text, text, text)", "(name, oid, text, text)", "(name, oid, smallint, text)"} {
		r.strict("has_column_privilege"+sig+" boolean", reads, "").stable()
	}
	r.strict("pg_has_role(name, text) boolean", always(true), "").stable()
	r.strict("pg_has_role(oid, text) boolean", always(true), "").stable()
	r.strict("pg_has_role(name, oid, text) boolean", always(true), "").stable()
	r.strict("pg_has_role(name, name, text) boolean", always(true), "").stable()
}
