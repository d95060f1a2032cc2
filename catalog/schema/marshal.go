package schema

import "encoding/json"

// MarshalText returns the type's name, so that JSON and YAML hold types as text.
func (t Type) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a type's name.
func (t *Type) UnmarshalText(b []byte) error {
	parsed, err := ParseType(string(b))
	*t = parsed
	return err
}

// storedValue is the JSON form of a Value. Bytes are base64, because they need not be UTF-8.
type storedValue struct {
	Type  Type    `json:"t"`
	Null  bool    `json:"null,omitempty"`
	I     int64   `json:"i,omitempty"`
	Hi    int64   `json:"h,omitempty"`
	F     string  `json:"f,omitempty"`
	S     []byte  `json:"s,omitempty"`
	Elems []Value `json:"e,omitempty"`
}

// MarshalJSON returns a form that UnmarshalJSON reads back exactly.
func (v Value) MarshalJSON() ([]byte, error) {
	s := storedValue{Type: v.Type, Null: !v.Valid, I: v.I, Hi: v.Hi, S: []byte(v.S), Elems: v.Elems}
	if v.F != 0 {
		s.F = string(AppendFloat(nil, v.F, 64))
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads the form of MarshalJSON.
func (v *Value) UnmarshalJSON(b []byte) error {
	var s storedValue
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*v = Value{Type: s.Type, Valid: !s.Null, I: s.I, Hi: s.Hi, S: string(s.S), Elems: s.Elems}
	if s.F == "" {
		return nil
	}
	f, err := Parse(T(Double), s.F)
	v.F = f.F
	return err
}
