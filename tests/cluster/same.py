"""same.py ONE MANY SERIES BEGAN ONE_ENDED MANY_ENDED: whether two sets of forecasts are the same numbers."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq

one, many, series = pq.read_table(sys.argv[1]), pq.read_table(sys.argv[2]), sys.argv[3]
began, first, second = map(float, sys.argv[4:7])
time = one.column_names[1]
many = many.select(one.column_names).cast(pa.schema([one.schema.field(n) for n in one.column_names]))
text = pa.schema([f.with_type(pa.string()) if pa.types.is_string_view(f.type) or pa.types.is_large_string(f.type) else f for f in one.schema])
one, many = one.cast(text), many.cast(text)
order = [(series, "ascending"), (time, "ascending")]
one, many = one.sort_by(order), many.sort_by(order)
if not one.equals(many):
    rows = [i for i in range(min(len(one), len(many))) if one.slice(i, 1) != many.slice(i, 1)]
    sys.exit(f"{sys.argv[2]}: {len(one)} and {len(many)} rows, {len(rows)} differ: {rows[:1] and (one.slice(rows[0], 1).to_pylist(), many.slice(rows[0], 1).to_pylist())}")
count = len(one.column(series).unique())
print(f"{count} series, {len(one)} forecasts: the same numbers; one process {first - began:.1f} s, Spark {second - first:.1f} s")
