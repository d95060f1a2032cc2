package layers

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The house's budgets. A file or function that outgrows them holds more than one concept: split it by concept. What is
// generated is exempt.
const (
	maxFileLines     = 900
	maxFunctionLines = 120
)

// root is the module's folder, seen from this package.
const root = "../.."

// modulePackages lists the module's packages as the go command sees them. A package that cannot be read is a failure
// of the build, not of this test, and is left to it.
func modulePackages(t *testing.T) []Package {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, problems.String())
	}
	var packages []Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, Package{Path: p.ImportPath, Imports: p.Imports})
	}
	if len(packages) == 0 {
		t.Fatal("go list found no package")
	}
	return packages
}

func TestImportsRunOneWay(t *testing.T) {
	for _, violation := range Violations(Rules, modulePackages(t)) {
		t.Error(violation)
	}
}

func TestViolationsAreFound(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     string
	}{
		{"catalog/schema", "fmt", ""},
		{"catalog/schema", "catalog", "may import only parser/sqlerr"},
		{"exec/vector", "catalog/schema", ""},
		{"exec/vector", "exec/op", "exec/vector imports exec/op"},
		{"planner/bind", "connectors", ""},
		{"planner/bind", "connectors/lake", "knows connectors by the SPI only"},
		{"planner/bind", "exec/vector", ""},
		{"planner", "exec", "leaves running to exec"},
		{"connectors/kv", "planner/logical", "never imports the planner"},
		{"connectors/kv", "catalog", "may import only"},
		{"connectors/lake", "catalog", ""},
		{"connectors", "connectors/lake", "the SPI is what third parties build against"},
		{"exec/op", "planner/physical", ""},
		{"exec/op", "catalog", "may import only"},
		{"exec/op", "cmd/internal/session", "may import only"},
		{"parser", "parser/sqlerr", ""},
		{"parser/sqlerr", "parser", "import nothing of ours"},
		{"cmd/tarn", "exec", ""},
		{"cmd/tarn", "internal/pgtest", "for tests only"},
		{"internal/slt", "internal/testneeds", ""},
		{"newlayer", "fmt", "belongs to no layer"},
	} {
		to := c.to
		if to != "fmt" {
			to = Module + "/" + to
		}
		got := Violations(Rules, []Package{{Path: Module + "/" + c.from, Imports: []string{to}}})
		switch {
		case c.want == "" && len(got) > 0:
			t.Errorf("%s -> %s: %q, want none", c.from, c.to, got)
		case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
			t.Errorf("%s -> %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// goFiles calls visit with each Go file of the module that is written by hand: its path relative to the module and its
// text.
func goFiles(t *testing.T, visit func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed while we walk
		}
		if err != nil {
			return err
		}
		if generated.Match(text) {
			return nil
		}
		short, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(short), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAndFunctionsKeepToTheBudget(t *testing.T) {
	goFiles(t, func(path string, text []byte) {
		if lines := bytes.Count(text, []byte("\n")); lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: split it by concept", path, lines, maxFileLines)
		}
		if strings.HasSuffix(path, "_test.go") {
			return // a test may be long: it is a list of cases
		}
		for _, problem := range longFunctions(path, text) {
			t.Error(problem)
		}
	})
}

// longFunctions lists the functions beyond the budget. A file that does not parse is left to the build.
func longFunctions(path string, text []byte) []string {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var problems []string
	for _, decl := range parsed.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		lines := set.Position(fn.Body.Rbrace).Line - set.Position(fn.Body.Lbrace).Line
		if lines > maxFunctionLines {
			problems = append(problems, fmt.Sprintf("%s:%d: %s has %d lines, more than %d: give its steps names of their own",
				path, set.Position(fn.Pos()).Line, fn.Name.Name, lines, maxFunctionLines))
		}
	}
	return problems
}

func TestLongFunctionsAreFound(t *testing.T) {
	text := "package p\n\nfunc short() {\n}\n\nfunc long() {\n" + strings.Repeat("\tprintln()\n", maxFunctionLines+1) + "}\n"
	got := longFunctions("p.go", []byte(text))
	if len(got) != 1 || !strings.HasPrefix(got[0], "p.go:6: long has 122 lines") {
		t.Fatalf("found %q", got)
	}
}

func TestNamesSayWhatIsInside(t *testing.T) {
	goFiles(t, func(path string, _ []byte) {
		if problem := NameProblem(path); problem != "" {
			t.Error(problem)
		}
	})
	for path, bad := range map[string]bool{"exec/utils/x.go": true, "exec/helpers_test.go": true, "exec/op/sort.go": false} {
		if got := NameProblem(path) != ""; got != bad {
			t.Errorf("NameProblem(%s) found %v, want %v", path, got, bad)
		}
	}
}

// unfinished are the words with which code says that it is not done. They are put together so that this file has none either.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

func TestNothingIsLeftUnfinished(t *testing.T) {
	goFiles(t, func(path string, text []byte) {
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for number := 1; lines.Scan(); number++ {
			if word := unfinished.FindString(comment(lines.Text())); word != "" {
				t.Errorf("%s:%d: %s in a comment: finish it, or open an issue and say there what is missing", path, number, word)
			}
		}
	})
}

// comment returns what follows the first // of a line.
func comment(line string) string {
	_, after, _ := strings.Cut(line, "//")
	return after
}
