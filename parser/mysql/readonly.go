package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// forbidden are functions of MySQL and MariaDB that wait, lock, read files or change something.
var forbidden = map[string]bool{
	"sleep": true, "benchmark": true, "get_lock": true, "release_lock": true, "release_all_locks": true, "load_file": true,
	"is_free_lock": true, "is_used_lock": true, "nextval": true, "setval": true, "lastval": true, "last_insert_id": true,
	"master_pos_wait": true, "source_pos_wait": true, "wait_for_executed_gtid_set": true, "sys_exec": true, "sys_eval": true,
}

// CheckReadOnly reports whether a text that is to be sent to a MySQL or MariaDB server as it stands is one query that
// only reads: no second statement, no INTO, no locks, no assignment to variables, no function that waits or writes, and
// no comment whose content a server may run. The error is a *sqlerr.Error: 42601 for a syntax error or several
// statements, 25006 for what writes, 0A000 for a statement that is no query.
func CheckReadOnly(sql string) error {
	s := scanner{src: sql, backslash: true}
	for s.next() {
		if s.codeComment {
			break
		}
	}
	if s.codeComment {
		return refused("a comment that the server may run")
	}
	stmts, err := parseTree(sql)
	if err != nil {
		return err
	}
	if len(stmts) != 1 {
		return sqlerr.New(sqlerr.SyntaxError, "a pass-through query must be one statement, not %d", len(stmts))
	}
	switch stmts[0].(type) {
	case *ast.SelectStmt, *ast.SetOprStmt:
	case *ast.InsertStmt:
		return refused("INSERT")
	case *ast.UpdateStmt:
		return refused("UPDATE")
	case *ast.DeleteStmt:
		return refused("DELETE")
	default:
		return sqlerr.Unsupported("%s in a pass-through query", statementName(stmts[0]))
	}
	v := &readOnlyVisitor{}
	stmts[0].Accept(v)
	if v.found != "" {
		return refused(v.found)
	}
	return nil
}

func refused(what string) error {
	return sqlerr.New(sqlerr.ReadOnlyTransaction, "cannot execute %s in a pass-through query", what).
		WithHint("A pass-through query must be one SELECT that only reads.")
}

// readOnlyVisitor looks for what does more than read.
type readOnlyVisitor struct{ found string }

// Enter looks at a node before its children.
func (v *readOnlyVisitor) Enter(n ast.Node) (ast.Node, bool) {
	switch n := n.(type) {
	case *ast.SelectStmt:
		if n.SelectIntoOpt != nil {
			v.found = "SELECT .. INTO"
		}
		if n.LockInfo != nil && n.LockInfo.LockType != ast.SelectLockNone {
			v.found = "SELECT .. FOR UPDATE"
		}
	case *ast.VariableExpr:
		if n.Value != nil {
			v.found = "an assignment to a variable"
		}
	case *ast.FuncCallExpr:
		if forbidden[n.FnName.L] {
			v.found = strings.ToUpper(n.FnName.L)
		}
	}
	return n, v.found != ""
}

// Leave stops the walk when something was found.
func (v *readOnlyVisitor) Leave(n ast.Node) (ast.Node, bool) { return n, v.found == "" }
