package op

import (
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/planner/physical"
)

// JoinSpec describes a hash join to all its workers.
type JoinSpec struct {
	Kind physical.JoinKind
	// LeftTypes and RightTypes are the columns of the probe and the build side, KeyTypes the keys of the build side.
	LeftTypes, RightTypes, KeyTypes []schema.Type
	// KeyColumns says of each build key which build column it is; -1 is an expression.
	KeyColumns []int
	NullSafe   []bool
	NullAware  bool
	Publish    []*connectors.JoinKeys
	// Output are the ordinals of the columns that are returned, ResidualColumns those that the residual condition reads,
	// both over left columns then right ones (or the mark).
	Output, ResidualColumns []int
	Residual                bool

	// stored are the build columns that are kept, slot their places by ordinal (-1: not kept), keySlot those of the
	// keys, computed the keys that are kept beside the columns.
	stored, slot, keySlot, computed []int
	storedTypes                     []schema.Type
}

// prepare lays out what is kept of the build side: columns that are returned, read or keys, each once.
func (s *JoinSpec) prepare() {
	used := make([]bool, len(s.RightTypes))
	mark := func(ordinals []int, base int) {
		for _, o := range ordinals {
			if o >= base && o-base < len(used) {
				used[o-base] = true
			}
		}
	}
	switch s.Kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti, physical.Mark:
	case physical.RightSemi, physical.RightAnti:
		mark(s.Output, 0)
	default:
		mark(s.Output, len(s.LeftTypes))
	}
	mark(s.ResidualColumns, len(s.LeftTypes))
	for _, c := range s.KeyColumns {
		if c >= 0 {
			used[c] = true
		}
	}
	s.slot = make([]int, len(used))
	for i, u := range used {
		s.slot[i] = -1
		if u {
			s.slot[i] = len(s.stored)
			s.stored = append(s.stored, i)
			s.storedTypes = append(s.storedTypes, s.RightTypes[i])
		}
	}
	for k, c := range s.KeyColumns {
		if c >= 0 {
			s.keySlot = append(s.keySlot, s.slot[c])
			continue
		}
		s.keySlot = append(s.keySlot, len(s.storedTypes))
		s.computed = append(s.computed, k)
		s.storedTypes = append(s.storedTypes, s.KeyTypes[k])
	}
}

// returnsBuild says that build rows are returned by whether they matched.
func (s *JoinSpec) returnsBuild() bool { return ReturnsBuild(s.Kind) }

// ReturnsBuild says of a kind of join that it returns build rows by whether they matched.
func ReturnsBuild(kind physical.JoinKind) bool {
	switch kind {
	case physical.RightOuter, physical.FullOuter, physical.RightSemi, physical.RightAnti:
		return true
	}
	return false
}

// returnsPairs says that matching rows are returned side by side.
func (s *JoinSpec) returnsPairs() bool {
	switch s.Kind {
	case physical.Inner, physical.LeftOuter, physical.RightOuter, physical.FullOuter, physical.Single:
		return true
	}
	return false
}

// keepsProbe says that probe rows without a match are padded with NULLs.
func (s *JoinSpec) keepsProbe() bool {
	return s.Kind == physical.LeftOuter || s.Kind == physical.FullOuter || s.Kind == physical.Single
}

// existence says that one match of a probe row is enough.
func (s *JoinSpec) existence() bool {
	switch s.Kind {
	case physical.Semi, physical.Anti, physical.NullAwareAnti, physical.Mark:
		return true
	}
	return false
}

// emptyWithoutBuild says that an empty build side makes an empty result.
func (s *JoinSpec) emptyWithoutBuild() bool {
	switch s.Kind {
	case physical.Inner, physical.Semi, physical.RightOuter, physical.RightSemi, physical.RightAnti:
		return true
	}
	return false
}
