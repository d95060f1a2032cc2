package functions

import (
	"math"
	"math/bits"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/exec/kernel"
	"github.com/tarnsql/tarn/exec/vector"
)

// hllBits is the logarithm of the number of registers: 4096 give a standard error of 1.04/64 = 1.6 %.
const hllBits = 12

// hyperLogLog estimates distinct counts (Flajolet, Fusy, Gandouet, Meunier 2007), with linear counting for small ones.
type hyperLogLog struct {
	registers [][]uint8
	hashes    []uint64
}

func (s *hyperLogLog) Resize(n int) { s.registers = grow(s.registers, n) }

func (s *hyperLogLog) Update(groups []uint32, args []vector.Vector, rows []uint32) error {
	n := args[0].Len()
	s.hashes = kernel.Grow(&s.hashes, n)
	kernel.Hash(args[0], n, rows, s.hashes, false)
	each(groups, rows, func(g uint32, r int) {
		if vector.NullAt(args[0], r) {
			return
		}
		if s.registers[g] == nil {
			s.registers[g] = make([]uint8, 1<<hllBits)
		}
		h := s.hashes[r]
		rank := uint8(bits.LeadingZeros64(h<<hllBits|1<<(hllBits-1)) + 1)
		if reg := &s.registers[g][h>>(64-hllBits)]; rank > *reg {
			*reg = rank
		}
	})
	return nil
}

func (s *hyperLogLog) Merge(other Accumulator, from, to []uint32) error {
	registers := other.(*hyperLogLog).registers
	for k, g := range to {
		o := registers[from[k]]
		if o == nil {
			continue
		}
		if s.registers[g] == nil {
			s.registers[g] = append([]uint8(nil), o...)
			continue
		}
		for j, v := range o {
			s.registers[g][j] = max(s.registers[g][j], v)
		}
	}
	return nil
}

func (s *hyperLogLog) Result(from, to int) (vector.Vector, error) {
	b := vector.NewBuilder(schema.T(schema.BigInt), to-from)
	for _, reg := range s.registers[from:to] {
		b.AppendInt(estimate(reg))
	}
	return b.Build(), nil
}

func estimate(reg []uint8) int64 {
	if reg == nil {
		return 0
	}
	m := float64(len(reg))
	sum, zeros := 0.0, 0
	for _, v := range reg {
		sum += math.Ldexp(1, -int(v))
		if v == 0 {
			zeros++
		}
	}
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/float64(zeros))
	}
	return int64(math.Round(e))
}

func (s *hyperLogLog) Size() int64 {
	n := int64(cap(s.registers)) * 24
	for _, r := range s.registers {
		n += int64(len(r))
	}
	return n
}
