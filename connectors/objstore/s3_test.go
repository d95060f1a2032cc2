package objstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// standIn answers requests like an S3 server in trouble.
type standIn struct {
	*httptest.Server
	requests atomic.Int64
}

func newStandIn(t *testing.T, h http.HandlerFunc) *standIn {
	t.Helper()
	s := &standIn{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *standIn) store(t *testing.T, change func(*objstore.Config)) objstore.Store {
	t.Helper()
	c := objstore.Config{
		URL: "s3://lake", Endpoint: s.URL,
		Credentials:      objstore.CredentialsConfig{AccessKey: "k", SecretKey: "s"},
		FirstByteTimeout: 100 * time.Millisecond, IdleTimeout: 100 * time.Millisecond,
		Retry: objstore.Policy{BaseDelay: time.Millisecond, MaxAttempts: 3, Budget: objstore.NewBudget(1000, 1000)},
	}
	if change != nil {
		change(&c)
	}
	st, err := objstore.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func s3Fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>a message.</Message></Error>`, code)
}

const content = "0123456789abcdefghij"

// serve answers a GET of content like S3, with its ETag "v1".
func serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	if m := r.Header.Get("If-Match"); m != "" && m != `"v1"` {
		s3Fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
}

var contentObject = objstore.Object{Key: "dir/k", Size: int64(len(content)), ETag: "v1"}

func readSome(s objstore.Store) (string, error) {
	p := make([]byte, 5)
	err := s.ReadAt(context.Background(), contentObject, p, 10)
	return string(p), err
}

func TestAnswersOfS3BecomeErrors(t *testing.T) {
	tests := []struct {
		status   int
		code     string
		want     error
		sqlstate sqlerr.Code
		requests int64
		message  string
	}{
		{404, "NoSuchKey", fs.ErrNotExist, "58P01", 1, `object "s3://lake/dir/k" does not exist`},
		{404, "NoSuchBucket", objstore.ErrNoBucket, "58P01", 1, `bucket of "s3://lake/dir/k" does not exist`},
		{403, "AccessDenied", objstore.ErrAccessDenied, "42501", 1, `storage denies access to "s3://lake/dir/k" (read)`},
		{403, "InvalidAccessKeyId", objstore.ErrCredentials, "28000", 1, `storage refused the credentials for "s3://lake/dir/k": InvalidAccessKeyId`},
		{403, "SignatureDoesNotMatch", objstore.ErrCredentials, "28000", 1, `storage refused the credentials for "s3://lake/dir/k": SignatureDoesNotMatch`},
		{404, "XAdminUserNotFound", objstore.ErrCredentials, "28000", 1, `storage refused the credentials for "s3://lake/dir/k": XAdminUserNotFound`},
		{400, "ExpiredToken", objstore.ErrCredentials, "28000", 1, `storage refused the credentials for "s3://lake/dir/k": ExpiredToken`},
		{403, "RequestTimeTooSkewed", objstore.ErrCredentials, "28000", 1, `storage refused the credentials for "s3://lake/dir/k": RequestTimeTooSkewed`},
		{412, "PreconditionFailed", objstore.ErrChanged, "40001", 1, `object "s3://lake/dir/k" changed while the query was reading it`},
		{416, "InvalidRange", objstore.ErrChanged, "40001", 1, `object "s3://lake/dir/k" changed while the query was reading it`},
		{403, "InvalidObjectState", objstore.ErrArchived, "55000", 1, `object "s3://lake/dir/k" is archived (storage class needs a restore) and cannot be read`},
		{301, "PermanentRedirect", objstore.ErrBadResponse, "22023", 1, `cannot read "s3://lake/dir/k": the bucket is in another region`},
		{503, "SlowDown", objstore.ErrThrottled, "58030", 3, `cannot read "s3://lake/dir/k": the storage is throttling (SlowDown)`},
		{429, "", objstore.ErrThrottled, "58030", 3, `the storage is throttling`},
		{500, "InternalError", objstore.ErrUnavailable, "58030", 3, `cannot read "s3://lake/dir/k": InternalError`},
		{503, "ServiceUnavailable", objstore.ErrUnavailable, "58030", 3, `cannot read "s3://lake/dir/k": ServiceUnavailable`},
		{502, "", objstore.ErrUnavailable, "58030", 3, `cannot read "s3://lake/dir/k": `},
		{400, "SomethingElse", objstore.ErrBadResponse, "58030", 1, `cannot read "s3://lake/dir/k": SomethingElse (a message)`},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d %s", test.status, test.code), func(t *testing.T) {
			srv := newStandIn(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.code == "" {
					w.WriteHeader(test.status)
					return
				}
				s3Fail(w, test.status, test.code)
			})
			_, err := readSome(srv.store(t, nil))
			if !errors.Is(err, test.want) || sqlerr.CodeOf(err) != test.sqlstate {
				t.Errorf("%v: SQLSTATE %s, want %v, %s", err, sqlerr.CodeOf(err), test.want, test.sqlstate)
			}
			if err != nil && !strings.Contains(err.Error(), test.message) {
				t.Errorf("message %q, want %q", err, test.message)
			}
			if e := sqlerr.As(err); e == nil || e.Hint == "" && test.code != "SomethingElse" {
				t.Errorf("no hint: %+v", e)
			}
			if n := srv.requests.Load(); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestARequestIsRetriedUntilItSucceeds(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"server error": func(w http.ResponseWriter, _ *http.Request) { s3Fail(w, 500, "InternalError") },
		"slow down":    func(w http.ResponseWriter, _ *http.Request) { s3Fail(w, 503, "SlowDown") },
		"short body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Content-Range", "bytes 10-14/20")
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "zz") //nolint:errcheck // the peer goes away
			panic(http.ErrAbortHandler)
		},
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no first byte": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		},
		"stalled body": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Content-Range", "bytes 10-14/20")
			w.Header().Set("Content-Length", "5")
			w.WriteHeader(http.StatusPartialContent)
			io.WriteString(w, "zz") //nolint:errcheck // the peer goes away
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= 2 {
					fault(w, r)
					return
				}
				serve(w, r)
			})
			var c objstore.Counts
			s := objstore.Metered(srv.store(t, nil), &c)
			got, err := readSome(s)
			if err != nil || got != "abcde" {
				t.Fatalf("%q, %v", got, err)
			}
			if c.Requests(objstore.OpRead) != 3 || c.Retries() != 2 {
				t.Errorf("%d requests, %d retries", c.Requests(objstore.OpRead), c.Retries())
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	var n atomic.Int64
	var first, second atomic.Int64
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			first.Store(time.Now().UnixNano())
			w.Header().Set("Retry-After", "1")
			s3Fail(w, 503, "SlowDown")
			return
		}
		second.Store(time.Now().UnixNano())
		serve(w, r)
	})
	if _, err := readSome(srv.store(t, nil)); err != nil {
		t.Fatal(err)
	}
	if d := time.Duration(second.Load() - first.Load()); d < time.Second {
		t.Errorf("waited %s", d)
	}
}

func TestAnswersAboutOtherBytesAreRefused(t *testing.T) {
	tests := []struct {
		name, etag, contentRange string
		status                   int
		want                     error
	}{
		{"another range", "v1", "bytes 0-4/20", 206, objstore.ErrBadResponse},
		{"a shorter range", "v1", "bytes 10-12/20", 206, objstore.ErrBadResponse},
		{"no range", "v1", "", 206, objstore.ErrBadResponse},
		{"the whole object", "v1", "", 200, objstore.ErrBadResponse},
		{"nonsense", "v1", "octets a-b", 206, objstore.ErrBadResponse},
		{"another total", "v1", "bytes 10-14/21", 206, objstore.ErrChanged},
		{"another version", "v2", "bytes 10-14/20", 206, objstore.ErrChanged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			srv := newStandIn(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("ETag", `"`+test.etag+`"`)
				w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				if test.contentRange != "" {
					w.Header().Set("Content-Range", test.contentRange)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, "abcde") //nolint:errcheck // the peer goes away
			})
			_, err := readSome(srv.store(t, nil))
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			if srv.requests.Load() != 1 {
				t.Errorf("%d requests", srv.requests.Load())
			}
		})
	}
}

func TestRequestsAreRangedAndPinned(t *testing.T) {
	var got *http.Request
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		serve(w, r)
	})
	if s, err := readSome(srv.store(t, nil)); err != nil || s != "abcde" {
		t.Fatalf("%q, %v", s, err)
	}
	h := got.Header
	if h.Get("Range") != "bytes=10-14" || h.Get("If-Match") != `"v1"` || h.Get("Accept-Encoding") == "gzip" {
		t.Errorf("headers: %v", h)
	}
	if !strings.HasPrefix(h.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=k/") || got.URL.Path != "/lake/dir/k" {
		t.Errorf("%s, %q", got.URL.Path, h.Get("Authorization"))
	}
}

func TestAnonymousRequestsAreNotSigned(t *testing.T) {
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			s3Fail(w, 403, "AccessDenied")
			return
		}
		serve(w, r)
	})
	s := srv.store(t, func(c *objstore.Config) { c.Credentials = objstore.CredentialsConfig{Kind: "anonymous"} })
	if got, err := readSome(s); err != nil || got != "abcde" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAStreamResumesWhereItBroke(t *testing.T) {
	var ranges []string
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		if len(ranges) > 2 {
			serve(w, r)
			return
		}
		var first int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first); err != nil {
			first = 0
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)-first))
		if first > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-19/20", first))
			w.WriteHeader(http.StatusPartialContent)
		}
		io.WriteString(w, content[first:first+6]) //nolint:errcheck // the peer goes away
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	r, err := srv.store(t, nil).Open(context.Background(), contentObject, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // read to its end
	got, err := io.ReadAll(r)
	if err != nil || string(got) != content {
		t.Errorf("%q, %v", got, err)
	}
	if want := "[ bytes=6-19 bytes=12-19]"; fmt.Sprint(ranges) != want {
		t.Errorf("ranges %v, want %s", ranges, want)
	}
}

func TestPagesOfAListingAreMergedInOrder(t *testing.T) {
	page := func(truncated bool, token, body string) string {
		return fmt.Sprintf(`<?xml version="1.0"?><ListBucketResult><Name>lake</Name><IsTruncated>%v</IsTruncated>`+
			`<NextContinuationToken>%s</NextContinuationToken>%s</ListBucketResult>`, truncated, token, body)
	}
	object := func(k string) string {
		return "<Contents><Key>" + k + "</Key><Size>1</Size><LastModified>2026-01-02T03:04:05Z</LastModified><ETag>&quot;e&quot;</ETag></Contents>"
	}
	folder := func(k string) string { return "<CommonPrefixes><Prefix>" + k + "</Prefix></CommonPrefixes>" }
	var n atomic.Int64
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case n.Add(1) == 2: // the second page fails once
			s3Fail(w, 500, "InternalError")
		case r.URL.Query().Get("continuation-token") == "" && r.URL.Query().Get("start-after") == "":
			io.WriteString(w, page(true, "t1", object("a")+object("c")+folder("b/"))) //nolint:errcheck // a test
		default:
			io.WriteString(w, page(false, "", object("e")+folder("c/")+folder("d/"))) //nolint:errcheck // a test
		}
	})
	var keys []string
	for o, err := range srv.store(t, nil).List(context.Background(), "", objstore.ListOptions{Delimiter: "/"}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	if want := "[a b/ c c/ d/ e]"; fmt.Sprint(keys) != want {
		t.Errorf("%v, want %s", keys, want)
	}
}

func TestConfigurationErrorsNameTheSetting(t *testing.T) {
	for want, c := range map[string]objstore.Config{
		`endpoint "ftp://x" of "s3://b" must start with http:// or https://`:  {URL: "s3://b", Endpoint: "ftp://x"},
		`endpoint "http://x/path" of "s3://b" must be a host and a port only`: {URL: "s3://b", Endpoint: "http://x/path"},
		`static credentials of "s3://b" need an access key and a secret key`:  {URL: "s3://b", Credentials: objstore.CredentialsConfig{AccessKey: "k"}},
		`credentials kind "magic" of "s3://b" is not known`:                   {URL: "s3://b", Credentials: objstore.CredentialsConfig{Kind: "magic"}},
		`addressing "sideways" of "s3://b" must be auto, path or virtual`:     {URL: "s3://b", Addressing: "sideways"},
		`web-identity credentials of "s3://b" need a token file`:              {URL: "s3://b", Credentials: objstore.CredentialsConfig{Kind: "web-identity"}},
		`invalid storage location "gs://b": its scheme is not s3 or file`:     {URL: "gs://b"},
		`cannot read the certificate authorities of "s3://b": open /none`:     {URL: "s3://b", CAFile: "/none"},
		`directory "file:///no/such/directory/" does not exist`:               {URL: "file:///no/such/directory"},
	} {
		_, err := objstore.Open(context.Background(), c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestExpiredCredentialsAreRenewedOnce(t *testing.T) {
	var valid atomic.Int64 // the number of the key that storage accepts and the token service gives out
	var issued, refused atomic.Int64
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			issued.Add(1)
			fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>key%d</AccessKeyId>`+
				`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`+
				`</Credentials></AssumeRoleResult></AssumeRoleResponse>`, valid.Load())
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), fmt.Sprintf("Credential=key%d/", valid.Load())) {
			refused.Add(1)
			s3Fail(w, 400, "ExpiredToken")
			return
		}
		serve(w, r)
	})
	s := srv.store(t, func(c *objstore.Config) {
		c.Credentials = objstore.CredentialsConfig{Kind: "assume-role", AccessKey: "k", SecretKey: "s", RoleARN: "arn:aws:iam::1:role/r"}
		c.Credentials.STSEndpoint = c.Endpoint
		c.FirstByteTimeout = 5 * time.Second
	})
	const rotations, workers = 4, 8
	for range rotations {
		valid.Add(1)
		var wg sync.WaitGroup
		for range workers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if got, err := readSome(s); err != nil || got != "abcde" {
					t.Errorf("%q, %v", got, err)
				}
			}()
		}
		wg.Wait()
	}
	if issued.Load() != rotations || refused.Load() == 0 {
		t.Errorf("%d credentials issued in %d rotations, %d requests refused", issued.Load(), rotations, refused.Load())
	}
}

func TestCredentialsThatCannotBeFetched(t *testing.T) {
	srv := newStandIn(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			t.Error("a request without credentials was sent")
		}
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>`) //nolint:errcheck // a test
	})
	s := srv.store(t, func(c *objstore.Config) {
		c.Credentials = objstore.CredentialsConfig{Kind: "assume-role", AccessKey: "k", SecretKey: "s", STSEndpoint: c.Endpoint}
	})
	_, err := readSome(s)
	if !errors.Is(err, objstore.ErrCredentials) || sqlerr.CodeOf(err) != sqlerr.InvalidAuthorization || !strings.Contains(err.Error(), "not you") {
		t.Errorf("%v", err)
	}
}

func FuzzAnswersOfS3(f *testing.F) {
	f.Add(200, "bytes 10-14/20", "v1", []byte("abcde"))
	f.Add(206, "bytes 10-14/20", "v1", []byte("abcde"))
	f.Add(404, "", "", []byte("<Error><Code>NoSuchKey</Code></Error>"))
	f.Add(200, "", "", []byte("<ListBucketResult><Contents><Key>a</Key></Contents><IsTruncated>true</IsTruncated></ListBucketResult>"))
	var mu sync.Mutex
	var answer func(http.ResponseWriter)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	f.Cleanup(srv.Close)
	s, err := objstore.Open(context.Background(), objstore.Config{
		URL: "s3://lake", Endpoint: srv.URL, Credentials: objstore.CredentialsConfig{Kind: "anonymous"},
		Retry: objstore.Policy{MaxAttempts: 1},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, contentRange, etag string, body []byte) {
		if status < 200 || status > 599 || len(body) > 1<<16 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		answers := 0
		answer = func(w http.ResponseWriter) {
			if answers++; answers > 5 { // a listing may go on for ever
				w.WriteHeader(http.StatusForbidden)
				return
			}
			w.Header().Set("Content-Range", contentRange)
			w.Header().Set("ETag", etag)
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.WriteHeader(status)
			w.Write(body) //nolint:errcheck // some statuses have no body
		}
		if _, err := readSome(s); err != nil && sqlerr.As(err) == nil {
			t.Errorf("read: %v (%T)", err, err)
		}
		last := ""
		for o, err := range s.List(context.Background(), "", objstore.ListOptions{Delimiter: "/"}) {
			if err != nil {
				if sqlerr.As(err) == nil {
					t.Errorf("list: %v (%T)", err, err)
				}
				break
			}
			if o.Key <= last {
				t.Errorf("%q after %q", o.Key, last)
			}
			last = o.Key
		}
		if _, err := s.Stat(context.Background(), "k"); err != nil && sqlerr.As(err) == nil {
			t.Errorf("stat: %v (%T)", err, err)
		}
	})
}
