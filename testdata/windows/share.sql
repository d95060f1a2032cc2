-- One frame for each partition.
select sum(abs(delay - mean)) as spread
from (select delay, avg(delay) over (partition by origin) as mean from flights3m) means
