// Package jdbc is the connector of relational databases: SQLite and PostgreSQL. Its name and its properties are those of the
// JDBC connectors that people know from Trino.
//
// A scan is one SELECT: the columns that are needed, the filters that the database decides exactly as Tarn does, as
// parameters, and LIMIT. What a database might decide otherwise (text order under its collation, dates that SQLite keeps as
// text) stays with the engine. Rows come in the database's binary form and are decoded straight into vectors.
package jdbc
