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
		switch {
		case level.Kind == Pair:
			continue
		case level.Kind == Value:
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

// TakeNames gives the columns the names that those of another layout with the same levels have.
func (l *Layout) TakeNames(from *Layout) {
	for i := range l.Levels {
		if i < len(from.Levels) && len(from.Levels[i].Names) == len(l.Levels[i].Names) {
			copy(l.Levels[i].Names, from.Levels[i].Names)
		}
	}
	if l.DateName != "" && from.DateName != "" {
		l.DateName = from.DateName
	}
}
