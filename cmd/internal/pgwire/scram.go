package pgwire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/xdg-go/scram"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	mechanism     = "SCRAM-SHA-256"
	mechanismPlus = "SCRAM-SHA-256-PLUS"
	iterations    = 4096
	saltLength    = 16
)

// NewVerifier returns what the server keeps of a password, in PostgreSQL's form: SCRAM-SHA-256$iterations:salt$stored:server.
func NewVerifier(password string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("salt of the password: %w", err)
	}
	client, err := scram.SHA256.NewClient("", password, "")
	if err != nil { // not a text that SASLprep knows: PostgreSQL takes the bytes as they are
		client, err = scram.SHA256.NewClientUnprepped("", password, "")
	}
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	c, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
	if err != nil {
		return "", fmt.Errorf("password: %w", err)
	}
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", mechanism, iterations, b64(salt), b64(c.StoredKey), b64(c.ServerKey)), nil
}

// parseVerifier reads a verifier.
func parseVerifier(verifier string) (scram.StoredCredentials, error) {
	var c scram.StoredCredentials
	parts := strings.Split(verifier, "$")
	if len(parts) != 3 || parts[0] != mechanism {
		return c, errVerifier()
	}
	iters, salt, ok := strings.Cut(parts[1], ":")
	stored, server, ok2 := strings.Cut(parts[2], ":")
	n, err := strconv.Atoi(iters)
	if !ok || !ok2 || err != nil || n < 1 {
		return c, errVerifier()
	}
	saltBytes, err1 := base64.StdEncoding.DecodeString(salt)
	storedKey, err2 := base64.StdEncoding.DecodeString(stored)
	serverKey, err3 := base64.StdEncoding.DecodeString(server)
	if err1 != nil || err2 != nil || err3 != nil || len(storedKey) != sha256.Size || len(serverKey) != sha256.Size {
		return c, errVerifier()
	}
	c.Iters, c.Salt, c.StoredKey, c.ServerKey = n, string(saltBytes), storedKey, serverKey
	return c, nil
}

func errVerifier() error {
	return sqlerr.New(sqlerr.InvalidPassword, "the verifier of the user is not of the form %s$<iterations>:<salt>$<stored>:<server>", mechanism).
		WithHint("make one with: tarn password")
}

// passwords knows the verifiers of users.
type passwords struct {
	users map[string]string
	// secret makes the salts of users that do not exist: the same for the same name, also after a restart.
	secret []byte
	// iterations are those of the first user, for users that do not exist.
	iterations int
}

func newPasswords(users map[string]string) *passwords {
	p := &passwords{users: users, iterations: iterations}
	h := sha256.New()
	for i, name := range slices.Sorted(maps.Keys(users)) {
		h.Write([]byte(users[name]))
		if c, err := parseVerifier(users[name]); err == nil && i == 0 {
			p.iterations = c.Iters
		}
	}
	p.secret = h.Sum(nil)
	return p
}

// lookup returns the verifier of a user. One that does not exist has one too, which no password fits, so that the exchange shows
// nobody which users there are.
func (p *passwords) lookup(user string) (c scram.StoredCredentials, known bool, err error) {
	mock := scram.StoredCredentials{
		KeyFactors: scram.KeyFactors{Salt: string(p.mac("salt", user)[:saltLength]), Iters: p.iterations},
		StoredKey:  p.mac("stored", user), ServerKey: p.mac("server", user),
	}
	verifier, known := p.users[user]
	if !known {
		return mock, false, nil
	}
	c, err = parseVerifier(verifier)
	return c, true, err
}

func (p *passwords) mac(purpose, user string) []byte {
	h := hmac.New(sha256.New, p.secret)
	h.Write([]byte(purpose + "\x00" + user))
	return h.Sum(nil)
}

// endpoint returns the channel binding of a TLS configuration: a hash of its certificate (tls-server-end-point, RFC 5929). It is
// empty when the certificate has none, or when there is more than one to choose from.
func endpoint(cfg *tls.Config) scram.ChannelBinding {
	if cfg == nil || len(cfg.Certificates) != 1 || cfg.GetCertificate != nil || cfg.GetConfigForClient != nil || len(cfg.Certificates[0].Certificate) == 0 {
		return scram.ChannelBinding{}
	}
	leaf, err := x509.ParseCertificate(cfg.Certificates[0].Certificate[0])
	if err != nil {
		return scram.ChannelBinding{}
	}
	cb, err := scram.NewTLSServerEndpointBinding(&tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}})
	if err != nil { // Ed25519: RFC 5929 gives no hash
		return scram.ChannelBinding{}
	}
	return cb
}

// authenticate lets trusted clients in and asks others for their password.
func (c *conn) authenticate(user string) error {
	if c.server.o.TrustLoopback && c.local() {
		return c.out.send(&pgproto3.AuthenticationOk{})
	}
	stored, known, err := c.server.passwords.lookup(user)
	if err != nil {
		return err
	}
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
	if err != nil {
		return fmt.Errorf("authentication: %w", err)
	}
	offered, talk := []string{mechanism}, server.NewConversation()
	if binding := c.server.endpoint; c.encrypted && binding.IsSupported() {
		offered = []string{mechanismPlus, mechanism}
		talk = server.NewConversationWithChannelBinding(binding)
	}
	if err := c.ask(&pgproto3.AuthenticationSASL{AuthMechanisms: offered}); err != nil {
		return err
	}
	first, err := c.saslFirst(offered)
	if err != nil {
		return err
	}
	answer, err := talk.Step(first)
	if err != nil {
		return sqlerr.New(sqlerr.ProtocolViolation, "malformed SCRAM message").WithDetail("%v", err)
	}
	if err := c.ask(&pgproto3.AuthenticationSASLContinue{Data: []byte(answer)}); err != nil {
		return err
	}
	_, body, err := c.frames.next(limitBeforeLogin)
	if err != nil {
		return err
	}
	answer, err = talk.Step(string(body))
	if err != nil || !talk.Valid() || !known {
		return sqlerr.New(sqlerr.InvalidPassword, "password authentication failed for user %q", user)
	}
	if err := c.out.send(&pgproto3.AuthenticationSASLFinal{Data: []byte(answer)}); err != nil {
		return err
	}
	return c.out.send(&pgproto3.AuthenticationOk{})
}

// ask sends a message that the client waits for.
func (c *conn) ask(m pgproto3.BackendMessage) error {
	if err := c.out.send(m); err != nil {
		return err
	}
	return c.out.flush()
}

// saslFirst reads the client's choice of a mechanism and its first message.
func (c *conn) saslFirst(offered []string) (string, error) {
	_, body, err := c.frames.next(limitBeforeLogin)
	if err != nil {
		return "", err
	}
	var m pgproto3.SASLInitialResponse
	if err := m.Decode(body); err != nil {
		return "", violation("invalid message format")
	}
	if !slices.Contains(offered, m.AuthMechanism) {
		return "", sqlerr.New(sqlerr.ProtocolViolation, "client selected an invalid SASL authentication mechanism")
	}
	if bound := strings.HasPrefix(string(m.Data), "p="); bound != (m.AuthMechanism == mechanismPlus) {
		return "", sqlerr.New(sqlerr.ProtocolViolation, "malformed SCRAM message").
			WithDetail("The channel binding of the message does not go with the mechanism %s.", m.AuthMechanism)
	}
	return string(m.Data), nil
}
