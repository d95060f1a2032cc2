package objstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// s3Error turns an error of the client library into ours. ctx is the caller's context, whose end wins over everything.
func (s *s3Store) s3Error(ctx context.Context, c *call, key string, cond Condition, err error) error {
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	if sqlerr.As(err) != nil {
		return err // from the content that the caller writes
	}
	u := s.URL(key)
	var resp minio.ErrorResponse
	if !errors.As(err, &resp) {
		var ue *url.Error // of a service that gives out credentials
		if c.pages.Load() == 0 && !errors.As(err, &ue) {
			// Nothing was sent, so there was nothing to sign with.
			return sqlerr.As(BadCredentials(u, err.Error(), err)).WithDetail("No credentials came from %s.", s.origin.sought)
		}
		return transportError(c.op, u, err)
	}
	e := s.codeError(c, u, cond, resp)
	if e == nil {
		e = statusError(c, u, resp)
	}
	return s.explain(c, e)
}

// explain adds to an error about access which server was asked, with what credentials, and where those came from: with several
// sources and several endpoints that is the first question.
func (s *s3Store) explain(c *call, err error) error {
	e := sqlerr.As(err)
	switch {
	case e == nil || e.Detail != "":
	case errors.Is(err, ErrCredentials), errors.Is(err, ErrAccessDenied):
		_ = e.WithDetail("The endpoint is %s. %s", s.client.EndpointURL(), s.origin.describe(c.accessKey()))
	case errors.Is(err, ErrNoBucket):
		_ = e.WithDetail("The endpoint is %s.", s.client.EndpointURL())
	}
	return err
}

// codeError knows the codes of S3's error documents
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func (s *s3Store) codeError(c *call, u string, cond Condition, resp minio.ErrorResponse) error {
	switch resp.Code {
	case "NoSuchKey":
		return NotFound(u)
	case "NoSuchBucket":
		return NoBucket(u)
	case "AccessDenied", "AllAccessDisabled", "AccountProblem", "MethodNotAllowed":
		return AccessDenied(c.op.String(), u, resp)
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		if s.renewCredentials(c.accessKey()) {
			return transient(fail(sqlerr.InvalidAuthorization, ErrCredentials, resp,
				"the credentials for %q have expired", u).
				WithHint("The source of the credentials gives out old ones; check that it is renewed."), 0)
		}
		return BadCredentials(u, resp.Code, resp)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "InvalidSecurity", "RequestTimeTooSkewed",
		"InvalidClientTokenId", "MissingSecurityHeader", "NotSignedUp", "XAdminUserNotFound": // the last is versitygw's
		return BadCredentials(u, resp.Code, resp)
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException":
		return wrongRegion(c.op, u, resp)
	case "PreconditionFailed":
		return precondition(c, u, cond)
	case "ConditionalRequestConflict":
		return transient(sqlerr.As(Conflict(u, cond)), c.wait())
	case "InvalidRange":
		return Changed(u) // ranges are checked against the listed size before they are asked for
	case "InvalidObjectState":
		return Archived(u, "storage class needs a restore")
	case "SlowDown", "TooManyRequests", "RequestLimitExceeded", "Throttling", "ThrottlingException",
		"RequestThrottled", "BandwidthLimitExceeded":
		return Throttled(c.op.String(), u, resp.Code, c.wait(), resp)
	case "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "BadDigest", "IncompleteBody":
		return transient(sqlerr.As(Unavailable(c.op.String(), u, resp.Code, resp)), c.wait())
	}
	return nil
}

// statusError judges answers without a known code by their HTTP status: proxies and HEAD requests give no document.
func statusError(c *call, u string, resp minio.ErrorResponse) error {
	status := resp.StatusCode
	if status == 0 {
		status = int(c.status.Load())
	}
	reason := resp.Code
	if reason == "" || reason == http.StatusText(status) {
		reason = http.StatusText(status)
	}
	if resp.Message != "" && resp.Message != reason {
		reason += " (" + strings.TrimSuffix(resp.Message, ".") + ")"
	}
	switch {
	case status == http.StatusNotFound && c.op != OpList:
		return NotFound(u)
	case status == http.StatusNotFound && resp.Message == "":
		return NoBucket(u)
	case status == http.StatusUnauthorized:
		return BadCredentials(u, reason, resp)
	case status == http.StatusForbidden:
		return AccessDenied(c.op.String(), u, resp)
	case status == http.StatusPreconditionFailed:
		return precondition(c, u, Condition{})
	case status == http.StatusRequestedRangeNotSatisfiable:
		return Changed(u)
	case status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect:
		return wrongRegion(c.op, u, resp)
	case status == http.StatusTooManyRequests:
		return Throttled(c.op.String(), u, reason, c.wait(), resp)
	case status >= 500, status == http.StatusRequestTimeout:
		return transient(sqlerr.As(Unavailable(c.op.String(), u, reason, resp)), c.wait())
	}
	return fail(sqlerr.IOError, ErrBadResponse, resp, "cannot %s %q: %s", c.op, u, reason)
}

func precondition(c *call, u string, cond Condition) error {
	if c.op == OpPut {
		return Conflict(u, cond)
	}
	return Changed(u)
}

func wrongRegion(op Op, u string, resp minio.ErrorResponse) error {
	e := fail(sqlerr.InvalidParameterValue, ErrBadResponse, resp, "cannot %s %q: the bucket is in another region", op, u)
	if resp.Region != "" {
		return e.WithHint("Set the storage's region to %q.", resp.Region)
	}
	return e.WithHint("Set the storage's region (and endpoint) to the bucket's.")
}

// transportError judges failures below HTTP. Most pass: connections are reset, servers restart. A name that does not
// exist and a certificate that does not fit will not.
func transportError(op Op, u string, err error) error {
	cause := err
	var ue *url.Error
	if errors.As(err, &ue) {
		cause = ue.Err // without the request's URL, which may be signed
	}
	e := sqlerr.As(Unavailable(op.String(), u, cause.Error(), err))
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound || isCertificateError(err) {
		asFault(e).transient = false
	}
	return e
}

func isCertificateError(err error) bool {
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &invalid) || errors.As(err, &verify) ||
		errors.As(err, &record)
}
