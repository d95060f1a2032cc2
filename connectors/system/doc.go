// Package system is the connector of the schemas pg_catalog, information_schema and tarn: what PostgreSQL clients ask about
// tables, columns, types and sessions, and Tarn's own ledger and crawls.
//
// The relations are true tables of the engine, answered by SQL like any other. Their layouts are PostgreSQL's own
// (layout.txt), so that a client finds every column it names; columns that mean nothing here have PostgreSQL's defaults.
// Rows come from one version of the catalog and from memory: no query of these schemas touches storage.
package system
