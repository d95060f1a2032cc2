package functions

import (
	"github.com/tarnsql/tarn/planner/expr"
)

// The helpers below declare scalar functions: by signature, kernel and description.

// strict declares an immutable function that gives NULL for a NULL argument.
func (r *Registry) strict(sig string, k Kernel, about string) *overload {
	o := parseSignature(sig)
	o.fn.Strict, o.fn.Impl, o.about = true, k, about
	return r.add(expr.Scalar, o)
}

// lenient declares an immutable function that looks at NULL arguments itself.
func (r *Registry) lenient(sig string, k Kernel, about string) *overload {
	o := parseSignature(sig)
	o.fn.Impl, o.about = k, about
	return r.add(expr.Scalar, o)
}

// operator declares a strict operator.
func (r *Registry) operator(sig string, k Kernel, about string) *overload {
	o := r.strict(sig, k, about)
	o.fn.Operator = true
	return o
}

// named gives the parameters names.
func (o *overload) named(names ...string) *overload {
	o.names = names
	return o
}

// stable marks a function whose value is fixed within a statement.
func (o *overload) stable() *overload {
	o.fn.Volatility = expr.Stable
	return o
}

// volatile marks a function whose value changes from call to call.
func (o *overload) volatile() *overload {
	o.fn.Volatility = expr.Volatile
	return o
}
