package glob

import "strings"

// expand returns the patterns without groups that a pattern stands for.
func expand(text string) ([]string, error) {
	out := []string{""}
	for len(text) > 0 {
		open := indexOutside(text, '{')
		if open < 0 {
			open = len(text)
		}
		head := text[:open]
		for i := range out {
			out[i] += head
		}
		if open == len(text) {
			break
		}
		choices, n, err := group(text[open:])
		if err != nil {
			return nil, err
		}
		if len(out)*len(choices) > maxAlternatives {
			return nil, errText("its groups have too many combinations")
		}
		next := make([]string, 0, len(out)*len(choices))
		for _, o := range out {
			for _, c := range choices {
				next = append(next, o+c)
			}
		}
		out, text = next, text[open+n:]
	}
	return out, nil
}

// group reads {a,b,..} at the start of text and returns its members and its length.
func group(text string) (choices []string, size int, err error) {
	rest := text[1:]
	for {
		end := indexOutside(rest, ',', '}', '{')
		switch {
		case end < 0:
			return nil, 0, errText("a { is not closed")
		case rest[end] == '{':
			return nil, 0, errText("groups cannot nest")
		}
		choices = append(choices, rest[:end])
		closed := rest[end] == '}'
		rest = rest[end+1:]
		if closed {
			return choices, len(text) - len(rest), nil
		}
	}
}

// indexOutside returns the index of the first of some characters that is neither escaped nor inside brackets, or -1.
func indexOutside(text string, chars ...byte) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case strings.IndexByte(string(chars), c) >= 0:
			return i
		case c == '[':
			end := classEnd(text[i:])
			if end < 0 {
				return -1
			}
			i += end
		}
	}
	return -1
}

// classEnd returns the index of the bracket that closes the one at the start of text, or -1. As first member a closing
// bracket means itself.
func classEnd(text string) int {
	start := 1
	if strings.HasPrefix(text[1:], "!") {
		start++
	}
	if start >= len(text) {
		return -1
	}
	if i := strings.IndexByte(text[min(start+1, len(text)):], ']'); i >= 0 {
		return start + 1 + i
	}
	return -1
}
