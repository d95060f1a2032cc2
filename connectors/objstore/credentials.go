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

// s3Credentials builds the credentials that c asks for, and what says where they come from. Providers that fetch them do so
// with the first request and refresh them before they expire. Their requests go past tr's counting: they are not requests for
// objects.
func s3Credentials(c Config, tr *transport) (*credentials.Credentials, *origin, error) {
	cc := c.Credentials
	kind := strings.ToLower(cc.Kind)
	if kind == "" {
		kind = "chain"
		if cc.AccessKey != "" {
			kind = "static"
		}
	}
	from := &origin{kind: kind}
	var err error
	var p credentials.Provider
	switch kind {
	case "static":
		if cc.AccessKey == "" || cc.SecretKey == "" {
			return nil, nil, badConfig("static credentials of %q need an access key and a secret key", c.URL)
		}
		p = from.named("the storage's configuration", &credentials.Static{Value: credentials.Value{
			AccessKeyID: cc.AccessKey, SecretAccessKey: cc.SecretKey, SessionToken: cc.SessionToken, SignerType: credentials.SignatureV4,
		}})
	case "anonymous":
		return credentials.NewStaticV4("", "", ""), from, nil
	case "environment":
		p = from.environment()
	case "file":
		p = from.file(cc)
	case "iam":
		p = from.role(c, tokenTimeout)
	case "web-identity":
		p, err = webIdentity(c, tr)
		p = from.named("the role for the web identity token "+cc.TokenFile, p)
	case "assume-role":
		p, err = assumeRole(c, tr)
		p = from.named("the role "+cc.RoleARN+" that the configured keys assume", p)
	case "chain":
		p = &chain{Chain: credentials.Chain{Providers: []credentials.Provider{from.environment(), from.file(cc), from.role(c, metadataTimeout)}}}
	default:
		return nil, nil, badConfig("credentials kind %q of %q is not known", cc.Kind, c.URL).
			WithHint("Use static, environment, file, iam, web-identity, assume-role, anonymous or chain.")
	}
	if err != nil {
		return nil, nil, err
	}
	return credentials.New(p), from, nil
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

func webIdentity(c Config, tr *transport) (credentials.Provider, error) {
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
	return &credentials.STSWebIdentity{
		Client: tokenClient(tr), STSEndpoint: c.stsEndpoint(), GetWebIDTokenExpiry: token, RoleARN: cc.RoleARN,
	}, nil
}

func assumeRole(c Config, tr *transport) (credentials.Provider, error) {
	cc := c.Credentials
	if cc.AccessKey == "" || cc.SecretKey == "" {
		return nil, badConfig("assume-role credentials of %q need an access key and a secret key", c.URL)
	}
	return &credentials.STSAssumeRole{
		Client: tokenClient(tr), STSEndpoint: c.stsEndpoint(),
		Options: credentials.STSAssumeRoleOptions{
			AccessKey: cc.AccessKey, SecretKey: cc.SecretKey, SessionToken: cc.SessionToken,
			Location: c.region(), RoleARN: cc.RoleARN, RoleSessionName: cc.RoleSession, ExternalID: cc.ExternalID,
		},
	}, nil
}
