package json

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// manyKeys are more members than are compared with each other, of which the last repeats the first.
var manyKeys, manyValues = func() (keys, values string) {
	for i := range 20 {
		keys += fmt.Sprintf(`"k%c":%d,`, 'a'+i, i)
		if i > 0 {
			values += fmt.Sprintf(`"k%c":%d,`, 'a'+i, i)
		}
	}
	return keys + `"k\u0061":99`, "{" + values + `"ka":99}`
}()

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, columns, data, want string }{
		{"lines", "a bigint; b varchar", `{"a":1,"b":"x"}` + "\n" + `{"b":"y","a":2}` + "\n", "1 | x\n2 | y"},
		{"no last line break", "a bigint", "{\"a\":1}\n{\"a\":2}", "1\n2"},
		{"blank lines and CRLF", "a bigint", "\r\n{\"a\":1}\r\n\r\n{\"a\":2}\r\n", "1\n2"},
		{"byte order mark", "a bigint", "\xef\xbb\xbf{\"a\":1}", "1"},
		{"concatenated", "a bigint", `{"a":1}{"a":2} {"a":3}`, "1\n2\n3"},
		{"indented", "a bigint; b varchar", "{\n \"a\": 1,\n \"b\": \"x\"\n}\n{\n \"a\": 2\n}", "1 | x\n2 | NULL"},
		{"array", "a bigint", `[{"a":1}, {"a":2}, {}]`, "1\n2\nNULL"},
		{"array over lines", "a bigint", "[\n{\"a\":1},\n{\"a\":2}\n]\n", "1\n2"},
		{"empty array", "a bigint", `[ ]`, ""},
		{"missing and null", "a bigint; b varchar", `{"a":null}{"b":null}`, "NULL | NULL\nNULL | NULL"},
		{"case of keys", "userid bigint", `{"userId":1}{"USERID":2}{"userid":3,"userId":4}{"userId":4,"userid":3}`, "1\n2\n3\n3"},
		{"repeated key", "a bigint", `{"a":1,"a":2}`, "2"},
		{"escapes", "a varchar", `{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800"}`, "\"\\/\b\f\n\r\té😀\uFFFD"},
		{"escaped key", "ab bigint", `{"\u0061b":1}`, "1"},
		{"numbers", "a double; b decimal(10,2); c integer", `{"a":1e3,"b":1.005,"c":3.0}{"a":-0.5,"b":"7","c":"12"}`, "1000 | 1.01 | 3\n-0.5 | 7.00 | 12"},
		{"times", "d date; t timestamp", `{"d":"2026-02-28","t":"2026-02-28T23:59:59.5+01:00"}`, "2026-02-28 | 2026-02-28 22:59:59.5"},
		{"boolean", "a boolean", `{"a":true}{"a":false}`, "true\nfalse"},
		{"any value as text", "a varchar", `{"a":12.50}{"a":true}{"a":{"x": [1]}}`, "12.50\ntrue\n{\"x\": [1]}"},
		{"json", "a json", `{"a":"x\"y"}{"a":[1,{"b":null}]}`, "\"x\\\"y\"\n[1,{\"b\":null}]"},
		{"jsonb", "a jsonb", `{"a":{"b":1.0, "a":[2],"b":1}}{"a":"\u0041"}{"a":null}`, "{\"a\": [2], \"b\": 1}\n\"A\"\nNULL"},
		{"array column", "a array(bigint)", `{"a":[1,null,3]}{"a":[]}{"a":null}`, "{1,NULL,3}\n{}\nNULL"},
		{"nested arrays", "a array(array(varchar))", `{"a":[["x"],[],["y","z"]]}`, "{{x},{},{y,z}}"},
		{"row column", "r row(x bigint, y varchar)", `{"r":{"y":"q","x":1}}{"r":{}}{"r":null}{"r":{"X":5}}`,
			"{\"x\":1,\"y\":\"q\"}\n{\"x\":null,\"y\":null}\nNULL\n{\"x\":5,\"y\":null}"},
		{"map column", "m map(varchar, bigint)", `{"m":{"a":1,"b":2,"a":3}}{"m":{}}`, "{\"b\":2,\"a\":3}\n{}"},
		{"map with a key in two spellings", "m map(varchar, bigint)", `{"m":{"a":1,"b":2,"\u0061":3}}{"m":{` + manyKeys + `}}`, "{\"b\":2,\"a\":3}\n" + manyValues},
		{"array of rows", "a array(row(k varchar))", `{"a":[{"k":"x"},{"k":null},null]}`, `{"{\"k\":\"x\"}","{\"k\":null}",NULL}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := rows(request(t, c.columns), stored(t, "f.json", []byte(c.data)))
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, "\n"); s != c.want {
				t.Errorf("got\n%s\nwant\n%s", s, c.want)
			}
		})
	}
}

func TestMalformedRecordsNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, columns, data, want string }{
		{"cut record", "a bigint", "{\"a\":1}\n{\"a\":", "row 2"},
		{"record over two lines among others of one", "a bigint", "{\"a\":1}\n{\"a\":\n2}\n", "row 2"},
		{"text after the value", "a bigint", "{\"a\":1}\n{\"a\":2} x\n", "row 2"},
		{"not an object", "a bigint", "{\"a\":1}\n[2]\n", "row 2"},
		{"single quotes", "a bigint", "{'a':1}\n", "row 1"},
		{"leading zero", "a bigint", "{\"a\":1}\n{\"a\":1}\n{\"a\":01}\n", "row 3"},
		{"control character", "a varchar", "{\"a\":\"x\x01\"}\n", "row 1"},
		{"bad escape", "a varchar", `{"a":"\x"}`, "row 1"},
		{"missing comma in array", "a bigint", `[{"a":1} {"a":2}]`, "row 1"},
		{"text after the array", "a bigint", `[{"a":1}] {"a":2}`, "end of the file"},
		{"unclosed array", "a bigint", `[{"a":1}`, "ends inside"},
		{"malformed value that nobody reads", "a bigint", `{"a":1,"z":tru}`, "row 1"},
		{"text for a number", "a bigint", "{\"a\":1}\n{\"a\":\"x\"}\n", `column "a"`},
		{"number for a time", "a timestamp", `{"a":1700000000}`, `column "a"`},
		{"object for an array", "a array(bigint)", "{\"a\":[1]}\n{\"a\":{}}\n", "row 2"},
		{"array for a row", "a row(x bigint)", `{"a":[1]}`, `column "a"`},
		{"bad element", "a array(bigint)", "{\"a\":[1]}\n{\"a\":[1,\"x\"]}\n", "row 2"},
		{"invalid UTF-8", "a varchar", "{\"a\":\"\xff\"}\n", "UTF-8"},
		{"deep", "a varchar", `{"a":` + strings.Repeat("[", 100_000), "nest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rows(request(t, c.columns), stored(t, "dir/f.json", []byte(c.data)))
			e := sqlerr.As(err)
			if e == nil {
				t.Fatalf("%v, want an error with SQLSTATE", err)
			}
			if text := e.Message + " " + e.Context; !strings.Contains(text, c.want) || !strings.Contains(text, "mem://bucket/dir/f.json") ||
				!strings.Contains(text, "things") {
				t.Errorf("%s; want %q, the object and the table", text, c.want)
			}
			if e.Code == sqlerr.InternalError {
				t.Errorf("code %s", e.Code)
			}
		})
	}
}

func TestIgnoreMalformed(t *testing.T) {
	r := request(t, "a bigint; b array(bigint)")
	r.Storage.IgnoreMalformed = true
	got, err := rows(r, stored(t, "f.json", []byte("{\"a\":1,\"b\":[1,\"x\"]}\n{\"a\":\n{\"a\":\"y\",\"b\":2}\n{\"a\":4}\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1 | {1,NULL}", "NULL | NULL", "NULL | NULL", "4 | NULL"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
