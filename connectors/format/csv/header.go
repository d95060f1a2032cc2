package csv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// verdict is what the records say about a header.
type verdict struct {
	is, decided bool
	why         string
}

// headerScore is the least share of text columns whose first value differs in kind from the others that makes it a header.
const headerScore = 0.3

// header decides whether the first record is a header. It is none when a cell of it cannot be a name or comes again below;
// it is one when a column below is not text, or when its cells differ in kind from those below. Otherwise other files of
// the table must tell.
func (g *grid) header(null string) verdict {
	first, body := g.records[0], g.records[1:]
	if why := notNames(first, null); why != "" {
		return verdict{decided: true, why: "no header: " + why}
	}
	guesses := g.guesses(body, null)
	for i := range guesses {
		if i < len(first) && first[i].text != "" && guesses[i].Typed() {
			return verdict{is: true, decided: true, why: "a header: the first record has names where others have " + guesses[i].Type(true).String()}
		}
	}
	if twice(first) {
		return verdict{decided: true, why: "no header: the first record has a value twice"}
	}
	if len(body) == 0 {
		return verdict{is: g.sure, why: "there is one record only"}
	}
	distance, columns := 0, 0
	for i, c := range first {
		if c.text == "" {
			continue
		}
		p := profileOf(body, i)
		if p.values[c.text] {
			return verdict{decided: true, why: "no header: a value of the first record comes again"}
		}
		if p.n > 0 {
			columns++
			if p.unlike(c.text) {
				distance++
			}
		}
	}
	if columns > 0 && float64(distance) >= headerScore*float64(columns) && len(body) >= 2 {
		return verdict{is: true, decided: true, why: "a header: the first record is unlike the others"}
	}
	return verdict{why: "one file alone does not tell whether there is a header"}
}

// notNames says why a record cannot be a header, or nothing.
func notNames(record []cell, null string) string {
	named := false
	for i, c := range record {
		name := strings.TrimSpace(c.text)
		switch {
		case name == "" && (i == len(record)-1 || i == 0):
			continue // an index column, or a delimiter at the end
		case name == "":
			return "the first record has an empty field"
		case null != "" && name == null:
			return "the first record has a NULL"
		case !isName(name):
			return "the first record has a value that is no name"
		}
		named = true
	}
	if !named {
		return "the first record is empty"
	}
	return ""
}

func twice(record []cell) bool {
	seen := map[string]bool{}
	for _, c := range record {
		if c.text != "" && seen[c.text] {
			return true
		}
		seen[c.text] = true
	}
	return false
}

// maxName is the greatest length of a column's name in a header, in characters.
const maxName = 128

// isName reports whether text can be the name of a column: it has a letter, begins with a letter, an underscore, a sign
// that tools put before names or, as in "1st" and "90 day average", a number before a word, and is no number, time or
// address.
func isName(s string) bool {
	if utf8.RuneCountInString(s) > maxName || strings.ContainsAny(s, "@\n") || strings.Contains(s, "://") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(first) && !strings.ContainsRune("_#$%*\"'([", first) && !numberedWord(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsLetter(r) {
			return !strings.EqualFold(s, "true") && !strings.EqualFold(s, "false")
		}
	}
	return false
}

// numberedWord reports whether a text is digits and then words of letters: no unit such as 5kg and no code such as 12a, which
// are values, but a word of three letters at least or an ordinal.
func numberedWord(s string) bool {
	rest := strings.TrimLeft(s, "0123456789")
	if rest == s {
		return false
	}
	letters := 0
	for _, r := range rest {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r != ' ' && r != '_' && r != '-':
			return false
		}
	}
	switch strings.ToLower(rest) {
	case "st", "nd", "rd", "th":
		return true
	}
	return letters >= 3
}

// profile is what the values of a text column look like.
type profile struct {
	n                     int
	values                map[string]bool
	minLen, maxLen        int
	digits, upper, spaced int
}

func profileOf(body [][]cell, column int) *profile {
	p := &profile{values: map[string]bool{}, minLen: 1 << 30}
	for _, r := range body {
		if column >= len(r) || r[column].text == "" {
			continue
		}
		s := r[column].text
		p.n++
		p.values[s] = true
		p.minLen, p.maxLen = min(p.minLen, len(s)), max(p.maxLen, len(s))
		if strings.ContainsAny(s, "0123456789") {
			p.digits++
		}
		if first, _ := utf8.DecodeRuneInString(s); unicode.IsUpper(first) {
			p.upper++
		}
		if strings.ContainsAny(s, " .,:/") {
			p.spaced++
		}
	}
	return p
}

// unlike reports whether a text differs from all values of the column in kind: in digits, case, blanks or length.
func (p *profile) unlike(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case p.n < 2:
		return false
	case p.digits == p.n && !strings.ContainsAny(s, "0123456789"):
		return true
	case p.upper == p.n && !unicode.IsUpper(first):
		return true
	case p.spaced == p.n && !strings.ContainsAny(s, " .,:/"):
		return true
	case p.minLen == p.maxLen && len(s) != p.minLen && p.n >= 3:
		return true
	}
	return len(s)*3 < p.minLen || len(s) > 3*p.maxLen
}
