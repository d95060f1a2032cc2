package objstore

import (
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// metadataTimeout bounds the search for an instance role on machines that have none, tokenTimeout a request to a service
// that is known to be there.
const (
	metadataTimeout = 3 * time.Second
	tokenTimeout    = 10 * time.Second
)

// s3Credentials builds the credentials that c asks for. Providers that fetch them do so with the first request and
// refresh them before they expire. Their requests go past tr's counting: they are not requests for objects.
func s3Credentials(c Config, tr *transport) (*credentials.Credentials, error) {
	cc := c.Credentials
	kind := strings.ToLower(cc.Kind)
	if kind == "" {
		kind = "chain"
		if cc.AccessKey != "" {
			kind = "static"
		}
	}
	switch kind {
	case "static":
		if cc.AccessKey == "" || cc.SecretKey == "" {
			return nil, badConfig("static credentials of %q need an access key and a secret key", c.URL)
		}
		return credentials.NewStaticV4(cc.AccessKey, cc.SecretKey, cc.SessionToken), nil
	case "anonymous":
		return credentials.NewStaticV4("", "", ""), nil
	case "environment":
		return credentials.NewEnvAWS(), nil
	case "file":
		return credentials.NewFileAWSCredentials(cc.File, cc.Profile), nil
	case "iam":
		return credentials.New(&credentials.IAM{Region: c.Region, Client: &http.Client{Timeout: tokenTimeout}}), nil
	case "web-identity":
		return webIdentity(c, tr)
	case "assume-role":
		return assumeRole(c, tr)
	case "chain":
		return credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{},
			&credentials.FileAWSCredentials{Filename: cc.File, Profile: cc.Profile},
			&credentials.IAM{Region: c.Region, Client: &http.Client{Timeout: metadataTimeout}},
		}), nil
	}
	return nil, badConfig("credentials kind %q of %q is not known", cc.Kind, c.URL).
		WithHint("Use static, environment, file, iam, web-identity, assume-role, anonymous or chain.")
}

func (c Config) stsEndpoint() string {
	if c.Credentials.STSEndpoint != "" {
		return c.Credentials.STSEndpoint
	}
	return "https://sts." + c.region() + ".amazonaws.com"
}

// tokenClient speaks to the token service with the storage's certificates.
func tokenClient(tr *transport) *http.Client {
	return &http.Client{Transport: tr.base, Timeout: tokenTimeout}
}

func webIdentity(c Config, tr *transport) (*credentials.Credentials, error) {
	cc := c.Credentials
	if cc.TokenFile == "" {
		return nil, badConfig("web-identity credentials of %q need a token file", c.URL)
	}
	token := func() (*credentials.WebIdentityToken, error) {
		b, err := os.ReadFile(cc.TokenFile)
		if err != nil {
			return nil, err
		}
		return &credentials.WebIdentityToken{Token: strings.TrimSpace(string(b))}, nil
	}
	creds, err := credentials.NewSTSWebIdentity(c.stsEndpoint(), token, func(i *credentials.STSWebIdentity) {
		i.RoleARN = cc.RoleARN
		i.Client = tokenClient(tr)
	})
	if err != nil {
		return nil, badConfig("web-identity credentials of %q: %w", c.URL, err)
	}
	return creds, nil
}

func assumeRole(c Config, tr *transport) (*credentials.Credentials, error) {
	cc := c.Credentials
	if cc.AccessKey == "" || cc.SecretKey == "" {
		return nil, badConfig("assume-role credentials of %q need an access key and a secret key", c.URL)
	}
	return credentials.New(&credentials.STSAssumeRole{
		Client: tokenClient(tr), STSEndpoint: c.stsEndpoint(),
		Options: credentials.STSAssumeRoleOptions{
			AccessKey: cc.AccessKey, SecretKey: cc.SecretKey, SessionToken: cc.SessionToken,
			Location: c.region(), RoleARN: cc.RoleARN, RoleSessionName: cc.RoleSession, ExternalID: cc.ExternalID,
		},
	}), nil
}
