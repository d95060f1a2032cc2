package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Load returns the configuration: the defaults, changed by the file at path ("" is none), then by the environment.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	if path != "" {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return c, invalid("the configuration file %s does not exist", path).WithHint("see docs/configuration.md for an example")
		}
		if err != nil {
			return c, invalid("cannot read the configuration file: %w", err)
		}
		if err := parse(path, text, &c); err != nil {
			return c, err
		}
	}
	if err := fromEnvironment(&c, environ); err != nil {
		return c, err
	}
	return c, c.Check()
}

func invalid(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidParameterValue, format, args...)
}

// parse reads YAML into c. Unknown keys are errors.
func parse(path string, text []byte, c *Config) error {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return invalid("%s: %w", path, err)
	}
	if len(root.Content) == 0 {
		return nil
	}
	if err := checkKeys(path, root.Content[0], reflect.TypeOf(*c), ""); err != nil {
		return err
	}
	if err := root.Decode(c); err != nil {
		return invalid("%s: %w", path, err)
	}
	return nil
}

// checkKeys compares the keys of a mapping with the fields of a struct, deeply.
func checkKeys(path string, n *yaml.Node, t reflect.Type, at string) error {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			if err := checkKeys(path, item, t, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
		return nil
	}
	if n.Kind != yaml.MappingNode || t.Kind() != reflect.Struct {
		return nil
	}
	fields := yamlFields(t)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f, ok := fields[key.Value]
		if !ok {
			return unknownKey(path, key, at, fields)
		}
		if err := checkKeys(path, value, f.Type, dotted(at, key.Value)); err != nil {
			return err
		}
	}
	return nil
}

func unknownKey(path string, key *yaml.Node, at string, fields map[string]reflect.StructField) error {
	var known []string
	for name := range fields {
		known = append(known, name)
	}
	err := invalid("%s:%d: unknown key %q", path, key.Line, dotted(at, key.Value))
	if best := sqlerr.Nearest(key.Value, known); best != "" {
		return err.WithHint("did you mean %q?", dotted(at, best))
	}
	return err.WithHint("see docs/configuration.md for all keys")
}

func dotted(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func yamlFields(t reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name != "" && name != "-" {
			out[name] = f
		}
	}
	return out
}

// fromEnvironment sets scalars from variables such as TARN_LISTEN and TARN_LIMITS_MEMORY. A variable of this prefix that
// names nothing is an error, so that a typing mistake does not pass for the default; TARN_TEST_ ones are for tests.
func fromEnvironment(c *Config, environ []string) error {
	scalars := map[string]reflect.Value{}
	collect(reflect.ValueOf(c).Elem(), "TARN", scalars)
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "TARN_") || strings.HasPrefix(name, "TARN_TEST_") {
			continue
		}
		field, ok := scalars[name]
		if !ok {
			var known []string
			for k := range scalars {
				known = append(known, k)
			}
			err := invalid("unknown environment variable %s", name)
			if best := sqlerr.Nearest(name, known); best != "" {
				return err.WithHint("did you mean %s?", best)
			}
			return err
		}
		if err := yaml.Unmarshal([]byte(strconv.Quote(value)), field.Addr().Interface()); err != nil {
			if yaml.Unmarshal([]byte(value), field.Addr().Interface()) != nil {
				return invalid("environment variable %s: %q is not a %s", name, value, field.Type())
			}
		}
	}
	return nil
}

func collect(v reflect.Value, prefix string, out map[string]reflect.Value) {
	for name, f := range yamlFields(v.Type()) {
		field, key := v.FieldByIndex(f.Index), prefix+"_"+strings.ToUpper(name)
		switch field.Kind() {
		case reflect.Struct:
			collect(field, key, out)
		case reflect.Slice:
		default:
			out[key] = field
		}
	}
}

// Check reports values that make no sense.
func (c Config) Check() error {
	switch {
	case c.Limits.Workers < 0 || c.Limits.Workers > 1024:
		return invalid("limits.workers must be between 0 and 1024, not %d", c.Limits.Workers)
	case c.Limits.Connections < 1:
		return invalid("limits.connections must be at least 1, not %d", c.Limits.Connections)
	case c.Price.PerTB < 0 || c.Price.MinimumMB < 0:
		return invalid("price: a price cannot be negative")
	case c.Price.Unit != "si" && c.Price.Unit != "iec":
		return invalid("price.unit must be si or iec, not %q", c.Price.Unit)
	case (c.TLS.Cert == "") != (c.TLS.Key == ""):
		return invalid("tls needs both cert and key")
	case c.TLS.Required && c.TLS.Cert == "":
		return invalid("tls.required needs tls.cert and tls.key")
	}
	names := map[string]bool{}
	for i, u := range c.Users {
		switch {
		case u.Name == "":
			return invalid("users[%d] has no name", i)
		case names[u.Name]:
			return invalid("user %q is listed twice", u.Name)
		case (u.Password == "") == (u.PasswordFile == ""):
			return invalid("user %q needs either password or password_file", u.Name)
		}
		names[u.Name] = true
	}
	return c.Log.check()
}

func (l LogConfig) check() error {
	switch l.Level {
	case "debug", "info", "warn", "error":
	default:
		return invalid("log.level must be debug, info, warn or error, not %q", l.Level)
	}
	if l.Format != "text" && l.Format != "json" {
		return invalid("log.format must be text or json, not %q", l.Format)
	}
	return nil
}
