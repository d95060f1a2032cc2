-- The first rows of an order.
select date, delay, distance, origin, destination
from flights3m
order by delay desc, date, origin, destination, distance
limit 10
