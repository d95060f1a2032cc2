package pgwire

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// The codes of the packets that may come before the startup message (src/include/libpq/pqcomm.h).
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104

	protocol30 = 3 << 16
)

// maxStartup is the greatest length of a packet before the login, PostgreSQL's MAX_STARTUP_PACKET_LENGTH.
const maxStartup = 10_000

// tlsHandshake is the first byte of a TLS connection: a client that asks for TLS at once.
const tlsHandshake = 0x16

// readPacket reads a packet without type, which is how a connection begins: its code and what follows. first holds bytes that
// are read already.
func readPacket(r io.Reader, first []byte) (code uint32, body []byte, err error) {
	var head [8]byte
	n := copy(head[:], first)
	if _, err := io.ReadFull(r, head[n:]); err != nil {
		return 0, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size < 8 || size > maxStartup {
		return 0, nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid length of startup packet")
	}
	body = make([]byte, size-8)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, err
	}
	return binary.BigEndian.Uint32(head[4:]), body, nil
}

// startup is what a startup message says.
type startup struct {
	version uint32
	// parameters are without the protocol's own.
	parameters map[string]string
	// extensions are the names of the protocol's own parameters (_pq_.), of which the server knows none.
	extensions []string
}

// parseStartup reads the startup message of any protocol 3.x.
func parseStartup(version uint32, body []byte) (*startup, error) {
	if version>>16 != 3 {
		return nil, sqlerr.New(sqlerr.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", version>>16, version&0xffff)
	}
	s := &startup{version: version, parameters: map[string]string{}}
	for {
		name, rest, ok := bytes.Cut(body, []byte{0})
		if !ok {
			return nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
		}
		if len(name) == 0 {
			if len(rest) > 0 {
				return nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
			}
			slices.Sort(s.extensions)
			return s, nil
		}
		value, rest, ok := bytes.Cut(rest, []byte{0})
		if !ok {
			return nil, sqlerr.New(sqlerr.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
		}
		if strings.HasPrefix(string(name), "_pq_.") {
			s.extensions = append(s.extensions, string(name))
		} else {
			s.parameters[string(name)] = string(value)
		}
		body = rest
	}
}

// settings returns the session settings among the parameters, those of options (-c name=value, --name=value) included. A
// parameter of its own wins over options.
func (s *startup) settings() (map[string]string, error) {
	out := map[string]string{}
	if err := parseOptions(s.parameters["options"], out); err != nil {
		return nil, err
	}
	for name, value := range s.parameters {
		switch name {
		case "user", "database", "options", "replication":
		default:
			out[name] = value
		}
	}
	return out, nil
}

// parseOptions reads a command line of server options into settings, as PostgreSQL splits it (pg_split_opts): at blanks, with a
// backslash before what is meant literally.
func parseOptions(line string, into map[string]string) error {
	words := splitOptions(line)
	for i := 0; i < len(words); i++ {
		assignment := ""
		switch w := words[i]; {
		case w == "-c":
			if i++; i == len(words) {
				return sqlerr.New(sqlerr.SyntaxError, "option requires an argument -- 'c'")
			}
			assignment = words[i]
		case strings.HasPrefix(w, "--"):
			assignment = w[2:]
		case strings.HasPrefix(w, "-c"):
			assignment = w[2:]
		default:
			return sqlerr.New(sqlerr.SyntaxError, "invalid command-line argument for server process: %s", w).
				WithHint("options are -c name=value and --name=value")
		}
		name, value, ok := strings.Cut(assignment, "=")
		if !ok || name == "" {
			return sqlerr.New(sqlerr.SyntaxError, "-c %s requires a value", assignment)
		}
		into[strings.ReplaceAll(name, "-", "_")] = value
	}
	return nil
}

func splitOptions(line string) []string {
	var words []string
	var word []byte
	inside := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			word, inside = append(word, line[i]), true
		case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
			if inside {
				words, word, inside = append(words, string(word)), nil, false
			}
		default:
			word, inside = append(word, c), true
		}
	}
	if inside {
		words = append(words, string(word))
	}
	return words
}
