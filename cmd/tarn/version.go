package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/cmd/internal/session"
)

func newVersion(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of Tarn, and of PostgreSQL that it presents to clients",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(io.out, "tarn %s\n", version)
			fmt.Fprintf(io.out, "presents itself as PostgreSQL %s\n", session.ServerVersion(version))
			fmt.Fprintf(io.out, "built with %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						fmt.Fprintf(io.out, "revision %s\n", s.Value)
					}
				}
			}
			return nil
		},
	}
}
