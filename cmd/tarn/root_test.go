package main

import (
	"strings"
	"testing"
)

func TestLongLinesOfErrorsAreCut(t *testing.T) {
	long := strings.Repeat("ä, ", 40)
	for _, c := range []struct {
		name, sql string
		position  int
		want      string
	}{
		{"a short line", "select x", 8, "LINE 1: select x\n               ^\n"},
		{"the second line", "select\n x", 9, "LINE 2:  x\n         ^\n"},
		{"the end", "select ", 8, "LINE 1: select \n               ^\n"},
		{"the beginning of a long line", "x " + long, 1, "LINE 1: x " + strings.Repeat("ä, ", 19) + "ä" + "...\n        ^\n"},
		{"the end of a long line", long + "y", 121, "LINE 1: ..." + ", " + strings.Repeat("ä, ", 19) + "y\n           " + strings.Repeat(" ", 59) + "^\n"},
		{"the middle of a long line", long + "y" + long, 121, "LINE 1: ..." + ", " + strings.Repeat("ä, ", 16) + "y" + "ä, ä, ä, " + "...\n           " + strings.Repeat(" ", 50) + "^\n"},
	} {
		var out strings.Builder
		printPosition(&out, c.sql, c.position)
		if out.String() != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, out.String(), c.want)
		}
	}
}
