// Package mem is a connector whose tables are batches in memory: small reference tables, and tests of everything above
// the connectors. It takes every part of a scan request that it can: filters, join keys, limits.
package mem
