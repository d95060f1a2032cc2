package objstore

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Config describes one store. Only URL is required.
type Config struct {
	// URL is "s3://bucket", "file:///directory" or "mem://name".
	URL string `yaml:"url"`
	// Endpoint is the S3 server as a URL ("http://127.0.0.1:9000") or as a host name (then by TLS). Empty is AWS.
	Endpoint string `yaml:"endpoint"`
	// Region signs the requests; empty is us-east-1.
	Region string `yaml:"region"`
	// Addressing is "path" (endpoint/bucket/key), "virtual" (bucket.endpoint/key) or "auto" (virtual on AWS, path
	// elsewhere), the default.
	Addressing string `yaml:"addressing"`
	// CAFile is a PEM file with certificate authorities to trust besides the system's.
	CAFile string `yaml:"ca_file"`
	// SkipTLSVerify accepts any certificate. Only for tests.
	SkipTLSVerify bool `yaml:"skip_tls_verify"`
	// Credentials says where the credentials come from.
	Credentials CredentialsConfig `yaml:"credentials"`
	// MaxConnections bounds the connections to the endpoint that stay open; default 64.
	MaxConnections int `yaml:"max_connections"`
	// FirstByteTimeout is how long one try waits for the start of an answer; default 5 s.
	FirstByteTimeout time.Duration `yaml:"first_byte_timeout"`
	// IdleTimeout is how long one try waits for the next bytes of an answer; default 15 s.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Retry says how failures are retried.
	Retry Policy `yaml:"-"`
}

// CredentialsConfig says where S3 credentials come from.
type CredentialsConfig struct {
	// Kind is one of: static (the keys below), environment (AWS_ACCESS_KEY_ID ...), file (the shared AWS credentials
	// file), iam (instance, container or pod role), web-identity (a token file and a role), assume-role (the keys below
	// and a role), anonymous, or chain (environment, file, iam, in this order). Empty is static when AccessKey is set
	// and chain otherwise.
	Kind string `yaml:"kind"`
	// AccessKey, SecretKey and SessionToken are static credentials.
	AccessKey    string `yaml:"access_key"`
	SecretKey    string `yaml:"secret_key"`
	SessionToken string `yaml:"session_token"`
	// File and Profile choose from a shared credentials file; empty is the default file and profile.
	File    string `yaml:"file"`
	Profile string `yaml:"profile"`
	// RoleARN, RoleSession and ExternalID are for web-identity and assume-role.
	RoleARN     string `yaml:"role_arn"`
	RoleSession string `yaml:"role_session"`
	ExternalID  string `yaml:"external_id"`
	// TokenFile holds the web identity token.
	TokenFile string `yaml:"token_file"`
	// STSEndpoint is the security token service; empty is AWS's in Config.Region.
	STSEndpoint string `yaml:"sts_endpoint"`
}

// Open returns the store for c, with retries. It does no I/O on S3: a wrong endpoint shows with the first request.
func Open(_ context.Context, c Config) (Store, error) {
	l, err := ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	var s Store
	switch l.Scheme {
	case "file":
		s, err = OpenDir("/" + l.Key)
	case "mem":
		return NewMemory(l.Bucket), nil
	default:
		s, err = openS3(c, l.Bucket)
	}
	if err != nil {
		return nil, err
	}
	return Retrying(s, c.Retry), nil
}

// endpointOf returns the host (with port) of the S3 endpoint and whether it is spoken to by TLS.
func (c Config) endpointOf() (host string, secure bool, err error) {
	if c.Endpoint == "" {
		if c.Region == "" || c.Region == defaultRegion {
			return "s3.amazonaws.com", true, nil
		}
		return "s3." + c.Region + ".amazonaws.com", true, nil
	}
	if !strings.Contains(c.Endpoint, "://") {
		return c.Endpoint, true, nil
	}
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return "", false, badConfig("endpoint %q of %q is not a URL: %w", c.Endpoint, c.URL, err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return "", false, badConfig("endpoint %q of %q must start with http:// or https://", c.Endpoint, c.URL)
	case u.Host == "":
		return "", false, badConfig("endpoint %q of %q names no host", c.Endpoint, c.URL)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil:
		return "", false, badConfig("endpoint %q of %q must be a host and a port only", c.Endpoint, c.URL)
	}
	return u.Host, u.Scheme == "https", nil
}

const defaultRegion = "us-east-1"

func (c Config) region() string {
	if c.Region == "" {
		return defaultRegion
	}
	return c.Region
}

func badConfig(format string, args ...any) *sqlerr.Error {
	return sqlerr.New(sqlerr.InvalidParameterValue, "storage configuration: "+format, args...)
}
