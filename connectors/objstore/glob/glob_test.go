package glob

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern  string
		yes, not []string
	}{
		{"*.csv", []string{"a.csv", ".csv", ".hidden.csv"}, []string{"a/b.csv", "a.csv.gz", "a.CSV"}},
		{"**.csv", []string{"a.csv", "a/b.csv", "a/b/c.csv"}, []string{"a/b.json"}},
		{"*.*", []string{"a.b", "a."}, []string{"a", "x/a.b"}},
		{"*.{csv,avro}", []string{"a.csv", "a.avro"}, []string{"a.json", "a.{csv,avro}"}},
		{"foo.?", []string{"foo.a", "foo.é"}, []string{"foo.", "foo.ab", "foo./"}},
		{`myfolder/*`, []string{"myfolder/a"}, []string{"myfolder/a/b", "myfolder"}},
		{`myfolder/*/*`, []string{"myfolder/a/b"}, []string{"myfolder/a/b/c"}},
		{`myfolder/**`, []string{"myfolder/a/b/c", "myfolder/"}, []string{"myfolder", "xmyfolder/a"}},
		{`myfolder/`, []string{"myfolder/a", "myfolder/a/b"}, []string{"myfolderx/a"}},
		{"[a-c]x", []string{"ax", "cx"}, []string{"dx", "x"}},
		{"[!a-c]x", []string{"dx"}, []string{"ax", "/x"}},
		{"[*?\\]", []string{"*", "?", "\\"}, []string{"a"}},
		{"[]a]", []string{"]", "a"}, []string{"b"}},
		{"[a-]", []string{"a", "-"}, []string{"b"}},
		{`\*\{a,b\}`, []string{"*{a,b}"}, []string{"xa", "*a"}},
		{"{[!0],0[8-9]}x", []string{"1x", "08x"}, []string{"0x", "07x"}},
		{"{a,[,]}b", []string{"ab", ",b"}, []string{"b"}},
		{"", []string{""}, []string{"a"}},
		{"日*", []string{"日本"}, []string{"本日"}},
	} {
		p, err := Compile(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		for _, k := range c.yes {
			if !p.Match(k) {
				t.Errorf("%s does not match %s", c.pattern, k)
			}
		}
		for _, k := range c.not {
			if p.Match(k) {
				t.Errorf("%s matches %s", c.pattern, k)
			}
		}
	}
}

// TestGlueDocumentation is the example of Glue's documentation: of a year it keeps the first week.
func TestGlueDocumentation(t *testing.T) {
	s, err := CompileAll([]string{"2015/01/{[!0],0[8-9]}**", "2015/0[2-9]/**", "2015/1[0-2]/**"})
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for m := 1; m <= 12; m++ {
		for d := 1; d <= 31; d++ {
			folder := fmt.Sprintf("2015/%02d/%02d/", m, d)
			if !s.Match(folder + "part-0.csv") {
				kept = append(kept, folder)
			}
			if s.Match(folder+"x") != s.Covers(folder) {
				t.Errorf("%s: covers %v", folder, s.Covers(folder))
			}
		}
	}
	want := "2015/01/01/ 2015/01/02/ 2015/01/03/ 2015/01/04/ 2015/01/05/ 2015/01/06/ 2015/01/07/"
	if got := strings.Join(kept, " "); got != want {
		t.Errorf("kept %s", got)
	}
}

func TestEscapedTextMatchesItselfOnly(t *testing.T) {
	const text = `s3://b/a*[x]{1,2}?\k`
	p, err := Compile(Escape(text) + "/*.tmp")
	if err != nil {
		t.Fatal(err)
	}
	if !p.Match(text+"/f.tmp") || p.Match("s3://b/aa[x]{1,2}?k/f.tmp") || p.Match(text+"/f.csv") {
		t.Errorf("%s", p)
	}
}

func TestCompileErrors(t *testing.T) {
	for _, p := range []string{"[", "[a", "[!", "{a", "{a,{b}}", `\`, "[z-a]", "[a/b]", strings.Repeat("{a,b}", 20), strings.Repeat("x", 5000)} {
		if _, err := Compile(p); err == nil {
			t.Errorf("%s compiles", p)
		}
	}
}

// regexpOf translates a compiled pattern to a regular expression, the oracle of the fuzz test.
func regexpOf(p *Pattern) *regexp.Regexp {
	var alternatives []string
	for _, tokens := range p.alternatives {
		var b strings.Builder
		for _, t := range tokens {
			switch t.op {
			case literal:
				b.WriteString(regexp.QuoteMeta(string(t.r)))
			case anyOne:
				b.WriteString("[^/]")
			case star:
				b.WriteString("[^/]*")
			case starStar:
				b.WriteString("(?s:.*)")
			case class:
				b.WriteString("[")
				if t.negate {
					b.WriteString("^/")
				}
				for _, r := range t.ranges {
					fmt.Fprintf(&b, `\x{%x}-\x{%x}`, r.lo, r.hi)
				}
				b.WriteString("]")
			}
		}
		alternatives = append(alternatives, b.String())
	}
	return regexp.MustCompile("^(?:" + strings.Join(alternatives, "|") + ")$")
}

func FuzzMatch(f *testing.F) {
	f.Add("2015/01/{[!0],0[8-9]}**", "2015/01/08/x")
	f.Add("*.{csv,json}", "a.csv")
	f.Add("**/x?[a-b]", "q/w/xya")
	f.Add(`\[*`, "[abc")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		p, err := Compile(pattern)
		if err != nil || len(pattern) > 60 || len(key) > 200 || strings.ContainsRune(key, '\uFFFD') || strings.ContainsRune(pattern, '\uFFFD') {
			return
		}
		for _, tokens := range p.alternatives {
			for _, tok := range tokens {
				for _, r := range tok.ranges {
					if r.lo <= '/' && r.hi >= '/' {
						return // a set that spans the slash means another set as a regular expression
					}
				}
			}
		}
		if strings.ToValidUTF8(key, "") != key {
			return
		}
		if got, want := p.Match(key), regexpOf(p).MatchString(key); got != want {
			t.Errorf("%q on %q: %v, the regular expression says %v", pattern, key, got, want)
		}
		if p.Covers(key) && !p.Match(key+"/any/thing") {
			t.Errorf("%q covers %q and does not match below", pattern, key)
		}
	})
}
