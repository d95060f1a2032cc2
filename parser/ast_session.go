package parser

// SetScope is how long a setting lasts.
type SetScope uint8

// The scopes. SetDefaultScope is a plain SET and means the session.
const (
	SetDefaultScope SetScope = iota
	SetSession
	SetLocal
)

// Set is SET name = values. The special forms are settings as in PostgreSQL: SET TIME ZONE is timezone, SET NAMES is
// client_encoding, SET SCHEMA is search_path, SET ROLE is role, SET SESSION AUTHORIZATION is session_authorization.
type Set struct {
	Loc
	Scope SetScope
	// Name is in lower case; a setting with a namespace has a dot.
	Name string
	// Values are the values as text: what an identifier, a string or a number spells. Default is SET .. TO DEFAULT and
	// SET TIME ZONE LOCAL, when there are no values.
	Values  []string
	Default bool
	// Interval says that the value is an offset written as INTERVAL '+02:00' HOUR TO MINUTE.
	Interval bool
}

// Reset is RESET name; Name is "" for RESET ALL.
type Reset struct {
	Loc
	Name string
}

// Discard is DISCARD target; Target is "ALL", "PLANS", "SEQUENCES" or "TEMP".
type Discard struct {
	Loc
	Target string
}

// Use is Trino's USE [catalog.]schema. Catalog is "" when absent.
type Use struct {
	Loc
	Catalog string
	Schema  string
}

// AccessMode is READ ONLY or READ WRITE.
type AccessMode uint8

// The access modes.
const (
	DefaultAccess AccessMode = iota
	ReadOnly
	ReadWrite
)

// DeferrableMode is DEFERRABLE or NOT DEFERRABLE.
type DeferrableMode uint8

// The deferrable modes.
const (
	DefaultDeferrable DeferrableMode = iota
	Deferrable
	NotDeferrable
)

// TransactionModes are the modes of BEGIN, START TRANSACTION and SET TRANSACTION. Isolation is in lower case, such as
// "read committed", and "" when not given.
type TransactionModes struct {
	Loc
	Isolation  string
	Access     AccessMode
	Deferrable DeferrableMode
}

// SetTransaction is SET TRANSACTION and SET SESSION CHARACTERISTICS AS TRANSACTION.
type SetTransaction struct {
	Loc
	Session bool
	Modes   TransactionModes
}

// Begin is BEGIN, or START TRANSACTION with Start.
type Begin struct {
	Loc
	Start bool
	Modes TransactionModes
}

// Commit is COMMIT and END. Chain is AND CHAIN.
type Commit struct {
	Loc
	Chain bool
}

// Rollback is ROLLBACK and ABORT. Chain is AND CHAIN.
type Rollback struct {
	Loc
	Chain bool
}

// Savepoint is SAVEPOINT name.
type Savepoint struct {
	Loc
	Name string
}

// Release is RELEASE [SAVEPOINT] name.
type Release struct {
	Loc
	Name string
}

// RollbackTo is ROLLBACK TO [SAVEPOINT] name.
type RollbackTo struct {
	Loc
	Name string
}

// Listen is LISTEN channel.
type Listen struct {
	Loc
	Channel string
}

// Notify is NOTIFY channel [, 'payload'].
type Notify struct {
	Loc
	Channel string
	Payload string
}

// Unlisten is UNLISTEN channel; Channel is "" for UNLISTEN *.
type Unlisten struct {
	Loc
	Channel string
}

// Lock is LOCK TABLE. Mode is in upper case, such as "ACCESS SHARE"; "" is the default.
type Lock struct {
	Loc
	Tables []Name
	Mode   string
	NoWait bool
}

// KillQuery is KILL [QUERY] id: it cancels a running query.
type KillQuery struct {
	Loc
	ID string
}

// Call is CALL procedure(args).
type Call struct {
	Loc
	Name Name
	Args []Expr
}
