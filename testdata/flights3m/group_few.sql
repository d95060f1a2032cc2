-- A group-by with few groups.
select origin, count(*) as flights, avg(delay) as delay, max(distance) as farthest
from flights3m
group by origin
order by flights desc, origin
