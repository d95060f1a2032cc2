-- Frames that grow by a row.
select max(total) as most, min(total) as least
from (select sum(delay) over (partition by origin order by date, delay, distance rows unbounded preceding) as total from flights3m) totals
