package main

import (
	"fmt"
	"net"
)

// demoQueries are the statements that the demo suggests; the third joins the lake, the key-value store and the relational
// one.
var demoQueries = []string{
	`select date, count(*) as orders, sum(quantity * unit_price) as revenue
from orders where date between date '2026-06-24' and date '2026-06-30'
group by date order by date;`,
	`select device_id, count(*), min(temperature), max(temperature)
from sensors where date = date '2026-06-30' group by device_id order by 2 desc limit 5;`,
	`with day as (
  select device_id, avg(temperature) as temperature, count(*) as readings
  from sensors where date = date '2026-06-30' group by device_id)
select d.site, g.name as region, min(day.temperature) as coldest, count(distinct c.customer_id) as customers
from day join kv.devices d on d.device_id = day.device_id
join crm.customers c on c.city = split_part(d.site, ' ', 1) join crm.regions g on g.region_id = c.region_id
group by d.site, g.name order by customers desc, d.site limit 5;`,
}

// greet tells how to connect and what to try.
func greet(out streams, addr string) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		host, port = addr, "5433"
	}
	fmt.Fprintf(out.out, "\nTarn serves PostgreSQL clients on %s. Connect with\n\n    psql -h %s -p %s -d lake\n\nand try\n\n", addr, host, port)
	for _, q := range demoQueries {
		fmt.Fprintf(out.out, "%s\n\n", q)
	}
	fmt.Fprintln(out.out, "Each answer says what it scanned and what it cost. Ctrl-C stops the server.")
}
