// Package store keeps the catalog and the ledger in a SQLite file.
//
// Every object (database, table, source, crawler) is a row with the range of versions in which it exists: a change closes the
// old row and inserts a new one, and nothing is overwritten. A snapshot is therefore just a version number, needs no
// transaction, and old versions can be read back. Partitions are rows of their own with the same ranges, so adding one
// day to a table of a million partitions writes one row.
//
// The file is in WAL mode. Changes of the catalog are synced to disk before they are acknowledged. Ledger entries are
// written before a statement's answer ends, and survive the death of the process at any time; whether they are also synced
// one by one, against a power cut, is Options.SyncLedger.
package store
