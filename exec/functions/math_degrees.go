package functions

import (
	"math"

	"github.com/tarnsql/tarn/parser/sqlerr"
)

// registerDegrees declares the trigonometric functions of degrees. They are exact where their answer is 0, 1/2 or 1.
func registerDegrees(r *Registry) {
	r.strict("sind(double) double", unaryErr(finiteAngle(sinDegrees)), "sine of degrees")
	r.strict("cosd(double) double", unaryErr(finiteAngle(cosDegrees)), "cosine of degrees")
	r.strict("tand(double) double", unaryErr(finiteAngle(func(a float64) float64 { return plusZero(sinDegrees(a) / cosDegrees(a)) })), "tangent of degrees")
	r.strict("cotd(double) double", unaryErr(finiteAngle(func(a float64) float64 { return plusZero(cosDegrees(a) / sinDegrees(a)) })), "cotangent of degrees")
	r.strict("asind(double) double", unaryErr(inRange(asinDegrees, -1, 1)), "inverse sine, in degrees")
	r.strict("acosd(double) double", unaryErr(inRange(func(a float64) float64 { return 90 - asinDegrees(a) }, -1, 1)), "inverse cosine, in degrees")
	r.strict("atand(double) double", unary(func(a float64) float64 { return math.Atan(a) / math.Atan(1) * 45 }), "inverse tangent, in degrees")
	r.strict("atan2d(double, double) double", binary(func(a, b float64) float64 { return math.Atan2(a, b) / math.Atan(1) * 45 }), "inverse tangent of a quotient, in degrees")
}

// plusZero makes -0 0.
func plusZero(a float64) float64 {
	if a == 0 {
		return 0
	}
	return a
}

func finiteAngle(f func(float64) float64) func(float64) (float64, error) {
	return func(a float64) (float64, error) {
		if math.IsInf(a, 0) {
			return 0, sqlerr.New(sqlerr.NumericOutOfRange, "input is out of range")
		}
		return f(a), nil
	}
}

// degree is a variable so that its products round like those of arguments.
var degree = math.Pi / 180

// sinDegrees and cosDegrees bring the angle to the first quadrant; up to 30 and beyond 60 degrees they scale the functions so that
// the ends are exact.
func sinDegrees(a float64) float64 {
	a = math.Mod(a, 360)
	sign := 1.0
	if a < 0 {
		a, sign = -a, -sign
	}
	if a > 180 {
		a, sign = 360-a, -sign
	}
	if a > 90 {
		a = 180 - a
	}
	return sign * sinQuadrant(a)
}

func cosDegrees(a float64) float64 {
	a = math.Abs(math.Mod(a, 360))
	if a > 180 {
		a = 360 - a
	}
	if a > 90 {
		return -cosQuadrant(180 - a)
	}
	return cosQuadrant(a)
}

func sinQuadrant(a float64) float64 {
	if a <= 30 {
		return math.Sin(a*degree) / math.Sin(30*degree) / 2
	}
	return cosSmall(90 - a)
}

func cosQuadrant(a float64) float64 {
	if a <= 60 {
		return cosSmall(a)
	}
	return math.Sin((90-a)*degree) / math.Sin(30*degree) / 2
}

// cosSmall is the cosine of at most 60 degrees.
func cosSmall(a float64) float64 {
	return 1 - (1-math.Cos(a*degree))/(1-math.Cos(60*degree))/2
}

func asinDegrees(a float64) float64 {
	if a < 0 {
		return -asinDegrees(-a)
	}
	if a <= 0.5 {
		return math.Asin(a) / math.Asin(0.5) * 30
	}
	return 90 - math.Acos(a)/math.Acos(0.5)*60
}
