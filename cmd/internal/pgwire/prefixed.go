package pgwire

import "net"

// prefixed is a connection some bytes of which were read already.
type prefixed struct {
	net.Conn
	first []byte
}

// Read returns the first bytes again, then those of the connection.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}
