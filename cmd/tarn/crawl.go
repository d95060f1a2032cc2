package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func newCrawl(out streams) *cobra.Command {
	var flags common
	var database, prefix string
	var exclude, options []string
	var plan bool
	cmd := &cobra.Command{
		Use:   "crawl URL...",
		Short: "Discover tables and partitions below a bucket, a prefix or a folder",
		Long: `Walks the targets, finds tables and partitions, and stores them in the catalog in one transaction.
A second crawl adds only what is new. With --plan nothing is stored: it shows what would change.`,
		Example: `  tarn crawl s3://lake/ --config tarn.yaml
  tarn crawl s3://lake/sales/ --database sales --plan --config tarn.yaml
  tarn crawl file:///var/data/lake/ --config tarn.yaml   (a folder that the file lists under storage)`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return sqlerr.New(sqlerr.InvalidParameterValue, "tarn crawl needs a place to crawl").
					WithHint("name a bucket, a prefix or a folder, as s3://bucket/prefix/ or file:///folder/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := flags.load()
			if err != nil {
				return err
			}
			cfg.Log.Level = "error" // a failed crawl is told once, by the command itself
			r, err := openEngine(cmd.Context(), cfg, newLogger(out.err, cfg.Log))
			if err != nil {
				return err
			}
			defer r.close()
			c := catalog.Crawler{Name: "command line", Targets: args, Exclude: exclude, Database: database, Prefix: prefix, Options: optionMap(options)}
			return r.crawl(cmd.Context(), c, plan, out)
		},
	}
	flags.register(cmd)
	cmd.Flags().StringVarP(&database, "database", "d", defaultDatabase, "database (schema) of the tables")
	cmd.Flags().StringVar(&prefix, "prefix", "", "prefix of the tables' names")
	cmd.Flags().StringArrayVar(&exclude, "exclude", nil, "glob of keys to leave out, relative to the target; may be repeated")
	cmd.Flags().StringArrayVarP(&options, "option", "o", nil, "option of the crawl as name=value (grouping, table_level, max_tables, sample_files); may be repeated")
	cmd.Flags().BoolVar(&plan, "plan", false, "show what would change and store nothing")
	return cmd
}

func optionMap(list []string) map[string]string {
	out := map[string]string{}
	for _, o := range list {
		k, v, _ := strings.Cut(o, "=")
		out[k] = v
	}
	return out
}

// crawl runs or plans a crawl and prints its changes.
func (r *running) crawl(ctx context.Context, c catalog.Crawler, planOnly bool, out streams) error {
	if err := r.crawler.Check(c); err != nil {
		return err
	}
	bar := newProgress(out.err)
	o := crawler.RunOptions{Progress: func(p crawler.Progress) {
		bar.show("crawling: %d folders, %d files, %d sampled", p.Folders, p.Files, p.Sampled)
	}}
	var p *crawler.Plan
	var run catalog.CrawlRun
	var err error
	if planOnly {
		p, err = r.crawler.Plan(ctx, c, o)
	} else {
		p, run, err = r.crawler.Run(ctx, c, o)
	}
	bar.clear()
	if err != nil {
		return err
	}
	changes := 0
	for _, change := range p.Changes {
		printChange(out.out, change)
		if !change.Reported() {
			changes++
		}
	}
	if planOnly {
		fmt.Fprintf(out.out, "%d changes planned, nothing stored; %d files (%s), %d LIST and %d GET requests\n",
			changes, p.Files, metering.Athena().Bytes(p.Bytes), p.Lists, p.Gets)
		return nil
	}
	fmt.Fprintf(out.out, "%d tables added, %d changed; %d partitions added, %d gone; %d files, %d LIST and %d GET requests, %s\n",
		run.TablesAdded, run.TablesChanged, run.PartitionsAdded, run.PartitionsGone, run.Files, run.Lists, run.Gets,
		run.Elapsed.Round(time.Millisecond))
	return nil
}

func printChange(w io.Writer, c crawler.Change) {
	fmt.Fprintf(w, "%-16s %s", c.Action, c.Object)
	switch {
	case c.Before != "" && c.After != "":
		fmt.Fprintf(w, ": %s -> %s", c.Before, c.After)
	case c.After != "":
		fmt.Fprintf(w, ": %s", c.After)
	}
	fmt.Fprintln(w)
	if c.Reason != "" {
		fmt.Fprintf(w, "%-16s   because %s\n", "", c.Reason)
	}
}
