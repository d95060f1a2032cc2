package parser

// statementChildren visits the expressions, queries and types of a statement other than a Query.
func (w walker) statementChildren(s Statement) {
	switch s := s.(type) {
	case *Insert:
		w.insertChildren(s)
	case *Update:
		w.with(s.With)
		w.assignments(s.Set)
		w.tables(s.From...)
		w.expr(s.Where)
		w.items(s.Returning)
	case *Delete:
		w.with(s.With)
		w.tables(s.Using...)
		w.expr(s.Where)
		w.items(s.Returning)
	case *Merge:
		w.mergeChildren(s)
	case *Unload:
		w.query(s.Query)
		w.options(s.Options)
	case *Explain:
		w.options(s.Options)
		w.visit(s.Statement)
	case *Prepare:
		for _, t := range s.Types {
			w.typ(t)
		}
		w.visit(s.Statement)
	case *Execute:
		w.expr(s.Args...)
	case *ExecuteImmediate:
		w.expr(s.Args...)
	case *DeclareCursor:
		w.query(s.Query)
	case *Copy:
		w.query(s.Query)
		w.expr(s.Where)
	case *Call:
		w.expr(s.Args...)
	case *Show:
		w.query(s.Query)
		w.partition(s.Partition)
	case *Describe:
		w.partition(s.Partition)
	default:
		w.definitionChildren(s)
	}
}

func (w walker) definitionChildren(s Statement) {
	switch s := s.(type) {
	case *CreateTable:
		w.columns(s.Columns)
		w.columns(s.PartitionedBy)
		w.expr(s.PartitionTransforms...)
		w.order(s.SortedBy)
		w.options(s.Options)
		w.query(s.Query)
	case *CreateView:
		w.query(s.Query)
	case *CreateDatabase:
		w.options(s.Options)
	case *CreateCrawler:
		w.options(s.Options)
	case *AlterTable:
		w.actionChildren(s.Action)
	case *Analyze:
		w.options(s.Options)
		w.partition(s.Partition)
	case *Vacuum:
		w.options(s.Options)
	}
}

func (w walker) actionChildren(a AlterAction) {
	switch a := a.(type) {
	case *AddPartitions:
		for _, s := range a.Partitions {
			w.partition(s.Values)
		}
	case *DropPartitions:
		for _, s := range a.Partitions {
			w.partition(s.Values)
		}
	case *RenamePartition:
		w.partition(a.From.Values)
		w.partition(a.To.Values)
	case *AddColumns:
		w.columns(a.Columns)
	case *ReplaceColumns:
		w.columns(a.Columns)
	case *ChangeColumn:
		w.columns([]ColumnDef{a.New})
	case *SetLocation:
		if a.Partition != nil {
			w.partition(a.Partition.Values)
		}
	}
}

func (w walker) assignments(list []Assignment) {
	for _, a := range list {
		w.expr(a.Value)
	}
}

func (w walker) insertChildren(s *Insert) {
	w.with(s.With)
	w.partition(s.Partition)
	w.query(s.Query)
	if c := s.Conflict; c != nil {
		w.expr(c.Target...)
		w.expr(c.TargetWhere)
		w.assignments(c.Set)
		w.expr(c.Where)
	}
	w.items(s.Returning)
}

func (w walker) mergeChildren(s *Merge) {
	w.with(s.With)
	w.tables(s.Source)
	w.expr(s.On)
	for _, when := range s.Whens {
		w.expr(when.Cond)
		w.assignments(when.Set)
		w.expr(when.Values...)
	}
}
