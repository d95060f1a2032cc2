package planner

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tarnsql/tarn/planner/physical"
)

// ExplainOptions are the options of EXPLAIN.
type ExplainOptions struct {
	// Analyze shows what happened beside what was expected; Actual has an entry for each node ID then.
	Analyze bool
	Actual  []physical.Actual
	// Verbose shows output columns and the rules that changed the plan.
	Verbose bool
	// JSON asks for one JSON document with PostgreSQL's keys instead of lines of text.
	JSON bool
	// HideCosts leaves estimates out (COSTS OFF), HideTimes times (TIMING OFF), HideSummary the lines about the whole plan
	// (SUMMARY OFF).
	HideCosts, HideTimes, HideSummary bool
	// Execution is the time that the statement took; 0 leaves the line out.
	Execution time.Duration
}

// Explain describes a plan: the lines of a text, or a JSON document in one piece.
func Explain(p *Plan, o ExplainOptions) []string {
	e := &explainer{plan: p, o: o}
	root := e.node(p.Root, "")
	if o.JSON {
		return []string{e.json(root)}
	}
	e.text(root, 0)
	if o.Verbose && len(p.Rules) > 0 {
		e.lines = append(e.lines, "Rules: "+fired(p.Rules))
	}
	if o.Execution > 0 && !o.HideSummary {
		e.lines = append(e.lines, fmt.Sprintf("Execution Time: %.3f ms", milliseconds(o.Execution)))
	}
	return e.lines
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// fired lists rules in the order in which they run.
func fired(counts map[string]int) string {
	var names []string
	for _, n := range Switches() {
		if counts[n] > 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// explained is a node as EXPLAIN shows it.
type explained struct {
	// title is the node's kind with its object ("Scan on lake.public.trips t"); kind alone is PostgreSQL's Node Type.
	title, kind string
	// relation says what the node is to its parent: "Outer", "Inner", ...
	relation string
	props    *physical.Props
	startup  float64
	details  []detail
	children []*explained
}

// detail is a line under a node.
type detail struct {
	name  string
	value any
}

func (n *explained) add(name string, value any) { n.details = append(n.details, detail{name, value}) }

type explainer struct {
	plan  *Plan
	o     ExplainOptions
	lines []string
	seen  map[*physical.Shared]bool
}

func (e *explainer) actual(n *explained) *physical.Actual {
	if !e.o.Analyze || n.props.ID >= len(e.o.Actual) {
		return nil
	}
	return &e.o.Actual[n.props.ID]
}

// text appends a node and those below it.
func (e *explainer) text(n *explained, depth int) {
	indent := ""
	if depth > 0 {
		indent = strings.Repeat(" ", 6*depth-4)
	}
	arrow := ""
	if depth > 0 {
		arrow = "->  "
	}
	line := indent + arrow + n.title
	if !e.o.HideCosts {
		line += fmt.Sprintf("  (cost=%.2f..%.2f rows=%.0f width=%d)", n.startup, n.props.Cost, rows(n.props.Rows), width(n.props))
	}
	if a := e.actual(n); a != nil {
		line += e.actualText(a)
	}
	e.lines = append(e.lines, line)
	inner := indent + "  "
	if depth > 0 {
		inner = indent + "      "
	}
	for _, d := range n.details {
		if empty(d.value) {
			continue
		}
		e.lines = append(e.lines, inner+d.name+": "+fmt.Sprint(textValue(d.value)))
	}
	if a := e.actual(n); a != nil {
		e.memoryText(a, inner)
	}
	for _, c := range n.children {
		e.text(c, depth+1)
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	}
	return false
}

func textValue(v any) any {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	return v
}

func (e *explainer) actualText(a *physical.Actual) string {
	if !a.Executed {
		return " (never executed)"
	}
	loops := max(a.Loops, 1)
	if e.o.HideTimes {
		return fmt.Sprintf(" (actual rows=%d loops=%d)", a.Rows, loops)
	}
	return fmt.Sprintf(" (actual time=0.000..%.3f rows=%d loops=%d)", milliseconds(a.Time), a.Rows, loops)
}

func (e *explainer) memoryText(a *physical.Actual, indent string) {
	if a.Memory > 0 {
		e.lines = append(e.lines, fmt.Sprintf("%sMemory: %dkB", indent, (a.Memory+1023)/1024))
	}
	if a.SpilledBytes > 0 {
		e.lines = append(e.lines, fmt.Sprintf("%sSpilled: %dkB in %d runs", indent, (a.SpilledBytes+1023)/1024, a.Spills))
	}
	if a.Workers > 1 {
		e.lines = append(e.lines, fmt.Sprintf("%sWorkers: %d", indent, a.Workers))
	}
}

// rows is an estimate as PostgreSQL shows it: whole, and one at least unless it is surely none.
func rows(r float64) float64 {
	if r > 0 && r < 1 {
		return 1
	}
	return r
}

func width(p *physical.Props) int {
	w := 0
	for _, c := range p.Columns {
		w += columnWidth(c.Type)
	}
	return w
}

// json is the plan as PostgreSQL's EXPLAIN (FORMAT JSON) writes it.
func (e *explainer) json(root *explained) string {
	doc := object{{"Plan", e.object(root)}}
	if len(e.plan.Rules) > 0 && e.o.Verbose {
		doc = append(doc, member{"Rules", strings.Split(fired(e.plan.Rules), ", ")})
	}
	if e.o.Execution > 0 && !e.o.HideSummary {
		doc = append(doc, member{"Execution Time", milliseconds(e.o.Execution)})
	}
	out, err := json.MarshalIndent([]object{doc}, "", "  ")
	if err != nil {
		// Every value is a string, a number or a list of them.
		panic(err)
	}
	return string(out)
}

func (e *explainer) object(n *explained) object {
	o := object{{"Node Type", n.kind}}
	if n.relation != "" {
		o = append(o, member{"Parent Relationship", n.relation})
	}
	if !e.o.HideCosts {
		o = append(o, member{"Startup Cost", round(n.startup)}, member{"Total Cost", round(n.props.Cost)},
			member{"Plan Rows", int64(rows(n.props.Rows))}, member{"Plan Width", width(n.props)})
	}
	if a := e.actual(n); a != nil {
		if !e.o.HideTimes {
			o = append(o, member{"Actual Startup Time", 0.0}, member{"Actual Total Time", milliseconds(a.Time)})
		}
		o = append(o, member{"Actual Rows", a.Rows}, member{"Actual Loops", max(a.Loops, 1)}, member{"Peak Memory Usage", (a.Memory + 1023) / 1024})
		if a.SpilledBytes > 0 {
			o = append(o, member{"Disk Usage", (a.SpilledBytes + 1023) / 1024})
		}
	}
	for _, d := range n.details {
		if !empty(d.value) {
			o = append(o, member(d))
		}
	}
	var plans []object
	for _, c := range n.children {
		plans = append(plans, e.object(c))
	}
	if len(plans) > 0 {
		o = append(o, member{"Plans", plans})
	}
	return o
}

func round(f float64) float64 { return float64(int64(f*100+0.5)) / 100 }

// object is a JSON object that keeps the order of its members.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}
