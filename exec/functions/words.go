package functions

import (
	"unicode"
	"unicode/utf8"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerWords declares functions of how words sound and of how they differ.
func registerWords(r *Registry) {
	r.strict("soundex(text) text", textTextErr(soundex), "how a word sounds in English: a letter and three digits")
	r.strict("hamming_distance(text, text) bigint", text2To(hammingDistance), "number of characters in which two texts of one length differ")
	r.strict("luhn_check(text) boolean", textTo(luhn), "whether the last digit of a number checks the others")
}

// soundexDigits are the digits of the letters from A to Z. 0 separates letters of one sound; H and W do not.
const soundexDigits = "01230120022455012623010202"

// soundex leaves out what is no letter. A letter of a digit that follows its like, even behind H or W, does not count.
func soundex(dst, s []byte) ([]byte, error) {
	start := len(dst)
	last := byte(0)
	for _, r := range string(s) {
		if !unicode.IsLetter(r) {
			continue
		}
		r = unicode.ToUpper(r)
		if r < 'A' || r > 'Z' {
			return dst, sqlerr.New(sqlerr.InvalidParameterValue, "the character is not mapped: %s", string(r))
		}
		digit := soundexDigits[r-'A']
		switch {
		case len(dst) == start:
			dst = append(dst, byte(r))
		case r == 'H' || r == 'W' || len(dst)-start == 4:
			continue
		case digit != '0' && digit != last:
			dst = append(dst, digit)
		}
		last = digit
	}
	for len(dst) > start && len(dst)-start < 4 {
		dst = append(dst, '0')
	}
	return dst, nil
}

func hammingDistance(a, b []byte) (int64, error) {
	n := int64(0)
	for len(a) > 0 && len(b) > 0 {
		x, i := utf8.DecodeRune(a)
		y, j := utf8.DecodeRune(b)
		if x != y {
			n++
		}
		a, b = a[i:], b[j:]
	}
	if len(a) > 0 || len(b) > 0 {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "the texts of hamming_distance must have the same length")
	}
	return n, nil
}

func luhn(s []byte) (bool, error) {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false, sqlerr.New(sqlerr.InvalidParameterValue, "luhn_check reads digits only")
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, double = sum+d, !double
	}
	return len(s) > 0 && sum%10 == 0, nil
}
