// Package session runs statements for a client: it parses, plans, executes, keeps settings, transactions, prepared
// statements and cursors, and meters. It knows nothing of the wire protocol: package pgwire and the command line drive it.
//
// An Engine is what all sessions of a server share; a Session belongs to one client. A session's methods are called by one
// goroutine at a time, but for Cancel, which may come from any.
package session
