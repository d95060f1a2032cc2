package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/tarnsql/tarn/cmd/internal/s3gateway"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// startGateway runs an S3 server that records requests until the test ends. It changes the working folder meanwhile.
func startGateway(t *testing.T) *s3gateway.Gateway {
	t.Helper()
	t.Chdir(programs.source)
	dir := t.TempDir()
	g, err := s3gateway.Start(t.Context(), s3gateway.Options{Root: filepath.Join(dir, "s3"), Sidecar: filepath.Join(dir, "metadata"), Observe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// bucketOf makes a bucket with objects.
func bucketOf(t *testing.T, g *s3gateway.Gateway, name string, objects map[string]string) objstore.Store {
	t.Helper()
	b, err := g.Bucket(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for key, content := range objects {
		put(t, b, key, content)
	}
	return b
}

// serveConfig serves an engine over configured storage.
func serveConfig(t *testing.T, configs ...objstore.Config) string {
	t.Helper()
	stores, err := objstore.NewSet(t.Context(), configs...)
	if err != nil {
		t.Fatal(err)
	}
	dsn, _ := serveStores(t, stores)
	return dsn
}

// publish lets everybody list a bucket and read some of its objects.
func publish(t *testing.T, g *s3gateway.Gateway, bucket, keys string) {
	t.Helper()
	client, err := minio.New(strings.TrimPrefix(g.Endpoint(), "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(g.AccessKey(), g.SecretKey(), ""), Region: g.Region(), BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	allow := `{"Effect": "Allow", "Principal": "*", "Action": ["%s"], "Resource": ["arn:aws:s3:::%s"]}`
	policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [`+allow+`, `+allow+`]}`, "s3:ListBucket", bucket, "s3:GetObject", bucket+"/"+keys)
	if err := client.SetBucketPolicy(t.Context(), bucket, policy); err != nil {
		t.Fatal(err)
	}
}

// What a real S3 server refuses is told with the object, the endpoint and the credentials that were used.
func TestTroubleWithStorageIsNamed(t *testing.T) {
	g := startGateway(t)
	bucketOf(t, g, "lake", map[string]string{"t/open.csv": "1,2\n", "t/secret.csv": "3,4\n"})
	publish(t, g, "lake", "t/open*")
	table := func(url string) string { return "create external table t " + badCSV + " location '" + url + "'" }
	crawl := func(url string) string { return "create crawler c target '" + url + "'" }
	with := func(c objstore.CredentialsConfig) objstore.Config {
		o := g.Config("")
		o.Credentials = c
		return o
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close() //nolint:errcheck // nobody listens there now
	refusing := objstore.Config{URL: "s3://", Endpoint: "http://" + closed.Addr().String(), Credentials: objstore.CredentialsConfig{Kind: "anonymous"},
		Retry: objstore.Policy{MaxRefused: 300 * time.Millisecond}}
	unknown := with(objstore.CredentialsConfig{AccessKey: "AKIDNOBODY", SecretKey: "secret"})
	wrong := with(objstore.CredentialsConfig{AccessKey: g.AccessKey(), SecretKey: "a mistake"})
	anonymous := with(objstore.CredentialsConfig{Kind: "anonymous"})
	file := with(objstore.CredentialsConfig{Kind: "file", File: filepath.Join(t.TempDir(), "credentials"), Profile: "lake"})
	write(t, file.Credentials.File, "[lake]\naws_access_key_id = AKIDNOBODY\naws_secret_access_key = x\n")
	noFile := with(objstore.CredentialsConfig{Kind: "file", File: filepath.Join(t.TempDir(), "credentials")})
	const query, run = "select sum(a) from t", "run crawler c"
	for _, c := range []struct {
		name       string
		config     objstore.Config
		first, sql string
		code       string
		want       []string
	}{
		{"an object that a policy hides", anonymous, table("s3://lake/t/"), query, "42501", []string{
			`storage denies access to "s3://lake/t/secret.csv" (read)`, "The endpoint is " + g.Endpoint(), "Requests are not signed: the storage's credentials are configured as anonymous", "hint: Grant", "table: public.t"}},
		{"a missing bucket", g.Config(""), table("s3://nowhere/t/"), query, "58P01", []string{
			`bucket of "s3://nowhere/t/" does not exist`, "The endpoint is " + g.Endpoint(), "hint: Check the bucket's name", "table: public.t"}},
		{"a crawl of a missing bucket", g.Config(""), crawl("s3://nowhere/t/"), run, "58P01", []string{`bucket of "s3://nowhere/t/" does not exist`, "The endpoint is " + g.Endpoint()}},
		{"an unknown access key", unknown, table("s3://lake/t/"), query, "28000", []string{
			`storage refused the credentials for "s3://lake/t/": InvalidAccessKeyId`, "The endpoint is " + g.Endpoint(), `The access key "AKIDNOBODY" comes from the storage's configuration`, "hint: Check the access key"}},
		{"a wrong secret", wrong, table("s3://lake/t/"), query, "28000", []string{
			`storage refused the credentials for "s3://lake/t/": SignatureDoesNotMatch`, "The endpoint is " + g.Endpoint(), `The access key "` + g.AccessKey() + `" comes from the storage's configuration`}},
		{"a crawl with a wrong secret", wrong, crawl("s3://lake/t/"), run, "28000", []string{"SignatureDoesNotMatch", "The endpoint is " + g.Endpoint()}},
		{"a file with an unknown access key", file, table("s3://lake/t/"), query, "28000", []string{
			"InvalidAccessKeyId", `The access key "AKIDNOBODY" comes from the profile "lake" of ` + file.Credentials.File}},
		{"no credentials file", noFile, table("s3://lake/t/"), query, "28000", []string{`No credentials came from the profile "default" of ` + noFile.Credentials.File}},
		{"an endpoint that refuses connections", refusing, table("s3://lake/t/"), query, "58030", []string{
			`cannot list "s3://lake/t/": dial tcp ` + closed.Addr().String() + ": connect: connection refused", "detail: Tried ", "hint: Check that the storage endpoint is up"}},
		{"a crawl of an endpoint that refuses connections", refusing, crawl("s3://lake/t/"), run, "58030", []string{"connection refused", "s3://lake/t/"}},
	} {
		code, text := refused(t, serveConfig(t, c.config), c.first, c.sql)
		names(t, c.name, code, c.code, text, c.want...)
		if strings.Contains(text, g.SecretKey()) || strings.Contains(text, "a mistake") {
			t.Errorf("%s: the secret is told\n%s", c.name, text)
		}
	}
}

// meddled is a store whose objects change between the listing and the first read.
type meddled struct {
	objstore.Store
	once   sync.Once
	meddle func()
}

func (m *meddled) ReadAt(ctx context.Context, o objstore.Object, p []byte, off int64) error {
	m.once.Do(m.meddle)
	return m.Store.ReadAt(ctx, o, p, off)
}

func (m *meddled) Open(ctx context.Context, o objstore.Object, off int64) (io.ReadCloser, error) {
	m.once.Do(m.meddle)
	return m.Store.Open(ctx, o, off)
}

// A query never mixes versions: an object that was replaced or deleted after the query was planned is an error, and the next
// query sees what is there.
func TestObjectsThatChangeUnderAQuery(t *testing.T) {
	g := startGateway(t)
	for name, c := range map[string]struct {
		ddl, key, before, after, code, want, query, next string
	}{
		"replaced-text":    {badCSV, "t/x.csv", "1,2\n", "5,6\n7,8\n", "40001", "changed while the query was reading it", "select sum(a) from t", "12"},
		"deleted-text":     {badCSV, "t/x.csv", "1,2\n", "", "58P01", "does not exist", "select count(a) from t", "0"},
		"replaced-parquet": {badParquet, "t/x.parquet", parquetRows(t, 0, 100), parquetRows(t, 0, 200), "40001", "changed while the query was reading it", "select count(id) from t", "200"},
		"deleted-parquet":  {badParquet, "t/x.parquet", parquetRows(t, 0, 100), "", "58P01", "does not exist", "select count(id) from t", "0"},
	} {
		bucket := bucketOf(t, g, name, map[string]string{c.key: c.before})
		stores, err := objstore.NewSet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := &meddled{Store: bucket, meddle: func() {
			if c.after != "" {
				put(t, bucket, c.key, c.after)
			} else if err := bucket.Delete(t.Context(), c.key); err != nil {
				t.Error(err)
			}
		}}
		if err := stores.Add("s3://"+name, m); err != nil {
			t.Fatal(err)
		}
		dsn, _ := serveStores(t, stores)
		code, text := refused(t, dsn, "create external table t "+c.ddl+" location 's3://"+name+"/t/'", c.query)
		names(t, name, code, c.code, text, c.want, "s3://"+name+"/"+c.key, "table: public.t", "un the query again")
		if got := runAll(t, dsn, c.query); got[0] != c.next {
			t.Errorf("%s: the next query returns %q, want %s", name, got, c.next)
		}
	}
}

// A key that is no date in a layout of dates is told by the crawler, which goes on with the others.
func TestKeysThatAreNoDatesAreTold(t *testing.T) {
	files := map[string]string{
		"sales/2026/13/45/a.csv": "id,n\n301,2\n", "sales/2026/02/30/a.csv": "id,n\n302,2\n", "sales/2026/11/tmp/a.csv": "id,n\n303,2\n", "log/day=2026-13-45/a.csv": "id,n\n304,2\n",
	}
	for i := range 60 {
		day := time.Date(2026, 10, 1+i, 0, 0, 0, 0, time.UTC)
		files["sales/"+day.Format("2006/01/02")+"/a.csv"] = fmt.Sprintf("id,n\n%d,2\n", i)
		files["log/day="+day.Format("2006-01-02")+"/a.csv"] = fmt.Sprintf("id,n\n%d,2\n", i)
	}
	dsn := serveFiles(t, files)
	told := strings.Join(runAll(t, dsn, "create crawler c target 'mem://ddl/'", "run crawler c"), "\n")
	for _, want := range []string{
		"skip|mem://ddl/sales/2026/13/45/a.csv|||the folder 13 is not a month", "skip|mem://ddl/sales/2026/02/30/a.csv|||the folders 2026/02/30 are not a calendar date",
		"skip|mem://ddl/sales/2026/11/tmp/a.csv|||the folder tmp is not a day", "skip|mem://ddl/log/day=2026-13-45/a.csv|||the folder day=2026-13-45 is not day=<date>",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in\n%s", want, told)
		}
	}
	for _, sql := range []string{"select count(*), sum(id), max(date) from sales", "select count(*), sum(id), max(day) from log"} {
		if got := runAll(t, dsn, sql); got[0] != "60|1770|2026-11-29" {
			t.Errorf("%s: %q", sql, got)
		}
	}
}
