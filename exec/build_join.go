package exec

import (
	"github.com/tarnsql/tarn/exec/eval"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/exec/op"
	"github.com/tarnsql/tarn/planner/expr"
	"github.com/tarnsql/tarn/planner/physical"
)

// hashJoin builds the build side once, and a probe on every chain of the probe side.
func (b *builder) hashJoin(n *physical.HashJoin, s scope) ([]op.Operator, *memory.Account, error) {
	right, err := b.chains(n.Right, s)
	if err != nil {
		return nil, nil, err
	}
	rightKeys := make([][]*eval.Evaluator, len(right))
	for i := range right {
		if rightKeys[i], err = compile(n.RightKeys, s); err != nil {
			return nil, nil, err
		}
	}
	left, err := b.chains(n.Left, s)
	if err != nil {
		return nil, nil, err
	}
	spec := &op.JoinSpec{
		Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), KeyTypes: exprTypes(n.RightKeys),
		NullSafe: make([]bool, len(n.LeftKeys)), NullAware: n.NullAware, Publish: n.Publish, Output: n.Output,
	}
	copy(spec.NullSafe, n.NullsEqual)
	account := b.account()
	build := op.NewJoinBuild(spec, right, rightKeys, len(left), account)
	for i, c := range left {
		keys, err := compile(n.LeftKeys, s)
		if err != nil {
			return nil, nil, err
		}
		residual, err := condition(n.Residual, s)
		if err != nil {
			return nil, nil, err
		}
		left[i] = op.NewHashJoin(build, c, keys, residual)
	}
	return left, account, nil
}

func (b *builder) nestedLoop(n *physical.NestedLoopJoin, s scope) ([]op.Operator, *memory.Account, error) {
	right, err := b.chains(n.Right, s)
	if err != nil {
		return nil, nil, err
	}
	left, err := b.chains(n.Left, s)
	if err != nil {
		return nil, nil, err
	}
	if n.Kind == physical.FullOuter || n.Kind == physical.RightOuter {
		left = []op.Operator{op.NewGather(left)} // unmatched right rows are known by who saw all left rows
	}
	spec := &op.LoopSpec{Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), NullAware: n.NullAware, Output: n.Output}
	account := b.account()
	loop := op.NewLoopRight(spec, right, account)
	for i, c := range left {
		cond, err := condition(n.Cond, s)
		if err != nil {
			return nil, nil, err
		}
		left[i] = op.NewNestedLoopJoin(loop, c, cond)
	}
	return left, account, nil
}

// apply builds the left side; the right side is built again for each evaluation.
func (b *builder) apply(n *physical.Apply, s scope) ([]op.Operator, *memory.Account, error) {
	left, err := b.single(n.Left, s)
	if err != nil {
		return nil, nil, err
	}
	cond, err := condition(n.Cond, s)
	if err != nil {
		return nil, nil, err
	}
	outer := eval.NewOuter(s.eval.Outer)
	inner := scope{eval: s.eval, workers: 1}
	inner.eval.Outer = outer
	right := func() (op.Operator, error) { return b.single(n.Right, inner) }
	spec := &op.ApplySpec{LoopSpec: op.LoopSpec{
		Kind: n.Kind, LeftTypes: types(n.Left), RightTypes: types(n.Right), NullAware: n.NullAware, Output: n.Output,
	}, Params: n.Params}
	return []op.Operator{op.NewApply(spec, left, right, outer, cond)}, nil, nil
}

// condition compiles a condition that may be missing.
func condition(e expr.Expr, s scope) (*eval.Evaluator, error) {
	if e == nil {
		return nil, nil //nolint:nilnil // no condition
	}
	return eval.Compile(e, s.eval)
}
