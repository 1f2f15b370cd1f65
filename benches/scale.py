#!/usr/bin/env python3
"""Writes a table of SERIES x ROWS hourly rows with six features to standard output.

    benches/scale.py 1000 50000 > /tmp/scale.csv        # 50 million rows, 3 GB, in seconds
    /usr/bin/time -v lstm-forecast ingest /tmp/scale.csv

Rows are made once for each of eight patterns and then named after their series, so that
writing costs little beside reading. The same arguments always give the same bytes.
"""

import datetime
import math
import random
import sys

FEATURES = ["load", "temp", "wind", "rain", "humidity", "pressure"]


def pattern(seed, rows):
    """The rows of one series, without its name, each after a line feed."""
    draw = random.Random(seed)
    start = datetime.datetime(2015, 1, 1)
    level = 0.0
    out = []
    for hour in range(rows):
        level = 0.9 * level + draw.gauss(0, 1)
        day = math.sin(hour * math.tau / 24)
        stamp = (start + datetime.timedelta(hours=hour)).isoformat()
        out.append(
            f"\n,{stamp},{50 + 9 * day + level:.2f},{12 + 6 * day + draw.random():.1f},"
            f"{3 + 2 * draw.random():.1f},{max(0.0, draw.gauss(-1, 1)):.1f},"
            f"{60 + 30 * draw.random():.0f},{1000 + 20 * draw.random():.1f}"
        )
    return "".join(out)


def main():
    series, rows = (int(a) for a in sys.argv[1:3])
    patterns = [pattern(seed, rows) for seed in range(min(8, series))]
    out = sys.stdout
    out.write("series,date," + ",".join(FEATURES))
    for i in range(series):
        out.write(patterns[i % len(patterns)].replace("\n", f"\ns{i:04}"))
    out.write("\n")


if __name__ == "__main__":
    main()
