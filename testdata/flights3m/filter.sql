-- A filter that keeps a few rows of many.
select count(*) as flights, min(date) as first, max(delay) as worst
from flights3m
where delay > 120 and distance between 500 and 1000 and origin = 'ORD'
