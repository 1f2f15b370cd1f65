#!/usr/bin/env python3
"""Loads trained checkpoints into plain PyTorch and compares its forecasts with the program's.

    python3 tests/pytorch/check_checkpoint.py PROGRAM [TABLE --target COLS]

For every shape in SHAPES: `train` a model for a few steps, `evaluate --forecasts` it, let `ingest --out`
write the same windows, load the checkpoint into RegLSTM with strict=True, and forecast the test windows
with it. Every value that was scored must agree within 1e-5 of the target's scale (both sides compute in
f32, the file has 8 digits), and every scored origin must be among the windows. The windows of the first shape
are also built from the table itself (hourly rows, ISO stamps) and compared. TABLE is
sample_data/nyc_weather_2013.csv, --target temp, if none is given. Needs torch and safetensors.
"""
import argparse
import csv
import json
import math
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn

SHAPES = {
    "one layer": "",
    "two layers": "--num-layers 2 --dropout 0.2",
    "bidirectional": "--bidirectional",
    "two layers, bidirectional": "--num-layers 2 --bidirectional",
    "no bias": "--no-bias",
    "head of 32": "--head 32",
    "head of 32 and 16, odd sizes": "--head 32,16 --hidden-size 13 --num-layers 2 --dropout 0.1 --input-window 25 --horizon 7",
    "robust scaler": "--scaler robust",
    "no calendar, no features": "--no-calendar --features temp",
    "two targets": "--target temp,dewp",
}
COMMON = "--input-window 48 --horizon 12 --hidden-size 24 --max-steps 60"
# The plain module: one network, one number for each value, no further parts.
PLAIN = "--decoder direct --skip none --quantiles none --ensemble 1"


class RegLSTM(nn.Module):
    def __init__(self, inputs, outputs, hidden_size, num_layers, bias, dropout, bidirectional, head):
        super().__init__()
        self.rnn = nn.LSTM(inputs, hidden_size, num_layers, bias=bias,
                           dropout=dropout if num_layers > 1 else 0.0, bidirectional=bidirectional, batch_first=True)
        width, layers = hidden_size * (2 if bidirectional else 1), []
        for units in head:
            layers += [nn.Linear(width, units), nn.Sequential(nn.ReLU(), nn.Dropout(dropout))]
            width = units
        self.reg = nn.Sequential(*layers, nn.Linear(width, outputs))

    def forward(self, x):                    # (N, T, F) -> (N, P*K)
        return self.reg(self.rnn(x)[0][:, -1])


def load(path):
    """The module with its weights, and the metadata."""
    with safe_open(path, "pt") as f:
        meta = json.loads(f.metadata()["lstm_forecast"])
        weights = {name: f.get_tensor(name) for name in f.keys()}
    shape, model = meta["shape"], meta["config"]["model"]
    net = RegLSTM(shape["inputs"], shape["horizon"] * shape["targets"], model["hidden_size"], model["num_layers"],
                  model["bias"], model["dropout"], model["bidirectional"], model["head"])
    net.load_state_dict(weights, strict=True)
    return net.eval(), meta


def forecasts(net, meta, windows):
    """{(series, origin): (P, K) in original units} of all windows."""
    with safe_open(windows, "pt") as f:
        names = json.loads(f.metadata()["lstm_forecast_windows"])
        x, origin, series = (f.get_tensor(name) for name in ("x", "origin", "series"))
    assert names["inputs"] == inputs(meta), (names["inputs"], inputs(meta))
    shape = meta["shape"]
    with torch.no_grad():
        scaled = torch.cat([net(part) for part in x.split(1024)])
    scaled = scaled.reshape(-1, shape["horizon"], shape["targets"]).double()
    scale = {"/".join(key): lines for key, lines in meta["scaler"]["series"]}
    out = {}
    for values, at, s in zip(scaled, origin.tolist(), series.tolist()):
        lines = scale[names["series"][s]][: shape["targets"]]
        out[names["series"][s], at] = torch.stack(
            [values[:, k] * line["scale"] + line["shift"] for k, line in enumerate(lines)], 1)
    return out, {(name, k): line["scale"] for name, lines in scale.items() for k, line in enumerate(lines)}


def inputs(meta):
    spec = meta["inputs"]
    cycles = [f"{cycle}_{part}" for cycle in spec["calendar"] for part in ("sin", "cos")]
    return spec["values"] + [f"{name}_observed" for name in spec["flags"]] + cycles


def rebuilt(table, meta):
    """{series: (first second, rows of F inputs)} from the table itself, for hourly rows with ISO stamps."""
    spec, keys = meta["inputs"], meta["schema"]["series_columns"]
    read = {}
    with open(table, newline="") as f:
        for row in csv.DictReader(f):
            values = [float(row[c]) if row[c] else None for c in spec["values"]]
            read.setdefault("/".join(row[c] for c in keys), {})[seconds(row[meta["schema"]["time"]["columns"][0]])] = values
    out = {}
    for key, lines in meta["scaler"]["series"]:
        rows, grid = read["/".join(key)], []
        limit = lambda value, line: max(-10.0, min(10.0, (value - line["shift"]) / line["scale"]))
        last = [limit(line["mean"], line) for line in lines]
        for at in range(min(rows), max(rows) + 1, 3600):
            seen = rows.get(at, [None] * len(last))
            last = [old if v is None else limit(v, line) for old, v, line in zip(last, seen, lines)]
            flags = [float(seen[spec["values"].index(name)] is not None) for name in spec["flags"]]
            share = {"hour_of_day": at % 86400 / 86400, "day_of_week": (at // 86400 + 3) % 7 / 7}
            turns = [2 * math.pi * share[cycle] for cycle in spec["calendar"]]
            grid.append(last + flags + [wave(turn) for turn in turns for wave in (math.sin, math.cos)])
        out["/".join(key)] = min(rows), torch.tensor(grid)
    return out


def compare_windows(table, meta, windows):
    """Their number, and the largest difference between the windows that `ingest` wrote and those of [`rebuilt`]."""
    series, worst, n = rebuilt(table, meta), 0.0, 0
    with safe_open(windows, "pt") as f:
        names = json.loads(f.metadata()["lstm_forecast_windows"])["series"]
        for x, at, s in zip(f.get_tensor("x"), f.get_tensor("origin").tolist(), f.get_tensor("series").tolist()):
            first, rows = series[names[s]]
            row = (at - first) // 3600
            own = rows[row - len(x):row]
            assert own.isfinite().all() and own.shape == x.shape
            worst, n = max(worst, (x - own).abs().max().item()), n + 1
    return n, worst


def seconds(stamp):
    time = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    return int((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp())


def check(name, program, table, target, options):
    with tempfile.TemporaryDirectory() as folder:
        def run(*args):
            subprocess.run([program, *args, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        # A flag counts once, so those of the shape replace the common ones.
        given = {}
        for flag in ["--target " + target] + (" " + PLAIN + " " + COMMON + " " + options).split(" --")[1:]:
            flag, _, value = flag.strip().removeprefix("--").partition(" ")
            given["--" + flag] = [value] if value else []
        flags = [part for flag, value in given.items() for part in [flag, *value]]
        run("train", table, *flags, "--out", "m.safetensors")
        run("evaluate", "m.safetensors", table, "--forecasts", "f.csv")
        model = {*PLAIN.split()[2::2], "--hidden-size", "--max-steps", "--num-layers", "--dropout",
                 "--bidirectional", "--no-bias", "--head"}
        data = [part for flag, value in given.items() if flag not in model for part in [flag, *value]]
        run("ingest", table, *data, "--stride", given["--horizon"][0], "--out", "w.safetensors")
        net, meta = load(f"{folder}/m.safetensors")
        own, scale = forecasts(net, meta, f"{folder}/w.safetensors")
        if name == next(iter(SHAPES)):
            windows, difference = compare_windows(table, meta, f"{folder}/w.safetensors")
            print(f"{windows} windows of `ingest` against windows built here: largest difference {difference:.1e}")
            assert windows > 0 and difference < 1e-5
        targets = meta["schema"]["targets"]
        n, worst = 0, 0.0
        with open(f"{folder}/f.csv", newline="") as f:
            for row in csv.DictReader(f):
                key = "/".join(row[c] for c in meta["schema"]["series_columns"])
                k = targets.index(row["target"])
                value = own[key, seconds(row["origin"])][int(row["step"]) - 1, k].item()
                worst = max(worst, abs(value - float(row["yhat"])) / max(abs(value), scale[key, k]))
                n += 1
        parameters = sum(p.numel() for p in net.parameters())
        print(f"{name:<30} {parameters:>6} parameters  {n:>6} forecasts  largest difference {worst:.1e}",
              "" if worst <= 1e-5 else "TOO LARGE", flush=True)
        return n > 0 and worst <= 1e-5


def main():
    root = Path(__file__).resolve().parent.parent.parent
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("table", nargs="?", default=str(root / "sample_data/nyc_weather_2013.csv"))
    parser.add_argument("--target", default="temp")
    args = parser.parse_args()
    program = str(Path(args.program).resolve())
    table = str(Path(args.table).resolve())
    print(f"PyTorch {torch.__version__}, {Path(table).name}\ntrain {PLAIN} {COMMON}")
    fine = [check(name, program, table, args.target, options) for name, options in SHAPES.items()]
    print("all agree" if all(fine) else "DIFFERENCES")
    sys.exit(not all(fine))


main()
