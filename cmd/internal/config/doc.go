// Package config is Tarn's configuration: one typed struct, filled from one YAML file, then from the environment (TARN_ and
// the key in capitals), then from flags. Unknown keys are refused with the nearest known one. Nothing else in Tarn reads
// the environment, but for the standard AWS credential chain.
package config
