-- A group-by with many groups, of which the first are shown.
select date, origin, count(*) as flights, sum(delay) as delay
from flights3m
group by date, origin
order by flights desc, delay desc, date, origin
limit 20
