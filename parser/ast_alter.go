package parser

// PartitionValue is one column = value of a partition specification. Op is "=" except in ALTER TABLE .. DROP PARTITION,
// which may compare; it is "" when only the column is named, as in a dynamic partition of INSERT.
type PartitionValue struct {
	Loc
	Column string
	Op     string
	Value  Expr
}

// PartitionSpec is PARTITION (a = 1, b = 2) [LOCATION '..'].
type PartitionSpec struct {
	Loc
	Values   []PartitionValue
	Location string
}

// AlterTable is ALTER TABLE with one action.
type AlterTable struct {
	Loc
	Name     Name
	IfExists bool
	Action   AlterAction
}

// AlterAction is what an AlterTable does.
//
//sumtype:decl
type AlterAction interface {
	Node
	alterAction()
}

// AddPartitions is ADD [IF NOT EXISTS] PARTITION (..) [LOCATION ..] [PARTITION ..]...
type AddPartitions struct {
	Loc
	IfNotExists bool
	Partitions  []PartitionSpec
}

// DropPartitions is DROP [IF EXISTS] PARTITION (..), PARTITION (..)...
type DropPartitions struct {
	Loc
	IfExists   bool
	Partitions []PartitionSpec
}

// RenamePartition is PARTITION (..) RENAME TO PARTITION (..).
type RenamePartition struct {
	Loc
	From, To PartitionSpec
}

// AddColumns is ADD COLUMNS (..) and ADD COLUMN c type.
type AddColumns struct {
	Loc
	IfNotExists bool
	Columns     []ColumnDef
}

// ReplaceColumns is Hive's REPLACE COLUMNS (..).
type ReplaceColumns struct {
	Loc
	Columns []ColumnDef
}

// ChangeColumn is Hive's CHANGE [COLUMN] old new type [COMMENT ..] [FIRST | AFTER c].
type ChangeColumn struct {
	Loc
	Old   string
	New   ColumnDef
	First bool
	After string
}

// DropColumn is DROP COLUMN.
type DropColumn struct {
	Loc
	Name     string
	IfExists bool
}

// RenameColumn is RENAME COLUMN old TO new.
type RenameColumn struct {
	Loc
	Old, New string
}

// RenameTable is RENAME TO name.
type RenameTable struct {
	Loc
	To Name
}

// SetLocation is [PARTITION (..)] SET LOCATION '..'. Partition is nil for the table's own location.
type SetLocation struct {
	Loc
	Partition *PartitionSpec
	Location  string
}

// SetTableProperties is SET TBLPROPERTIES (..), and UNSET TBLPROPERTIES ('a', ..) with Unset, when the values are "".
type SetTableProperties struct {
	Loc
	Unset      bool
	Properties []Property
}

// OtherAlter is an action that the parser knows by its first words only, such as "ADD CONSTRAINT".
type OtherAlter struct {
	Loc
	Action string
	Text   string
}

// AlterDatabase is ALTER DATABASE or ALTER SCHEMA name SET DBPROPERTIES (..) or SET LOCATION '..'.
type AlterDatabase struct {
	Loc
	Name       Name
	Properties []Property
	Location   string
}

// RepairMode says what MSCK REPAIR TABLE does.
type RepairMode uint8

// The repair modes. Add is the default.
const (
	RepairAdd RepairMode = iota
	RepairDrop
	RepairSync
)

// RepairTable is MSCK [REPAIR] TABLE name [ADD | DROP | SYNC PARTITIONS].
type RepairTable struct {
	Loc
	Name Name
	Mode RepairMode
}

// Analyze is ANALYZE in PostgreSQL's, Trino's and Hive's forms. Tables is empty for the whole database.
type Analyze struct {
	Loc
	Tables  []AnalyzeTarget
	Verbose bool
	Options []Option
	// Partition is Hive's PARTITION (..).
	Partition []PartitionValue
	// NoScan is Hive's COMPUTE STATISTICS NOSCAN.
	NoScan bool
}

// AnalyzeTarget is a table of Analyze with the columns to look at, all when empty.
type AnalyzeTarget struct {
	Loc
	Name    Name
	Columns []string
}

// Vacuum is VACUUM. Tables is empty for the whole database.
type Vacuum struct {
	Loc
	Options []Option
	Tables  []AnalyzeTarget
}
