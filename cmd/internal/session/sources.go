package session

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tarnsql/tarn/catalog"
	"github.com/tarnsql/tarn/connectors"
	"github.com/tarnsql/tarn/parser/sqlerr"
)

// Factory opens a source with the properties of CREATE CATALOG. It checks all of them: an unknown one is 42704 and names
// the nearest known one.
type Factory func(ctx context.Context, name string, properties map[string]string) (connectors.Connector, error)

// sources are the connectors of a server by catalog name, opened when first used.
type sources struct {
	lake      connectors.Connector
	factories map[string]Factory
	mu        sync.Mutex
	open      map[string]*source
}

type source struct {
	definition catalog.Source
	connector  connectors.Connector
}

func newSources(lake connectors.Connector, factories map[string]Factory) *sources {
	return &sources{lake: lake, factories: factories, open: map[string]*source{}}
}

func (s *sources) has(ctx context.Context, cat catalog.Catalog, name string) bool {
	if name == LakeName {
		return true
	}
	_, err := find(ctx, cat, name)
	return err == nil
}

func find(ctx context.Context, cat catalog.Catalog, name string) (catalog.Source, error) {
	snap, err := cat.Snapshot(ctx, 0)
	if err != nil {
		return catalog.Source{}, err
	}
	defer snap.Close() //nolint:errcheck // a snapshot has nothing to lose
	list, err := snap.Sources(ctx)
	if err != nil {
		return catalog.Source{}, err
	}
	for _, d := range list {
		if d.Name == name {
			return d, nil
		}
	}
	return catalog.Source{}, sqlerr.New(sqlerr.UndefinedDatabase, "catalog %q does not exist", name)
}

// connector returns the connector of a catalog. A definition that changed since it was opened is opened anew.
func (s *sources) connector(ctx context.Context, cat catalog.Catalog, name string) (connectors.Connector, error) {
	if name == LakeName {
		return s.lake, nil
	}
	d, err := find(ctx, cat, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.open[name]; ok && o.definition.Connector == d.Connector && maps.Equal(o.definition.Properties, d.Properties) {
		return o.connector, nil
	}
	c, err := s.make(ctx, d)
	if err != nil {
		return nil, err
	}
	s.open[name] = &source{d, c}
	return c, nil
}

func (s *sources) make(ctx context.Context, d catalog.Source) (connectors.Connector, error) {
	f, ok := s.factories[d.Connector]
	if !ok {
		return nil, sqlerr.New(sqlerr.UndefinedObject, "connector %q does not exist", d.Connector).
			WithHint("the connectors are %s", strings.Join(slices.Sorted(maps.Keys(s.factories)), ", "))
	}
	return f(ctx, d.Name, d.Properties)
}

// forget closes the connector of a dropped catalog.
func (s *sources) forget(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.open[name]
	if !ok {
		return nil
	}
	delete(s.open, name)
	return o.connector.Close()
}

func (s *sources) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, o := range s.open {
		errs = append(errs, o.connector.Close())
	}
	s.open = map[string]*source{}
	return errors.Join(append(errs, s.lake.Close())...)
}
