package crawler

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors/objstore/glob"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// grouping is the policy by which folders become tables.
type grouping string

// The policies. Similar compares schemas; glue also gives up above five different schemas among siblings; combine looks at
// the format only; oneTable makes the target one table.
const (
	groupSimilar  grouping = "similar"
	groupGlue     grouping = "glue"
	groupCombine  grouping = "combine"
	groupOneTable grouping = "one_table"
)

// settings are a crawler's definition, checked.
type settings struct {
	name, database, prefix string
	targets                []string
	exclude                glob.Set
	grouping               grouping
	tableLevel, maxTables  int
	sampleFiles            int
	sampleBytes            int64
	footerFiles            int
	dropGone               bool
	logUpdates             bool
	newFolders             bool
	reclassify             bool
}

// The defaults of the options of WITH (...).
const (
	defaultSampleFiles = 16
	defaultSampleBytes = 1 << 20
	// defaultFooterFiles is how many files with footers a table may have for all of them to be read.
	defaultFooterFiles = 2000
	// sampledFooters is how many footers are read of a larger table.
	sampledFooters = 64
	defaultName    = "crawler"
	defaultSchema  = "public"
)

var optionNames = []string{"grouping", "table_level", "max_tables", "sample_files", "sample_bytes", "footer_files", "update",
	"delete", "recrawl", "reclassify"}

// read checks a definition.
func read(c catalog.Crawler) (*settings, error) {
	s := &settings{name: c.Name, database: c.Database, prefix: c.Prefix, targets: c.Targets, grouping: groupSimilar,
		sampleFiles: defaultSampleFiles, sampleBytes: defaultSampleBytes, footerFiles: defaultFooterFiles}
	if s.name == "" {
		s.name = defaultName
	}
	if s.database == "" {
		s.database = defaultSchema
	}
	if len(s.targets) == 0 {
		return nil, sqlerr.New(sqlerr.InvalidParameterValue, "crawler %q has no target", s.name)
	}
	var err error
	if s.exclude, err = glob.CompileAll(c.Exclude); err != nil {
		return nil, err
	}
	if c.Schedule != "" {
		if _, err := ParseSchedule(c.Schedule); err != nil {
			return nil, err
		}
	}
	names := make([]string, 0, len(c.Options))
	for k := range c.Options {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		if err := s.option(strings.ToLower(k), strings.TrimSpace(c.Options[k])); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *settings) option(name, value string) error {
	var err error
	word := strings.ToLower(strings.Trim(value, "'"))
	switch name {
	case "grouping":
		word, err = oneOf(name, word, "similar", "glue", "combine", "one_table")
		s.grouping = grouping(word)
	case "table_level":
		s.tableLevel, err = positive(name, word)
	case "max_tables":
		s.maxTables, err = positive(name, word)
	case "sample_files":
		s.sampleFiles, err = positive(name, word)
	case "sample_bytes":
		var n int
		n, err = positive(name, word)
		s.sampleBytes = int64(n)
	case "footer_files":
		s.footerFiles, err = positive(name, word)
	case "update":
		word, err = oneOf(name, word, "merge", "log")
		s.logUpdates = word == "log"
	case "delete":
		word, err = oneOf(name, word, "log", "drop")
		s.dropGone = word == "drop"
	case "recrawl":
		word, err = oneOf(name, word, "everything", "new_folders")
		s.newFolders = word == "new_folders"
	case "reclassify":
		word, err = oneOf(name, word, "false", "true")
		s.reclassify = word == "true"
	case "projection":
		return sqlerr.Unsupported("the crawler option projection").WithHint("Partitions are looked up by value without it.")
	default:
		e := sqlerr.New(sqlerr.InvalidParameterValue, "unknown crawler option %q", name)
		if near := sqlerr.Nearest(name, optionNames); near != "" {
			return e.WithHint("Perhaps you meant %q.", near)
		}
		return e.WithHint("The options are %s.", strings.Join(optionNames, ", "))
	}
	return err
}

func oneOf(name, value string, allowed ...string) (string, error) {
	if slices.Contains(allowed, value) {
		return value, nil
	}
	return "", sqlerr.New(sqlerr.InvalidParameterValue, "crawler option %s cannot be %q", name, value).
		WithHint("It is one of %s.", strings.Join(allowed, ", "))
}

// maxOption bounds the numbers of options.
const maxOption = 1 << 30

func positive(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxOption {
		return 0, sqlerr.New(sqlerr.InvalidParameterValue, "crawler option %s must be a number from 1 to %d, not %q", name, maxOption, value)
	}
	return n, nil
}
