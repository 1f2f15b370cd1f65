#!/usr/bin/env python3
"""How each command's cost grows: series and rows are doubled, each alone, and the slope is printed.

    benches/slopes.py target/release/lstm-forecast                    # minutes, a gigabyte in a temporary folder
    benches/slopes.py BINARY --series 2000,4000,8000 --rows 8000,16000 --commands predict,watch

Cost is processor time, user and system, so that a busy machine changes little. A slope of 1 is a cost in proportion, 2 a quadratic
one: between the two largest sizes, log(cost ratio) / log(size ratio). Below it, the seconds at the largest size.
"""

import argparse
import datetime
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

TRAIN = "--target load --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 5 --quiet".split()
COMMANDS = {
    "ingest": ["ingest", "TABLE", "--format", "json"],
    "train": ["train", "TABLE", "--out", "b.safetensors", *TRAIN],
    "evaluate": ["evaluate", "a.safetensors", "TABLE", "--format", "json"],
    "predict": ["predict", "a.safetensors", "TABLE", "--out", "f.csv"],
    "predict -v": ["predict", "a.safetensors", "TABLE", "--out", "f.csv", "-v"],
    "predict, unseen": ["predict", "a.safetensors", "unseen.csv", "--out", "f.csv"],
    "watch": ["watch", "a.safetensors", "TABLE", "--out", "w.csv"],
    "compare": ["compare", "a.safetensors", "c.safetensors", "TABLE", "--format", "json"],
}


def table(path, series, rows, name="s"):
    """Series of rows with a daily cycle; eight patterns, so that writing costs little."""
    start = datetime.datetime(2015, 1, 1)
    stamps = [(start + datetime.timedelta(hours=hour)).isoformat() for hour in range(rows)]
    patterns = []
    for seed in range(8):
        draw = random.Random(seed)
        cells = (f"{50 + 9 * math.sin(hour * math.tau / 24) + draw.gauss(0, 2):.2f},{draw.gauss(9, 3):.1f}" for hour in range(rows))
        patterns.append("".join(f"\n,{stamp},{cell}" for stamp, cell in zip(stamps, cells)))
    with open(path, "w") as out:
        out.write("series,date,load,temp")
        for i in range(series):
            out.write(patterns[i % 8].replace("\n", f"\n{name}{i:06}"))
        out.write("\n")


def cost(binary, words, place):
    """Processor seconds of a command; watch may end with 8."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([binary, *words], cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode not in (0, 8):
        sys.exit(f"{' '.join(words)}: {ran.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--series", type=numbers, default=[2000, 4000, 8000, 16000])
    parser.add_argument("--rows", type=numbers, default=[4000, 8000, 16000, 32000])
    parser.add_argument("--commands", default=",".join(name for name in COMMANDS if "," not in name))
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    names = [name for name in COMMANDS if name in args.commands.split(",") or "," in name]
    sizes = [("series", n, (n, 200)) for n in args.series] + [("rows", n, (50, n)) for n in args.rows]
    costs = {}
    for what, n, (series, rows) in sizes:
        with tempfile.TemporaryDirectory() as place:
            table(f"{place}/t.csv", series, rows)
            table(f"{place}/unseen.csv", series, rows, "u")
            cost(binary, ["train", "t.csv", "--out", "a.safetensors", *TRAIN], place)
            shutil.copy(f"{place}/a.safetensors", f"{place}/c.safetensors")
            for name in names:
                words = ["t.csv" if word == "TABLE" else word for word in COMMANDS[name]]
                # New pages cost what the machine happens to have: the better of two.
                costs[name, what, n] = min(cost(binary, words, place) for _ in range(2))
                print(f"{name:16} {series:>7} x {rows:<7} {costs[name, what, n]:7.2f} s", file=sys.stderr)
    print("| command | slope, series | slope, rows | largest, series | largest, rows |\n| --- | ---: | ---: | ---: | ---: |")
    for name in names:
        cells = []
        for what, all_sizes in (("series", args.series), ("rows", args.rows)):
            last, before = all_sizes[-1], all_sizes[-2]
            ratio = costs[name, what, last] / max(costs[name, what, before], 0.01)
            cells.append((math.log(ratio) / math.log(last / before), costs[name, what, last]))
        print(f"| {name} | {cells[0][0]:.2f} | {cells[1][0]:.2f} | {cells[0][1]:.1f} s | {cells[1][1]:.1f} s |")


if __name__ == "__main__":
    main()
