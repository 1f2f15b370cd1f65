#!/usr/bin/env python3
"""Exports trained models for PyTorch, and compares the forecasts of their model.py with the program's.

    python3 tests/pytorch/check_model.py PROGRAM [--only WORD] [--onnx] [--tables FOLDER]

For every case: `train` a few steps, `export --format pytorch`, `ingest --model`, then `evaluate --forecasts` of the test part
with all quantiles and two intervals, and `predict`. Every number of every forecast must agree within 1e-5 of the target's spread
(its standard deviation in training) or of the number itself where that is larger (1e-4 for a target that asinh bent), beside half a unit of the last digit that the
program prints. What the program says of the
simple members of the pool must agree too. With --onnx each model is exported as ONNX as well, checked by onnx.checker, and run by
onnxruntime: within 1e-4. With --tables the cases are the first rows of ten tables instead, eight of which lie in FOLDER (those of
../shared/data). Needs torch and safetensors, for --onnx also onnx and onnxruntime.
"""
import argparse
import csv
import gzip
import importlib.util
import itertools
import math
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent.parent
WEATHER, CITIES = ROOT / "sample_data/nyc_weather_2013.csv", ROOT / "sample_data/synthetic_cities.csv"
SMALL = "--input-window 48 --horizon 12 --hidden-size 16 --max-steps 20"
POOL = "--pool all"
ALL = ("last_value,seasonal_naive,drift,seasonal_level,smoothed,smoothed_ratio,"
       "long_naive,long_level,long_smoothed,long_smoothed_ratio,ets,theta")
CASES = {  # name: (table, train flags)
    "lead, the default": (WEATHER, "--target temp --max-steps 40"),
    "lead, two layers, two targets": (WEATHER, f"--target temp,dewp --num-layers 2 --min temp=0 {SMALL}"),
    "lead, skewed target, bound": (WEATHER, f"--target precip --min 0 {SMALL}"),
    "lead, known ahead, static": (WEATHER, f"--target temp --future precip {SMALL}"),
    "lead, no bias, head 24, robust": (WEATHER, f"--target humid --no-bias --head 24 --scaler robust {SMALL}"),
    "lead, point forecast": (WEATHER, f"--target wind_speed --quantiles none {SMALL}"),
    "lead, all other cities": (CITIES, f"{SMALL}"),
    "lead, GRU": (WEATHER, f"--target temp --cell gru --num-layers 2 {SMALL}"),
    "direct, GRU, bidirectional": (WEATHER, f"--target temp --cell gru --decoder direct --bidirectional --no-bias {SMALL}"),
    "sequence, GRU": (WEATHER, f"--target temp --cell gru --decoder sequence {SMALL}"),
    "direct": (WEATHER, f"--target temp --decoder direct {SMALL}"),
    "direct, bidirectional, two layers": (WEATHER, f"--target temp --decoder direct --bidirectional --num-layers 2 --skip none {SMALL}"),
    "direct, seasonal skip, simple pool": (WEATHER, f"--target temp --decoder direct --skip seasonal --head 16,8 --pool {ALL} {SMALL}"),
    "direct, linear skip, point": (WEATHER, f"--target temp,dewp --decoder direct --skip linear --quantiles none {SMALL}"),
    "sequence": (WEATHER, f"--target temp --decoder sequence --transform asinh --pool last_value,drift,smoothed {SMALL}"),
    "sequence, short series": (CITIES, f"--decoder sequence --pad-short --pool last_value {SMALL}"),
}
# Each simple member beside a network that has learned next to nothing, so that it has a weight. No table: the monthly one of [`table_of`].
for member in ALL.split(","):
    CASES[f"{member} alone"] = (None if member in ("ets", "theta") else WEATHER,
                                f"--decoder direct --input-window 36 --horizon 12 --hidden-size 8 --max-steps 1 --ensemble 1 --pool {member}")
TABLES = {  # name: (table in FOLDER, its first rows, train flags); models of default form
    "hourly air quality, 1.4 stations": ("beijing_multisite_hourly.csv", 50_000, "--target PM2.5"),
    "hourly weather of Brazil": ("brazil_stations_hourly.csv", 15_000, "--target temp_c,rain_mm --min rain_mm=0"),
    "hourly sensors of Italy, holes": ("italy_air_quality_hourly.csv", 10_000, "--target C6H6(GT)"),
    "hourly traffic": ("minneapolis_traffic_hourly.csv", 15_000, "--target traffic_volume --duplicates first"),
    "daily exchange rates": ("published/exchange_rate.csv", 20_000, "--target y"),
    "hourly bicycles": ("seoul_bikes_hourly.csv", 9_000, "--target bikes --min 0"),
    "daily weather": ("us_cornbelt_daily.csv.gz", 40_000, "--target tmax_c"),
    "daily rain, ets and theta": ("us_cornbelt_daily.csv.gz", 15_000, "--target tmin_c --pool last_value,seasonal_naive,drift,smoothed,ets,theta"),
    "hourly cities": (CITIES, 100_000, ""),
    "monthly, trend and season": (None, 0, ""),
}


def table_of(folder, place, source, rows):
    """The first rows of a table, or one that is made here, as a file."""
    out = Path(place) / "table.csv"
    if source is None:
        with open(out, "w") as f:
            print("shop,month,sales", file=f)
            for shop in range(6):
                for m in range(240):
                    wave = math.sin(math.tau * m / 12 + shop) + 0.3 * math.sin(m * m + shop)
                    print(f"s{shop},{2005 + m // 12}-{m % 12 + 1:02}-01,{(100 + 20 * shop + 0.4 * m) * (1 + 0.2 * wave):.3f}", file=f)
        return out
    source = Path(folder or "") / source
    with (gzip.open(source, "rt") if source.suffix == ".gz" else open(source)) as text, open(out, "w") as f:
        f.writelines(itertools.islice(text, rows + 1))
    return out


def load_module(path):
    spec = importlib.util.spec_from_file_location("model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seconds(stamp):
    time = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return int((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp())


def printed(path, series_columns):
    """{(series, origin, step, target): {column: text}} of `evaluate --forecasts`."""
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    key = lambda row: "/".join(row[c] for c in series_columns) or "(all rows)"
    return {(key(row), seconds(row["origin"]), int(row["step"]), row["target"]): row for row in rows}


def unit(text):
    """Half a unit of the last digit."""
    text = text.lower().lstrip("-")
    digits, _, exponent = text.partition("e")
    decimals = len(digits.partition(".")[2])
    return 0.5000001 * 10 ** (int(exponent or 0) - decimals)


def with_onnx(folder, run, w, meta):
    """What onnxruntime makes of the windows: point, quantiles, intervals, whether each window is whole, windows a second."""
    import onnx
    import onnxruntime

    run("export", "m.safetensors", "--format", "onnx", "--out", "m.onnx")
    onnx.checker.check_model(f"{folder}/m.onnx", full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(f"{folder}/m.onnx", options, providers=["CPUExecutionProvider"])
    whole = w["rows"] >= meta["shape"]["input_window"]
    names, parts = [i.name for i in session.get_inputs()], []
    began = time.time()
    for part in torch.arange(len(whole)).split(256):  # N may be any
        parts.append(session.run(None, {name: w[name][part].numpy() for name in names}))
    rate = len(whole) / (time.time() - began)
    out = {o.name: torch.cat([torch.from_numpy(part[i]) for part in parts]) for i, o in enumerate(session.get_outputs())}
    levels = (meta.get("calibration") or {}).get("levels", [])
    between = {level: (out["low"][..., i], out["high"][..., i]) for i, level in enumerate(levels)}
    return out["forecast"], out.get("quantiles"), between, whole, rate


def largest(said, index, head, levels, size, point, quantiles, between, whole=None):
    """The number of values that the program printed, and the largest difference from them."""
    worst, n = 0.0, 0
    for (series, origin, step, target), row in said.items():
        i, k = index[series, origin], head["targets"].index(target)
        if whole is not None and not whole[i]:
            continue
        values = {"yhat": point[i, step - 1, k]}
        values |= {f"yhat_p{100 * level:g}": quantiles[i, step - 1, k, q] for q, level in enumerate(levels)}
        values |= {f"yhat_{end}{level}": ends[e][i, step - 1, k] for level, ends in between.items() for e, end in enumerate(("lo", "hi"))}
        for column, value in values.items():
            text = row[column]
            worst = max(worst, (abs(value.item() - float(text)) - unit(text)) / max(size[i, k].item(), abs(value.item())))
            n += 1
    return n, worst


def check(name, program, table, flags, onnx):
    with tempfile.TemporaryDirectory() as folder:
        def run(*args):
            subprocess.run([program, *map(str, args), "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        target = [] if "--target" in flags else ["--target", (first_number(table))]
        run("train", table, *target, *flags.split(), "--out", "m.safetensors")
        run("export", "m.safetensors", "--format", "pytorch", "--out", "torch")
        run("ingest", table, "--model", "m.safetensors", "--out", "w.safetensors")
        module = load_module(f"{folder}/torch/model.py")
        networks, meta, tensors = module.load(f"{folder}/torch")
        w, head = module.read(f"{folder}/w.safetensors")
        levels, calibrated = meta["shape"]["quantiles"], (meta.get("calibration") or {}).get("levels", [])
        extra = (["--quantiles", "all"] if levels else []) + (["--interval", ",".join(map(str, calibrated))] if calibrated else [])
        run("evaluate", "m.safetensors", table, "--forecasts", "f.csv", *extra)
        point, quantiles, between = module.forecast(networks, meta, tensors, w)

        simple = compare_simple(module, meta, head, w, point.shape) if "simple" in w else 0.0
        index = {(head["series"][int(s)], int(o)): i for i, (s, o, p) in enumerate(zip(w["series"], w["origin"], w["part"])) if p == 2}
        said = printed(f"{folder}/f.csv", head["series_columns"])
        size = spread(w)
        n, worst = largest(said, index, head, levels, size, point, quantiles, between)
        ahead = compare_ahead(folder, program, table, head, w, point, size)
        # Of a target that asinh bent, sinh multiplies the last bit of 32-bit numbers.
        most = 1e-4 if (w["asinh"] > 0).any() else 1e-5
        fine = n > 0 and worst <= most and simple <= 1e-9 and ahead <= most
        members = ", ".join(meta["pool"]["members"]) if meta.get("pool") else "none"
        if onnx:
            *made, whole, rate = with_onnx(folder, run, w, meta)
            count, graph = largest(said, index, head, levels, size, *made, whole)
            fine = fine and count > 0 and graph <= 1e-4
            print(f"{name:<36} {count:>7} numbers  ONNX: largest difference {max(graph, 0):.1e} of the spread, {rate:,.0f} windows a second", flush=True)
        print(f"{name:<36} {n:>7} numbers  largest difference {max(worst, 0):.1e} of the spread, ahead {max(ahead, 0):.1e}, "
              f"simple members {simple:.1e}  pool: {members}", "" if fine else "TOO LARGE", flush=True)
        return fine


def compare_simple(module, meta, head, w, shape):
    """The largest difference of the simple members that model.py computes from what the program wrote of them."""
    seasons, worst = meta["pool"]["seasons"], 0.0
    most = max(seasons["rows"], 4 * (seasons.get("long") or 0))
    for j, member in enumerate(head["simple"]):
        for k in range(shape[2] if member not in module.REFITTED else 0):
            own = module.simple(member, w["history"][:, k, -most:], w["rows"].clamp(max=most), seasons, shape[1])
            said = w["simple"][:, k, j]
            assert (own.isnan() == said.isnan()).all(), f"{member} has something to say where the program has not"
            worst = max(worst, ((own - said).abs() / spread(w)[:, k, None]).nan_to_num().max().item())
    return worst


def compare_ahead(folder, program, table, head, w, point, size):
    """The largest difference from `predict`, of the windows after the table's end."""
    out = subprocess.run([program, "predict", "m.safetensors", str(table), "--long", "--skip-short", "--quiet"], cwd=folder, capture_output=True, text=True)
    if out.returncode:
        return 0.0  # values ahead are missing
    own = {}
    for i in (w["part"] == 3).nonzero().squeeze(1).tolist():
        own[head["series"][int(w["series"][i])]] = i
    worst, seen = 0.0, {}
    for row in csv.DictReader(out.stdout.splitlines()):
        key = "/".join(row[c] for c in head["series_columns"]) or "(all rows)"
        step = seen[key, row["target"]] = seen.get((key, row["target"]), 0) + 1
        i, k = own[key], head["targets"].index(row["target"])
        worst = max(worst, (abs(point[i, step - 1, k].item() - float(row["value"])) - unit(row["value"])) / size[i, k].item())
    assert seen
    return worst


def spread(w):
    return w["scale"].abs() * torch.where(w["asinh"] > 0, w["asinh"], 1)


def first_number(table):
    with open(table, newline="") as f:
        head, row = next(csv.reader(f)), None
        row = next(csv.reader(f))
    for name, cell in zip(head, row):
        try:
            float(cell)
            return name
        except ValueError:
            pass
    sys.exit(f"{table} has no number")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--onnx", action="store_true")
    parser.add_argument("--tables", metavar="FOLDER", help="ten tables, most of them from here, in place of the cases")
    args = parser.parse_args()
    program = str(Path(args.program).resolve())
    print(f"PyTorch {torch.__version__}")
    cases, fine = [(name, table, 10**9, flags) for name, (table, flags) in CASES.items()], []
    if args.tables:
        cases = [(name, table, rows, f"{flags} --max-steps 30 --hidden-size 24") for name, (table, rows, flags) in TABLES.items()]
    for name, table, rows, flags in cases:
        with tempfile.TemporaryDirectory() as place:
            if args.only in name:
                fine.append(check(name, program, table_of(args.tables, place, table, rows), flags, args.onnx))
    print("all agree" if fine and all(fine) else "DIFFERENCES")
    sys.exit(not (fine and all(fine)))


main()
