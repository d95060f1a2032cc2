package session

import (
	"fmt"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
)

// CreateStatement returns the DDL that makes a table again, as Athena's SHOW CREATE TABLE prints it.
func CreateStatement(t *catalog.Table) string {
	if t.View != "" {
		return fmt.Sprintf("CREATE VIEW %s.%s AS\n%s", schema.QuoteIdent(t.Database), schema.QuoteIdent(t.Name), t.View)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE EXTERNAL TABLE %s.%s(\n", backtick(t.Database), backtick(t.Name))
	writeColumns(&b, t.Columns)
	b.WriteString(")\n")
	if t.Comment != "" {
		fmt.Fprintf(&b, "COMMENT %s\n", hiveString(t.Comment))
	}
	if len(t.Keys) > 0 {
		b.WriteString("PARTITIONED BY (\n")
		writeColumns(&b, t.Keys)
		b.WriteString(")\n")
	}
	writeStorage(&b, t.Storage)
	fmt.Fprintf(&b, "LOCATION\n  %s", hiveString(t.Location))
	writeProperties(&b, "\nTBLPROPERTIES (\n", t.Properties)
	return b.String()
}

func writeColumns(b *strings.Builder, cols []catalog.Column) {
	for i, c := range cols {
		fmt.Fprintf(b, "  %s %s", backtick(c.Name), HiveType(c.Type))
		if c.Comment != "" {
			b.WriteString(" COMMENT " + hiveString(c.Comment))
		}
		if i < len(cols)-1 {
			b.WriteString(",\n")
		}
	}
}

func writeStorage(b *strings.Builder, s catalog.Storage) {
	switch {
	case s.SerDe != "":
		fmt.Fprintf(b, "ROW FORMAT SERDE\n  %s\n", hiveString(s.SerDe))
		props := s.SerDeProperties
		if len(props) == 0 && serdeClass(s.SerDe) == openCSV {
			props = quoting(s)
		}
		if len(props) > 0 {
			writeProperties(b, "WITH SERDEPROPERTIES (\n", props)
			b.WriteByte('\n')
		}
	case s.Format == catalog.CSV && s.Quote != 0:
		b.WriteString("ROW FORMAT SERDE\n  'org.apache.hadoop.hive.serde2.OpenCSVSerde'\n")
		writeProperties(b, "WITH SERDEPROPERTIES (\n", quoting(s))
		b.WriteByte('\n')
	case s.Format == catalog.CSV:
		fmt.Fprintf(b, "ROW FORMAT DELIMITED\n  FIELDS TERMINATED BY %s\n", hiveString(string(s.Delimiter)))
		if s.Escape != 0 {
			fmt.Fprintf(b, "  ESCAPED BY %s\n", hiveString(string(s.Escape)))
		}
		if s.NullText != hiveNull {
			fmt.Fprintf(b, "  NULL DEFINED AS %s\n", hiveString(s.NullText))
		}
	case s.Format == catalog.JSON:
		b.WriteString("ROW FORMAT SERDE\n  'org.openx.data.jsonserde.JsonSerDe'\n")
	}
	switch {
	case s.InputFormat != "":
		fmt.Fprintf(b, "STORED AS INPUTFORMAT\n  %s\nOUTPUTFORMAT\n  %s\n", hiveString(s.InputFormat), hiveString(s.OutputFormat))
	case s.Format == catalog.Parquet:
		b.WriteString("STORED AS PARQUET\n")
	default:
		b.WriteString("STORED AS TEXTFILE\n")
	}
}

// quoting are the properties of the OpenCSVSerde.
func quoting(s catalog.Storage) map[string]string {
	return map[string]string{"separatorChar": byteText(s.Delimiter), "quoteChar": byteText(s.Quote), "escapeChar": byteText(s.Escape)}
}

func byteText(b byte) string {
	if b == 0 {
		return ""
	}
	return string(b)
}

func writeProperties(b *strings.Builder, head string, props map[string]string) {
	if len(props) == 0 {
		return
	}
	b.WriteString(head)
	for i, k := range sortedKeys(props) {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(b, "  %s=%s", hiveString(k), hiveString(props[k]))
	}
	b.WriteByte(')')
}

func backtick(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// hiveString quotes a string as Hive reads it: quotes, backslashes and control characters are escaped with a backslash.
func hiveString(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`, "\x01", `\001`).Replace(s) + "'"
}

// HiveType writes a type as Hive's and Athena's DDL spells it.
func HiveType(t schema.Type) string {
	switch t.Kind {
	case schema.Integer:
		return "int"
	case schema.Real:
		return "float"
	case schema.Varchar:
		if t.Precision == 0 {
			return "string"
		}
	case schema.Varbinary:
		return "binary"
	case schema.Timestamp:
		return "timestamp"
	case schema.JSON, schema.JSONB, schema.UUID:
		return "string"
	case schema.Array:
		return "array<" + HiveType(t.Elem()) + ">"
	case schema.Map:
		return "map<" + HiveType(t.Key()) + "," + HiveType(t.Elem()) + ">"
	case schema.Row:
		fields := make([]string, len(t.Fields()))
		for i, f := range t.Fields() {
			fields[i] = f.Name + ":" + HiveType(f.Type)
		}
		return "struct<" + strings.Join(fields, ",") + ">"
	}
	return t.String()
}
