package parser

import "github.com/tarnsql/tarn/parser/sqlerr"

// windowSpec reads ([base] [PARTITION BY ..] [ORDER BY ..] [frame]).
func (p *parser) windowSpec() *WindowSpec {
	w := &WindowSpec{Loc: p.loc()}
	p.expectPunct("(")
	if isName(p.tok) && !p.words("partition", "by") && !p.atFrame() {
		w.Base = p.name()
	}
	if p.accept("partition") {
		p.expect("by")
		w.PartitionBy = p.exprList()
	}
	if p.accept("order") {
		p.expect("by")
		w.OrderBy = p.orderItems()
	}
	if p.atFrame() {
		w.Frame = p.frame()
	}
	p.expectPunct(")")
	return w
}

func (p *parser) atFrame() bool {
	if !p.anyWord("rows", "range", "groups") {
		return false
	}
	return !p.peek(1).isPunct(")")
}

var frameUnits = map[string]FrameUnit{"rows": RowsFrame, "range": RangeFrame, "groups": GroupsFrame}

func (p *parser) frame() *WindowFrame {
	f := &WindowFrame{Loc: p.loc()}
	f.Unit = frameUnits[p.next().text]
	if p.accept("between") {
		f.Start = p.frameBound()
		p.expect("and")
		f.End = p.frameBound()
	} else {
		f.Start = p.frameBound()
		f.End = FrameBound{Loc: f.Start.Loc, Kind: CurrentRow}
		if f.Start.Kind == OffsetFollowing {
			p.failFrame(f.Start.Loc, "frame starting from following row cannot end with current row")
		}
	}
	p.checkFrame(f)
	if p.accept("exclude") {
		f.Exclude = p.frameExclusion()
	}
	return f
}

// checkFrame refuses frames whose ends are the wrong way round, in PostgreSQL's words.
func (p *parser) checkFrame(f *WindowFrame) {
	s, e := f.Start, f.End
	switch {
	case s.Kind == UnboundedFollowing:
		p.failFrame(s.Loc, "frame start cannot be UNBOUNDED FOLLOWING")
	case e.Kind == UnboundedPreceding:
		p.failFrame(e.Loc, "frame end cannot be UNBOUNDED PRECEDING")
	case s.Kind == CurrentRow && e.Kind == OffsetPreceding:
		p.failFrame(s.Loc, "frame starting from current row cannot have preceding rows")
	case s.Kind == OffsetFollowing && e.Kind == CurrentRow, s.Kind == OffsetFollowing && e.Kind == OffsetPreceding:
		p.failFrame(s.Loc, "frame starting from following row cannot have preceding rows")
	}
}

func (p *parser) frameBound() FrameBound {
	b := FrameBound{Loc: p.loc()}
	switch {
	case p.words("unbounded", "preceding"):
		b.Kind = UnboundedPreceding
	case p.words("unbounded", "following"):
		b.Kind = UnboundedFollowing
	case p.words("current", "row"):
		b.Kind = CurrentRow
	default:
		b.Offset = p.expr()
		switch {
		case p.accept("preceding"):
			b.Kind = OffsetPreceding
		case p.accept("following"):
			b.Kind = OffsetFollowing
		default:
			p.unexpected()
		}
		return b
	}
	p.next()
	p.next()
	return b
}

func (p *parser) frameExclusion() FrameExclusion {
	switch {
	case p.accept("current"):
		p.expect("row")
		return ExcludeCurrentRow
	case p.accept("group"):
		return ExcludeGroup
	case p.accept("ties"):
		return ExcludeTies
	}
	p.expect("no", "others")
	return ExcludeNoOthers
}

func (p *parser) failFrame(loc Loc, message string) {
	p.fail(sqlerr.New(sqlerr.WindowingError, "%s", message).At(int(loc)))
}
