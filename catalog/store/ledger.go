package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"iter"
	"sync"
	"time"

	"github.com/tarnsql/tarn/catalog"
)

// ledger implements catalog.Ledger. One goroutine writes: entries that arrive while it commits go into its next
// transaction together.
type ledger struct {
	store  *Store
	server string // tells the entries of this process from others'
	queue  chan ledgerWrite
	done   sync.WaitGroup
}

type ledgerWrite struct {
	entry catalog.LedgerEntry
	ack   chan error // nil: nobody waits
}

// ledgerBatch is the greatest number of entries of one transaction.
const ledgerBatch = 256

func newLedger(s *Store) *ledger {
	l := &ledger{store: s, server: rand.Text(), queue: make(chan ledgerWrite, ledgerBatch)}
	l.done.Go(l.write)
	return l
}

// Begin queues an entry in state running; it does not wait for the disk.
func (l *ledger) Begin(ctx context.Context, e *catalog.LedgerEntry) error {
	return l.enqueue(ctx, ledgerWrite{entry: *e})
}

// Finish writes the final entry and returns when it is in the file.
func (l *ledger) Finish(ctx context.Context, e *catalog.LedgerEntry) error {
	ack := make(chan error, 1)
	if err := l.enqueue(ctx, ledgerWrite{entry: *e, ack: ack}); err != nil {
		return err
	}
	select {
	case err := <-ack:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *ledger) enqueue(ctx context.Context, w ledgerWrite) error {
	select {
	case l.queue <- w:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *ledger) close() {
	close(l.queue)
	l.done.Wait()
}

func (l *ledger) write() {
	batch := make([]ledgerWrite, 0, ledgerBatch)
	for w := range l.queue {
		batch = append(batch[:0], w)
	fill:
		for len(batch) < ledgerBatch {
			select {
			case w, ok := <-l.queue:
				if !ok {
					break fill
				}
				batch = append(batch, w)
			default:
				break fill
			}
		}
		err := l.commit(batch)
		for _, w := range batch {
			if w.ack != nil {
				w.ack <- err
			}
		}
	}
}

func (l *ledger) commit(batch []ledgerWrite) error {
	l.store.writing.Lock()
	defer l.store.writing.Unlock()
	tx, err := l.store.record.Begin()
	if err != nil {
		return l.store.fault("write the ledger of", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	for _, w := range batch {
		body, err := json.Marshal(&w.entry)
		if err != nil {
			return l.store.fault("write the ledger of", err)
		}
		// A Begin that comes after its Finish must not reopen the entry.
		if _, err := tx.Exec(`INSERT INTO ledger VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
			SET state = excluded.state, body = excluded.body WHERE excluded.state <> 'running'`,
			w.entry.ID, w.entry.Started.UnixMicro(), string(w.entry.State), l.server, body); err != nil {
			return l.store.fault("write the ledger of", err)
		}
	}
	return l.store.fault("write the ledger of", tx.Commit())
}

// Entries returns entries, newest first.
func (l *ledger) Entries(ctx context.Context, since time.Time) iter.Seq2[catalog.LedgerEntry, error] {
	return func(yield func(catalog.LedgerEntry, error) bool) {
		rows, err := l.store.read.QueryContext(ctx, "SELECT state, body FROM ledger WHERE started >= ? ORDER BY started DESC, id", since.UnixMicro())
		if err != nil {
			yield(catalog.LedgerEntry{}, l.store.fault("read the ledger of", err))
			return
		}
		defer rows.Close() //nolint:errcheck // Err tells what Close would
		for rows.Next() {
			var state string
			var body []byte
			var e catalog.LedgerEntry
			if err = rows.Scan(&state, &body); err == nil {
				err = json.Unmarshal(body, &e)
			}
			e.State = catalog.QueryState(state)
			if !yield(e, l.store.fault("read the ledger of", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(catalog.LedgerEntry{}, l.store.fault("read the ledger of", err))
		}
	}
}

// MarkLost sets the entries that other processes left in state running to lost. A server calls it when it starts, being the
// only one that runs statements on this file.
func (s *Store) MarkLost(ctx context.Context) (int64, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	r, err := s.record.ExecContext(ctx, "UPDATE ledger SET state = 'lost' WHERE state = 'running' AND server <> ?", s.ledger.server)
	if err != nil {
		return 0, s.fault("write the ledger of", err)
	}
	return r.RowsAffected()
}
