package objstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Set finds the store for a URL among those configured. It is safe for concurrent use.
type Set struct {
	mu      sync.RWMutex
	entries []setEntry // longest root first
	buckets map[string]Store
	open    func(context.Context, Config) (Store, error)
}

// setEntry is one configured store, or with config set a template for all buckets of its scheme.
type setEntry struct {
	root   string // normal form of the URL, ending in a slash
	store  Store
	config *Config
}

// NewSet opens the configured stores. A Config whose URL is "s3://" serves every bucket that no other Config names.
func NewSet(ctx context.Context, configs ...Config) (*Set, error) {
	s := &Set{buckets: map[string]Store{}, open: Open}
	for _, c := range configs {
		if isTemplate(c.URL) {
			s.entries = append(s.entries, setEntry{root: "s3://", config: &c})
			continue
		}
		store, err := Open(ctx, c)
		if err != nil {
			return nil, err
		}
		if err := s.Add(c.URL, store); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func isTemplate(url string) bool { return strings.TrimRight(url, "/") == "s3:" }

// Add makes store answer for the URLs below url. For s3 and mem URLs the store is the whole bucket, for file URLs it is
// the directory.
func (s *Set) Add(url string, store Store) error {
	l, err := ParseURL(url)
	if err != nil {
		return err
	}
	e := setEntry{store: store}
	if l.Scheme == "file" {
		e.root = strings.TrimSuffix(l.String(), "/") + "/"
	} else {
		e.root = l.Scheme + "://" + l.Bucket + "/"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, e)
	slices.SortStableFunc(s.entries, func(a, b setEntry) int { return cmp.Compare(len(b.root), len(a.root)) })
	return nil
}

// Resolve returns the store that holds url and the key of url in it.
func (s *Set) Resolve(ctx context.Context, url string) (Store, string, error) {
	l, err := ParseURL(url)
	if err != nil {
		return nil, "", err
	}
	full := l.String()
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries {
		switch {
		case full+"/" == e.root && e.config == nil:
			return e.store, "", nil
		case !strings.HasPrefix(full, e.root):
			continue
		case e.config != nil:
			store, err := s.bucket(ctx, l, *e.config)
			return store, l.Key, err
		}
		return e.store, full[len(e.root):], nil
	}
	return nil, "", sqlerr.New(sqlerr.InvalidParameterValue, "no storage is configured for %q", url).
		WithHint("Add its bucket or directory to the server's storage configuration.")
}

// bucket opens a bucket by the template, once. It needs its own lock because Resolve holds s.mu for reading only.
func (s *Set) bucket(ctx context.Context, l Location, c Config) (Store, error) {
	bucketsMu.Lock()
	defer bucketsMu.Unlock()
	if st, ok := s.buckets[l.Bucket]; ok {
		return st, nil
	}
	c.URL = "s3://" + l.Bucket
	st, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	s.buckets[l.Bucket] = st
	return st, nil
}

// bucketsMu guards the buckets of all sets: opening one does no I/O, so there is nothing to win from more locks.
var bucketsMu sync.Mutex
