package main

import (
	"github.com/tarnsql/tarn/cmd/internal/session"
	"github.com/tarnsql/tarn/connectors/jdbc"
	"github.com/tarnsql/tarn/connectors/kv"
)

// factories open what CREATE CATALOG ... USING names.
func factories() map[string]session.Factory {
	return map[string]session.Factory{
		"pebble":     kv.OpenCatalog,
		"sqlite":     jdbc.OpenSQLite,
		"postgresql": jdbc.OpenPostgreSQL,
	}
}
