package datasets

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
)

// convertParquet writes the rows of a flat Parquet file, reading it with parquet-go alone, so that what PostgreSQL
// holds does not depend on Tarn's own reader.
func convertParquet(out *bufio.Writer, f *os.File, table Table) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return err
	}
	for _, group := range file.RowGroups() {
		if err := convertRows(out, group.Rows(), table); err != nil {
			return err
		}
	}
	return nil
}

func convertRows(out *bufio.Writer, rows parquet.Rows, table Table) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	buffer := make([]parquet.Row, 1024)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			if err := convertRow(out, row, table); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func convertRow(out *bufio.Writer, row parquet.Row, table Table) error {
	if len(row) != len(table.Columns) {
		return fmt.Errorf("%d values in a row, want %d", len(row), len(table.Columns))
	}
	for i, value := range row {
		var err error
		switch {
		case value.IsNull():
			err = writeNull(out, i)
		case table.Columns[i].Type == "timestamp": // microseconds without a time zone
			err = writeText(out, i, time.UnixMicro(value.Int64()).UTC().Format("2006-01-02 15:04:05.999999"))
		case value.Kind() == parquet.Int64:
			err = writeText(out, i, strconv.FormatInt(value.Int64(), 10))
		case value.Kind() == parquet.ByteArray:
			err = writeText(out, i, string(value.ByteArray()))
		default:
			err = fmt.Errorf("column %s has values of kind %v", table.Columns[i].Name, value.Kind())
		}
		if err != nil {
			return err
		}
	}
	return out.WriteByte('\n')
}
