package kv

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// holder names the store that a second process of this test opens.
const holder = "TARN_TEST_KV_HOLD"

// TestStoreOfAnotherProcess opens a store that another process has open.
func TestStoreOfAnotherProcess(t *testing.T) {
	if path := os.Getenv(holder); path != "" {
		s, err := Open(path, Options{Create: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()                            //nolint:errcheck // the process ends
		os.Stdout.WriteString("open\n")            //nolint:errcheck // the parent sees it or fails
		bufio.NewReader(os.Stdin).ReadString('\n') //nolint:errcheck // the end of the input is the sign to stop
		return
	}
	path := t.TempDir()
	other := exec.Command(os.Args[0], "-test.run=^TestStoreOfAnotherProcess$")
	other.Env = append(os.Environ(), holder+"="+path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait() //nolint:errcheck // the other process has nothing more to say
	defer in.Close()   //nolint:errcheck // it is the sign to stop
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = Open(path, Options{})
	if e := sqlerr.As(err); e == nil || e.Code != sqlerr.ObjectInUse || e.Hint == "" {
		t.Fatalf("got %v", err)
	}
}
