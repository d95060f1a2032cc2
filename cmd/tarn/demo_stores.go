package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"maps"

	_ "modernc.org/sqlite" // the driver

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/cmd/internal/demolake"
	"github.com/tarnsql/tarn/connectors/kv"
)

// loadDevices fills the key-value store of the demo with the device registry and attaches it as catalog kv.
func (r *running) loadDevices(ctx context.Context, o demolake.Options) error {
	path := filepath.Join(r.cfg.Data, "kv")
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("empty the demo's key-value store: %w", err)
	}
	store, err := kv.Open(path, kv.Options{Create: true})
	if err != nil {
		return err
	}
	if err := writeDevices(store, o); err != nil {
		return errors.Join(err, store.Close())
	}
	if err := store.Close(); err != nil {
		return err
	}
	return r.attach(ctx, "kv", "pebble", "file://"+filepath.ToSlash(path))
}

// deviceTable is the registry: the row key is the device's name, what it is lies in family info, further cells in attr.
var deviceTable = kv.Definition{
	Name: "devices", Comment: "device registry",
	Key: []kv.KeyColumn{{Name: "device_id", Type: schema.Text, Comment: "row key: the name of the device's folder in the lake"}},
	Columns: []kv.CellColumn{
		{Name: "kind", Type: schema.Text, Family: "info", Qualifier: "kind"},
		{Name: "model", Type: schema.Text, Family: "info", Qualifier: "model"},
		{Name: "site", Type: schema.Text, Family: "info", Qualifier: "site"},
		{Name: "installed", Type: schema.T(schema.Date), Family: "info", Qualifier: "installed"},
		{Name: "firmware", Type: schema.Text, Family: "info", Qualifier: "firmware"},
		{Name: "attributes", Type: schema.MapOf(schema.Text, schema.Text), Family: "attr", Qualifier: "*"},
	},
}

func writeDevices(store *kv.Store, o demolake.Options) error {
	if err := store.CreateTable(deviceTable); err != nil {
		return err
	}
	w, err := store.NewWriter(deviceTable.Name)
	if err != nil {
		return err
	}
	for d := range demolake.Devices(o) {
		firmware := schema.NullOf(schema.Text)
		if d.Firmware != "" {
			firmware = schema.TextValue(d.Firmware)
		}
		var pairs []schema.Value
		for _, k := range slices.Sorted(maps.Keys(d.Attributes)) {
			pairs = append(pairs, schema.TextValue(k), schema.TextValue(d.Attributes[k]))
		}
		if err := w.Put([]schema.Value{
			schema.TextValue(d.ID), schema.TextValue(d.Kind), schema.TextValue(d.Model), schema.TextValue(d.Site),
			schema.IntValue(schema.T(schema.Date), d.Installed.Unix()/86400), firmware,
			schema.NestedValue(schema.MapOf(schema.Text, schema.Text), pairs),
		}); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return w.Close()
}

const customerTables = `
CREATE TABLE regions (region_id INTEGER PRIMARY KEY, code VARCHAR(10) NOT NULL, name TEXT NOT NULL, country CHAR(2) NOT NULL,
	currency CHAR(3) NOT NULL, manager TEXT);
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, region_id INTEGER NOT NULL REFERENCES regions,
	city TEXT NOT NULL, segment VARCHAR(20), signed_up DATE NOT NULL, birth_year INTEGER, credit DECIMAL(12,2), newsletter BOOLEAN NOT NULL);
CREATE INDEX customers_region ON customers (region_id);`

// loadCustomers fills the relational store of the demo and attaches it as catalog crm.
func (r *running) loadCustomers(ctx context.Context, o demolake.Options) error {
	path := filepath.Join(r.cfg.Data, "crm.db")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("empty the demo's relational store: %w", err)
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return fmt.Errorf("make the demo's relational store: %w", err)
	}
	if err := errors.Join(writeCustomers(ctx, db, o), db.Close()); err != nil {
		return fmt.Errorf("fill the demo's relational store: %w", err)
	}
	return r.attach(ctx, "crm", "sqlite", "jdbc:sqlite:"+path)
}

func writeCustomers(ctx context.Context, db *sql.DB, o demolake.Options) error {
	if _, err := db.ExecContext(ctx, customerTables); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	for g := range demolake.Regions() {
		if _, err := tx.ExecContext(ctx, "INSERT INTO regions VALUES (?, ?, ?, ?, ?, ?)", g.ID, g.Code, g.Name, g.Country, g.Currency, optional(g.Manager)); err != nil {
			return err
		}
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // the transaction's end tells
	for c := range demolake.Customers(o) {
		var credit *float64
		if c.CreditCent != nil {
			v := float64(*c.CreditCent) / 100
			credit = &v
		}
		if _, err := insert.ExecContext(ctx, c.ID, c.Name, c.Email, c.RegionID, c.City, c.Segment, c.SignedUp.Format(time.DateOnly),
			c.BirthYear, credit, c.Newsletter); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// optional is NULL for an empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// attach stores a source in the catalog, as CREATE CATALOG does.
func (r *running) attach(ctx context.Context, name, connector, url string) error {
	_, err := r.catalog.Update(ctx, func(tx catalog.Tx) error {
		return tx.PutSource(ctx, catalog.Source{Name: name, Connector: connector, Properties: map[string]string{"connection-url": url}, Created: time.Now()})
	})
	return err
}
