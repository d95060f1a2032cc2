package s3gateway

import (
	"context"
	"testing"

	"github.com/tarnsql/tarn/connectors/objstore"
	"github.com/tarnsql/tarn/connectors/objstore/objstoretest"
)

// The S3 store is checked here because only packages below cmd may import the gateway.
func TestS3StoreAgainstTheGateway(t *testing.T) {
	g := startGateway(t, Options{})
	s, err := g.Bucket(context.Background(), "suite")
	if err != nil {
		t.Fatal(err)
	}
	objstoretest.Run(t, func(*testing.T, string) objstore.Store { return s })
}
