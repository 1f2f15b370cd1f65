#!/usr/bin/env python3
"""Makes synthetic_cities.csv: invented hourly rain, wind and PM2.5 of four invented cities.

    python make_synthetic.py [synthetic_cities.csv]

Standard library only, fixed seed, the same bytes every time. No value was measured anywhere; the
table is for trying commands and for tests. What is built in, so that a forecast can be judged:

- wind is autocorrelated, shared in part between the cities, and stronger in the afternoon;
- rain comes in spells (a wet hour is likely to be followed by another), in millimetres an hour;
- PM2.5 has peaks at the hours of traffic, less of them at weekends, more of everything in winter,
  is blown away by wind and washed out by rain, and forgets a disturbance in about a day;
- Westhaven begins in March; every city has a few missing rows (once 30 hours on end) and about one
  missing cell in a hundred.
"""
import math
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

SEED = 20240101
START = datetime(2024, 1, 1)
HOURS = 366 * 24
# name, first hour, mean PM2.5 (ug/m3), mean wind (m/s), share of dry spells that end in an hour
CITIES = [
    ("Northport", 0, 22.0, 5.5, 0.020),
    ("Eastfield", 0, 48.0, 3.0, 0.012),
    ("Southvale", 0, 75.0, 2.2, 0.008),
    ("Westhaven", 60 * 24, 33.0, 4.0, 0.016),
]


def normal(rng):
    return math.sqrt(-2.0 * math.log(1.0 - rng.random())) * math.cos(2.0 * math.pi * rng.random())


def autoregression(rng, phi, n):
    """Unit variance, each value phi times the last one plus noise."""
    value, out = normal(rng), []
    for _ in range(n):
        value = phi * value + math.sqrt(1.0 - phi * phi) * normal(rng)
        out.append(value)
    return out


def bump(hour, centre, width):
    return math.exp(-(((hour - centre) / width) ** 2))


def city(rng, pm_mean, wind_mean, wet_start, weather):
    """Yields (rain, wind, pm) for every hour of the year."""
    own = autoregression(rng, 0.90, HOURS)
    wet, disturbance = False, 0.0
    for t in range(HOURS):
        now = START + timedelta(hours=t)
        winter = math.cos(2.0 * math.pi * (now.timetuple().tm_yday - 15) / 366.0)
        gust = 0.35 * (0.8 * weather[t] + 0.6 * own[t]) + 0.25 * bump(now.hour, 15, 4) - 0.1
        wind = wind_mean * math.exp(gust + 0.1 * winter)
        wet = rng.random() < (0.82 if wet else wet_start * (1.0 - 0.3 * winter))
        rain = -1.6 * math.log(1.0 - rng.random()) if wet else 0.0
        traffic = bump(now.hour, 8, 2) + 0.8 * bump(now.hour, 19, 3)
        weekday = 1.0 if now.weekday() < 5 else 0.4
        level = math.log(pm_mean) + 0.30 * winter + 0.45 * (traffic * weekday - 0.45) - 0.45 * gust
        disturbance = 0.95 * disturbance + 0.09 * normal(rng) - (0.06 + 0.03 * min(rain, 8.0) if wet else 0.0)
        yield rain, wind, math.exp(level + disturbance)


def main():
    rng = random.Random(SEED)
    weather = autoregression(rng, 0.96, HOURS)
    lines = ["city,date,rainfall,wind,PM2.5"]
    for name, first, pm_mean, wind_mean, wet_start in CITIES:
        gaps = {first + 400 + rng.randrange(HOURS - first - 900) for _ in range(6)}
        long_gap = first + 500 + rng.randrange(HOURS - first - 2000)
        gaps |= set(range(long_gap, long_gap + 30))
        for t, values in enumerate(city(rng, pm_mean, wind_mean, wet_start, weather)):
            cells = ["" if rng.random() < 0.01 else f"{v:.1f}" for v in values]
            if t >= first and t not in gaps:
                stamp = (START + timedelta(hours=t)).strftime("%Y-%m-%dT%H:%M")
                lines.append(",".join([name, stamp, *cells]))
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("synthetic_cities.csv"))
    out.write_bytes(("\n".join(lines) + "\n").encode())
    print(f"{out}: {len(lines) - 1} rows")


if __name__ == "__main__":
    main()
