// Package connectors is the contract between the engine and its sources (the SPI): the lake on object storage, key-value
// stores, relational databases, the system catalog, memory.
//
// A Connector is one opened source and appears in SQL as a catalog. Its tables answer one negotiation: the planner
// offers a ScanRequest (columns, filters, limit, slots for filters that joins will learn), the table answers with a Scan
// and a verdict for every filter. A new kind of pushdown is a new field of ScanRequest, never a new method, and a
// connector ignores the fields that it does not know.
//
// A Scan is cut into splits, lazily. Workers of the engine take splits from one queue; each worker owns a Reader, so that
// buffers and decoders live as long as the worker does, not as long as a split.
//
// Connectors know nothing of SQL text or of the planner: filters arrive as column-against-constant predicates where they
// can be said so, and always as a Matcher that evaluates them on vectors.
package connectors
