-- The row before within a partition.
select max(before) as most, count(before) as known
from (select lag(delay) over (partition by origin, destination order by date, delay) as before from flights3m) delays
