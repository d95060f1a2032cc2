package objstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// call is what one storage operation learns from its HTTP exchanges beyond what the client library hands out.
type call struct {
	op     Op
	pages  atomic.Int32 // exchanges so far; a listing sees its page boundaries by it
	status atomic.Int32 // HTTP status of the last answer

	mu         sync.Mutex
	retryAfter time.Duration
	key        string // access key that the last request was signed with
}

type callKey struct{}

func withCall(ctx context.Context, op Op) (context.Context, *call) {
	c := &call{op: op}
	return context.WithValue(ctx, callKey{}, c), c
}

func (c *call) noteAnswer(resp *http.Response) {
	c.status.Store(int32(resp.StatusCode)) //nolint:gosec // an HTTP status has three digits
	if after := parseRetryAfter(resp.Header.Get("Retry-After"), time.Now()); after > 0 {
		c.mu.Lock()
		c.retryAfter = after
		c.mu.Unlock()
	}
}

// noteRequest keeps the access key of the Authorization header: "AWS4-HMAC-SHA256 Credential=KEY/date/region/...".
func (c *call) noteRequest(req *http.Request) {
	c.pages.Add(1)
	_, key, ok := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	if !ok {
		return
	}
	key, _, _ = strings.Cut(key, "/")
	c.mu.Lock()
	c.key = key
	c.mu.Unlock()
}

func (c *call) accessKey() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.key
}

func (c *call) wait() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.retryAfter
}

// maxRetryAfter caps what a server can make us wait.
const maxRetryAfter = 30 * time.Second

// parseRetryAfter reads both forms of the header (RFC 9110, 10.2.3): seconds, or a date.
func parseRetryAfter(h string, now time.Time) time.Duration {
	if h == "" {
		return 0
	}
	if n, err := strconv.Atoi(h); err == nil {
		if n < 0 {
			return 0
		}
		return min(time.Duration(min(n, 3600))*time.Second, maxRetryAfter)
	}
	if t, err := http.ParseTime(h); err == nil {
		return max(0, min(t.Sub(now), maxRetryAfter))
	}
	return 0
}

// errStalled is the cause of a try that ran out of patience. It is not a context error, so it counts as transient.
var errStalled = errors.New("no data from the storage in time")

// transport is the HTTP transport of one store: it counts, notes what the operation needs, and ends tries that stall.
type transport struct {
	base      *http.Transport
	firstByte time.Duration
	idle      time.Duration
}

func newTransport(c Config) (*transport, error) {
	conns := c.MaxConnections
	if conns <= 0 {
		conns = 64
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	base := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		MaxIdleConns:          4 * conns,
		MaxIdleConnsPerHost:   conns,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   5 * time.Second,
		ExpectContinueTimeout: time.Second,
		ReadBufferSize:        64 << 10,
		WriteBufferSize:       64 << 10,
		// Bytes are asked for by range; a compressed answer would be another sequence of bytes.
		DisableCompression: true,
	}
	tc, err := tlsConfig(c)
	if err != nil {
		return nil, err
	}
	base.TLSClientConfig = tc
	t := &transport{base: base, firstByte: c.FirstByteTimeout, idle: c.IdleTimeout}
	if t.firstByte <= 0 {
		t.firstByte = 5 * time.Second
	}
	if t.idle <= 0 {
		t.idle = 15 * time.Second
	}
	return t, nil
}

func tlsConfig(c Config) (*tls.Config, error) {
	tc := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.SkipTLSVerify} //nolint:gosec // the operator's choice
	if c.CAFile == "" {
		return tc, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, badConfig("cannot read the certificate authorities of %q: %w", c.URL, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, badConfig("file %q of %q holds no PEM certificate", c.CAFile, c.URL)
	}
	tc.RootCAs = pool
	return tc, nil
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*call)
	if c == nil {
		return t.base.RoundTrip(req)
	}
	l := countersOf(req.Context())
	l.request(c.op)
	c.noteRequest(req)
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watchdog{idle: t.idle, cancel: cancel}
	w.timer = time.AfterFunc(t.firstByte, w.bite)
	req = req.Clone(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		// The first byte of an answer comes after the last of the request; sending counts as a sign of life.
		w.timer.Reset(t.idle)
		req.Body = &watchedBody{ReadCloser: req.Body, w: w, request: true, ctx: ctx}
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		w.timer.Stop()
		if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	w.timer.Stop()
	c.noteAnswer(resp)
	body := io.ReadCloser(&watchedBody{ReadCloser: resp.Body, w: w, ctx: ctx})
	if c.op == OpRead && resp.StatusCode < 300 && l != nil {
		body = &countingReader{ReadCloser: body, l: l}
	}
	resp.Body = body
	return resp, nil
}

// watchdog cancels an exchange that shows no sign of life.
type watchdog struct {
	timer  *time.Timer
	idle   time.Duration
	cancel context.CancelCauseFunc
}

func (w *watchdog) bite() { w.cancel(errStalled) }

// watchedBody restarts the watchdog around every read. Between the reads of an answer the watchdog sleeps: a consumer
// that pauses is not a storage that stalls.
type watchedBody struct {
	io.ReadCloser
	w       *watchdog
	ctx     context.Context
	request bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.w.timer.Reset(b.w.idle)
	n, err := b.ReadCloser.Read(p)
	if !b.request {
		b.w.timer.Stop()
		if err != nil && err != io.EOF && errors.Is(context.Cause(b.ctx), errStalled) {
			err = errStalled
		}
	}
	return n, err
}

func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	if !b.request {
		b.w.timer.Stop()
		b.w.cancel(nil)
	}
	return err
}
