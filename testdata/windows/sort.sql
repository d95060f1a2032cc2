-- All rows in order, of which the last are returned.
select date, delay, distance, origin, destination
from flights3m
order by origin, date, delay, distance, destination
limit 10 offset 2999990
