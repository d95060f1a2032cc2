package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/internal/testneeds"
)

// tarn runs the program to its end and returns what it printed and whether it succeeded.
func tarn(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program(t), args...)
	cmd.Dir = programs.source
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// The program itself over a real S3 server: it finds its credentials, crawls, answers from the command line, and serves psql
// with passwords.
func TestProgramOverS3(t *testing.T) {
	client := testneeds.Program(t, "psql", "install PostgreSQL's client (Debian: apt-get install postgresql-client)")
	g := startGateway(t)
	bucketOf(t, g, "lake", map[string]string{
		"orders/day=2026-01-01/a.csv": "id,amount\n1,10\n2,20\n", "orders/day=2026-01-02/a.csv": "id,amount\n3,30\n", "places/places.csv": "id,name\n1,Ulm\n3,Bonn\n",
	})
	for name, c := range map[string]struct {
		credentials string
		environment map[string]string
	}{
		"environment": {"", map[string]string{"AWS_ACCESS_KEY_ID": g.AccessKey(), "AWS_SECRET_ACCESS_KEY": g.SecretKey()}},
		"shared file": {"", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "FILE"}},
		"profile":     {"    credentials: {kind: file, profile: other}\n", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "FILE"}},
		"static":      {"    credentials: {access_key: " + g.AccessKey() + ", secret_key: " + g.SecretKey() + "}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keys := "\naws_access_key_id = " + g.AccessKey() + "\naws_secret_access_key = " + g.SecretKey() + "\n"
			write(t, filepath.Join(dir, "credentials"), "[default]"+keys+"[other]"+keys)
			for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
				t.Setenv(name, "")
			}
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "nothing"))
			for name, value := range c.environment {
				t.Setenv(name, strings.ReplaceAll(value, "FILE", filepath.Join(dir, "credentials")))
			}
			config := filepath.Join(dir, "tarn.yaml")
			write(t, config, "listen: 127.0.0.1:0\ndata: "+filepath.Join(dir, "data")+"\nstorage:\n  - url: s3://\n    endpoint: "+g.Endpoint()+"\n    addressing: path\n"+c.credentials+
				"auth: {trust_loopback: false}\nusers: [{name: ana, password: secret}]\n")
			serveFromS3(t, config, client)
		})
	}
}

func serveFromS3(t *testing.T, config, client string) {
	t.Helper()
	expect := func(succeeds bool, args []string, want ...string) {
		t.Helper()
		out, ok := tarn(t, append(args, "--config", config)...)
		if ok != succeeds {
			t.Errorf("%v: succeeds %t\n%s", args, ok, out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%v: no %q in\n%s", args, w, out)
			}
		}
	}
	crawl := []string{"crawl", "s3://lake/"}
	expect(true, append(crawl, "--plan"), "create table", "public.orders", "public.places", "nothing stored")
	expect(false, []string{"sql", "-c", "select count(*) from orders"}, `"orders" does not exist`)
	expect(true, crawl, "2 tables added, 0 changed; 2 partitions added")
	expect(true, append(crawl, "--plan"), "0 changes planned")
	expect(true, []string{"sql", "-c", "select name, amount from orders join places using (id) where day = date '2026-01-02'"}, "Bonn | ", "30", "(1 row)", "tarn: scanned", "(1/2 partitions, ")
	expect(false, []string{"crawl", "s3://nowhere/"}, `bucket of "s3://nowhere/" does not exist`, "The endpoint is http://127.0.0.1:")

	server := startProgram(t, "serve", "--config", config)
	query := func(login string) string {
		return psql(t, client, "postgres://"+login+"@"+server.addr+"/lake?sslmode=disable", "select day, sum(amount) from orders group by day order by day")
	}
	if got := query("ana:secret"); !strings.Contains(got, " 2026-01-01 |  30\n 2026-01-02 |  30\n(2 rows)") {
		t.Errorf("psql prints\n%s", got)
	}
	for _, login := range []string{"ana:wrong", "eve:secret"} {
		user, _, _ := strings.Cut(login, ":")
		if got := query(login); !strings.Contains(got, `FATAL:  password authentication failed for user "`+user+`"`) || strings.Contains(got, "row") {
			t.Errorf("psql as %s prints\n%s", login, got)
		}
	}
}
