package kv

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Store is a key-value store on Pebble. It is safe for concurrent use.
//
// Layout of Pebble's keys: 'm' table: the definition as JSON; 'r' table 00 row key: the row exists; 'f' table 00 family 00
// row key, 00, qualifier, two bytes of the qualifier's length: a cell.
type Store struct {
	db   *pebble.DB
	path string
	read atomic.Int64
}

// RowsRead returns how many rows scans have read since the store was opened, those that a filter dropped included.
func (s *Store) RowsRead() int64 { return s.read.Load() }

// Options are how a store is opened.
type Options struct {
	// Create makes the store when it is missing.
	Create   bool
	ReadOnly bool
}

// Open opens the store in a directory.
func Open(path string, o Options) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !o.Create {
		return nil, sqlerr.New(sqlerr.UndefinedFile, "the key-value store %s does not exist", path).
			WithHint("connection-url is the folder of a Pebble store that tarn made")
	}
	if held, err := pebble.Peek(path, vfs.Default); err == nil && !held.Exists && !o.Create {
		return nil, sqlerr.New(sqlerr.UndefinedFile, "the folder %s holds no key-value store", path).
			WithHint("connection-url is the folder of a Pebble store that tarn made")
	}
	db, err := pebble.Open(path, &pebble.Options{ReadOnly: o.ReadOnly, Logger: quiet{}, ErrorIfNotExists: !o.Create})
	if errors.Is(err, syscall.EAGAIN) {
		return nil, sqlerr.New(sqlerr.ObjectInUse, "another process has the key-value store %s open", path).
			WithHint("one process at a time opens a store: ask the Tarn that runs, or stop it")
	}
	if err != nil {
		return nil, sqlerr.New(sqlerr.IOError, "cannot open the key-value store %s: %w", path, err)
	}
	return &Store{db: db, path: path}, nil
}

// quiet drops Pebble's log.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic(sqlerr.New(sqlerr.IOError, "key-value store: "+format, args...))
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

func metaKey(table string) []byte { return append([]byte{'m'}, table...) }

// rowPrefix is the beginning of the keys that say which rows exist.
func rowPrefix(table string) []byte { return append(append([]byte{'r'}, table...), 0) }

// familyPrefix is the beginning of the keys of a family's cells.
func familyPrefix(table, family string) []byte {
	return append(append(append(append([]byte{'f'}, table...), 0), family...), 0)
}

// appendCellKey appends the key of a cell. Row keys end in themselves, so the qualifier follows with its length at the end.
func appendCellKey(dst, row []byte, qualifier string) []byte {
	dst = append(append(append(dst, row...), 0), qualifier...)
	return append(dst, byte(len(qualifier)>>8), byte(len(qualifier)))
}

// splitCellKey returns the row key and the qualifier of a cell key without its family's prefix.
func splitCellKey(key []byte) (row, qualifier []byte, ok bool) {
	if len(key) < 3 {
		return nil, nil, false
	}
	n := int(key[len(key)-2])<<8 | int(key[len(key)-1])
	at := len(key) - 2 - n
	if at < 1 || key[at-1] != 0 {
		return nil, nil, false
	}
	return key[:at-1], key[at : at+n], true
}

// CreateTable stores a definition.
func (s *Store) CreateTable(d Definition) error {
	if err := d.Check(); err != nil {
		return err
	}
	if strings.IndexByte(d.Name, 0) >= 0 {
		return sqlerr.New(sqlerr.InvalidName, "a table's name cannot hold a zero byte")
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return s.db.Set(metaKey(d.Name), body, pebble.Sync)
}

// DropTable removes a table and its rows.
func (s *Store) DropTable(name string) error {
	d, err := s.Definition(name)
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close() //nolint:errcheck // Commit tells
	prefixes := [][]byte{rowPrefix(name)}
	for _, f := range d.families() {
		prefixes = append(prefixes, familyPrefix(name, f))
	}
	for _, p := range prefixes {
		if err := b.DeleteRange(p, successor(p), nil); err != nil {
			return err
		}
	}
	if err := b.Delete(metaKey(name), nil); err != nil {
		return err
	}
	return b.Commit(pebble.Sync)
}

func (d *Definition) families() []string {
	var out []string
	for _, c := range d.Columns {
		if !slices.Contains(out, c.Family) {
			out = append(out, c.Family)
		}
	}
	return out
}

// Definition returns a table's definition.
func (s *Store) Definition(name string) (*Definition, error) {
	body, closer, err := s.db.Get(metaKey(name))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, sqlerr.New(sqlerr.UndefinedTable, "relation %q does not exist", name)
	}
	if err != nil {
		return nil, s.fault(err)
	}
	defer closer.Close() //nolint:errcheck // it only unpins memory
	d := new(Definition)
	if err := json.Unmarshal(body, d); err != nil {
		return nil, sqlerr.New(sqlerr.DataCorrupted, "the definition of key-value table %q cannot be read: %w", name, err)
	}
	return d, nil
}

func (s *Store) fault(err error) error {
	return sqlerr.New(sqlerr.IOError, "cannot read the key-value store %s: %w", s.path, err)
}

// Tables lists the tables by name.
func (s *Store) Tables() ([]string, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{'m'}, UpperBound: []byte{'m' + 1}})
	if err != nil {
		return nil, s.fault(err)
	}
	defer it.Close() //nolint:errcheck // Error tells
	var out []string
	for it.First(); it.Valid(); it.Next() {
		out = append(out, string(it.Key()[1:]))
	}
	if err := it.Error(); err != nil {
		return nil, s.fault(err)
	}
	return out, nil
}

// Writer puts rows into a table, many at a time. Close makes them durable.
type Writer struct {
	store *Store
	def   *Definition
	batch *pebble.Batch
	row   []byte
	key   []byte
}

// NewWriter returns a writer of a table.
func (s *Store) NewWriter(table string) (*Writer, error) {
	d, err := s.Definition(table)
	if err != nil {
		return nil, err
	}
	return &Writer{store: s, def: d, batch: s.db.NewBatch()}, nil
}

// writerBatch is how many bytes a Writer collects before it writes them.
const writerBatch = 4 << 20

// Put stores a row: values of the key columns, then of the cell columns in the order of the definition. A NULL cell is not
// stored; a cell that was there before stays.
func (w *Writer) Put(values []schema.Value) error {
	if len(values) != len(w.def.Key)+len(w.def.Columns) {
		return sqlerr.New(sqlerr.InvalidParameterValue, "%d values for %d columns of key-value table %q", len(values), len(w.def.Key)+len(w.def.Columns), w.def.Name)
	}
	w.row = w.row[:0]
	for i, k := range w.def.Key {
		if !values[i].Valid {
			return sqlerr.New(sqlerr.NotNullViolation, "null value in key column %q", k.Name)
		}
		v := values[i]
		v.Type = k.Type
		w.row = appendKey(w.row, v, k.Descending)
	}
	if err := w.batch.Set(append(rowPrefix(w.def.Name), w.row...), nil, nil); err != nil {
		return w.store.fault(err)
	}
	for i, c := range w.def.Columns {
		v := values[len(w.def.Key)+i]
		if !v.Valid {
			continue
		}
		if c.Qualifier != "*" {
			v.Type = c.Type
			if err := w.cell(c.Family, c.Qualifier, encodeCell(v)); err != nil {
				return err
			}
			continue
		}
		for j := 0; j+1 < len(v.Elems); j += 2 {
			if err := w.cell(c.Family, v.Elems[j].S, []byte(v.Elems[j+1].S)); err != nil {
				return err
			}
		}
	}
	if w.batch.Len() < writerBatch {
		return nil
	}
	return w.flush(pebble.NoSync)
}

func (w *Writer) cell(family, qualifier string, value []byte) error {
	if len(qualifier) > 1<<15 {
		return sqlerr.New(sqlerr.NameTooLong, "a qualifier of %d bytes is too long", len(qualifier))
	}
	w.key = appendCellKey(append(w.key[:0], familyPrefix(w.def.Name, family)...), w.row, qualifier)
	if err := w.batch.Set(w.key, value, nil); err != nil {
		return w.store.fault(err)
	}
	return nil
}

func (w *Writer) flush(o *pebble.WriteOptions) error {
	if err := w.batch.Commit(o); err != nil {
		return w.store.fault(err)
	}
	w.batch.Reset()
	return nil
}

// Close writes what is left and waits until all rows are durable.
func (w *Writer) Close() error {
	defer w.batch.Close() //nolint:errcheck // Commit tells
	return w.flush(pebble.Sync)
}
