package objstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// s3Store is one bucket of an S3-compatible server.
type s3Store struct {
	bucket string
	client *minio.Client
	core   minio.Core
	creds  *credentials.Credentials
	origin *origin
	tr     *transport
	renews bool // the credentials can be fetched anew

	mu sync.Mutex // held while credentials are renewed
}

// uploadPart is the size of the parts of a large upload, and the largest object that is written in one request.
const uploadPart = 16 << 20

func openS3(c Config, bucket string) (*s3Store, error) {
	host, secure, err := c.endpointOf()
	if err != nil {
		return nil, err
	}
	tr, err := newTransport(c)
	if err != nil {
		return nil, err
	}
	creds, from, err := s3Credentials(c, tr)
	if err != nil {
		return nil, err
	}
	lookup, err := c.lookup()
	if err != nil {
		return nil, err
	}
	client, err := minio.New(host, &minio.Options{
		Creds: creds, Secure: secure, Transport: tr, Region: c.region(), BucketLookup: lookup,
		MaxRetries: 1, // Retrying does it, with a budget
	})
	if err != nil {
		return nil, badConfig("endpoint %q of %q: %w", c.Endpoint, c.URL, err)
	}
	client.SetAppInfo("tarn", "1")
	kind := strings.ToLower(c.Credentials.Kind)
	static := kind == "static" || kind == "anonymous" || kind == "" && c.Credentials.AccessKey != ""
	return &s3Store{bucket: bucket, client: client, core: minio.Core{Client: client}, creds: creds, origin: from, tr: tr, renews: !static}, nil
}

func (c Config) lookup() (minio.BucketLookupType, error) {
	switch strings.ToLower(c.Addressing) {
	case "", "auto":
		return minio.BucketLookupAuto, nil
	case "path":
		return minio.BucketLookupPath, nil
	case "virtual":
		return minio.BucketLookupDNS, nil
	}
	return 0, badConfig("addressing %q of %q must be auto, path or virtual", c.Addressing, c.URL)
}

// renewCredentials makes the next request fetch new credentials, because those with the access key used have expired.
// Many workers see that at once; only the first of them makes the provider fetch, the others find other credentials
// there and just try again. It reports false for credentials that cannot be fetched anew.
func (s *s3Store) renewCredentials(used string) bool {
	if !s.renews {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.creds.GetWithContext(s.client.CredContext())
	if err == nil && now.AccessKeyID == used {
		s.creds.Expire()
	}
	return true
}

// URL implements Store.
func (s *s3Store) URL(key string) string { return "s3://" + s.bucket + "/" + key }

// List implements Store.
func (s *s3Store) List(ctx context.Context, prefix string, o ListOptions) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := checkDelimiter(o); err != nil {
			yield(Object{}, err)
			return
		}
		cctx, c := withCall(ctx, OpList)
		noOwner := false
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: o.Delimiter == "", StartAfter: o.StartAfter, FetchOwner: &noOwner}
		p := listPage{after: o.StartAfter, yield: yield}
		for info := range s.client.ListObjectsIter(cctx, s.bucket, opts) {
			if n := c.pages.Load(); n != p.number {
				if p.number = n; !p.flush() {
					return
				}
			}
			if info.Err != nil {
				if p.flush() {
					yield(Object{}, s.s3Error(ctx, c, prefix, Condition{}, info.Err))
				}
				return
			}
			obj := objectOf(info)
			switch {
			case o.Delimiter != "":
				p.entries = append(p.entries, obj)
			case !p.give(obj):
				return
			}
		}
		if !p.flush() {
			return
		}
		if err := ctx.Err(); err != nil {
			yield(Object{}, err)
		}
	}
}

// listPage merges the two lists of an answer, objects and common prefixes, into one in lexical order. S3 sorts both
// together only across pages.
type listPage struct {
	number  int32
	entries []Object
	after   string // drop what is not behind it: servers repeat the folder that StartAfter lies in
	yield   func(Object, error) bool
}

func (p *listPage) give(o Object) bool {
	if o.Key <= p.after {
		return true
	}
	p.after = o.Key
	return p.yield(o, nil)
}

func (p *listPage) flush() bool {
	slices.SortFunc(p.entries, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	for _, o := range p.entries {
		if !p.give(o) {
			return false
		}
	}
	p.entries = p.entries[:0]
	return true
}

func objectOf(info minio.ObjectInfo) Object {
	if info.ETag == "" && info.LastModified.IsZero() && info.Size == 0 && strings.HasSuffix(info.Key, "/") {
		return Object{Key: info.Key, Prefix: true}
	}
	return Object{
		Key: info.Key, Size: info.Size, ETag: info.ETag, Modified: info.LastModified.UTC(), StorageClass: info.StorageClass,
	}
}

// Stat implements Store.
func (s *s3Store) Stat(ctx context.Context, key string) (Object, error) {
	if key == "" {
		return Object{}, InvalidKey(key, "it is empty")
	}
	cctx, c := withCall(ctx, OpStat)
	info, err := s.client.StatObject(cctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Object{}, s.s3Error(ctx, c, key, Condition{}, err)
	}
	info.Key = key
	return objectOf(info), nil
}

// ReadAt implements Store.
func (s *s3Store) ReadAt(ctx context.Context, obj Object, p []byte, off int64) error {
	n := int64(len(p))
	if err := checkRange(s, obj, off, n); err != nil || n == 0 {
		return err
	}
	body, c, err := s.get(ctx, obj, off, n)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // everything wanted has been read
	got, err := io.ReadFull(body, p)
	if err == nil {
		return nil
	}
	return s.bodyError(ctx, c, obj, int64(got), n, err)
}

// bodyError is the failure of a body after got of want bytes.
func (s *s3Store) bodyError(ctx context.Context, c *call, obj Object, got, want int64, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return shortBody(s.URL(obj.Key), got, want)
	}
	return transportError(c.op, s.URL(obj.Key), err)
}

// get asks for n bytes from off and checks that the answer is about these bytes of this version.
func (s *s3Store) get(ctx context.Context, obj Object, off, n int64) (io.ReadCloser, *call, error) {
	cctx, c := withCall(ctx, OpRead)
	var opts minio.GetObjectOptions
	if obj.ETag != "" {
		if err := opts.SetMatchETag(obj.ETag); err != nil {
			return nil, c, InvalidKey(obj.Key, err.Error())
		}
	}
	ranged := off > 0 || n < obj.Size
	if ranged {
		if err := opts.SetRange(off, off+n-1); err != nil {
			return nil, c, OutOfRange(s.URL(obj.Key), off, n, obj.Size)
		}
	}
	body, info, header, err := s.core.GetObject(cctx, s.bucket, obj.Key, opts)
	if err != nil {
		return nil, c, s.s3Error(ctx, c, obj.Key, Condition{}, err)
	}
	if err := s.checkAnswer(c, obj, info, header, ranged, off, n); err != nil {
		_ = body.Close() // the answer is refused anyway
		return nil, c, err
	}
	return body, c, nil
}

// checkAnswer refuses an answer about another version, other bytes, or another number of bytes.
func (s *s3Store) checkAnswer(c *call, obj Object, info minio.ObjectInfo, h http.Header, ranged bool, off, n int64) error {
	u := s.URL(obj.Key)
	if obj.ETag != "" && info.ETag != "" && info.ETag != obj.ETag {
		return Changed(u) // a server that does not know If-Match
	}
	if !ranged {
		if l := h.Get("Content-Length"); l != "" && l != strconv.FormatInt(obj.Size, 10) {
			return Changed(u)
		}
		return nil
	}
	cr := h.Get("Content-Range")
	if cr == "" {
		return BadResponse("read", u, fmt.Sprintf("the answer to a range request has status %d and no Content-Range", c.status.Load()))
	}
	first, last, total, ok := parseContentRange(cr)
	switch {
	case !ok || first != off || last != off+n-1:
		return BadResponse("read", u, fmt.Sprintf("asked for bytes %d-%d, the answer says %q", off, off+n-1, cr))
	case total >= 0 && total != obj.Size:
		return Changed(u)
	}
	return nil
}

// parseContentRange reads "bytes first-last/total"; a total of "*" is -1.
func parseContentRange(h string) (first, last, total int64, ok bool) {
	h, ok = strings.CutPrefix(h, "bytes ")
	if !ok {
		return 0, 0, 0, false
	}
	span, size, ok := strings.Cut(h, "/")
	if !ok {
		return 0, 0, 0, false
	}
	a, b, ok := strings.Cut(span, "-")
	if !ok {
		return 0, 0, 0, false
	}
	first, err1 := strconv.ParseInt(a, 10, 64)
	last, err2 := strconv.ParseInt(b, 10, 64)
	total = -1
	var err3 error
	if size != "*" {
		total, err3 = strconv.ParseInt(size, 10, 64)
	}
	return first, last, total, err1 == nil && err2 == nil && err3 == nil && first >= 0 && last >= first
}

// Open implements Store.
func (s *s3Store) Open(ctx context.Context, obj Object, off int64) (io.ReadCloser, error) {
	if err := checkRange(s, obj, off, 0); err != nil {
		return nil, err
	}
	left := obj.Size - off
	if left == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	body, c, err := s.get(ctx, obj, off, left)
	if err != nil {
		return nil, err
	}
	return &s3Body{ReadCloser: body, s: s, ctx: ctx, c: c, obj: obj, left: left, want: left}, nil
}

// s3Body gives the errors of a body our form, and an error to a body that ends early.
type s3Body struct {
	io.ReadCloser
	s          *s3Store
	ctx        context.Context
	c          *call
	obj        Object
	left, want int64
}

func (b *s3Body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	switch {
	case b.left == 0:
		return n, io.EOF
	case err != nil:
		return n, b.s.bodyError(b.ctx, b.c, b.obj, b.want-b.left, b.want, err)
	}
	return n, nil
}

// Put implements Store.
func (s *s3Store) Put(ctx context.Context, key string, r io.Reader, size int64, c Condition) (Object, error) {
	if err := checkPut(key, size, c); err != nil {
		return Object{}, err
	}
	opts := minio.PutObjectOptions{
		PartSize: uploadPart, ContentType: "application/octet-stream",
		// The signed form of an empty body has bytes behind it that some servers leave on the connection.
		DisableContentSha256: size == 0,
	}
	switch {
	case c.IfAbsent:
		opts.SetMatchETagExcept("*")
	case c.IfMatch != "":
		opts.SetMatchETag(c.IfMatch)
	}
	cctx, call := withCall(ctx, OpPut)
	body := newExactReader(s.URL(key), r, size)
	if size == 0 { // no byte of an empty body is ever asked for
		if err := body.probe(); err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
			return Object{}, err
		}
	}
	info, err := s.client.PutObject(cctx, s.bucket, key, body, size, opts)
	if body.err != nil && body.err != io.EOF { //nolint:errorlint // a reader ends with io.EOF itself; a wrapped one is a failure
		err = body.err // the client library hides why the content ended
		if sqlerr.As(err) == nil {
			return Object{}, sqlerr.New(sqlerr.IOError, "cannot read the content for %q: %w", s.URL(key), err)
		}
	}
	if err != nil {
		return Object{}, s.s3Error(ctx, call, key, c, err)
	}
	obj := Object{Key: key, Size: size, ETag: strings.Trim(info.ETag, `"`), Modified: info.LastModified.UTC()}
	if info.LastModified.IsZero() {
		obj.Modified = time.Now().UTC()
	}
	return obj, nil
}

// Delete implements Store.
func (s *s3Store) Delete(ctx context.Context, key string) error {
	cctx, c := withCall(ctx, OpDelete)
	err := s.client.RemoveObject(cctx, s.bucket, key, minio.RemoveObjectOptions{})
	if err == nil || minio.ToErrorResponse(err).Code == "NoSuchKey" {
		return nil
	}
	return s.s3Error(ctx, c, key, Condition{}, err)
}

// MakeBucket creates the bucket of c when it does not exist. It is for the demo and for tests; production buckets are
// made by their owners.
func MakeBucket(ctx context.Context, c Config) error {
	l, err := ParseURL(c.URL)
	if err != nil {
		return err
	}
	s, err := openS3(c, l.Bucket)
	if err != nil {
		return err
	}
	defer s.closeIdle()
	cctx, call := withCall(ctx, OpPut)
	err = s.client.MakeBucket(cctx, l.Bucket, minio.MakeBucketOptions{Region: c.region()})
	if err == nil {
		return nil
	}
	switch minio.ToErrorResponse(err).Code {
	case "BucketAlreadyOwnedByYou", "BucketAlreadyExists":
		return nil
	}
	return s.s3Error(ctx, call, "", Condition{}, err)
}
