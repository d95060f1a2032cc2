// Package lake is the connector of the data lake: the tables of Tarn's catalog whose rows live in files of an object store.
//
// A scan takes the partitions that the filters over partition keys leave, lists their files once and pins them (each
// file is read in the version that the listing saw), and hands files to their format. Filters over file columns are the
// format's; those that mix file columns with partition keys or hidden columns are applied here. No filter is left to the
// engine.
//
// Besides its columns every table has hidden ones: $path (the file's URL), $file_size, $file_modified_time and $partition
// (key=value/key=value).
package lake
