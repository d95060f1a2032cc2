package pgwire

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/xdg-go/scram"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

const (
	mechanism  = "SCRAM-SHA-256"
	iterations = 4096
)

// NewVerifier returns what the server keeps of a password, in PostgreSQL's form: SCRAM-SHA-256$iterations:salt$stored:server.
func NewVerifier(password string) (string, error) {
	salt := make([]byte, 16)
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

// credentials reads a verifier.
func credentials(verifier string) (scram.StoredCredentials, error) {
	var c scram.StoredCredentials
	fail := func() (scram.StoredCredentials, error) {
		return c, sqlerr.New(sqlerr.InvalidPassword, "the verifier of the user is not of the form %s$<iterations>:<salt>$<stored>:<server>", mechanism).
			WithHint("make one with: tarn password")
	}
	parts := strings.Split(verifier, "$")
	if len(parts) != 3 || parts[0] != mechanism {
		return fail()
	}
	iters, salt, ok := strings.Cut(parts[1], ":")
	stored, server, ok2 := strings.Cut(parts[2], ":")
	if !ok || !ok2 {
		return fail()
	}
	var err error
	if c.Iters, err = strconv.Atoi(iters); err != nil {
		return fail()
	}
	b, err := base64.StdEncoding.DecodeString(salt)
	if err != nil {
		return fail()
	}
	c.Salt = string(b)
	if c.StoredKey, err = base64.StdEncoding.DecodeString(stored); err != nil {
		return fail()
	}
	if c.ServerKey, err = base64.StdEncoding.DecodeString(server); err != nil {
		return fail()
	}
	return c, nil
}

// authenticate lets trusted clients in and asks others for their password.
func (c *conn) authenticate(user string) error {
	if c.server.o.TrustLoopback && local(c.nc.RemoteAddr()) {
		return c.send(&pgproto3.AuthenticationOk{})
	}
	wrong := sqlerr.New(sqlerr.InvalidPassword, "password authentication failed for user %q", user)
	verifier, known := c.server.o.Users[user]
	if !known {
		// The exchange goes on with a verifier that no password fits, so that nobody learns which users there are.
		var err error
		if verifier, err = NewVerifier(rand.Text()); err != nil {
			return err
		}
	}
	stored, err := credentials(verifier)
	if err != nil {
		return err
	}
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return stored, nil })
	if err != nil {
		return fmt.Errorf("authentication: %w", err)
	}
	talk := server.NewConversation()
	if err := c.sendNow(&pgproto3.AuthenticationSASL{AuthMechanisms: []string{mechanism}}); err != nil {
		return err
	}
	first, err := c.saslInitial()
	if err != nil {
		return err
	}
	answer, err := talk.Step(first)
	if err != nil {
		return sqlerr.New(sqlerr.ProtocolViolation, "malformed SCRAM message: %w", err)
	}
	if err := c.sendNow(&pgproto3.AuthenticationSASLContinue{Data: []byte(answer)}); err != nil {
		return err
	}
	if err := c.backend.SetAuthType(pgproto3.AuthTypeSASLContinue); err != nil {
		return protocolError(err)
	}
	msg, err := c.backend.Receive()
	if err != nil {
		return protocolError(err)
	}
	response, ok := msg.(*pgproto3.SASLResponse)
	if !ok {
		return sqlerr.New(sqlerr.ProtocolViolation, "expected a SASL response, got %T", msg)
	}
	answer, err = talk.Step(string(response.Data))
	if err != nil || !talk.Valid() || !known {
		return wrong
	}
	if err := c.send(&pgproto3.AuthenticationSASLFinal{Data: []byte(answer)}); err != nil {
		return err
	}
	return c.send(&pgproto3.AuthenticationOk{})
}

func (c *conn) saslInitial() (string, error) {
	if err := c.backend.SetAuthType(pgproto3.AuthTypeSASL); err != nil {
		return "", protocolError(err)
	}
	msg, err := c.backend.Receive()
	if err != nil {
		return "", protocolError(err)
	}
	m, ok := msg.(*pgproto3.SASLInitialResponse)
	if !ok {
		return "", sqlerr.New(sqlerr.ProtocolViolation, "expected a SASL response, got %T", msg)
	}
	if m.AuthMechanism != mechanism {
		return "", sqlerr.New(sqlerr.ProtocolViolation, "client selected an invalid SASL authentication mechanism %q", m.AuthMechanism)
	}
	return string(m.Data), nil
}

// sendNow sends a message that the client waits for.
func (c *conn) sendNow(m pgproto3.BackendMessage) error {
	if err := c.send(m); err != nil {
		return err
	}
	return c.out.Flush()
}
