package system

// providers make the rows of the relations that are not empty.
var providers map[string]provider

func init() { //nolint:gochecknoinits // the providers refer to each other's relations through this table
	providers = map[string]provider{
		"pg_catalog.pg_namespace":           pgNamespace,
		"pg_catalog.pg_class":               pgClass,
		"pg_catalog.pg_attribute":           pgAttribute,
		"pg_catalog.pg_type":                pgType,
		"pg_catalog.pg_proc":                pgProc,
		"pg_catalog.pg_description":         pgDescription,
		"pg_catalog.pg_am":                  pgAm,
		"pg_catalog.pg_language":            pgLanguage,
		"pg_catalog.pg_collation":           pgCollation,
		"pg_catalog.pg_tablespace":          pgTablespace,
		"pg_catalog.pg_range":               pgRange,
		"pg_catalog.pg_tables":              pgTables,
		"pg_catalog.pg_views":               pgViews,
		"pg_catalog.pg_stat_user_tables":    pgStatUserTables,
		"pg_catalog.pg_stat_all_tables":     pgStatUserTables,
		"pg_catalog.pg_database":            pgDatabase,
		"pg_catalog.pg_roles":               pgRoles,
		"pg_catalog.pg_authid":              pgRoles,
		"pg_catalog.pg_user":                pgUser,
		"pg_catalog.pg_settings":            pgSettings,
		"pg_catalog.pg_stat_activity":       pgStatActivity,
		"pg_catalog.pg_prepared_statements": pgPreparedStatements,
		"pg_catalog.pg_cursors":             pgCursors,
		"pg_catalog.pg_extension":           pgExtension,
		"pg_catalog.pg_timezone_names":      pgTimezoneNames,

		"information_schema.information_schema_catalog_name": infoCatalogName,
		"information_schema.schemata":                        infoSchemata,
		"information_schema.tables":                          infoTables,
		"information_schema.columns":                         infoColumns,
		"information_schema.views":                           infoViews,
		"information_schema.character_sets":                  infoCharacterSets,
		"information_schema.enabled_roles":                   infoRoles,
		"information_schema.applicable_roles":                infoApplicableRoles,
		"information_schema.table_privileges":                infoTablePrivileges,
		"information_schema.role_table_grants":               infoTablePrivileges,

		"tarn.queries":    tarnQueries,
		"tarn.crawlers":   tarnCrawlers,
		"tarn.tables":     tarnTables,
		"tarn.partitions": tarnPartitions,
		"tarn.sources":    tarnSources,
	}
}
