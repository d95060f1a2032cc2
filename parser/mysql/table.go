package mysql

import (
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/tarnsql/tarn/parser"
)

func tableName(n *ast.TableName) parser.Name {
	if n.Schema.L != "" {
		return parser.Name{n.Schema.L, n.Name.L}
	}
	return parser.Name{n.Name.L}
}

// table translates an item of FROM; TiDB's tree has a join without a right side around a single table.
func (t *translator) table(n ast.ResultSetNode) parser.TableExpr {
	t.enter(n)
	defer t.leave()
	switch n := n.(type) {
	case *ast.Join:
		if n.Right == nil {
			return t.table(n.Left)
		}
		return t.join(n)
	case *ast.TableSource:
		return t.tableSource(n)
	}
	t.unsupported(n, "this item of FROM")
	return nil
}

func (t *translator) join(n *ast.Join) parser.TableExpr {
	j := &parser.Join{Loc: t.loc(n), Natural: n.NaturalJoin, Left: t.table(n.Left), Right: t.table(n.Right)}
	switch {
	case n.Tp == ast.LeftJoin:
		j.Kind = parser.LeftJoin
	case n.Tp == ast.RightJoin:
		j.Kind = parser.RightJoin
	case n.On == nil && len(n.Using) == 0 && !n.NaturalJoin:
		j.Kind = parser.CrossJoin
	}
	if n.On != nil {
		j.On = t.expr(n.On.Expr)
	}
	for _, c := range n.Using {
		j.Using = append(j.Using, c.Name.L)
	}
	return j
}

func (t *translator) tableSource(n *ast.TableSource) parser.TableExpr {
	var alias *parser.TableAlias
	if n.AsName.L != "" {
		alias = &parser.TableAlias{Loc: t.loc(n), Name: n.AsName.L, Columns: names(n.ColumnNames)}
	}
	// The grammar has no FULL JOIN and reads the word as an alias, which would silently make it an inner join.
	if n.AsName.L == "full" {
		t.unsupported(n, "FULL JOIN in the MySQL dialect")
	}
	switch src := n.Source.(type) {
	case *ast.TableName:
		return t.namedTable(src, alias)
	case *ast.SelectStmt, *ast.SetOprStmt:
		return &parser.DerivedTable{Loc: t.loc(n), Lateral: n.Lateral, Query: t.query(src), Alias: alias}
	case *ast.Join:
		return t.table(src)
	}
	t.unsupported(n, "this item of FROM")
	return nil
}

func (t *translator) namedTable(n *ast.TableName, alias *parser.TableAlias) parser.TableExpr {
	if len(n.PartitionNames) > 0 {
		t.unsupported(n, "PARTITION (..) after a table")
	}
	out := &parser.TableName{Loc: t.loc(n), Name: tableName(n), Alias: alias}
	if n.AsOf != nil {
		out.Travel = &parser.TimeTravel{Timestamp: true, AsOf: t.expr(n.AsOf.TsExpr)}
	}
	if n.TableSample != nil {
		out.Sample = t.sample(n.TableSample)
	}
	return out
}

func (t *translator) sample(n *ast.TableSample) *parser.TableSample {
	s := &parser.TableSample{Loc: t.loc(n), Method: "bernoulli"}
	switch n.SampleMethod {
	case ast.SampleMethodTypeSystem:
		s.Method = "system"
	case ast.SampleMethodTypeTiDBRegion:
		t.unsupported(n, "TABLESAMPLE REGIONS")
	}
	if n.SampleClauseUnit == ast.SampleClauseUnitTypeRow {
		t.unsupported(n, "TABLESAMPLE of a number of rows")
	}
	if n.Expr == nil {
		t.unsupported(n, "TABLESAMPLE without a percentage")
	}
	s.Args = []parser.Expr{t.expr(n.Expr)}
	if n.RepeatableSeed != nil {
		s.Repeatable = t.expr(n.RepeatableSeed)
	}
	return s
}
