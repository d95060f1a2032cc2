package parser

import (
	"math/big"
	"strings"
)

// number reads a numeric literal: 42, 0x2A, 0o52, 0b101010, 1_000, 4.2, .5, 4.2e1. Letters right after it are an error.
func (l *lexer) number() token {
	start := l.off
	if base := radix(l.src, start); base != 0 {
		return l.radixNumber(start, base)
	}
	kind := IntegerNumber
	l.digits()
	if l.at(0) == '.' && l.at(1) != '.' {
		kind = DecimalNumber
		l.off++
		l.digits()
	}
	if c := l.at(0); c == 'e' || c == 'E' {
		sign := 0
		if c := l.at(1); c == '+' || c == '-' {
			sign = 1
		}
		if isDigit(l.at(1 + sign)) {
			kind = ExponentNumber
			l.off += 1 + sign
			l.digits()
		}
	}
	if l.off < len(l.src) && isWordByte(l.src[l.off]) {
		return l.failNear(start, l.junkEnd(), "trailing junk after numeric literal")
	}
	t := l.make(tokNumber, start, strings.ReplaceAll(l.src[start:l.off], "_", ""))
	t.num = kind
	return t
}

// digits moves over digits with single underscores between them.
func (l *lexer) digits() {
	for isDigit(l.at(0)) || l.at(0) == '_' && isDigit(l.at(1)) && isDigit(l.src[max(l.off-1, 0)]) {
		l.off++
	}
}

func radix(s string, at int) int {
	if s[at] != '0' || at+1 >= len(s) {
		return 0
	}
	switch s[at+1] {
	case 'x', 'X':
		return 16
	case 'o', 'O':
		return 8
	case 'b', 'B':
		return 2
	}
	return 0
}

// longestRadixNumber bounds the digits of a number in another base, since converting takes time that grows faster than
// the number.
const longestRadixNumber = 4096

func (l *lexer) radixNumber(start, base int) token {
	l.off += 2
	end := l.junkEnd()
	digits := strings.ReplaceAll(l.src[l.off:end], "_", "")
	l.off = end
	n, ok := new(big.Int), false
	if len(digits) <= longestRadixNumber {
		n, ok = n.SetString(digits, base)
	}
	if !ok {
		return l.failNear(start, end, "invalid "+map[int]string{16: "hexadecimal", 8: "octal", 2: "binary"}[base]+" integer")
	}
	return l.make(tokNumber, start, n.String())
}
