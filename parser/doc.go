// Package parser turns SQL text into a syntax tree and a syntax tree into SQL text.
//
// The language is the union of PostgreSQL's queries and session commands, Trino's additions (lambdas, TRY_CAST, UNNEST
// of several arrays, SHOW and DESCRIBE forms) and Athena's Hive DDL (CREATE EXTERNAL TABLE, ALTER TABLE .. ADD
// PARTITION, MSCK REPAIR TABLE), and Tarn's own crawler and catalog statements. Where spellings collide, PostgreSQL's
// reading wins. The package knows no names of tables and no types: it resolves nothing and folds nothing but the case of
// unquoted identifiers.
//
// Syntax errors are *sqlerr.Error with PostgreSQL's SQLSTATE, wording and character position. Nesting is bounded, so
// that no input can exhaust the stack, and long chains of AND, OR and IN items stay flat.
package parser
