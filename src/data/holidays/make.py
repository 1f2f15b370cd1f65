#!/usr/bin/env python3
"""Writes countries.txt.zst beside it: the public holidays of countries and of their subdivisions.

    pip install holidays==0.109 zstandard && src/data/holidays/make.py

The days are those of Python's package `holidays` (MIT licence, a release about every two weeks), category
"public", without its half days. A line is `CODE FIRST LAST DAY GAP GAP ...`: the first and the last year for
which the package knows the country, the first day (days since 1970-01-01), and the days from each to the next. A
subdivision's line (`DE-BY`) holds the days in which it differs from its country: the ones that it has more,
and the ones that it has not.
"""

import datetime
import pathlib
import warnings

import holidays
import zstandard

YEARS = range(1990, 2051)
EPOCH = datetime.date(1970, 1, 1)


def days(code, subdiv=None):
    """The holidays as days since 1970."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(code, subdiv=subdiv, years=YEARS)
    return {(day - EPOCH).days for day in found}


def line(code, first, last, found):
    numbers, before = [], 0
    for day in sorted(found):
        numbers.append(day - before)
        before = day
    return " ".join(map(str, [code, first, last, *numbers]))


def main():
    lines = []
    for code, subdivisions in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        own = days(code)
        if len(code) != 2 or not own:
            continue
        cls = type(holidays.country_holidays(code))
        first, last = max(YEARS[0], cls.start_year), min(YEARS[-1], cls.end_year)
        lines.append(line(code, first, last, own))
        for name in sorted(set(subdivisions)):
            if name.isascii() and name.isalnum() and len(name) <= 3:
                lines.append(line(f"{code}-{name}", first, last, own ^ days(code, name)))
    text = "\n".join(lines) + "\n"
    packed = zstandard.ZstdCompressor(level=22).compress(text.encode())
    pathlib.Path(__file__).with_name("countries.txt.zst").write_bytes(packed)
    print(f"holidays {holidays.__version__}: {len(lines)} lists, {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main()
