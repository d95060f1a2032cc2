package exec

import (
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// hashJoin builds the build side once, and a probe on every chain of the probe side.
func (b *builder) hashJoin(n *physical.HashJoin, s scope) ([]op.Operator, error) {
	left, err := b.chains(n.Left, s)
	if err != nil {
		return nil, err
	}
	build, err := b.joinBuild(n, s, len(left))
	if err != nil {
		return nil, err
	}
	for i, c := range left {
		keys, err := compile(n.LeftKeys, s)
		if err != nil {
			return nil, err
		}
		residual, err := condition(n.Residual, s)
		if err != nil {
			return nil, err
		}
		left[i] = op.NewHashJoin(build, c, keys, residual)
	}
	return left, nil
}

// keptBuild is the greatest estimated size of a build side, in bytes, that is kept from round to round of a repeated plan.
const keptBuild = 64 << 20

// joinBuild builds the build side of a join. In a plan that runs repeatedly one that is the same in every round is made once.
func (b *builder) joinBuild(n *physical.HashJoin, s scope, probes int) (*op.JoinBuild, error) {
	kept := s.repeated && !b.dependent(n.Right) && !op.ReturnsBuild(n.Kind) && !b.o.ForceSpill &&
		n.Right.Props().Rows*float64(32+16*len(n.Right.Props().Columns)) < keptBuild
	for _, k := range n.RightKeys {
		kept = kept && !varies(k)
	}
	if !kept {
		return b.newJoinBuild(n, s, probes)
	}
	b.mu.Lock()
	build, ok := b.builds[n]
	b.mu.Unlock()
	if ok {
		return build, nil
	}
	build, err := b.newJoinBuild(n, scope{eval: b.o.Eval, workers: b.o.Workers}, probes)
	if err != nil {
		return nil, err
	}
	build.Keep()
	b.mu.Lock()
	other, ok := b.builds[n]
	if !ok {
		b.builds[n] = build
	}
	b.mu.Unlock()
	if ok {
		return other, build.Close()
	}
	b.atEnd(build.Close)
	return build, nil
}

func (b *builder) newJoinBuild(n *physical.HashJoin, s scope, probes int) (*op.JoinBuild, error) {
	right, err := b.chains(n.Right, s)
	if err != nil {
		return nil, err
	}
	keys := make([][]*eval.Evaluator, len(right))
	for i := range right {
		if keys[i], err = compile(n.RightKeys, s); err != nil {
			return nil, err
		}
	}
	spec := &op.JoinSpec{
		Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), KeyTypes: exprTypes(n.RightKeys),
		KeyColumns: make([]int, len(n.RightKeys)), NullSafe: make([]bool, len(n.LeftKeys)), NullAware: n.NullAware, Publish: n.Publish,
		Output: n.Output, ResidualColumns: columnsRead(n.Residual), Residual: n.Residual != nil,
	}
	copy(spec.NullSafe, n.NullsEqual)
	for i, k := range n.RightKeys {
		spec.KeyColumns[i] = -1
		if ref, ok := k.(*expr.InputRef); ok {
			spec.KeyColumns[i] = ref.Index
		}
	}
	return op.NewJoinBuild(b.env, b.grant(n, s), spec, right, keys, probes), nil
}

func (b *builder) nestedLoop(n *physical.NestedLoopJoin, s scope) ([]op.Operator, error) {
	right, err := b.chains(n.Right, s)
	if err != nil {
		return nil, err
	}
	left, err := b.chains(n.Left, s)
	if err != nil {
		return nil, err
	}
	if n.Kind == physical.FullOuter {
		left = []op.Operator{op.NewGather(left)} // unmatched right rows are known by who saw all left rows
	}
	spec := &op.LoopSpec{Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), NullAware: n.NullAware, Output: n.Output,
		CondColumns: columnsRead(n.Cond)}
	loop := op.NewLoopRight(b.env, b.grant(n, s), spec, right)
	for i, c := range left {
		cond, err := condition(n.Cond, s)
		if err != nil {
			return nil, err
		}
		left[i] = op.NewNestedLoopJoin(loop, c, cond)
	}
	return left, nil
}

// apply builds the left side; the right side is built again for each evaluation.
func (b *builder) apply(n *physical.Apply, s scope) ([]op.Operator, error) {
	return b.each(n.Left, s, func(left op.Operator) (op.Operator, error) {
		cond, err := condition(n.Cond, s)
		if err != nil {
			return nil, err
		}
		inner := scope{eval: s.eval, workers: 1, repeated: true, work: s.work}
		inner.eval.Outer = eval.NewOuter(s.eval.Outer)
		right := func() (op.Operator, error) { return b.single(n.Right, inner) }
		spec := &op.ApplySpec{LoopSpec: op.LoopSpec{
			Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), NullAware: n.NullAware, Output: n.Output,
			CondColumns: columnsRead(n.Cond),
		}, Params: n.Params}
		return op.NewApply(b.env, b.grant(n, s), spec, left, right, inner.eval.Outer, cond), nil
	})
}
