// Package csv reads delimited text: CSV after RFC 4180, TSV, and the text tables of Hive.
//
// # What a record is
//
// Fields are separated by the delimiter, records by line breaks (LF or CR LF). A field that begins with the quote character
// ends at the next quote that is neither doubled nor escaped, and may hold delimiters and line breaks; a quote
// elsewhere is text. Where the escape character differs from the quote character it takes the meaning from the character
// after it, in quotes and outside, but for a line break outside quotes. A byte order mark at the beginning and
// empty lines anywhere are skipped. Text must be UTF-8.
//
// # What a value is
//
// A field that is not quoted and equals the table's null text is NULL, an empty field of a type other than text too. A value
// that its column's type cannot hold is an error that names the place, or NULL if the table ignores malformed values.
// Missing fields at the end of a record are NULL; more fields than the header (or, without header, the table) has are an
// error, but for one empty field that a delimiter at the end of the line makes.
//
// With header lines and without FixedHeader the first line of each file names its columns: files of one table may hold them
// in different order, or lack some, which are NULL then. A header that names none of the table's columns is an error.
package csv
