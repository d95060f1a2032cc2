-- A filter whose rows all reach the client.
select date, origin, destination, delay
from flights3m
where delay >= 600
order by date, origin, destination, delay
