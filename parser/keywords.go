package parser

import (
	"github.com/tarnsql/tarn/parser/keywords"
)

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

// classes are the classes of the words.
var classes = map[keywords.Class]keywordClass{keywords.Unreserved: unreserved, keywords.ColName: colName, keywords.TypeFuncName: typeFuncName,
	keywords.Reserved: reserved}

const longestKeyword = 32

var words = makeWords()

func makeWords() map[string]keyword {
	m := make(map[string]keyword, 512)
	for _, k := range keywords.All() {
		m[k.Word] = keyword{k.Word, classes[k.Class], k.Bare}
	}
	m["qualify"] = keyword{"qualify", unreserved, false} // a clause that PostgreSQL lacks
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
	if k, ok := words[string(buf[:len(s)])]; ok {
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
