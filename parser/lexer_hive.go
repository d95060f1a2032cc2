package parser

import "strings"

// hiveString reads a string as Hive does: between single or double quotes, with backslash escapes. A doubled quote
// stands for one, which Hive lacks and SQL has.
func (l *lexer) hiveString(quote byte) token {
	start := l.off
	l.off++
	var b strings.Builder
	for l.off < len(l.src) {
		c := l.src[l.off]
		switch {
		case c == quote && l.at(1) == quote:
			b.WriteByte(quote)
			l.off += 2
		case c == quote:
			l.off++
			return l.make(tokString, start, b.String())
		case c == '\\':
			l.hiveEscape(&b)
		default:
			b.WriteByte(c)
			l.off++
		}
	}
	return l.failNear(start, len(l.src), "unterminated quoted string")
}

// hiveEscape reads one escape: three octal digits, \u and four hexadecimal ones, a control character, \% and \_ with their backslash, or any
// character for itself.
func (l *lexer) hiveEscape(b *strings.Builder) {
	if r, ok := l.hiveOctal(); ok {
		b.WriteRune(r)
		l.off += 4
		return
	}
	if l.at(1) == 'u' {
		if r, ok := hexRune(l.src, l.off+2, 4); ok && r != 0 {
			b.WriteRune(r)
			l.off += 6
			return
		}
	}
	l.off++
	if l.off >= len(l.src) {
		return
	}
	switch c := l.src[l.off]; c {
	case '0':
		b.WriteByte(0)
	case 'b':
		b.WriteByte('\b')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'Z':
		b.WriteByte(0x1A)
	case '%', '_':
		b.WriteByte('\\')
		b.WriteByte(c)
	default:
		b.WriteByte(c)
	}
	l.off++
}

func (l *lexer) hiveOctal() (rune, bool) {
	var r rune
	for i := 1; i <= 3; i++ {
		c := l.at(i)
		if c < '0' || c > '7' {
			return 0, false
		}
		r = r<<3 | rune(c-'0')
	}
	return r, r < 0x100
}

// quoteHive writes s as a string that hiveString reads back.
func quoteHive(b *strings.Builder, s string, quote byte) {
	b.WriteByte(quote)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case quote:
			b.WriteByte('\\')
			b.WriteByte(quote)
		case '\\':
			// \% and \_ keep their backslash when they are read.
			if i+1 < len(s) && (s[i+1] == '%' || s[i+1] == '_') {
				b.WriteByte(c)
				continue
			}
			b.WriteString(`\\`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\b':
			b.WriteString(`\b`)
		case 0:
			b.WriteString(`\000`)
		case 0x1A:
			b.WriteString(`\Z`)
		default:
			if c < ' ' {
				b.WriteString(`\0`)
				b.WriteByte('0' + c>>3)
				b.WriteByte('0' + c&7)
				continue
			}
			b.WriteByte(c)
		}
	}
	b.WriteByte(quote)
}
