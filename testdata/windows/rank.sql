-- Numbers of rows within partitions of very different sizes.
select max(n) as most, sum(n) as total
from (select row_number() over (partition by origin order by date) as n from flights3m) numbered
