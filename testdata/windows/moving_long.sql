-- Long frames that move.
select max(most) as most, min(most) as least
from (select max(delay) over (partition by origin order by date, delay, distance rows between 999 preceding and current row) as most from flights3m) extremes
