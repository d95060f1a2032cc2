// Package json reads files of JSON objects: one a line, one after the other, or in a top-level array.
//
// # What a record is
//
// A record is an object. A file whose first object ends on its first line is JSON lines: a line break is then the end of a
// record everywhere, so that workers share the file line by line. In other files (arrays, indented objects) the end of
// each record is found by scanning. Every record is checked against RFC 8259, needed or not, to a depth of 512. A
// byte order mark at the beginning is skipped. A malformed record is an error that names the place; in JSON lines whose table
// ignores malformed values it is a row of NULLs.
//
// # What a value is
//
// Keys are matched exactly, and where no column matches exactly without regard to case; of equal keys the last counts. A
// missing key and null are NULL. Text columns take any value, other than strings in its JSON form. Numbers may stand in
// strings; integers may be written with an exponent or a fraction of zero; times must be ISO 8601 strings, and those with
// an offset are turned to UTC. Objects are rows or maps, arrays are arrays; binary is base64. Escapes of lone
// surrogates become U+FFFD; text that is not UTF-8 is malformed. A value that its column's type cannot hold is an error that
// names the place, or NULL if the table ignores malformed values.
package json
