package system

import (
	"fmt"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
)

// fixed returns a provider of rows of texts; names[i] is the column of the i-th text.
func fixed(names []string, rows ...[]string) provider {
	return func(_ *source, yield func(row)) error {
		for _, r := range rows {
			yield(func(c string) (schema.Value, bool) {
				for i, n := range names {
					if n == c {
						return parseCell(r[i])
					}
				}
				return none()
			})
		}
		return nil
	}
}

// parseCell reads a cell of a fixed row: a number, t or f as a flag with a colon before it, else text.
func parseCell(s string) (schema.Value, bool) {
	var n int64
	if _, err := fmt.Sscanf(s, "#%d", &n); err == nil {
		return num(n)
	}
	switch s {
	case ":t":
		return flag(true)
	case ":f":
		return flag(false)
	}
	return text(s)
}

var pgAm = fixed([]string{"oid", "amname", "amtype"},
	[]string{"#2", "heap", "t"}, []string{"#403", "btree", "i"}, []string{"#405", "hash", "i"}, []string{"#783", "gist", "i"},
	[]string{"#2742", "gin", "i"}, []string{"#3580", "brin", "i"}, []string{"#4000", "spgist", "i"})

var pgLanguage = fixed([]string{"oid", "lanname", "lanowner", "lanispl", "lanpltrusted"},
	[]string{"#12", "internal", "#10", ":f", ":f"}, []string{"#13", "c", "#10", ":f", ":f"}, []string{"#14", "sql", "#10", ":f", ":t"})

var pgCollation = fixed([]string{"oid", "collname", "collnamespace", "collowner", "collprovider", "collisdeterministic", "collencoding", "collcollate", "collctype"},
	[]string{"#100", "default", "#11", "#10", "d", ":t", "#-1", "", ""},
	[]string{"#950", "C", "#11", "#10", "c", ":t", "#-1", "C", "C"},
	[]string{"#951", "POSIX", "#11", "#10", "c", ":t", "#-1", "POSIX", "POSIX"})

var pgTablespace = fixed([]string{"oid", "spcname", "spcowner"}, []string{"#1663", "pg_default", "#10"}, []string{"#1664", "pg_global", "#10"})

var pgExtension = fixed([]string{"oid", "extname", "extowner", "extnamespace", "extrelocatable", "extversion"},
	[]string{"#13604", "plpgsql", "#10", "#11", ":f", "1.0"})

func pgDatabase(s *source, yield func(row)) error {
	names, err := s.host().Catalogs(s.ctx)
	for _, name := range names {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "oid":
				return num(DatabaseOID(name))
			case "datname":
				return text(name)
			case "datdba":
				return num(bootstrapUserOID)
			case "encoding":
				return num(6)
			case "datlocprovider":
				return char('c')
			case "datallowconn":
				return flag(true)
			case "datconnlimit":
				return num(-1)
			case "dattablespace":
				return num(defaultSpaceOID)
			case "datcollate":
				return text("C")
			case "datctype":
				return text("C.UTF-8")
			}
			return none()
		})
	}
	return err
}

// DatabaseOID is the OID of a catalog in pg_database.
func DatabaseOID(name string) int64 { return hashOID("database", name) }

// UserOID is the OID of a user in pg_roles.
func (c *Connector) UserOID(name string) int64 {
	if name == c.host.User() {
		return bootstrapUserOID
	}
	return hashOID("user", name)
}

// UserName is the user with an OID, and "" for none.
func (c *Connector) UserName(oid int64) string {
	for _, u := range c.host.Users() {
		if c.UserOID(u) == oid {
			return u
		}
	}
	return ""
}

func pgRoles(s *source, yield func(row)) error {
	for _, name := range s.host().Users() {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "oid":
				return num(s.connector.UserOID(name))
			case "rolname":
				return text(name)
			case "rolinherit", "rolcanlogin":
				return flag(true)
			case "rolconnlimit":
				return num(-1)
			case "rolpassword":
				return text("********")
			}
			return none()
		})
	}
	return nil
}

func pgUser(s *source, yield func(row)) error {
	for _, name := range s.host().Users() {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "usesysid":
				return num(s.connector.UserOID(name))
			case "usename":
				return text(name)
			case "passwd":
				return text("********")
			case "usecreatedb", "usesuper", "userepl", "usebypassrls":
				return flag(false)
			}
			return none()
		})
	}
	return nil
}

func pgSettings(s *source, yield func(row)) error {
	for _, d := range s.host().Settings() {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "name":
				return text(d.Name)
			case "setting":
				return text(d.Value)
			case "boot_val", "reset_val":
				return text(d.Default)
			case "short_desc":
				return text(d.About)
			case "category":
				return text("Client Connection Defaults")
			case "context":
				if d.Fixed {
					return text("internal")
				}
				return text("user")
			case "vartype":
				return text("string")
			case "source":
				if d.Value == d.Default {
					return text("default")
				}
				return text("session")
			case "pending_restart":
				return flag(false)
			}
			return none()
		})
	}
	return nil
}

func pgStatActivity(s *source, yield func(row)) error {
	for _, a := range s.host().Sessions() {
		yield(func(c string) (schema.Value, bool) { return s.activity(c, a) })
	}
	return nil
}

func (s *source) activity(c string, a Activity) (schema.Value, bool) {
	switch c {
	case "datid":
		return num(DatabaseOID(a.Database))
	case "datname":
		return text(a.Database)
	case "pid":
		return num(int64(a.PID))
	case "usesysid":
		return num(s.connector.UserOID(a.User))
	case "usename":
		return text(a.User)
	case "application_name":
		return text(a.Application)
	case "client_addr":
		return textOr(a.Address)
	case "client_port":
		if a.Port > 0 {
			return num(int64(a.Port))
		}
	case "backend_start":
		return instant(a.Opened)
	case "xact_start":
		return instant(a.TxOpened)
	case "query_start":
		return instant(a.QueryStart)
	case "state_change":
		return instant(a.StateChanged)
	case "state":
		return text(a.State)
	case "query":
		return text(a.Query)
	case "backend_type":
		return text("client backend")
	}
	return none()
}

func pgPreparedStatements(s *source, yield func(row)) error {
	for _, p := range s.host().PreparedStatements() {
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "name":
				return text(p.Name)
			case "statement":
				return text(p.SQL)
			}
			return none()
		})
	}
	return nil
}

func pgCursors(s *source, yield func(row)) error {
	for _, name := range s.host().Cursors() {
		yield(func(c string) (schema.Value, bool) {
			if c == "name" {
				return text(name)
			}
			return none()
		})
	}
	return nil
}

func pgTimezoneNames(_ *source, yield func(row)) error {
	for _, name := range []string{"UTC", "GMT", "Europe/London", "Europe/Berlin", "Europe/Paris", "Europe/Warsaw", "Europe/Istanbul",
		"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Tokyo",
		"Asia/Shanghai", "Asia/Kolkata", "Asia/Singapore", "Australia/Sydney", "Africa/Johannesburg"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		abbrev, offset := time.Now().In(loc).Zone()
		yield(func(c string) (schema.Value, bool) {
			switch c {
			case "name":
				return text(name)
			case "abbrev":
				return text(abbrev)
			case "utc_offset":
				return span(time.Duration(offset) * time.Second)
			case "is_dst":
				return flag(time.Now().In(loc).IsDST())
			}
			return none()
		})
	}
	return nil
}
