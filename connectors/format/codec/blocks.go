package codec

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
)

// maxBlock bounds a block of Hadoop's framing and a raw snappy file, inflated and stored. Hadoop's own default is 256 KiB.
const maxBlock = 64 << 20

// looksHadoop reports whether a file begins as Hadoop's block framing: the inflated length of a block, then the stored
// length of its first chunk, both big endian.
func looksHadoop(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	inflated, stored := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:])
	return inflated > 0 && inflated <= maxBlock && stored > 0 && stored <= maxBlock && uint64(stored) <= 2*uint64(inflated)+64
}

func decodeSnappy(src, dst []byte) (int, error) {
	n, err := snappy.DecodedLen(src)
	if err != nil {
		return 0, err
	}
	if n > len(dst) {
		return 0, errors.New("chunk is longer than its block")
	}
	out, err := snappy.Decode(dst[:n], src)
	return len(out), err
}

// blocks reads Hadoop's framing (BlockCompressorStream): blocks of an inflated length and chunks of a stored length that
// together inflate to it.
type blocks struct {
	r      *bufio.Reader
	decode func(src, dst []byte) (int, error)
	stored bytes.Buffer
	out    []byte
	ready  []byte
	// left is what the current block has still to inflate to.
	left int
}

// Read implements io.Reader.
func (b *blocks) Read(p []byte) (int, error) {
	for len(b.ready) == 0 {
		if err := b.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

func (b *blocks) chunk() error {
	if b.left == 0 {
		n, err := b.length()
		if err != nil {
			return err
		}
		b.left = n
		if n == 0 {
			return nil
		}
	}
	n, err := b.length()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	b.stored.Reset()
	if _, err := io.CopyN(&b.stored, b.r, int64(n)); err != nil {
		return early(err)
	}
	if b.out, err = grown(b.out, min(b.left, 256*n+64)); err != nil {
		return err
	}
	m, err := b.decode(b.stored.Bytes(), b.out)
	if err != nil {
		return fmt.Errorf("block: %w", err)
	}
	if m == 0 || m > b.left {
		return errors.New("chunk does not fit its block")
	}
	b.left -= m
	b.ready = b.out[:m]
	return nil
}

// grown returns a buffer of n bytes. n is bounded by what the stored bytes can inflate to: neither format exceeds 1:255.
func grown(b []byte, n int) ([]byte, error) {
	if n > maxBlock {
		return nil, fmt.Errorf("block of %d bytes is larger than %d", n, maxBlock)
	}
	if cap(b) < n {
		return make([]byte, n), nil
	}
	return b[:n], nil
}

func (b *blocks) length() (int, error) {
	var word [4]byte
	if _, err := io.ReadFull(b.r, word[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(word[:])
	if n > maxBlock {
		return 0, fmt.Errorf("block of %d bytes is larger than %d", n, maxBlock)
	}
	return int(n), nil
}

// rawSnappy reads a file that is one snappy block.
func rawSnappy(r io.Reader) (io.ReadCloser, error) {
	stored, err := io.ReadAll(io.LimitReader(r, maxBlock+1))
	if err != nil {
		return nil, err
	}
	if len(stored) > maxBlock {
		return nil, fmt.Errorf("raw snappy file is larger than %d bytes", maxBlock)
	}
	n, err := snappy.DecodedLen(stored)
	if err != nil {
		return nil, err
	}
	if n > maxBlock || n > 64*len(stored)+64 {
		return nil, fmt.Errorf("raw snappy file claims %d bytes", n)
	}
	out, err := snappy.Decode(nil, stored)
	if err != nil {
		return nil, err
	}
	return &decoder{r: bytes.NewReader(out)}, nil
}
