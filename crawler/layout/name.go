package layout

import (
	"strconv"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/crawler/naming"
)

// Match is the column of the files that always equals the name of the folder at a level.
type Match struct {
	Name string
	Type schema.Type
}

// Name gives every column of the layout its name. Columns are the names of the files' columns: the parts of a bare date give
// way to them ("partition_year"), the key of key=value does not. Matches name bare values by their level; others are
// partition_0, partition_1, ...
func (l *Layout) Name(columns map[string]bool, matches map[int]Match) {
	taken := map[string]bool{}
	for i := range l.Levels {
		if level := &l.Levels[i]; level.Kind == Pair {
			level.Names[0] = naming.Unique(naming.Column(level.Key, i), taken)
		}
	}
	for i, m := range matches {
		level := &l.Levels[i]
		level.Names[0], level.Types[0] = naming.Unique(m.Name, taken), m.Type
	}
	free := func(name string) string {
		if columns[name] || taken[name] {
			name = "partition_" + name
		}
		for columns[name] {
			name += "_"
		}
		return naming.Unique(name, taken)
	}
	bare := 0
	for i := range l.Levels {
		level := &l.Levels[i]
		switch level.Kind {
		case Pair:
			continue
		case Value:
			if _, ok := matches[i]; !ok {
				level.Names[0] = naming.Unique(freeNumber(columns, bare), taken)
			}
			bare++
			continue
		}
		for k, part := range parts[level.Kind] {
			level.Names[k] = free(part)
		}
	}
	if l.DateName != "" {
		l.DateName = free("date")
	}
}

func freeNumber(columns map[string]bool, n int) string {
	name := "partition_" + strconv.Itoa(n)
	for columns[name] {
		name += "_"
	}
	return name
}

// Relink finds the parts of the derived date again after types of levels were changed; without them there is none. It
// returns true.
func (l *Layout) Relink() bool {
	if !l.linkDate() {
		l.DateName = ""
	}
	return true
}

// Follow gives the columns the names that those of an older layout with the same levels have, and their types where these
// are not narrower.
func (l *Layout) Follow(old *Layout) {
	for i := range l.Levels {
		if i >= len(old.Levels) || len(old.Levels[i].Names) != len(l.Levels[i].Names) {
			continue
		}
		now, was := &l.Levels[i], &old.Levels[i]
		copy(now.Names, was.Names)
		wider := now.Types[0].IsString() || was.Types[0].Kind == schema.Integer && now.Types[0].Kind == schema.BigInt
		if (now.Kind == Pair || now.Kind == Value) && !wider {
			now.Types[0] = was.Types[0]
		}
	}
	if l.DateName != "" && old.DateName != "" {
		l.DateName = old.DateName
	}
}
