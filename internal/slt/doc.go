// Package slt runs SQL logic tests: text files of statements with the answers they must give, over any connection
// that speaks PostgreSQL's protocol. It runs Tarn end to end, a real PostgreSQL, and, with [Compare], the same file on
// both to find where they differ.
//
// # Files
//
// A file (*.slt) is a list of records separated by blank lines. A line that starts with # between records is a
// comment. A record is a header line, the SQL below it up to a blank line, and for queries the expected rows:
//
//	statement ok
//	create table t (a int, b text)
//
//	statement count 2
//	insert into t values (1, 'x'), (2, null)
//
//	statement error 42P01 relation "nowhere" does not exist
//	select * from nowhere
//
//	query IT rowsort
//	select a, b from t
//	----
//	1 | x
//	2 | NULL
//
// The headers:
//
//   - "statement ok": the SQL (one or several statements) succeeds; rows it returns are not looked at.
//   - "statement count N": it succeeds and its command tag reports N rows.
//   - "statement error SQLSTATE [REGEXP]": it fails with that SQLSTATE ("*" is any) and a message that matches the
//     regular expression. The message is the server's text without severity and code.
//   - "statement notice REGEXP": it succeeds, and the message of a notice that it raised matches the regular expression.
//     Needs a [Target] with a DSN.
//   - "query TYPES [nosort|rowsort|valuesort] [names|oids] [LABEL]": it succeeds with the rows after the line "----".
//     TYPES has one letter a column, checked against the type the server announces: B boolean, I integer or oid,
//     R numeric or floating point, F the same compared with a relative tolerance of 1e-9 where the type is floating
//     point, T text of any kind, D date, time, timestamp or interval, A array, O any other type, ? not checked.
//     With rowsort the rows are compared as a set with duplicates, with valuesort the values are. Two queries with the
//     same LABEL in one file must have the same rows. With names the first expected line has the column names; with
//     oids it has name:type, the type as PostgreSQL's catalog names it or the OID's number.
//   - "connection NAME": the records after it run on another connection, opened on first use, until the next such
//     line. The file begins on the connection named "default".
//   - "onlyif CONFIG...", "skipif CONFIG...": before a record's header; the record runs only if one, or unless one, of
//     the named configurations is among [Target.Configs].
//
// "${NAME}" in SQL is replaced by [Target.Vars]' value where it has one.
//
// # Rows
//
// A row is one line, its values separated by "|" with any white space around it. NULL is a null. A value is written
// bare where that is unambiguous; in double quotes with Go's escapes where it is empty, is the word NULL, starts with
// a double quote, has white space at an end, or contains "|", a control character or invalid UTF-8. A row without
// columns is "()". Values are the server's text format.
//
// # Rewriting
//
// With the test flag -rewrite (the one that package datadriven defines) the file is written again with the answers
// the server gave: types, rows, and the SQLSTATE of statements that are expected to fail. Whether a statement
// succeeds is never rewritten. Read the difference before committing it.
package slt
