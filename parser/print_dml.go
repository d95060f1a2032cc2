package parser

func (p *printer) modification(s Statement) {
	switch s := s.(type) {
	case *Insert:
		p.insert(s)
	case *Update:
		p.withIf(s.With)
		p.put("UPDATE ")
		p.target(s.Table, s.Alias)
		p.put(" SET ")
		p.assignments(s.Set)
		if len(s.From) > 0 {
			p.put(" FROM ")
			p.tables(s.From)
		}
		p.clause(" WHERE ", s.Where)
		p.returning(s.Returning)
	case *Delete:
		p.withIf(s.With)
		p.put("DELETE FROM ")
		p.target(s.Table, s.Alias)
		if len(s.Using) > 0 {
			p.put(" USING ")
			p.tables(s.Using)
		}
		p.clause(" WHERE ", s.Where)
		p.returning(s.Returning)
	case *Merge:
		p.merge(s)
	case *Truncate:
		p.put("TRUNCATE TABLE ")
		p.nameList(s.Tables)
	case *Unload:
		p.put("UNLOAD ")
		p.parenQuery(s.Query)
		p.put(" TO ")
		p.str(s.Location)
		p.withOptions(s.Options)
	}
}

func (p *printer) withIf(w *With) {
	if w != nil {
		p.with(w)
	}
}

func (p *printer) withOptions(list []Option) {
	if len(list) > 0 {
		p.put(" WITH")
		p.options(list)
	}
}

func (p *printer) target(n Name, alias string) {
	p.name(n)
	if alias != "" {
		p.put(" AS ")
		p.ident(alias)
	}
}

func (p *printer) returning(items []SelectItem) {
	if len(items) > 0 {
		p.put(" RETURNING ")
		p.selectItems(items)
	}
}

func (p *printer) assignments(list []Assignment) {
	for i, a := range list {
		p.comma(i)
		if a.Row {
			p.put("(")
			p.idents(a.Columns)
			p.put(")")
		} else {
			p.idents(a.Columns)
		}
		p.put(" = ")
		p.expr(a.Value)
	}
}

func (p *printer) insert(s *Insert) {
	p.withIf(s.With)
	if s.Overwrite {
		p.put("INSERT OVERWRITE TABLE ")
	} else {
		p.put("INSERT INTO ")
	}
	p.target(s.Table, s.Alias)
	if len(s.Partition) > 0 {
		p.put(" ")
		p.partition(s.Partition)
	}
	p.parenIdents(s.Columns)
	if s.Query == nil {
		p.put(" DEFAULT VALUES")
	} else {
		p.put(" ")
		p.query(s.Query)
	}
	if c := s.Conflict; c != nil {
		p.conflict(c)
	}
	p.returning(s.Returning)
}

func (p *printer) conflict(c *OnConflict) {
	p.put(" ON CONFLICT")
	if len(c.Target) > 0 {
		p.put(" (")
		p.exprs(c.Target)
		p.put(")")
		p.clause(" WHERE ", c.TargetWhere)
	}
	if c.Constraint != "" {
		p.put(" ON CONSTRAINT ")
		p.ident(c.Constraint)
	}
	if len(c.Set) == 0 {
		p.put(" DO NOTHING")
		return
	}
	p.put(" DO UPDATE SET ")
	p.assignments(c.Set)
	p.clause(" WHERE ", c.Where)
}

func (p *printer) merge(s *Merge) {
	p.withIf(s.With)
	p.put("MERGE INTO ")
	p.target(s.Table, s.Alias)
	p.put(" USING ")
	if j, ok := s.Source.(*Join); ok && j.Alias == nil {
		p.put("(")
		p.join(j)
		p.put(")")
	} else {
		p.table(s.Source)
	}
	p.put(" ON ")
	p.expr(s.On)
	for _, w := range s.Whens {
		p.put(" WHEN ", notWord(!w.Matched), "MATCHED")
		p.clause(" AND ", w.Cond)
		p.put(" THEN ")
		p.mergeAction(w)
	}
}

func (p *printer) mergeAction(w MergeWhen) {
	switch w.Action {
	case MergeNothing:
		p.put("DO NOTHING")
	case MergeDelete:
		p.put("DELETE")
	case MergeUpdate:
		p.put("UPDATE SET ")
		p.assignments(w.Set)
	case MergeInsert:
		p.put("INSERT")
		p.parenIdents(w.Columns)
		if len(w.Values) == 0 {
			p.put(" DEFAULT VALUES")
			return
		}
		p.put(" VALUES (")
		p.exprs(w.Values)
		p.put(")")
	}
}
