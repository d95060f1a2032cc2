package objstore

// idleCloser is a store, or a wrapper of one, that keeps network connections open for later requests.
type idleCloser interface{ closeIdle() }

// CloseIdle closes the connections of s that no request uses. The store stays usable. A server that is asked to stop
// waits for connections that its clients keep, so clients in the same process let them go first.
func CloseIdle(s Store) {
	if c, ok := s.(idleCloser); ok {
		c.closeIdle()
	}
}

func (s *s3Store) closeIdle()  { s.tr.base.CloseIdleConnections() }
func (r *retrying) closeIdle() { CloseIdle(r.Store) }
func (m *metered) closeIdle()  { CloseIdle(m.Store) }

// CloseIdle closes the idle connections of all stores of the set.
func (s *Set) CloseIdle() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries {
		if e.store != nil {
			CloseIdle(e.store)
		}
	}
	bucketsMu.Lock()
	defer bucketsMu.Unlock()
	for _, st := range s.buckets {
		CloseIdle(st)
	}
}
