package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tarnsql/tarn/cmd/internal/pgwire"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

func newPassword(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "password",
		Short: "Turn a password into the verifier that the configuration file may hold",
		Long: `Reads a password from standard input and prints its SCRAM-SHA-256 verifier, for
"password" of a user in the configuration file. The verifier does not reveal the password.`,
		Example: `  printf 'secret' | tarn password`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			line, err := bufio.NewReader(io.in).ReadString('\n')
			password := strings.TrimRight(line, "\r\n")
			if password == "" {
				return sqlerr.New(sqlerr.InvalidParameterValue, "no password on standard input").WithHint("printf 'secret' | tarn password")
			}
			_ = err // the last line need not end in a line break
			verifier, err := pgwire.NewVerifier(password)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(io.out, verifier)
			return err
		},
	}
}
