package objstore

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// origin knows where the credentials of a store come from, for messages: with a chain of sources that shows only when they are
// fetched.
type origin struct {
	kind string
	// sought are the sources that are asked, in order.
	sought sources
	// found is the one that gave the credentials; nil before the first request, and when none has any.
	found atomic.Pointer[string]
}

// sources are the names of sources of credentials.
type sources []string

// String joins them for a sentence.
func (s sources) String() string { return strings.Join(s, ", or ") }

// source is a provider that has a name.
type source struct {
	credentials.Provider
	name string
	of   *origin
}

func (o *origin) named(name string, p credentials.Provider) credentials.Provider {
	o.sought = append(o.sought, name)
	return &source{Provider: p, name: name, of: o}
}

func (o *origin) environment() credentials.Provider {
	return o.named("the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)", &credentials.EnvAWS{})
}

func (o *origin) file(c CredentialsConfig) credentials.Provider {
	file, profile := c.File, c.Profile
	if file == "" {
		file = os.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	}
	if file == "" {
		file = "~/.aws/credentials"
	}
	if profile == "" {
		profile = os.Getenv("AWS_PROFILE")
	}
	if profile == "" {
		profile = "default"
	}
	return o.named(fmt.Sprintf("the profile %q of %s", profile, file), &credentials.FileAWSCredentials{Filename: c.File, Profile: c.Profile})
}

func (o *origin) role(c Config, patience time.Duration) credentials.Provider {
	return o.named("this machine's role", &credentials.IAM{Region: c.Region, Client: &http.Client{Timeout: patience}})
}

// Retrieve implements credentials.Provider.
func (s *source) Retrieve() (credentials.Value, error) {
	return s.RetrieveWithCredContext(&credentials.CredContext{})
}

// RetrieveWithCredContext implements credentials.Provider.
func (s *source) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	v, err := s.Provider.RetrieveWithCredContext(cc)
	if err == nil && v.AccessKeyID != "" {
		s.of.found.Store(&s.name)
	}
	return v, err
}

// chain asks sources one after the other. When none has ever had credentials, it asks them again only after noneFor: the machine's role
// would be asked for with each request else, and take up to metadataTimeout each time where there is no such service.
type chain struct {
	credentials.Chain
	had bool
	// none is when no source had any.
	none time.Time
}

// noneFor is how long requests go unsigned before the sources are asked again.
const noneFor = time.Minute

// Retrieve implements credentials.Provider.
func (c *chain) Retrieve() (credentials.Value, error) {
	return c.RetrieveWithCredContext(&credentials.CredContext{})
}

// RetrieveWithCredContext implements credentials.Provider.
func (c *chain) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	v, err := c.Chain.RetrieveWithCredContext(cc)
	if v.AccessKeyID != "" {
		c.had = true
	} else {
		c.none = time.Now()
	}
	return v, err
}

// IsExpired implements credentials.Provider.
func (c *chain) IsExpired() bool {
	return c.Chain.IsExpired() && (c.had || time.Since(c.none) > noneFor)
}

// describe says in a sentence what a request was signed with; key is the access key, empty for one that was not signed.
func (o *origin) describe(key string) string {
	found := o.found.Load()
	switch {
	case key != "" && found != nil:
		return fmt.Sprintf("The access key %q comes from %s.", key, *found)
	case key != "":
		return fmt.Sprintf("The access key is %q.", key)
	case o.kind == "anonymous":
		return "Requests are not signed: the storage's credentials are configured as anonymous."
	}
	return fmt.Sprintf("Requests are not signed: no credentials came from %s.", o.sought)
}
