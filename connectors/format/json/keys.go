package json

import "strings"

// keys finds the targets (columns of a table, fields of a row) of an object's keys.
type keys struct {
	exact, folded map[string][]int
	// learned has what was found for keys that occurred, in any spelling.
	learned map[string]*entry
	// expected are the keys of the last object in their order: most objects of a file have the same.
	expected []*entry
}

// entry is a key that occurred: where its value goes (nowhere, for most), and whether it is spelled as declared.
type entry struct {
	name    string
	targets []int
	exact   bool
	// plain says that the name is written in JSON as it is.
	plain bool
}

const (
	maxLearned  = 4096
	maxExpected = 512
)

// newKeys returns the keys with the given names; target i is names[i].
func newKeys(names []string) *keys {
	k := &keys{exact: map[string][]int{}, folded: map[string][]int{}, learned: map[string]*entry{}}
	for i, n := range names {
		k.exact[n] = append(k.exact[n], i)
		f := strings.ToLower(n)
		k.folded[f] = append(k.folded[f], i)
	}
	return k
}

// find returns the entry of the key that is number at of its object.
func (k *keys) find(key []byte, at int) *entry {
	if at < len(k.expected) && k.expected[at].name == string(key) {
		return k.expected[at]
	}
	e := k.learned[string(key)]
	if e == nil {
		e = k.look(string(key))
	}
	switch {
	case at < len(k.expected):
		k.expected[at] = e
	case at == len(k.expected) && at < maxExpected:
		k.expected = append(k.expected, e)
	}
	return e
}

// guess returns the entry of the member at i, and where its value begins, if its key is the expected one with a colon right
// behind it; else nil.
func (k *keys) guess(s scanner, i, at int) (*entry, int) {
	if at >= len(k.expected) {
		return nil, 0
	}
	e := k.expected[at]
	end := i + 1 + len(e.name)
	if !e.plain || end+1 >= len(s.data) || s.data[i] != '"' || s.data[end] != '"' || s.data[end+1] != ':' || string(s.data[i+1:end]) != e.name {
		return nil, 0
	}
	return e, s.blank(end + 2)
}

func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < 0x20 || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func (k *keys) look(key string) *entry {
	e := &entry{name: key, plain: isPlain(key)}
	if e.targets = k.exact[key]; e.targets != nil {
		e.exact = true
	} else {
		e.targets = k.folded[strings.ToLower(key)]
	}
	if len(k.learned) < maxLearned {
		k.learned[key] = e
	}
	return e
}
