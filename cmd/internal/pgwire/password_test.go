package pgwire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// certificate returns a self-signed one.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestPasswords(t *testing.T) {
	verifier, err := NewVerifier("secret")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, Options{Engine: newEngine(t), Users: map[string]string{"ana": verifier}, ShutdownGrace: time.Second,
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12}})
	for _, mode := range []string{"sslmode=disable", "sslmode=require", "sslmode=require&sslnegotiation=direct"} {
		for _, c := range []struct{ user, password, code string }{
			{"ana", "secret", ""}, {"ana", "Secret", "28P01"}, {"ana", "", "28P01"}, {"nobody", "secret", "28P01"},
		} {
			conn, err := pgx.Connect(context.Background(), "postgres://"+c.user+":"+c.password+"@"+addr.String()+"/lake?"+mode)
			var e *pgconn.PgError
			if errors.As(err, &e); (c.code == "") != (err == nil) || e != nil && e.Code != c.code {
				t.Errorf("%s as %s with %q: %v, want %q", mode, c.user, c.password, err, c.code)
			}
			if conn != nil {
				conn.Close(context.Background()) //nolint:errcheck // the test is over
			}
		}
	}
}
