package csv

import (
	"slices"

	"github.com/tarnsql/tarn/connectors/format/text"
)

// marks are the texts that files write for NULL, besides the empty one, in the order of preference where all else is equal.
var marks = []string{`\N`, "NULL", "null", "NA", "N/A", "n/a", "-"}

// sureMarks is how many of them stand for NULL in columns of text too. NA may be Namibia there.
const sureMarks = 3

// nullText returns the text that stands for NULL in the file: the mark that makes most columns be of a type other than text,
// because all other values of theirs are; else a sure one that occurs; else the empty text. A file has one.
func (g *grid) nullText() string {
	body := g.records[min(1, len(g.records)):]
	counts := make([]int, len(marks))
	typed := make([]int, len(marks))
	for column := range g.width {
		in := countMarks(body, column)
		only := -1
		for m, n := range in {
			counts[m] += n
			switch {
			case n > 0 && only == -1:
				only = m
			case n > 0:
				only = len(marks) // several: none of them makes a type
			}
		}
		if only >= 0 && only < len(marks) && typedWithout(body, column, marks[only]) {
			typed[only]++
		}
	}
	best := -1
	for m := range marks {
		switch {
		case typed[m] == 0 && (m >= sureMarks || counts[m] == 0):
		case best < 0, typed[m] > typed[best], typed[m] == typed[best] && counts[m] > counts[best]:
			best = m
		}
	}
	if best < 0 {
		return ""
	}
	return marks[best]
}

// countMarks returns how often each mark is a value of a column.
func countMarks(body [][]cell, column int) []int {
	out := make([]int, len(marks))
	for _, r := range body {
		if column >= len(r) || r[column].quoted || len(r[column].text) > len("NULL") {
			continue
		}
		if m := slices.Index(marks, r[column].text); m >= 0 {
			out[m]++
		}
	}
	return out
}

// typedWithout reports whether all values of a column but the mark are of one type other than text.
func typedWithout(body [][]cell, column int, mark string) bool {
	var guess text.Guess
	for _, r := range body {
		if column < len(r) && r[column].text != "" && (r[column].quoted || r[column].text != mark) {
			guess.Value([]byte(r[column].text))
		}
	}
	return guess.Typed()
}
