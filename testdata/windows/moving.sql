-- Short frames that move: a mean of seven rows.
select max(mean) as most, min(mean) as least
from (select avg(delay) over (partition by origin order by date, delay, distance rows between 6 preceding and current row) as mean from flights3m) means
