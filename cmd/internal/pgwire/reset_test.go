package pgwire

import (
	"strings"
	"testing"
)

// TestResetGoesBackToTheStartup checks that what a client asked for when it connected is the default of its session: a pool that
// resets the session between two uses keeps it.
func TestResetGoesBackToTheStartup(t *testing.T) {
	for _, reset := range []string{"reset all", "discard all", "reset search_path; reset timezone; reset application_name", "set search_path to default; set timezone to default; set application_name to default"} {
		c := login(t, serveEngine(t), "options", "-c search_path=pg_catalog,public", "TimeZone", "Europe/Paris", "application_name", "loader")
		c.query(t, "set search_path = public; set timezone = 'UTC'; set application_name = 'other'")
		if got := c.query(t, reset); !strings.HasSuffix(got, "ParameterStatus application_name=loader\nParameterStatus search_path=pg_catalog,public\nParameterStatus TimeZone=Europe/Paris\nReadyForQuery I\n") {
			t.Errorf("%s:\n%s", reset, got)
		}
		got := c.query(t, "select current_setting('search_path'), reset_val, '2024-01-01 00:00+00'::timestamptz, current_setting('session_authorization') from pg_settings where name = 'TimeZone'")
		if !strings.Contains(got, "DataRow 'pg_catalog,public' 'Europe/Paris' '2024-01-01 01:00:00+01' 'tester'\n") {
			t.Errorf("after %s:\n%s", reset, got)
		}
		got = c.query(t, "select application_name from pg_stat_activity where pid = pg_backend_pid()")
		if !strings.Contains(got, "DataRow 'loader'\n") {
			t.Errorf("after %s:\n%s", reset, got)
		}
	}
}

// TestSettingsAreTrue checks that a setting is not accepted when it would do nothing.
func TestSettingsAreTrue(t *testing.T) {
	c := login(t, serveEngine(t))
	for _, x := range []struct{ sql, want string }{
		{"set tarn.disabled_rules = 'NoRule'", `ERROR 22023 there is no rule "NoRule"`},
		{"set tarn.disabled_rules = 'PruneJoins, MakeTopN'", "CommandComplete SET"},
		{"set role other", `ERROR 42501 permission denied to set role "other"`},
		{"set role tester; set role none", "CommandComplete SET"},
		{"set session authorization other", `ERROR 42501 permission denied to set session authorization "other"`},
		{"set session authorization tester", "CommandComplete SET"},
		{`select set_config('search_path', 'pg_catalog, public,"a""B"', false); select current_schemas(false)`, `DataRow '{pg_catalog,public}'`},
		{"show search_path", `DataRow 'pg_catalog, public,"a""B"'`},
		{"select set_config('search_path', 'a b', false)", `ERROR 22023 invalid value for parameter "search_path": "a b" D=List syntax is invalid.`},
		{"set search_path = 'a, b', \"$user\", c; show search_path", `DataRow '"a, b", "$user", c'`},
	} {
		if got := c.query(t, x.sql); !strings.Contains(got, x.want) {
			t.Errorf("%s:\n%s", x.sql, got)
		}
	}
}
