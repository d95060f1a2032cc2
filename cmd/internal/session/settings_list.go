package session

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner"
)

// settingDefinitions are all settings by name in lower case. Those of PostgreSQL that mean nothing here are accepted because
// its clients set them.
var settingDefinitions = index([]setting{
	{name: "application_name", about: "Name of the application, shown in pg_stat_activity and the ledger.", reported: true},
	{name: "bytea_output", value: "hex", about: "Output format of bytea.", check: oneOf("bytea_output", "hex", "escape")},
	{name: "client_encoding", value: "UTF8", about: "Encoding of the client; only UTF8.", check: encoding, reported: true},
	{name: "client_min_messages", value: "notice", about: "The quietest messages that are sent.",
		check: oneOf("client_min_messages", "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "info", "notice", "warning", "error")},
	{name: "DateStyle", value: "ISO, MDY", about: "Format of dates; only ISO.", check: dateStyle, reported: true},
	{name: "IntervalStyle", value: "postgres", about: "Format of intervals.", reported: true,
		check: oneOf("IntervalStyle", "postgres", "postgres_verbose", "sql_standard", "iso_8601")},
	{name: "TimeZone", value: "UTC", about: "Time zone of timestamps.", check: zone, reported: true},
	{name: "default_transaction_isolation", value: "read committed", about: "Accepted; a transaction reads one snapshot.",
		check: isolation("default_transaction_isolation")},
	{name: "default_transaction_read_only", value: "off", about: "Whether transactions may not change the catalog.", reported: true,
		check: boolean("default_transaction_read_only")},
	{name: "default_transaction_deferrable", value: "off", about: "Accepted.", check: boolean("default_transaction_deferrable")},
	{name: "transaction_isolation", value: "read committed", about: "Isolation of the current transaction.", check: isolation("transaction_isolation")},
	{name: "transaction_read_only", value: "off", about: "Whether the current transaction may not change the catalog.", check: boolean("transaction_read_only")},
	{name: "transaction_deferrable", value: "off", about: "Accepted.", check: boolean("transaction_deferrable")},
	{name: "extra_float_digits", value: "1", about: "Digits of floats: from 1 on the shortest that read back.", check: integer("extra_float_digits", -15, 3)},
	{name: "idle_in_transaction_session_timeout", value: "0", about: "Longest rest inside a transaction.", check: duration("idle_in_transaction_session_timeout")},
	{name: "idle_session_timeout", value: "0", about: "Longest rest between statements.", check: duration("idle_session_timeout")},
	{name: "lock_timeout", value: "0", about: "Accepted.", check: duration("lock_timeout")},
	{name: "statement_timeout", value: "0", about: "Longest time of a statement.", check: duration("statement_timeout")},
	{name: "search_path", value: `"$user", public`, about: "Schemas in which names are looked up.", check: searchPath, reported: true},
	{name: "session_authorization", about: "The user.", reported: true, fixed: true},
	{name: "role", value: "none", about: "Accepted: none, or the user."},
	{name: "is_superuser", value: "off", about: "Whether the user is a superuser.", reported: true, fixed: true},
	{name: "in_hot_standby", value: "off", about: "Always off.", reported: true, fixed: true},
	{name: "integer_datetimes", value: "on", about: "Always on.", reported: true, fixed: true},
	{name: "server_encoding", value: "UTF8", about: "Always UTF8.", reported: true, fixed: true},
	{name: "server_version", about: "Version that clients choose their SQL by.", reported: true, fixed: true},
	{name: "server_version_num", value: "150018", about: "The same as a number.", fixed: true},
	{name: "standard_conforming_strings", value: "on", about: "Always on.", check: oneOf("standard_conforming_strings", "on"), reported: true},
	{name: "escape_string_warning", value: "on", about: "Accepted.", check: boolean("escape_string_warning")},
	{name: "backslash_quote", value: "safe_encoding", about: "Accepted.", check: oneOf("backslash_quote", "safe_encoding", "on", "off")},
	{name: "array_nulls", value: "on", about: "Accepted.", check: boolean("array_nulls")},
	{name: "xmloption", value: "content", about: "Accepted.", check: oneOf("xmloption", "content", "document")},
	{name: "synchronous_commit", value: "on", about: "Accepted.", check: oneOf("synchronous_commit", "local", "remote_write", "remote_apply", "on", "off")},
	{name: "default_tablespace", about: "Accepted."},
	{name: "default_table_access_method", value: "heap", about: "Accepted."},
	{name: "default_toast_compression", value: "pglz", about: "Accepted.", check: oneOf("default_toast_compression", "pglz", "lz4")},
	{name: "row_security", value: "on", about: "Accepted.", check: boolean("row_security")},
	{name: "check_function_bodies", value: "on", about: "Accepted.", check: boolean("check_function_bodies")},
	{name: "quote_all_identifiers", value: "off", about: "Accepted.", check: boolean("quote_all_identifiers")},
	{name: "lc_messages", value: "C", about: "Accepted."},
	{name: "lc_monetary", value: "C", about: "Accepted."},
	{name: "lc_numeric", value: "C", about: "Accepted."},
	{name: "lc_time", value: "C", about: "Accepted."},
	{name: "lc_collate", value: "C", about: "Text compares by its bytes.", fixed: true},
	{name: "lc_ctype", value: "C.UTF-8", about: "Character classes are Unicode's.", fixed: true},
	{name: "max_connections", about: "Greatest number of sessions.", fixed: true},
	{name: "max_identifier_length", value: "63", about: "PostgreSQL's limit; Tarn has none.", fixed: true},
	{name: "max_index_keys", value: "32", about: "Accepted.", fixed: true},
	{name: "max_parallel_workers_per_gather", value: "2", about: "Accepted; see tarn.workers.", check: integer("max_parallel_workers_per_gather", 0, 1024)},
	{name: "work_mem", value: "4MB", about: "Accepted; see tarn.query_memory.", check: memoryAsWritten("work_mem")},
	{name: "maintenance_work_mem", value: "64MB", about: "Accepted.", check: memoryAsWritten("maintenance_work_mem")},
	{name: "effective_cache_size", value: "4GB", about: "Accepted.", check: memoryAsWritten("effective_cache_size")},
	{name: "random_page_cost", value: "4", about: "Accepted.", check: number("random_page_cost", 0, math.MaxFloat64)},
	{name: "cursor_tuple_fraction", value: "0.1", about: "Accepted.", check: number("cursor_tuple_fraction", 0, 1)},
	{name: "geqo", value: "on", about: "Accepted.", check: boolean("geqo")},
	{name: "jit", value: "off", about: "Accepted.", check: boolean("jit")},
	{name: "enable_seqscan", value: "on", about: "Accepted.", check: boolean("enable_seqscan")},
	{name: "enable_indexscan", value: "on", about: "Accepted.", check: boolean("enable_indexscan")},
	{name: "enable_bitmapscan", value: "on", about: "Accepted.", check: boolean("enable_bitmapscan")},
	{name: "enable_hashjoin", value: "on", about: "Accepted.", check: boolean("enable_hashjoin")},
	{name: "enable_mergejoin", value: "on", about: "Accepted.", check: boolean("enable_mergejoin")},
	{name: "enable_nestloop", value: "on", about: "Accepted.", check: boolean("enable_nestloop")},
	{name: "plan_cache_mode", value: "auto", about: "Accepted.", check: oneOf("plan_cache_mode", "auto", "force_generic_plan", "force_custom_plan")},
	{name: "password_encryption", value: "scram-sha-256", about: "How passwords are kept.", fixed: true},
	{name: "port", about: "The port that the server is configured to listen on.", fixed: true},
	{name: "ssl", about: "Whether TLS is on.", fixed: true},
	{name: "log_statement", value: "none", about: "Accepted; the ledger has every statement.", check: oneOf("log_statement", "none", "ddl", "mod", "all")},
	{name: "log_min_duration_statement", value: "-1", about: "Accepted."},
	{name: "track_activities", value: "on", about: "Accepted.", check: boolean("track_activities")},
	{name: "wal_level", value: "replica", about: "Accepted.", fixed: true},

	{name: "tarn.dialect", value: "postgres", about: "Front end and meaning where dialects differ: postgres, trino, mysql, hive.",
		check: oneOf("tarn.dialect", "postgres", "trino", "mysql", "hive")},
	{name: "tarn.receipts", value: "on", about: "Whether a notice after each SELECT says bytes and dollars.", check: boolean("tarn.receipts")},
	{name: "tarn.disabled_rules", about: "Optimizer rules that are switched off, separated by commas.", check: disabledRules},
	{name: "tarn.workers", about: "How many workers a statement may use.", check: integer("tarn.workers", 1, 1024)},
	{name: "tarn.batch_rows", value: "0", about: "Rows of a batch; 0 is the default.", check: integer("tarn.batch_rows", 0, 1<<16)},
	{name: "tarn.query_memory", value: "0", about: "Memory limit of a statement in bytes; 0 is the server's.", check: memorySize("tarn.query_memory")},
	{name: "tarn.force_spill", value: "off", about: "Whether operators write rows to files though they fit in memory, for tests.",
		check: boolean("tarn.force_spill")},
})

func index(list []setting) map[string]setting {
	m := make(map[string]setting, len(list))
	for _, d := range list {
		m[strings.ToLower(d.name)] = d
	}
	return m
}

func invalid(name, value string) error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "invalid value for parameter %q: %q", name, value)
}

func oneOf(name string, values ...string) func(string) (string, error) {
	return func(v string) (string, error) {
		for _, w := range values {
			if strings.EqualFold(v, w) {
				return w, nil
			}
		}
		return "", sqlerr.As(invalid(name, v)).WithHint("Available values: %s.", strings.Join(values, ", "))
	}
}

func boolean(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		switch strings.ToLower(v) {
		case "on", "true", "t", "yes", "y", "1":
			return "on", nil
		case "off", "false", "f", "no", "n", "0":
			return "off", nil
		}
		return "", sqlerr.New(sqlerr.InvalidParameterValue, "parameter %q requires a Boolean value", name)
	}
}

func integer(name string, lo, hi int64) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return "", invalid(name, v)
		}
		if n < lo || n > hi {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "%d is outside the valid range for parameter %q (%d .. %d)", n, name, lo, hi)
		}
		return strconv.FormatInt(n, 10), nil
	}
}

// number checks a number with a fraction and leaves it as it is written.
func number(name string, lo, hi float64) func(string) (string, error) {
	return func(v string) (string, error) {
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil {
			return "", invalid(name, v)
		}
		if !(f >= lo && f <= hi) {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "%s is outside the valid range for parameter %q (%g .. %g)", v, name, lo, hi)
		}
		return v, nil
	}
}

func isolation(name string) func(string) (string, error) {
	return oneOf(name, "serializable", "repeatable read", "read committed", "read uncommitted")
}

func searchPath(v string) (string, error) {
	if _, ok := splitIdentifiers(v); !ok {
		return "", sqlerr.As(invalid("search_path", v)).WithDetail("List syntax is invalid.")
	}
	return v, nil
}

// disabledRules checks that what is to be switched off is there.
func disabledRules(v string) (string, error) {
	switches := planner.Switches()
	for name := range ruleNames(v) {
		if !slices.Contains(switches, name) {
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "there is no rule %q", name).WithHint("The rules are %s.", strings.Join(switches, ", "))
		}
	}
	return v, nil
}

// ruleNames splits tarn.disabled_rules.
func ruleNames(v string) map[string]bool {
	names := map[string]bool{}
	for name := range strings.SplitSeq(v, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names[name] = true
		}
	}
	return names
}

// onOff writes a switch as SHOW does.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func duration(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		d, err := parseDuration(v)
		switch {
		case err != nil:
			return "", sqlerr.As(invalid(name, v)).WithHint(`Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`)
		case d < 0 || d > math.MaxInt32*time.Millisecond:
			return "", sqlerr.New(sqlerr.InvalidParameterValue, "%d ms is outside the valid range for parameter %q (0 .. %d)", d.Milliseconds(), name, math.MaxInt32)
		}
		return formatDuration(d), nil
	}
}

// durationUnits are PostgreSQL's, the largest first.
var durationUnits = []struct {
	name string
	unit time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}}

// parseDuration reads PostgreSQL's form: a number of milliseconds, or with a unit.
func parseDuration(v string) (time.Duration, error) {
	v = strings.TrimSpace(v)
	digits := strings.TrimLeft(v, "+-0123456789.")
	number := v[:len(v)-len(digits)]
	unit := time.Millisecond
	if u := strings.TrimSpace(digits); u != "" {
		unit = 0
		for _, d := range durationUnits {
			if d.name == u {
				unit = d.unit
			}
		}
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || unit == 0 || math.Abs(f)*float64(unit) > float64(1<<62) {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid duration %q", v)
	}
	return time.Duration(f * float64(unit)), nil
}

// formatDuration writes a duration in the largest unit that divides it, as SHOW does.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	for _, u := range durationUnits {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Microsecond), 10) + "us"
}

func encoding(v string) (string, error) {
	switch strings.ToLower(strings.Trim(strings.ReplaceAll(v, "-", ""), "'\"")) {
	case "utf8", "unicode":
		return "UTF8", nil
	}
	return "", sqlerr.As(invalid("client_encoding", v)).WithHint("Tarn speaks UTF8 only")
}

func dateStyle(v string) (string, error) {
	order := "MDY"
	for part := range strings.SplitSeq(v, ",") {
		switch p := strings.ToUpper(strings.TrimSpace(part)); p {
		case "ISO", "DEFAULT", "":
		case "MDY", "DMY", "YMD":
			order = p
		case "US", "NONEURO", "NONEUROPEAN":
			order = "MDY"
		case "EURO", "EUROPEAN":
			order = "DMY"
		default:
			return "", sqlerr.As(invalid("DateStyle", v)).WithHint("Tarn prints dates in ISO form only")
		}
	}
	return "ISO, " + order, nil
}

func zone(v string) (string, error) {
	loc, err := parseZone(v)
	if err != nil {
		return "", invalid("TimeZone", v)
	}
	return loc.String(), nil
}

// parseZone reads a zone name, an offset in hours (PostgreSQL: positive is east), or a POSIX form like <+02>-02.
func parseZone(v string) (*time.Location, error) {
	v = strings.Trim(strings.TrimSpace(v), "'")
	switch strings.ToLower(v) {
	case "utc", "zulu", "z", "utc0", "<+00>-00":
		return time.UTC, nil
	case "gmt":
		return time.LoadLocation("GMT")
	case "local", "default", "":
		return time.UTC, nil
	}
	if h, err := strconv.ParseFloat(v, 64); err == nil && h >= -15 && h <= 15 {
		return offsetZone(int(h * 3600)), nil
	}
	if seconds, ok := clockOffset(v); ok {
		return offsetZone(seconds), nil
	}
	if strings.HasPrefix(v, "<") {
		if _, posix, ok := strings.Cut(v, ">"); ok {
			if h, err := strconv.ParseFloat(posix, 64); err == nil && h >= -15 && h <= 15 {
				return offsetZone(int(-h * 3600)), nil
			}
		}
	}
	if up := strings.ToUpper(v); (strings.HasPrefix(up, "GMT") || strings.HasPrefix(up, "UTC")) && len(up) > 3 {
		if h, err := strconv.ParseFloat(up[3:], 64); err == nil && h >= -15 && h <= 15 {
			return offsetZone(int(-h * 3600)), nil // POSIX: positive is west
		}
	}
	return schema.LoadZone(v)
}

// clockOffset reads +hh:mm and -hh:mm[:ss].
func clockOffset(v string) (int, bool) {
	if len(v) < 3 || v[0] != '+' && v[0] != '-' {
		return 0, false
	}
	seconds, unit := 0, 3600
	for part := range strings.SplitSeq(v[1:], ":") {
		n, err := strconv.Atoi(part)
		if err != nil || unit == 0 || n > 59 {
			return 0, false
		}
		seconds += n * unit
		unit /= 60
	}
	if v[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds >= -15*3600 && seconds <= 15*3600
}

// offsetZone names a fixed zone as PostgreSQL shows it: <+02>-02.
func offsetZone(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	name := func(s int) string {
		sign := "+"
		if s < 0 {
			sign, s = "-", -s
		}
		out := sign + twoDigits(s/3600)
		if s%3600 != 0 {
			out += ":" + twoDigits(s/60%60)
		}
		return out
	}
	return time.FixedZone("<"+name(seconds)+">"+name(-seconds), seconds)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func memorySize(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := ParseSize(v)
		if err != nil {
			return "", invalid(name, v)
		}
		return strconv.FormatInt(n, 10), nil
	}
}

// memoryAsWritten checks a size that nothing reads and leaves it as it is written: PostgreSQL's units differ by setting.
func memoryAsWritten(name string) func(string) (string, error) {
	return func(v string) (string, error) {
		_, err := memorySize(name)(v)
		return v, err
	}
}

// ParseSize reads a number of bytes with an optional unit: B, kB, MB, GB, TB of 1024 each, as PostgreSQL counts.
func ParseSize(v string) (int64, error) {
	v = strings.TrimSpace(v)
	unit := int64(1)
	for i, suffix := range []string{"kB", "MB", "GB", "TB"} {
		if rest, ok := strings.CutSuffix(v, suffix); ok {
			v, unit = rest, int64(1)<<(10*(i+1))
			break
		}
	}
	v = strings.TrimSpace(strings.TrimSuffix(v, "B"))
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "invalid size %q", v)
	}
	return n * unit, nil
}
