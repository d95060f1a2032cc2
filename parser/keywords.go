package parser

import "strings"

// keywordClass is PostgreSQL's division of keywords by where they may be names (its manual, appendix C).
type keywordClass uint8

const (
	// unreserved may be any name. The class of an identifier, quoted or not, is 0.
	unreserved keywordClass = iota + 1
	// colName may be a column or table name, not a function or type name: the word begins special syntax.
	colName
	// typeFuncName may be a function or type name, not a column or table name.
	typeFuncName
	// reserved is a name only after AS or a dot.
	reserved
)

type keyword struct {
	// word is the only copy of the keyword's text, so that tokens need not allocate.
	word  string
	class keywordClass
	// bare says that the word may be a column label without AS.
	bare bool
}

const unreservedWords = `
abort absolute access action add admin after aggregate also alter always asensitive assertion assignment at
atomic attach attribute backward before begin breadth by cache call called cascade cascaded catalog chain
characteristics checkpoint class close cluster columns comment comments commit committed compression
configuration conflict connection constraints content continue conversion copy cost csv cube current cursor
cycle data database day deallocate declare defaults deferred definer delete delimiter delimiters depends depth
detach dictionary disable discard document domain double drop each enable encoding encrypted enum escape event
exclude excluding exclusive execute explain expression extension external family filter finalize first
following force forward function functions generated global granted groups handler header hold hour identity
if immediate immutable implicit import include including increment index indexes inherit inherits inline input
insensitive insert instead invoker isolation key label language large last leakproof level listen load local
location lock locked logged mapping match matched materialized maxvalue merge method minute minvalue mode
month move name names new next nfc nfd nfkc nfkd no normalized nothing notify nowait nulls object of off oids
old operator option options ordinality others over overriding owned owner parallel parameter parser partial
partition passing password plans policy preceding prepare prepared preserve prior privileges procedural
procedure procedures program publication quote range read reassign recheck recursive ref referencing refresh
reindex relative release rename repeatable replace replica reset restart restrict return returns revoke role
rollback rollup routine routines rows rule savepoint schema schemas scroll search second security sequence
sequences serializable server session set sets share show simple skip snapshot sql stable standalone start
statement statistics stdin stdout storage stored strict strip subscription support sysid system tables
tablespace temp template temporary text ties transaction transform trigger truncate trusted type types uescape
unbounded uncommitted unencrypted unknown unlisten unlogged until update vacuum valid validate validator value
varying version view views volatile whitespace within without work wrapper write xml year yes zone`

const colNameWords = `
between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout
int integer interval least national nchar none normalize nullif numeric out overlay position precision real
row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement
xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`

const typeFuncNameWords = `
authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left
like natural notnull outer overlaps right similar tablesample verbose`

const reservedWords = `
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
distinct do else end except false fetch for foreign from grant group having in initially intersect into
lateral leading limit localtime localtimestamp not null offset on only or order placing primary references
returning select session_user some symmetric table then to trailing true union unique user using variadic when
where window with`

// Words that cannot be a column label without AS, because they continue an expression or begin a clause. The last one
// is a clause that PostgreSQL lacks.
const notBareWords = `
array as char character create day except fetch filter for from grant group having hour intersect into isnull
limit minute month notnull offset on order over overlaps precision returning second to union varying where
window with within without year qualify`

const longestKeyword = 32

var keywords = makeKeywords()

func makeKeywords() map[string]keyword {
	m := make(map[string]keyword, 512)
	add := func(words string, class keywordClass) {
		for _, w := range strings.Fields(words) {
			m[w] = keyword{w, class, true}
		}
	}
	add(unreservedWords, unreserved)
	add("qualify", unreserved)
	add(colNameWords, colName)
	add(typeFuncNameWords, typeFuncName)
	add(reservedWords, reserved)
	for _, w := range strings.Fields(notBareWords) {
		k := m[w]
		k.bare = false
		m[w] = k
	}
	return m
}

// lookupWord returns the folded form of an unquoted identifier and its keyword entry. Only ASCII letters fold, as in a
// PostgreSQL database with a multi-byte encoding.
func lookupWord(s string) (string, keyword) {
	if len(s) > longestKeyword {
		return foldName(s), keyword{bare: true}
	}
	var buf [longestKeyword]byte
	folded := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
			folded = true
		}
		buf[i] = c
	}
	if k, ok := keywords[string(buf[:len(s)])]; ok {
		return k.word, k
	}
	if !folded {
		return s, keyword{bare: true}
	}
	return string(buf[:len(s)]), keyword{bare: true}
}

// foldName returns s with its ASCII letters in lower case.
func foldName(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
