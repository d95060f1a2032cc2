package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

func load(t *testing.T, text string, environ ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tarn.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, environ)
}

func TestFileThenEnvironment(t *testing.T) {
	c, err := load(t, `
listen: 0.0.0.0:5432
storage:
  - url: s3://lake
    endpoint: http://127.0.0.1:9000
    credentials: {access_key: a, secret_key: b}
limits: {memory: 4GB, workers: 3}
price: {per_tb: 6.25}
users:
  - {name: ana, password: secret}
`, "TARN_LIMITS_WORKERS=5", "TARN_LOG_LEVEL=debug", "HOME=/x", "TARN_TEST_REQUIRE=1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "0.0.0.0:5432" || c.Limits.Memory != 4<<30 || c.Limits.Workers != 5 || c.Log.Level != "debug" ||
		c.Storage[0].Credentials.SecretKey != "b" || c.Price.Tariff().MicroDollarsPerTB != 6_250_000 || c.Limits.Connections != 100 {
		t.Errorf("got %+v", c)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for _, c := range []struct{ text, env, want, hint string }{
		{"lisen: x", "", `tarn.yaml:1: unknown key "lisen"`, `did you mean "listen"?`},
		{"limits:\n  memry: 1GB", "", `tarn.yaml:2: unknown key "limits.memry"`, `did you mean "limits.memory"?`},
		{"storage:\n  - url: s3://x\n    endpont: y", "", `tarn.yaml:3: unknown key "storage[0].endpont"`, `did you mean "storage[0].endpoint"?`},
		{"limits: {memory: much}", "", `"much" is not a size`, ""},
		{"listen: [", "", "tarn.yaml", ""},
		{"price: {unit: kb}", "", `price.unit must be si or iec, not "kb"`, ""},
		{"users: [{name: a}]", "", `user "a" needs either password or password_file`, ""},
		{"", "TARN_LISTN=x", "unknown environment variable TARN_LISTN", "did you mean TARN_LISTEN?"},
		{"", "TARN_LIMITS_WORKERS=many", `TARN_LIMITS_WORKERS: "many"`, ""},
	} {
		_, err := load(t, c.text, c.env)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %s: got %v, want %s", c.text, c.env, err, c.want)
			continue
		}
		if e := sqlerr.As(err); c.hint != "" && e.Hint != c.hint {
			t.Errorf("%q: hint %q, want %q", c.text, e.Hint, c.hint)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("missing file: %v", err)
	}
}
