// Package s3gateway runs an S3 server inside this process, over a directory, for the demo and for tests. It is
// versity/versitygw by its embedgw package: real signatures, conditional requests and range reads, on a free loopback
// port.
//
// One gateway runs per process: the server library keeps package-level state, and its file backend works with paths
// relative to the root directory, so starting it CHANGES THE WORKING DIRECTORY of the process to the root. Callers make
// their own relative paths absolute first. Start refuses a second gateway while one runs.
package s3gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// Options are what Start needs. Only Root is required.
type Options struct {
	// Root is the directory that is served: each folder in it is a bucket. It is created if missing.
	Root string
	// Sidecar is the directory for object metadata on file systems without user extended attributes; empty is Root with
	// ".sidecar" appended. It must not be inside Root. Which of the two ways is used stays with the directory: a
	// sidecar that exists is used again.
	Sidecar string
	// Address is the listening address; empty is a free port on 127.0.0.1.
	Address string
	// AccessKey and SecretKey are the root credentials; empty draws a random secret for the key "tarn".
	AccessKey string
	SecretKey string
	// Observe records every request, for tests that assert what was read.
	Observe bool
}

// region is the one that the gateway reports and clients sign for.
const region = "us-east-1"

// Gateway is a running server.
type Gateway struct {
	endpoint  string
	accessKey string
	secretKey string
	sidecar   bool
	log       *Log

	mu     sync.Mutex
	stores []objstore.Store
	closed bool

	cancel  context.CancelFunc
	stopped chan struct{}
	err     error // of the server; set before stopped is closed
}

// running guards against a second gateway.
var running sync.Mutex

// Start serves o.Root and returns when the server answers. The gateway runs until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Gateway, error) {
	if !running.TryLock() {
		return nil, errors.New("an S3 gateway runs in this process already")
	}
	g, err := start(ctx, o)
	if err != nil {
		running.Unlock()
		return nil, err
	}
	return g, nil
}

func start(ctx context.Context, o Options) (*Gateway, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fmt.Errorf("s3 gateway: %w", err)
	}
	if err := os.MkdirAll(root, 0o755); err != nil { //nolint:gosec // the data of a demo is no secret
		return nil, fmt.Errorf("s3 gateway: %w", err)
	}
	store, sidecar, err := metadataStore(root, o.Sidecar)
	if err != nil {
		return nil, err
	}
	backend, err := posix.New(root, store, posix.PosixOpts{})
	if err != nil {
		return nil, fmt.Errorf("s3 gateway: %w", err)
	}
	addr, err := freeAddress(o.Address)
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		endpoint: "http://" + addr, accessKey: o.AccessKey, secretKey: o.SecretKey, sidecar: sidecar,
		stopped: make(chan struct{}),
	}
	if g.accessKey == "" {
		g.accessKey, g.secretKey = "tarn", randomSecret()
	}
	g.run(ctx, backend, addr, o.Observe)
	if err := g.awaitReady(ctx); err != nil {
		g.cancel()
		<-g.stopped
		return nil, err
	}
	return g, nil
}

func (g *Gateway) run(ctx context.Context, backend *posix.Posix, addr string, observe bool) {
	cfg := &embedgw.Config{
		RootUserAccess: g.accessKey, RootUserSecret: g.secretKey, Region: region, Ports: []string{addr}, Quiet: true,
		KeepAlive: true, MaxConnections: 1024, MaxRequests: 1024, MultipartMaxParts: 10000, HealthPath: healthPath,
	}
	// Given here, or the library announces on standard output that it makes this one itself.
	cfg.IAMService = oneAccount{auth.NewIAMServiceSingle(auth.Account{Access: g.accessKey, Secret: g.secretKey, Role: auth.RoleAdmin})}
	if observe {
		g.log = &Log{}
		cfg.S3Options = append(cfg.S3Options, s3api.WithMiddleware("/", g.log.observe))
	}
	ctx, g.cancel = context.WithCancel(ctx)
	go func() {
		g.err = embedgw.RunVersityGW(ctx, backend, cfg)
		backend.Shutdown()
		close(g.stopped)
	}()
}

// oneAccount answers for an unknown access key what S3 does, InvalidAccessKeyId; the library's own answer is a 404.
type oneAccount struct{ auth.IAMService }

// GetUserAccount returns the root account.
func (a oneAccount) GetUserAccount(access string) (auth.Account, error) {
	account, err := a.IAMService.GetUserAccount(access)
	if err != nil {
		return auth.Account{}, auth.ErrNoSuchUser
	}
	return account, nil
}

// healthPath cannot be a bucket's name: those have no underscore.
const healthPath = "/_health"

// awaitReady polls until the server answers.
func (g *Gateway) awaitReady(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for range 1000 {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.endpoint+healthPath, nil)
		if err != nil {
			return fmt.Errorf("s3 gateway: %w", err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close() // nothing is read from it
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-g.stopped:
			return fmt.Errorf("s3 gateway ended at its start: %w", g.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return errors.New("s3 gateway does not answer")
}

// Close stops the server, waits for the requests under way, and lets another gateway start. Clients of the same process
// that did not come from Bucket close their idle connections first (objstore.CloseIdle), or the server waits up to ten
// seconds for them. Close may be called twice.
func (g *Gateway) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	for _, s := range g.stores {
		objstore.CloseIdle(s)
	}
	g.cancel()
	<-g.stopped
	running.Unlock()
	return g.err
}

// Endpoint is the server's URL, for example "http://127.0.0.1:41231".
func (g *Gateway) Endpoint() string { return g.endpoint }

// AccessKey and SecretKey are the credentials of the root account.
func (g *Gateway) AccessKey() string { return g.accessKey }

// SecretKey is the secret of AccessKey.
func (g *Gateway) SecretKey() string { return g.secretKey }

// Region is the region to sign requests for.
func (g *Gateway) Region() string { return region }

// Sidecar reports whether metadata is kept beside the root because its file system has no user extended attributes.
func (g *Gateway) Sidecar() bool { return g.sidecar }

// Log returns the recorded requests; nil without Options.Observe.
func (g *Gateway) Log() *Log { return g.log }

// Config is the storage configuration for one bucket of the gateway; an empty bucket gives the one for all buckets.
func (g *Gateway) Config(bucket string) objstore.Config {
	return objstore.Config{
		URL: "s3://" + bucket, Endpoint: g.endpoint, Region: region, Addressing: "path",
		Credentials: objstore.CredentialsConfig{Kind: "static", AccessKey: g.accessKey, SecretKey: g.secretKey},
	}
}

// Bucket creates a bucket if it does not exist and returns its store.
func (g *Gateway) Bucket(ctx context.Context, bucket string) (objstore.Store, error) {
	c := g.Config(bucket)
	if err := objstore.MakeBucket(ctx, c); err != nil {
		return nil, err
	}
	s, err := objstore.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	g.stores = append(g.stores, s)
	g.mu.Unlock()
	return s, nil
}

func randomSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// freeAddress finds a free loopback port. The server library takes an address, not a listener, so the port is given
// back for a moment.
func freeAddress(want string) (string, error) {
	if want != "" && !strings.HasSuffix(want, ":0") {
		return want, nil
	}
	if want == "" {
		want = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", want)
	if err != nil {
		return "", fmt.Errorf("s3 gateway: %w", err)
	}
	addr := l.Addr().String()
	return addr, l.Close()
}

// metadataStore chooses where ETags and other metadata live.
func metadataStore(root, sidecar string) (meta.MetadataStorer, bool, error) {
	if sidecar == "" {
		sidecar = strings.TrimRight(root, "/") + ".sidecar"
	}
	sidecar, err := filepath.Abs(sidecar)
	if err != nil {
		return nil, false, fmt.Errorf("s3 gateway: %w", err)
	}
	if strings.HasPrefix(sidecar, root+string(filepath.Separator)) {
		return nil, false, fmt.Errorf("s3 gateway: metadata directory %q is inside the served directory", sidecar)
	}
	_, statErr := os.Stat(sidecar)
	if statErr != nil && supportsXattrs(root) {
		return meta.XattrMeta{}, false, nil
	}
	if err := os.MkdirAll(sidecar, 0o755); err != nil { //nolint:gosec // the data of a demo is no secret
		return nil, false, fmt.Errorf("s3 gateway: %w", err)
	}
	s, err := meta.NewSideCar(sidecar)
	if err != nil {
		return nil, false, fmt.Errorf("s3 gateway: %w", err)
	}
	return s, true, nil
}

// supportsXattrs tries user extended attributes on a file of their own: tmpfs and network file systems often lack them.
func supportsXattrs(root string) bool {
	f, err := os.CreateTemp(root, ".probe-*")
	if err != nil {
		return false
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a leftover probe is harmless
	defer f.Close()           //nolint:errcheck // nothing was written
	return probeXattr(f)
}
