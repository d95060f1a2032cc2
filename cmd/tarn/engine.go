package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/store"
	"github.com/tarnsql/tarn/cmd/internal/config"
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/format"
	"github.com/tarnsql/tarn/connectors/format/csv"
	"github.com/tarnsql/tarn/connectors/format/json"
	"github.com/tarnsql/tarn/connectors/format/parquet"
	"github.com/tarnsql/tarn/connectors/lake"
	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/crawler"
	"github.com/tarnsql/tarn/exec/functions"
	"github.com/tarnsql/tarn/exec/memory"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// running is an engine with all that it stands on.
type running struct {
	cfg     config.Config
	log     *slog.Logger
	catalog *store.Store
	stores  *objstore.Set
	crawler *crawler.Engine
	engine  *session.Engine
}

// defaultDatabase is the schema that PostgreSQL clients look in first.
const defaultDatabase = "public"

// openEngine wires an engine from a configuration.
func openEngine(ctx context.Context, cfg config.Config, log *slog.Logger) (*running, error) {
	stores, err := objstore.NewSet(ctx, storageOf(cfg)...)
	if err != nil {
		return nil, err
	}
	return openOver(ctx, cfg, log, stores)
}

// storageOf returns the configured stores; without any, every bucket of AWS by the standard credentials, and local
// directories.
func storageOf(cfg config.Config) []objstore.Config {
	if len(cfg.Storage) > 0 {
		return cfg.Storage
	}
	return []objstore.Config{{URL: "s3://"}}
}

// openOver wires an engine over stores that are open already.
func openOver(ctx context.Context, cfg config.Config, log *slog.Logger, stores *objstore.Set) (*running, error) {
	cat, err := store.Open(ctx, store.Options{Path: cfg.CatalogPath(), SyncLedger: cfg.Catalog.SyncLedger})
	if err != nil {
		return nil, err
	}
	r := &running{cfg: cfg, log: log, catalog: cat, stores: stores}
	if err := r.ensureDatabase(ctx); err != nil {
		cat.Close() //nolint:errcheck // the first error counts
		return nil, err
	}
	formats := map[catalog.Format]format.Format{catalog.Parquet: parquet.Format{}, catalog.CSV: csv.New(), catalog.JSON: json.New()}
	r.crawler = crawler.New(cat, stores, formats, crawler.Options{Log: log})
	r.engine = session.NewEngine(session.Options{
		Catalog: cat, Registry: functions.Builtin(), Lake: lake.New(cat, stores, formats), System: session.SystemOf,
		Factories: factories(), Crawl: r.crawler, Stores: stores, Tariff: cfg.Price.Tariff(),
		Memory:      memory.NewBudget("server memory limit", int64(cfg.Limits.Memory), nil),
		QueryMemory: queryMemory(cfg), SpillDir: cfg.SpillPath(), Workers: workers(cfg), Version: version, Users: userNames(cfg),
		MaxSessions: cfg.Limits.Connections, Port: port(cfg.Listen), TLS: cfg.TLS.Cert != "", Log: log,
	})
	return r, nil
}

// port is that of an address; a Unix socket's is the end of its name where it has one, as PostgreSQL's clients look for it.
func port(listen string) string {
	end := listen[strings.LastIndexAny(listen, ":.")+1:]
	if _, err := strconv.ParseUint(end, 10, 16); err != nil {
		return ""
	}
	return end
}

func queryMemory(cfg config.Config) int64 {
	if cfg.Limits.QueryMemory > 0 {
		return int64(cfg.Limits.QueryMemory)
	}
	return int64(cfg.Limits.Memory) / 2
}

func workers(cfg config.Config) int {
	if cfg.Limits.Workers > 0 {
		return cfg.Limits.Workers
	}
	return config.Default().Limits.Workers
}

func userNames(cfg config.Config) []string {
	var out []string
	for _, u := range cfg.Users {
		out = append(out, u.Name)
	}
	return out
}

// ensureDatabase makes the default database in a new catalog.
func (r *running) ensureDatabase(ctx context.Context) error {
	_, err := r.catalog.Update(ctx, func(tx catalog.Tx) error {
		if _, err := tx.Database(ctx, defaultDatabase); err == nil {
			return nil
		}
		return tx.CreateDatabase(ctx, catalog.Database{Name: defaultDatabase, Comment: "the default database"})
	})
	return err
}

// close closes the engine and what it stands on.
func (r *running) close() {
	err := errors.Join(r.engine.Close(), r.catalog.Close())
	r.stores.CloseIdle()
	if err != nil {
		r.log.Error("close", "error", err)
	}
}

// userName is the name of the person at the terminal.
func userName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "tarn"
}

func readFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", sqlerr.New(sqlerr.UndefinedFile, "%w", err)
	}
	return string(text), nil
}

// absolute makes a folder's path independent of the working directory.
func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the folder %s: %w", path, err)
	}
	return abs, nil
}
