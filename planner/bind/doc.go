// Package bind turns a syntax tree into a logical plan: it finds what names mean in the catalogs, decides types by
// PostgreSQL's rules, and raises PostgreSQL's errors where a statement means nothing.
//
// One binder serves one statement. Its methods panic with a failure, which the entry points turn into an error: a tree is
// deep, and every step of it may fail.
package bind
