package functions

import (
	"crypto/hmac"
	"crypto/md5"  //nolint:gosec // SQL's hmac_md5()
	"crypto/sha1" //nolint:gosec // SQL's hmac_sha1()
	"crypto/sha256"
	"crypto/sha512"
	big "encoding/binary"
	"hash"
	"hash/crc32"

	"github.com/cespare/xxhash/v2"
)

// registerHashes declares Trino's checksums and keyed hashes of binary strings.
func registerHashes(r *Registry) {
	r.strict("crc32(bytea) bigint", textTo(func(s []byte) (int64, error) { return int64(crc32.ChecksumIEEE(s)), nil }), "the CRC-32 of a binary string")
	r.strict("xxhash64(bytea) bytea", textText(func(dst, s []byte) []byte { return big.BigEndian.AppendUint64(dst, xxhash.Sum64(s)) }), "the xxHash64 of a binary string")
	for _, f := range []struct {
		name string
		hash func() hash.Hash
	}{{"hmac_md5", md5.New}, {"hmac_sha1", sha1.New}, {"hmac_sha256", sha256.New}, {"hmac_sha512", sha512.New}} {
		r.strict(f.name+"(bytea, bytea) bytea", text2Text(func(dst, s, key []byte) ([]byte, error) {
			h := hmac.New(f.hash, key)
			h.Write(s)
			return h.Sum(dst), nil
		}), "the keyed hash of a binary string")
	}
}
