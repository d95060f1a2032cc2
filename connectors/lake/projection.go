package lake

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/exec/vector"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Bounds of partition projection: the values of one column, and the partitions that a statement looks into.
const (
	maxDomain    = 4 << 20
	maxProjected = 1 << 20
)

// projectedValue is a value of a projected partition column and how folders spell it.
type projectedValue struct {
	value schema.Value
	path  string
}

// projected reports whether a table's partitions are computed from its properties (Athena's partition projection) and
// not registered in the catalog.
func projected(t *catalog.Table) bool {
	return len(t.Keys) > 0 && strings.EqualFold(t.Properties["projection.enabled"], "true")
}

// projection computes the partitions of a statement.
type projection struct {
	t   *catalog.Table
	now time.Time
	// injected has, by key, the values that filters name.
	injected map[int][]schema.Value
}

// project returns the partitions that can pass the filters, and the number of all.
func (s *scan) project(ctx context.Context, filters []connectors.Filter) (*catalog.PartitionSet, int64, error) {
	p := &projection{t: s.t.def, now: s.req.Query.Start.UTC(), injected: map[int][]schema.Value{}}
	if p.now.IsZero() {
		p.now = time.Now().UTC()
	}
	first := s.t.fileColumns()
	for _, f := range filters {
		for _, x := range f.Predicates {
			if k := x.Column - first; k >= 0 && (x.Op == connectors.Eq || x.Op == connectors.In) {
				p.injected[k] = x.Values
			}
		}
	}
	domains := make([][]projectedValue, len(p.t.Keys))
	total, left := 1.0, 1.0
	for k := range p.t.Keys {
		values, err := p.domain(k)
		if err != nil {
			return nil, 0, err
		}
		total *= float64(len(values))
		if values, err = narrow(ctx, p.t.Keys[k].Type, values, first+k, filters); err != nil {
			return nil, 0, err
		}
		left *= float64(len(values))
		domains[k] = values
	}
	if left > maxProjected {
		return nil, 0, sqlerr.New(sqlerr.ProgramLimit, "partition projection of table %q gives %.0f partitions, more than %d", p.t.Name, left, maxProjected).
			WithHint("Narrow the partition columns by a filter, or their ranges in the table's properties.")
	}
	set, err := p.product(domains, int(left))
	return set, int64(min(total, math.MaxInt64/2)), err
}

// narrow applies the filters over one column to its values.
func narrow(ctx context.Context, t schema.Type, values []projectedValue, ordinal int, filters []connectors.Filter) ([]projectedValue, error) {
	var col vector.Vector
	for _, f := range filters {
		if len(f.Columns) != 1 || f.Columns[0] != ordinal || len(values) == 0 {
			continue
		}
		if col == nil || col.Len() != len(values) {
			b := vector.NewBuilder(t, len(values))
			for _, v := range values {
				b.AppendValue(v.value)
			}
			col = b.Build()
		}
		kept, err := match(ctx, f, []vector.Vector{col}, len(values), allRows(len(values)))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			continue // it is looked at again, row by row
		}
		out := make([]projectedValue, len(kept))
		for i, r := range kept {
			out[i] = values[r]
		}
		values = out
	}
	return values, nil
}

// product makes a partition of every combination of values.
func (p *projection) product(domains [][]projectedValue, n int) (*catalog.PartitionSet, error) {
	set := &catalog.PartitionSet{List: make([]catalog.Partition, 0, n), Keys: make([]vector.Vector, len(domains))}
	builders := make([]*vector.Builder, len(domains))
	for k := range domains {
		builders[k] = vector.NewBuilder(p.t.Keys[k].Type, n)
	}
	at := make([]int, len(domains))
	paths := make([]string, len(domains))
	for range n {
		values := make([]schema.Value, len(domains))
		for k, i := range at {
			values[k], paths[k] = domains[k][i].value, domains[k][i].path
			builders[k].AppendValue(values[k])
		}
		location, err := p.location(paths)
		if err != nil {
			return nil, err
		}
		set.List = append(set.List, catalog.Partition{Values: values, Location: location, Stats: catalog.PartitionStats{Rows: -1, Bytes: -1, Files: -1}})
		for k := len(at) - 1; k >= 0; k-- {
			if at[k]++; at[k] < len(domains[k]) {
				break
			}
			at[k] = 0
		}
	}
	for k, b := range builders {
		set.Keys[k] = b.Build()
	}
	return set, nil
}

// location returns the folder of a combination of values.
func (p *projection) location(paths []string) (string, error) {
	template := p.t.Properties["storage.location.template"]
	if template == "" {
		template = strings.TrimSuffix(p.t.Location, "/") + "/"
		for _, k := range p.t.Keys {
			template += k.Name + "=${" + k.Name + "}/"
		}
	}
	out := template
	for k, key := range p.t.Keys {
		mark := "${" + key.Name + "}"
		if !strings.Contains(template, mark) {
			return "", p.bad("storage.location.template", "it does not have "+mark)
		}
		out = strings.ReplaceAll(out, mark, paths[k])
	}
	return strings.TrimSuffix(out, "/") + "/", nil
}

// property returns a property of a column's projection.
func (p *projection) property(key int, name string) string {
	return strings.TrimSpace(p.t.Properties["projection."+p.t.Keys[key].Name+"."+name])
}

func (p *projection) bad(property, why string) error {
	return sqlerr.New(sqlerr.InvalidTableDefinition, "partition projection of table %q: property %q: %s", p.t.Name, property, why)
}

func (p *projection) badColumn(key int, name, why string) error {
	return p.bad("projection."+p.t.Keys[key].Name+"."+name, why)
}

// domain returns all values of a partition column, in order.
func (p *projection) domain(key int) ([]projectedValue, error) {
	switch kind := strings.ToLower(p.property(key, "type")); kind {
	case "enum":
		return p.enum(key)
	case "integer":
		return p.integers(key)
	case "date":
		return p.dates(key)
	case "injected":
		return p.injectedValues(key)
	case "":
		return nil, p.badColumn(key, "type", "it is missing")
	default:
		return nil, p.badColumn(key, "type", "it must be enum, integer, date or injected, not "+strconv.Quote(kind))
	}
}

func (p *projection) value(key int, name, text string) (schema.Value, error) {
	v, err := schema.Parse(p.t.Keys[key].Type, text)
	if err != nil {
		return v, p.badColumn(key, name, err.Error())
	}
	return v, nil
}

func (p *projection) enum(key int) ([]projectedValue, error) {
	list := p.property(key, "values")
	if list == "" {
		return nil, p.badColumn(key, "values", "it is missing")
	}
	var out []projectedValue
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		v, err := p.value(key, "values", text)
		if err != nil {
			return nil, err
		}
		out = append(out, projectedValue{v, text})
	}
	return out, nil
}

// bounds splits a range.
func (p *projection) bounds(key int) (lo, hi string, err error) {
	lo, hi, ok := strings.Cut(p.property(key, "range"), ",")
	if !ok {
		return "", "", p.badColumn(key, "range", `it must be two values with a comma between`)
	}
	return strings.TrimSpace(lo), strings.TrimSpace(hi), nil
}

func (p *projection) number(key int, name string, otherwise int64) (int64, error) {
	text := p.property(key, name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, p.badColumn(key, name, "it must be a positive number")
	}
	return n, nil
}

func (p *projection) integers(key int) ([]projectedValue, error) {
	lo, hi, err := p.bounds(key)
	if err != nil {
		return nil, err
	}
	from, err1 := strconv.ParseInt(lo, 10, 64)
	to, err2 := strconv.ParseInt(hi, 10, 64)
	if err1 != nil || err2 != nil || from > to {
		return nil, p.badColumn(key, "range", "it must be two ascending integers")
	}
	step, err := p.number(key, "interval", 1)
	if err != nil {
		return nil, err
	}
	digits, err := p.number(key, "digits", 1)
	if err != nil {
		return nil, err
	}
	if uint64(to-from)/uint64(step) >= maxDomain || digits > 38 {
		return nil, p.badColumn(key, "range", "it has too many values")
	}
	var out []projectedValue
	for n := from; ; n += step {
		text := pad(n, int(digits))
		v, err := p.value(key, "range", text)
		if err != nil {
			return nil, err
		}
		out = append(out, projectedValue{v, text})
		if n > to-step {
			return out, nil
		}
	}
}

// pad writes a number with at least some digits.
func pad(n int64, digits int) string {
	sign, text := "", strconv.FormatInt(n, 10)
	if n < 0 {
		sign, text = "-", text[1:]
	}
	return sign + strings.Repeat("0", max(digits-len(text), 0)) + text
}

// injectedValues are those that the statement names: nobody else knows them.
func (p *projection) injectedValues(key int) ([]projectedValue, error) {
	values, ok := p.injected[key]
	if !ok {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "table %q must be read with a filter on %q that names its values", p.t.Name, p.t.Keys[key].Name).
			WithHint("Its partition projection has type injected: add WHERE %s = ... or IN (...).", schema.QuoteIdent(p.t.Keys[key].Name))
	}
	out := make([]projectedValue, len(values))
	for i, v := range values {
		out[i] = projectedValue{v, v.Text()}
	}
	return out, nil
}
