package objstore

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// TestChainWithoutCredentialsAsksOnce checks that storage without credentials does not ask for the machine's role with each request.
func TestChainWithoutCredentialsAsksOnce(t *testing.T) {
	var asked atomic.Int64
	var role atomic.Bool
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if !role.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Write([]byte(`{"AccessKeyId": "role", "SecretAccessKey": "s", "Token": "t", "Expiration": "2000-01-01T00:00:00Z"}`)) //nolint:errcheck // a test server
	}))
	defer metadata.Close()
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", metadata.URL)
	get := func(want string, times int) int64 {
		t.Helper()
		creds, _, err := s3Credentials(Config{URL: "s3://bucket"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		asked.Store(0)
		for range times {
			v, err := creds.GetWithContext(nil)
			if err != nil || v.AccessKeyID != want {
				t.Fatalf("%+v, %v", v, err)
			}
		}
		return asked.Load()
	}
	once := get("", 1)
	if once == 0 {
		t.Fatal("the machine's role was not asked for")
	}
	if n := get("", 5); n != once {
		t.Errorf("5 requests without credentials asked %d times, one asked %d times", n, once)
	}
	role.Store(true)
	if n := get("role", 3); n < 3 {
		t.Errorf("expired credentials were fetched %d times for 3 requests", n)
	}
}
