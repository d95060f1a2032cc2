package config

import (
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tarnsql/tarn/cmd/internal/metering"
	"github.com/tarnsql/tarn/connectors/objstore"
)

// Config is the whole configuration of a server.
type Config struct {
	// Listen is the address for PostgreSQL clients.
	Listen string `yaml:"listen"`
	// Data is the folder of Tarn's own files: the catalog, local key-value stores.
	Data string `yaml:"data"`
	// Catalog is the path of the catalog file; empty is catalog.db in Data.
	Catalog CatalogConfig `yaml:"catalog"`
	// Storage lists the stores. An entry for s3:// serves every bucket that has no entry of its own.
	Storage []objstore.Config `yaml:"storage"`
	Auth    AuthConfig        `yaml:"auth"`
	Users   []User            `yaml:"users"`
	TLS     TLSConfig         `yaml:"tls"`
	Limits  Limits            `yaml:"limits"`
	Price   Price             `yaml:"price"`
	Log     LogConfig         `yaml:"log"`
	// Schedules switches the schedules of crawlers on.
	Schedules bool `yaml:"schedules"`
}

// CatalogConfig says where the catalog is kept.
type CatalogConfig struct {
	Path string `yaml:"path"`
	// SyncLedger syncs every ledger entry to disk, against a power cut.
	SyncLedger bool `yaml:"sync_ledger"`
}

// AuthConfig says who may connect without a password.
type AuthConfig struct {
	// TrustLoopback lets clients on the same machine in without a password.
	TrustLoopback bool `yaml:"trust_loopback"`
}

// User is somebody who may connect.
type User struct {
	Name string `yaml:"name"`
	// Password is the password itself or its SCRAM-SHA-256 verifier (tarn password makes one).
	Password string `yaml:"password"`
	// PasswordFile is a file that holds either.
	PasswordFile string `yaml:"password_file"`
}

// TLSConfig turns TLS on when both files are set.
type TLSConfig struct {
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// Required refuses connections without TLS that do not come from the same machine.
	Required bool `yaml:"required"`
}

// Limits bound what the server uses. Sizes are bytes, or a number with kB, MB, GB.
type Limits struct {
	// Memory is for all statements together; QueryMemory for one.
	Memory      Size `yaml:"memory"`
	QueryMemory Size `yaml:"query_memory"`
	// SpillDir is where statements keep rows that do not fit in their memory; "" is a folder of the data folder.
	SpillDir string `yaml:"spill_dir"`
	// Workers is how many workers a statement may use; 0 is the number of processors.
	Workers        int           `yaml:"workers"`
	Connections    int           `yaml:"connections"`
	ShutdownGrace  time.Duration `yaml:"shutdown_grace"`
	StatementBytes Size          `yaml:"-"`
}

// Price is the tariff of the meter.
type Price struct {
	// PerTB is dollars for a terabyte; MinimumMB is charged at least; Unit is si or iec.
	PerTB     float64       `yaml:"per_tb"`
	MinimumMB int64         `yaml:"minimum_mb"`
	Unit      metering.Unit `yaml:"unit"`
}

// Tariff returns the price list.
func (p Price) Tariff() metering.Tariff {
	return metering.Tariff{MicroDollarsPerTB: int64(p.PerTB*1e6 + 0.5), MinimumMB: p.MinimumMB, Unit: p.Unit}
}

// LogConfig says what is logged and how.
type LogConfig struct {
	// Level is debug, info, warn or error; Format is text or json.
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:5433", Data: DataFolder(), Auth: AuthConfig{TrustLoopback: true}, Schedules: true,
		Limits: Limits{Memory: defaultMemory(), QueryMemory: 0, Workers: runtime.GOMAXPROCS(0), Connections: 100, ShutdownGrace: 5 * time.Second},
		Price:  Price{PerTB: 5, MinimumMB: 10, Unit: metering.SI},
		Log:    LogConfig{Level: "info", Format: "text"},
	}
}

// CatalogPath is where the catalog file is.
func (c Config) CatalogPath() string {
	if c.Catalog.Path != "" {
		return c.Catalog.Path
	}
	return filepath.Join(c.Data, "catalog.db")
}

// SpillPath is where statements keep what does not fit in their memory.
func (c Config) SpillPath() string {
	if c.Limits.SpillDir != "" {
		return c.Limits.SpillDir
	}
	return filepath.Join(c.Data, "spill")
}

// DataFolder is where Tarn keeps its files by default: the user's data folder.
func DataFolder() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "tarn")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "tarn-data"
	}
	return filepath.Join(home, ".local", "share", "tarn")
}
