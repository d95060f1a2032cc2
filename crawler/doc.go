// Package crawler finds the tables of a lake. It lists what is below a target, looks into some of the files, groups folders
// into tables, works out how folders name partitions, compares the outcome with the catalog and applies the difference in
// one transaction.
//
// The steps are packages and files of their own: walk lists, Format.Infer classifies, infer merges schemas, group.go
// decides which folder is a table, layout finds the partitions, table.go makes the table, diff.go compares, apply.go
// writes, schedule.go runs crawlers when they are due.
//
// A plan and a run are the same but for the last step. A table is changed only by the crawler that made it. Nothing is
// dropped unless the crawler's options say so: columns never, partitions and tables with delete = 'drop'.
package crawler
