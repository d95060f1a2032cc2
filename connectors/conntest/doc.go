// Package conntest checks that a connector keeps the promises of package connectors: that a scan returns the rows and
// columns that it was asked for whatever the filters, batch sizes, limits and readers are, that its verdicts are true,
// that it stops when told, and that it gives back what it took. It is run by each connector's tests.
package conntest
