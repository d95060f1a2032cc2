package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tarnsql/tarn/internal/testneeds"
)

// writeCertificate writes a self-signed certificate and its key.
func writeCertificate(t *testing.T, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// PostgreSQL's own client binds the password to the server's certificate, and refuses to do without where it is told to.
func TestPsqlBindsThePasswordToTheCertificate(t *testing.T) {
	client := testneeds.Program(t, "psql", "install PostgreSQL's client (Debian: apt-get install postgresql-client)")
	dir := t.TempDir()
	cert, key, config := filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key"), filepath.Join(dir, "tarn.yaml")
	writeCertificate(t, cert, key)
	write(t, config, "listen: 127.0.0.1:0\ndata: "+filepath.Join(dir, "data")+"\nauth: {trust_loopback: false}\nusers: [{name: ana, password: secret}]\ntls: {cert: "+cert+", key: "+key+"}\n")
	server := startProgram(t, "serve", "--config", config)
	for _, c := range []struct{ login, mode, want string }{
		{"ana:secret", "sslmode=require&channel_binding=require", "42\n(1 row)"},
		{"ana:secret", "sslmode=require&channel_binding=disable", "42\n(1 row)"},
		{"ana:secret", "sslmode=disable&channel_binding=disable", "42\n(1 row)"},
		{"ana:wrong", "sslmode=require&channel_binding=require", `FATAL:  password authentication failed for user "ana"`},
		{"ana:secret", "sslmode=disable&channel_binding=require", "channel binding required"},
	} {
		if got := psql(t, client, "postgres://"+c.login+"@"+server.addr+"/lake?"+c.mode, "select 6 * 7 as answer"); !strings.Contains(got, c.want) {
			t.Errorf("%s with %s prints\n%s\nwant %s", c.login, c.mode, got, c.want)
		}
	}
	if got := psql(t, client, "postgres://ana:secret@"+server.addr+"/lake?sslmode=require", "select 'ssl is ' || current_setting('ssl')"); !strings.Contains(got, "ssl is on") {
		t.Errorf("with TLS: %s", got)
	}
	broken := filepath.Join(dir, "broken.yaml")
	write(t, broken, "listen: 127.0.0.1:0\ndata: "+filepath.Join(dir, "data2")+"\ntls: {cert: "+cert+", key: "+cert+"}\n")
	if out, ok := tarn(t, "serve", "--config", broken); ok || !strings.Contains(out, "cannot use the certificate "+cert+" with the key "+cert) || !strings.Contains(out, "HINT:  tls.cert") {
		t.Errorf("a key that is none: %s", out)
	}
}
