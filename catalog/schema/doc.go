// Package schema is the leaf of Tarn: SQL types, values, names and row layouts. It imports nothing of Tarn's but the
// error package, so that every layer can speak of types and values without knowing any other layer.
//
// A Type is what SQL sees (decimal(10,2), timestamp with time zone, array(varchar)); its Physical kind is what a vector
// holds (int64, bytes, ...). There are many of the first and few of the second, which keeps the number of typed
// loops small.
package schema
