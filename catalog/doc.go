// Package catalog is what Tarn knows about the lake: databases, tables, columns, partitions with typed values, statistics,
// crawlers, the sources that CREATE CATALOG added, users, and the ledger of queries.
//
// The catalog is versioned: every change is one transaction that makes a new version, and a query sees exactly one version
// through its Snapshot, whatever is changed meanwhile. Package catalog/store keeps it in a relational database.
package catalog
