package system_test

import (
	"testing"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors/conntest"
	"github.com/tarnsql/tarn/connectors/system"
)

// host is a server with settings and nothing else: a table that asks for more fails the test.
type host struct {
	system.Host
	settings []system.Setting
}

// Settings returns the settings.
func (h host) Settings() []system.Setting { return h.settings }

func TestConformance(t *testing.T) {
	settings := []system.Setting{
		{Name: "DateStyle", Value: "ISO, MDY", Default: "ISO, MDY", About: "how dates are written"},
		{Name: "TimeZone", Value: "Europe/Łódź", Default: "UTC"},
		{Name: "server_version", Value: "15.18", Default: "15.18", About: "the version", Fixed: true},
		{Name: "tarn.disabled_rules", Value: "a, b", About: "rules"},
		{Name: "tarn.receipts", Value: "on", Default: "on", About: "what a query cost"},
	}
	names := []string{
		"name", "setting", "unit", "category", "short_desc", "extra_desc", "context", "vartype", "source", "min_val", "max_val",
		"enumvals", "boot_val", "reset_val", "sourcefile", "sourceline", "pending_restart",
	}
	types := map[string]schema.Type{
		"enumvals": schema.ArrayOf(schema.Text), "sourceline": schema.T(schema.Integer), "pending_restart": schema.T(schema.Boolean),
	}
	var columns []schema.Column
	for _, name := range names {
		typ, ok := types[name]
		if !ok {
			typ = schema.Text
		}
		columns = append(columns, schema.Column{Name: name, Type: typ})
	}
	var rows [][]schema.Value
	for _, s := range settings {
		texts := map[string]string{
			"name": s.Name, "setting": s.Value, "category": "Client Connection Defaults", "short_desc": s.About, "context": "user",
			"vartype": "string", "source": "session", "boot_val": s.Default, "reset_val": s.Default,
		}
		if s.Fixed {
			texts["context"] = "internal"
		}
		if s.Value == s.Default {
			texts["source"] = "default"
		}
		var row []schema.Value
		for _, c := range columns {
			switch value, ok := texts[c.Name]; {
			case ok:
				row = append(row, schema.TextValue(value))
			case c.Name == "pending_restart":
				row = append(row, schema.BoolValue(false))
			default:
				row = append(row, schema.NullOf(c.Type))
			}
		}
		rows = append(rows, row)
	}
	conntest.Run(t, conntest.Source{
		Connector: system.New(host{settings: settings}), Schema: "pg_catalog", Table: "pg_settings", Columns: columns, Rows: rows,
	})
}
