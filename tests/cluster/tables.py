"""The tables of check_spark.sh: the sample table, and made series of 60 days."""

import math
import random
import sys

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

folder, count = sys.argv[1], int(sys.argv[2])
table = csv.read_csv(f"{folder}/nyc_weather_2013.csv")
at = table.schema.get_field_index("date")
date = table.column(at).cast(pa.timestamp("us", tz="UTC"))
pq.write_table(table.set_column(at, "date", date), "sample.parquet")

draw = random.Random(7)
series, day, value = [], [], []
for number in range(count):
    level, weekly = draw.uniform(10, 1000), draw.uniform(0, 0.5)
    for t in range(60):
        series.append(f"s{number:06}")
        day.append(19_000 + t)
        value.append(round(level * (1 + weekly * math.sin(2 * math.pi * t / 7)) + draw.gauss(0, level / 20), 3))
made = {"series": series, "day": pa.array(day, pa.int32()).cast(pa.date32()), "PM2.5": value}
pq.write_table(pa.table(made), "made.parquet")
