package functions

import (
	"math"
	"strconv"
	"strings"

	"github.com/tarnsql/tarn/catalog/schema"
	"github.com/tarnsql/tarn/parser/sqlerr"
	"github.com/tarnsql/tarn/planner/expr"
)

// numberTemplate is a template of to_char and to_number, taken apart.
type numberTemplate struct {
	items           []string // the patterns in order
	fill            bool     // FM
	whole, fraction int      // digits before and after the point
	zeroFrom        int      // the first 0 among the digits before the point; -1 is none
	lastZero        int      // the last 0 after the point, from 1
	scale           int      // digits after V
	scientific      bool
	roman           bool
	sign            string // "S", "SG", "MI", "PL", "PR" or ""
}

var numberKeywords = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", "S", "D", "G", "L", "V", "B", "9", "0", ".", ","}

func parseNumberTemplate(template string) (*numberTemplate, error) {
	t := &numberTemplate{zeroFrom: -1}
	point := false
	for template != "" {
		if template[0] == '"' {
			text, rest := quotedTemplate(template[1:])
			t.items, template = append(t.items, `"`+text), rest
			continue
		}
		k := ""
		for _, w := range numberKeywords {
			if len(template) >= len(w) && strings.EqualFold(template[:len(w)], w) {
				k = w
				break
			}
		}
		if k == "" {
			t.items, template = append(t.items, `"`+template[:1]), template[1:]
			continue
		}
		written := template[:len(k)]
		template = template[len(k):]
		switch k {
		case "FM":
			t.fill = true
			continue
		case "RN":
			t.roman = true
		case "EEEE":
			t.scientific = true
			continue
		case "S", "SG", "MI", "PL", "PR":
			t.sign = k
		case "9", "0":
			switch {
			case t.scale > 0 || len(t.items) > 0 && t.items[len(t.items)-1] == "V":
				t.scale++
				t.whole++
			case point:
				t.fraction++
				if k == "0" {
					t.lastZero = t.fraction
				}
			default:
				if k == "0" && t.zeroFrom < 0 {
					t.zeroFrom = t.whole
				}
				t.whole++
			}
		case ".", "D":
			if point {
				return nil, sqlerr.New(sqlerr.SyntaxError, "multiple decimal points")
			}
			point, k = true, "."
		case ",", "G":
			k = ","
		case "TH":
			k = written
		}
		t.items = append(t.items, k)
	}
	if t.scientific && (t.sign == "MI" || t.sign == "PL" || t.sign == "PR" || t.sign == "SG" || t.fill) {
		return nil, sqlerr.New(sqlerr.SyntaxError, "\"EEEE\" is incompatible with other formats")
	}
	return t, nil
}

// numberToChar is to_char of numbers.
func numberToChar(c *Call, a []schema.Value) (schema.Value, error) {
	t, err := cached(c, a[1].S, parseNumberTemplate)
	if err != nil {
		return a[0], err
	}
	v := a[0]
	switch {
	case t.roman:
		return schema.TextValue(romanNumeral(v, t.fill)), nil
	case t.scientific:
		return schema.TextValue(scientificNumber(v, t.fraction)), nil
	case v.Type.IsFloat() && (math.IsNaN(v.F) || math.IsInf(v.F, 0)):
		return schema.TextValue(t.overflow(false)), nil
	}
	digits, negative, ok := t.digits(v)
	if !ok {
		return schema.TextValue(t.overflow(negative)), nil
	}
	return schema.TextValue(t.format(digits, negative)), nil
}

// digits returns the digits of a number, rounded to the template's fraction: whole ones, a point, and the others.
func (t *numberTemplate) digits(v schema.Value) (text string, negative, ok bool) {
	text = v.Text()
	if v.Type.IsFloat() {
		text = strconv.FormatFloat(v.F, 'f', -1, 64)
	}
	negative = strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	if t.scale > 0 { // V moves the point
		fraction += strings.Repeat("0", t.scale)
		whole, fraction = whole+fraction[:t.scale], fraction[t.scale:]
	}
	whole, fraction = roundDigits(whole, fraction, t.fraction)
	if whole = strings.TrimLeft(whole, "0"); len(whole) > t.whole {
		return "", negative, false
	}
	if strings.Trim(whole+fraction, "0") == "" {
		negative = false
	}
	return whole + "." + fraction, negative, true
}

// roundDigits cuts a decimal fraction, rounding half away from zero.
func roundDigits(whole, fraction string, n int) (string, string) {
	if len(fraction) <= n {
		return whole, fraction + strings.Repeat("0", n-len(fraction))
	}
	up := fraction[n] >= '5'
	all := []byte("0" + whole + fraction[:n])
	for i := len(all) - 1; up && i >= 0; i-- {
		if all[i] == '9' {
			all[i] = '0'
			continue
		}
		all[i]++
		up = false
	}
	cut := len(all) - n
	return string(all[:cut]), string(all[cut:])
}

func (t *numberTemplate) overflow(negative bool) string {
	out := strings.Repeat("#", t.whole)
	if t.fraction > 0 {
		out += "." + strings.Repeat("#", t.fraction)
	}
	if negative {
		return "-" + out
	}
	if t.fill {
		return out
	}
	return " " + out
}

// format writes the digits into the places of the template.
func (t *numberTemplate) format(text string, negative bool) string {
	whole, fraction, _ := strings.Cut(text, ".")
	first := t.whole - len(whole) // the first place that has a digit
	if t.zeroFrom >= 0 {
		first = min(first, t.zeroFrom)
	}
	if t.fill && t.fraction > 0 { // trailing zeros of nines are not shown
		keep := max(len(strings.TrimRight(fraction, "0")), t.lastZero)
		fraction = fraction[:keep]
	}
	w := numberWriter{t: t, whole: strings.Repeat("0", t.whole-len(whole)) + whole, fraction: fraction, first: first, negative: negative}
	if whole == "" && first == t.whole && t.fraction == 0 && t.whole > 0 { // zero shows its last digit
		w.first = t.whole - 1
	}
	for _, item := range t.items {
		w.item(item)
	}
	w.flushSign()
	return w.out.String()
}

type numberWriter struct {
	t               *numberTemplate
	out             strings.Builder
	whole, fraction string
	first           int
	place, decimals int
	signed          bool
	negative        bool
	inFraction      bool
}

// leadingSign writes the sign of a template without a sign of its own, right before the first digit.
func (w *numberWriter) leadingSign() {
	if w.signed {
		return
	}
	w.signed = true
	switch {
	case w.t.sign == "" && w.negative:
		w.out.WriteByte('-')
	case w.t.sign == "" && !w.t.fill:
		w.out.WriteByte(' ')
	case w.t.sign == "PR" && w.negative:
		w.out.WriteByte('<')
	case w.t.sign == "PR" && !w.t.fill:
		w.out.WriteByte(' ')
	case w.t.sign == "S" && w.t.items[0] == "S":
		w.out.WriteByte(map[bool]byte{true: '-', false: '+'}[w.negative])
	}
}

func (w *numberWriter) flushSign() {
	w.leadingSign()
	switch {
	case w.t.sign == "PR" && w.negative:
		w.out.WriteByte('>')
	case w.t.sign == "PR" && !w.t.fill:
		w.out.WriteByte(' ')
	}
}

func (w *numberWriter) blank() {
	if !w.t.fill {
		w.out.WriteByte(' ')
	}
}

func (w *numberWriter) item(item string) {
	switch item {
	case "9", "0":
		w.digit()
	case ".":
		w.leadingSign()
		w.inFraction = true
		if w.decimals < len(w.fraction) || !w.t.fill || w.t.lastZero > 0 || len(w.fraction) == 0 {
			w.out.WriteByte('.')
		}
	case ",":
		if w.place > w.first || w.inFraction {
			w.out.WriteByte(',')
		} else {
			w.blank()
		}
	case "S":
		if w.t.items[0] != "S" {
			w.leadingSign()
			w.out.WriteByte(map[bool]byte{true: '-', false: '+'}[w.negative])
		}
	case "SG":
		w.out.WriteByte(map[bool]byte{true: '-', false: '+'}[w.negative])
	case "MI":
		if w.negative {
			w.out.WriteByte('-')
		} else {
			w.blank()
		}
	case "PL":
		if w.negative {
			w.blank()
		} else {
			w.out.WriteByte('+')
		}
	case "L":
		w.blank() // the currency sign of the C locale is none
	case "TH", "th", "Th", "tH":
		if !w.negative && w.t.fraction == 0 {
			suffix := ordinal(strings.TrimLeft(w.whole, "0"))
			if item[0] == 'T' {
				suffix = strings.ToUpper(suffix)
			}
			w.out.WriteString(suffix)
		}
	default:
		if text, ok := strings.CutPrefix(item, `"`); ok {
			w.out.WriteString(text)
		}
	}
}

func (w *numberWriter) digit() {
	if w.inFraction {
		if w.decimals < len(w.fraction) {
			w.out.WriteByte(w.fraction[w.decimals])
		}
		w.decimals++
		return
	}
	if w.place >= w.first {
		w.leadingSign()
		w.out.WriteByte(w.whole[w.place])
	} else {
		w.blank()
	}
	w.place++
}

// romanNumeral writes 1 to 3999, right-aligned in 15 places.
func romanNumeral(v schema.Value, fill bool) string {
	n, ok := integerOf(v)
	out := strings.Repeat("#", 15)
	if ok && n >= 1 && n <= 3999 {
		out = ""
		values := []int64{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
		names := []string{"M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"}
		for i, value := range values {
			for ; n >= value; n -= value {
				out += names[i]
			}
		}
	}
	if fill {
		return out
	}
	return strings.Repeat(" ", max(15-len(out), 0)) + out
}

func scientificNumber(v schema.Value, digits int) string {
	f := v.F
	if !v.Type.IsFloat() {
		f, _ = strconv.ParseFloat(v.Text(), 64)
	}
	s := strconv.FormatFloat(f, 'e', digits, 64)
	if f >= 0 {
		s = " " + s
	}
	return s
}

// registerToNumber declares to_number. A constant template decides the scale of the result.
func registerToNumber(r *Registry) {
	o := r.strict("to_number(text, text) decimal(38,10)", strictValues(func(c *Call, a []schema.Value) (schema.Value, error) {
		t, err := cached(c, a[1].S, parseNumberTemplate)
		if err != nil {
			return a[0], err
		}
		return schema.Parse(c.Type, t.read(a[0].S))
	}), "")
	o.custom = func(args []expr.Arg) (*expr.Resolved, bool) {
		if len(args) != 2 || !args[0].Type.IsString() || !args[1].Type.IsString() {
			return nil, false
		}
		scale := 10
		if c := args[1].Const; c != nil && c.Valid {
			if t, err := parseNumberTemplate(c.S); err == nil {
				scale = min(t.fraction+t.scale, schema.MaxDecimal)
			}
		}
		return &expr.Resolved{Args: []schema.Type{schema.Text, schema.Text}, Result: schema.DecimalOf(schema.MaxDecimal, scale)}, true
	}
}

// read takes the digits, the point and the sign of a text: the template says where the point may be, and that commas are no points.
func (t *numberTemplate) read(s string) string {
	var out strings.Builder
	negative, point := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case isDigit(c):
			out.WriteByte(c)
		case c == '.' && !point:
			point = true
			out.WriteByte(c)
		case c == '-' || c == '<':
			negative = true
		}
	}
	text := out.String()
	if t.scale > 0 && !point && len(text) > t.scale {
		text = text[:len(text)-t.scale] + "." + text[len(text)-t.scale:]
	}
	if negative {
		text = "-" + text
	}
	return text
}
