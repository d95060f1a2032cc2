package parser

func (p *printer) maintenance(s Statement) {
	switch s := s.(type) {
	case *AlterTable:
		p.put("ALTER TABLE ")
		p.putIf(s.IfExists, "IF EXISTS ")
		p.name(s.Name)
		p.put(" ")
		p.alterAction(s.Action)
	case *AlterDatabase:
		p.put("ALTER SCHEMA ")
		p.name(s.Name)
		if s.Location != "" {
			p.put(" SET LOCATION ")
			p.str(s.Location)
			return
		}
		p.put(" SET DBPROPERTIES")
		p.properties(s.Properties)
	case *RepairTable:
		p.put("MSCK REPAIR TABLE ")
		p.name(s.Name)
		p.put([...]string{"", " DROP PARTITIONS", " SYNC PARTITIONS"}[s.Mode])
	case *Analyze:
		p.analyze(s)
	case *Vacuum:
		p.put("VACUUM")
		if len(s.Options) > 0 {
			p.options(s.Options)
		}
		p.putIf(len(s.Tables) > 0, " ")
		p.analyzeTargets(s.Tables)
	case *CommentOn:
		p.put("COMMENT ON ", s.Kind, " ")
		p.name(s.Name)
		p.put(" IS ")
		if s.Comment == nil {
			p.put("NULL")
		} else {
			p.str(*s.Comment)
		}
	case *Grant:
		p.grant(s)
	}
}

func (p *printer) alterAction(a AlterAction) {
	switch a := a.(type) {
	case *AddPartitions:
		p.put("ADD")
		p.putIf(a.IfNotExists, " IF NOT EXISTS")
		for _, s := range a.Partitions {
			p.put(" ")
			p.partitionSpec(s)
		}
	case *DropPartitions:
		p.put("DROP ")
		p.putIf(a.IfExists, "IF EXISTS ")
		for i, s := range a.Partitions {
			p.comma(i)
			p.partitionSpec(s)
		}
	case *RenamePartition:
		p.partitionSpec(a.From)
		p.put(" RENAME TO ")
		p.partitionSpec(a.To)
	case *SetLocation:
		if a.Partition != nil {
			p.partitionSpec(*a.Partition)
			p.put(" ")
		}
		p.put("SET LOCATION ")
		p.str(a.Location)
	case *SetTableProperties:
		p.tableProperties(a)
	case *OtherAlter:
		p.put(a.Text)
	default:
		p.columnAction(a)
	}
}

func (p *printer) partitionSpec(s PartitionSpec) {
	p.partition(s.Values)
	if s.Location != "" {
		p.put(" LOCATION ")
		p.str(s.Location)
	}
}

func (p *printer) tableProperties(a *SetTableProperties) {
	if !a.Unset {
		p.put("SET TBLPROPERTIES")
		p.properties(a.Properties)
		return
	}
	p.put("UNSET TBLPROPERTIES (")
	for i, prop := range a.Properties {
		p.comma(i)
		p.str(prop.Key)
	}
	p.put(")")
}

func (p *printer) columnAction(a AlterAction) {
	switch a := a.(type) {
	case *AddColumns:
		if len(a.Columns) == 1 {
			p.put("ADD COLUMN ")
			p.putIf(a.IfNotExists, "IF NOT EXISTS ")
			p.column(a.Columns[0])
			return
		}
		p.put("ADD COLUMNS")
		p.columns(a.Columns)
	case *ReplaceColumns:
		p.put("REPLACE COLUMNS")
		p.columns(a.Columns)
	case *ChangeColumn:
		p.put("CHANGE COLUMN ")
		p.ident(a.Old)
		p.put(" ")
		p.column(a.New)
		p.putIf(a.First, " FIRST")
		if a.After != "" {
			p.put(" AFTER ")
			p.ident(a.After)
		}
	case *DropColumn:
		p.put("DROP COLUMN ")
		p.putIf(a.IfExists, "IF EXISTS ")
		p.ident(a.Name)
	case *RenameColumn:
		p.put("RENAME COLUMN ")
		p.ident(a.Old)
		p.put(" TO ")
		p.ident(a.New)
	case *RenameTable:
		p.put("RENAME TO ")
		p.name(a.To)
	}
}

func (p *printer) analyze(s *Analyze) {
	p.put("ANALYZE")
	if len(s.Partition) > 0 || s.NoScan {
		p.put(" TABLE ")
		p.name(s.Tables[0].Name)
		if len(s.Partition) > 0 {
			p.put(" ")
			p.partition(s.Partition)
		}
		p.put(" COMPUTE STATISTICS")
		if len(s.Tables[0].Columns) > 0 {
			p.put(" FOR COLUMNS ")
			p.idents(s.Tables[0].Columns)
		}
		p.putIf(s.NoScan, " NOSCAN")
		return
	}
	if len(s.Options) > 0 {
		p.options(s.Options)
	}
	p.putIf(s.Verbose, " VERBOSE")
	p.putIf(len(s.Tables) > 0, " ")
	p.analyzeTargets(s.Tables)
}

func (p *printer) analyzeTargets(list []AnalyzeTarget) {
	for i, t := range list {
		p.comma(i)
		p.name(t.Name)
		p.parenIdents(t.Columns)
	}
}

func (p *printer) grant(g *Grant) {
	word := "GRANT "
	if g.Revoke {
		word = "REVOKE "
		if g.GrantOption {
			word += "GRANT OPTION FOR "
		}
	}
	p.put(word)
	for i, v := range g.Privileges {
		p.comma(i)
		p.privilege(v, g.Kind != "")
	}
	if g.Kind != "" {
		p.put(" ON ")
		p.grantKind(g)
		p.nameList(g.Objects)
	}
	if g.Revoke {
		p.put(" FROM ")
	} else {
		p.put(" TO ")
	}
	for i, r := range g.Grantees {
		p.comma(i)
		p.role(r)
	}
	p.putIf(g.GrantOption && !g.Revoke, " WITH GRANT OPTION")
	p.putIf(g.Cascade, " CASCADE")
}

// role writes a role; the words for the session's own role are not quoted.
func (p *printer) role(r string) {
	switch r {
	case "current_role", "current_user", "session_user":
		p.put(r)
	default:
		p.ident(r)
	}
}

func (p *printer) grantKind(g *Grant) {
	if g.AllInSchema {
		p.put("ALL ", g.Kind, " IN SCHEMA ")
		return
	}
	p.put(g.Kind, " ")
}

func (p *printer) privilege(v Privilege, object bool) {
	if object {
		p.put(v.Name)
	} else {
		p.role(v.Name)
	}
	p.parenIdents(v.Columns)
}
