#!/usr/bin/env python3
"""A model of lstm-forecast in PyTorch: its networks, and all that makes finished forecasts of what they say.

    lstm-forecast export MODEL --format pytorch --out DIR                    # this file, weights.safetensors, model.json
    lstm-forecast ingest TABLE --model MODEL --out windows.safetensors       # what the model is told of a table
    python DIR/model.py windows.safetensors > forecasts.csv

It needs torch and safetensors. `Network` is a plain module, to be trained on or used elsewhere; `forecast` is what
comes after it, in the order of the program. Letters: N windows, T rows of history, F inputs a row, H hidden units,
C numbers of context, W numbers known about a lead, P leads (steps ahead), K targets, Q quantile levels, J members of
the pool beside the networks.
"""
import argparse
import csv
import datetime
import json
import pathlib
import sys

import torch
from safetensors import safe_open
from torch import nn


class LeadHead(nn.Module):
    """One small network that forecasts every lead of one target, told what is known about it.

        a = W_c [h, c] + b                          once a window
        z = relu(a + W_f f_s + E_s)                 for each lead s
        z = relu(W_2 z + b_2)
        o = W_3 z + b_3 + <L_s, first numbers of f_s>
        forecast = y_t + spread_s o                 y_t: last value; spread: recent spread x usual growth by lead s
    """

    def __init__(self, hidden_size, context, known, linear, horizon, width, outputs, dropout):
        super().__init__()
        self.context = nn.Linear(hidden_size + context, width)
        self.known = nn.Linear(known, width, bias=False)
        self.step = nn.Parameter(torch.empty(horizon, width).uniform_(-0.17, 0.17))
        self.hidden = nn.Linear(width, width)
        self.out = nn.Linear(width, outputs)
        self.linear = nn.Parameter(torch.zeros(horizon, linear))
        self.drop = nn.Dropout(dropout)
        for zero in (self.out.weight, self.out.bias):
            nn.init.zeros_(zero)

    def forward(self, h, base, spread, context, known):  # (N, H), (N), (N, P), (N, C), (N, P, W) -> (N, P, Q)
        a = self.context(torch.cat([self.drop(h), context], 1))  # (N, U)
        z = self.drop(torch.relu(a[:, None] + self.known(known) + self.step))  # (N, P, U)
        z = self.drop(torch.relu(self.hidden(z)))
        linear = (known[..., : self.linear.shape[1]] * self.linear).sum(2, keepdim=True)  # (N, P, 1)
        return base[:, None, None] + spread[:, :, None] * (self.out(z) + linear)


class Network(nn.Module):
    """An LSTM (or a GRU) over the window and what turns its state into forecasts; `meta` is the content of model.json."""

    def __init__(self, meta):
        super().__init__()
        shape, model = meta["shape"], meta["config"]["model"]
        self.shape, self.skip_kind, self.season = shape, model["skip"], meta["schema"]["season"]
        hidden, layers, dropout = model["hidden_size"], model["num_layers"], model["dropout"]
        p, k, q = shape["horizon"], shape["targets"], max(1, len(shape["quantiles"]))
        rnn = nn.GRU if model.get("cell") == "gru" else nn.LSTM
        self.rnn = rnn(shape["inputs"], hidden, layers, bias=model["bias"], batch_first=True,
                       dropout=dropout if layers > 1 else 0.0, bidirectional=model["bidirectional"])
        self.is_lead = model["decoder"] == "lead"
        if self.is_lead:
            sizes, width = shape["lead"], (model["head"] or [64])[0]
            self.lead = nn.ModuleList(LeadHead(hidden, sizes["context"], sizes["known"], sizes["linear"], p, width, q, dropout)
                                      for _ in range(k))
            return
        units, parts = hidden * (2 if model["bidirectional"] else 1), []
        for width in model["head"]:
            parts += [nn.Linear(units, width), nn.Sequential(nn.ReLU(), nn.Dropout(dropout))]
            units = width
        self.reg = nn.Sequential(*parts, nn.Linear(units, p * k * q))
        if self.skip_kind == "linear":
            self.skip = nn.Linear(shape["input_window"] * k, p * k)

    def forward(self, x, told=None):
        """x (N, T, F), and for the lead decoder base (N, K), spread (N, K, P), context (N, K, C), known (N, K, P, W):
        scaled forecasts (N, P, K, Q)."""
        p, k = self.shape["horizon"], self.shape["targets"]
        h = self.rnn(x)[0][:, -1]  # (N, T, F) -> (N, H)
        if self.is_lead:
            heads = [head(h, *(told[name][:, i] for name in ("base", "spread", "context", "known")))
                     for i, head in enumerate(self.lead)]
            return torch.stack(heads, 2)  # K x (N, P, Q) -> (N, P, K, Q)
        out = self.reg(h).reshape(len(x), p, k, -1)
        return out + self.simple(x).unsqueeze(3) if self.skip_kind != "none" else out

    def simple(self, x):
        """(N, P, K): the simple forecast that `direct` and `sequence` correct; the targets are the first inputs."""
        p, k, rows = self.shape["horizon"], self.shape["targets"], x.shape[1]
        if self.skip_kind == "linear":
            return self.skip(x[:, :, :k].flatten(1)).reshape(-1, p, k)
        at = [rows - 1] * p
        if self.skip_kind == "seasonal":
            back = [rows + s - self.season * (s // self.season + 1) for s in range(p)]
            at = [row if 0 <= row < rows else rows - 1 for row in back]
        return x[:, at, :k]


def load(folder):
    """The networks of an ensemble, the content of model.json, and all tensors by name."""
    folder = pathlib.Path(folder)
    meta = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    with safe_open(folder / "weights.safetensors", "pt") as f:
        tensors = {name: f.get_tensor(name) for name in f.keys()}
    networks = []
    for i in range(meta["config"]["model"]["ensemble"]):
        prefix = f"members.{i}." if i else ""
        other = ("pool.", "members.") if not i else ()
        own = {name[len(prefix):]: value for name, value in tensors.items()
               if name.startswith(prefix) and not (other and name.startswith(other))}
        network = Network(meta)
        network.load_state_dict(own, strict=True)
        networks.append(network.eval())
    return networks, meta, tensors


# ---- what comes after the networks --------------------------------------------------------------------------------


def unscale(value, w):
    """(N, P, K, …) to original units: back from asinh(y / k), where the column was bent, and from the scaler's line."""
    ones = [1] * (value.dim() - 3)
    shift, scale, k = (w[name].reshape(len(value), 1, -1, *ones) for name in ("shift", "scale", "asinh"))  # (N, 1, K, …)
    line = value.double() * scale + shift
    return torch.where(k > 0, k * torch.sinh(line.clamp(-6, 6)), line)


def of_networks(networks, meta, w):
    """Point (N, P, K) and quantiles (N, P, K, Q): the mean over the networks, each with its quantiles put in order."""
    levels = meta["shape"]["quantiles"]
    middle = min(range(len(levels)), key=lambda i: abs(levels[i] - 0.5)) if levels else 0
    # A history shorter than T is read from its first row on.
    rows = w["rows"].clamp(max=meta["shape"]["input_window"])
    all_ = torch.zeros(len(rows), meta["shape"]["horizon"], meta["shape"]["targets"], max(1, len(levels)), dtype=torch.double)
    for steps in rows.unique().tolist():
        of = (rows == steps).nonzero().squeeze(1)
        for part in of.split(512):
            told = {name: w[name][part] for name in ("base", "spread", "context", "known") if name in w}
            own = {name: w[name][part] for name in ("shift", "scale", "asinh")}
            for network in networks:
                all_[part] += unscale(network(w["x"][part, -steps:], told), own).sort(3).values / len(networks)
    return all_[..., middle], all_ if levels else all_[..., :0]


def mean(v, dim):
    """The mean of what was observed; NaN where nothing was."""
    return torch.nanmean(v, dim)


def last(v):
    """(M, R) -> (M): the last observed value, and its row (-1 for none)."""
    at = torch.where(v.isfinite(), torch.arange(v.shape[1]), -1).max(1).values
    return v.gather(1, at.clamp(min=0)[:, None])[:, 0], at


def season_before(v, n, season, p):
    """(M, P): the newest observed value of the same phase in the whole seasons of n rows, else the last value."""
    season = max(1, season)
    whole = v.shape[1] // season
    phases = v[:, v.shape[1] - whole * season:].reshape(len(v), whole, season)
    far = torch.arange(whole, 0, -1)[None] > (n // season)[:, None]  # seasons that the history does not have
    phases = phases.masked_fill(far[:, :, None], torch.nan).transpose(1, 2).flatten(0, 1)  # (M * season, whole)
    found = last(phases)[0].reshape(len(v), season) if whole else v.new_full((len(v), season), torch.nan)
    return torch.where(found.isfinite(), found, last(v)[0][:, None])[:, [s % season for s in range(p)]]


def indexed(v, n, season, most, ratio, p, level):
    """(M, P): seasonal indices on a level, the mean of the last season or a smoothed one; NaN for too short a history.
    With `ratio` their product, else their sum (classical decomposition)."""
    apart, join = (torch.div, torch.mul) if ratio else (torch.sub, torch.add)
    m = len(v)
    if season < 2:
        if ratio:
            return v.new_full((m, p), torch.nan)
        index, rows, fine = v.new_zeros(m, 1), v, torch.ones(m, dtype=torch.bool)
    else:
        whole = min(v.shape[1] // season, most)
        rows = v[:, v.shape[1] - whole * season:].reshape(m, whole, season)
        far = torch.arange(whole, 0, -1)[None] > (n // season)[:, None]
        rows = rows.masked_fill(far[:, :, None], torch.nan)
        fine = n // season >= 2
        if ratio:
            fine &= ~(rows <= 0).flatten(1).any(1)
        index = mean(apart(rows, mean(rows, 2)[:, :, None]), 1)  # (M, season)
        index = torch.where(index.isnan(), float(ratio), index)
        index = apart(index, index.mean(1)[:, None])
        fine &= index.isfinite().all(1)
        rows = rows.flatten(1)
    if level == "last":
        at = mean(rows[:, -season:], 1)
    else:  # exponential smoothing from the mean of the first four
        values = apart(rows, index.repeat(1, rows.shape[1] // index.shape[1]))
        seen = values.isfinite()
        before, after = seen.cumsum(1), seen.sum(1, keepdim=True) - seen.cumsum(1)
        start = mean(torch.where(seen & (before <= 4), values, torch.nan), 1)
        at = start * 0.8 ** seen.sum(1).double() + (torch.where(seen, values, 0) * 0.2 * 0.8 ** after.double()).sum(1)
    out = join(at[:, None], index)[:, [s % index.shape[1] for s in range(p)]]
    return torch.where(fine[:, None], out, torch.nan)


# These fit hundreds of small models to the history before every origin; what they say is read from the windows.
REFITTED = ("ets", "theta")


def simple(member, v, n, seasons, p):
    """(M, P): what a member that is not fitted says after a history (M, R), of which the newest n (M) rows are there."""
    short, long = seasons["short"], seasons.get("long") or seasons["short"]
    near, far = v[:, -seasons["rows"]:], v[:, -4 * long:]
    n_near, n_far = n.clamp(max=near.shape[1]), n.clamp(max=far.shape[1])
    same = season_before(near, n_near, short, p)
    value, at = last(near)
    if member == "last_value":
        return value[:, None].expand(-1, p)
    if member == "drift":  # the line through the first and the last value, carried on
        first, _ = last(near.flip(1))
        start = near.shape[1] - 1 - last(near.flip(1))[1]
        slope = torch.where(at > start, (value - first) / (at - start).clamp(min=1), 0)
        return value[:, None] + slope[:, None] * (near.shape[1] - at[:, None] + torch.arange(p))
    if member == "long_naive":
        return torch.where((n_far >= long)[:, None], season_before(far, n_far, long, p), same)
    if member == "long_level":  # the season before, moved by what the level has moved
        shift = mean(far[:, -short:], 1) - mean(far[:, -long - short:][:, :short], 1)
        found = season_before(far[:, -long:], n_far.clamp(max=long), long, p) + shift[:, None]
        found = torch.where((n_far >= long + short)[:, None], found, torch.nan)
    elif member == "seasonal_naive":
        return same
    else:
        of_long = member.startswith("long_")
        found = indexed(far if of_long else near, n_far if of_long else n_near, long if of_long else short,
                        4 if of_long else 8, member.endswith("ratio"), p, "last" if member == "seasonal_level" else "smoothed")
    return torch.where(found.isfinite().all(1, keepdim=True), found, same)


def ridge(rows, weight, blocks_of):
    """(N, P): one linear map for each block of leads, in 64 bits, limited to 6 units."""
    weight = weight.double()[blocks_of]  # (P, columns + 1)
    return ((rows.double() * weight[:, :-1]).sum(2) + weight[:, -1]).float().clamp(-6, 6)


def trees(rows, feature, threshold, leaf):
    """(N, P): the sum over trees. Node i has the children 2 i + 1 (at most the threshold) and 2 i + 2."""
    flat, tree = rows.flatten(0, 1), torch.arange(len(leaf))  # (N * P, columns)
    at = torch.zeros(len(flat), len(leaf), dtype=torch.long)
    while (at < feature.shape[1]).all():
        at = 2 * at + 1 + (flat.gather(1, feature[tree, at].long()) > threshold[tree, at]).long()
    return leaf[tree, at - feature.shape[1]].sum(1).reshape(rows.shape[:2])


def fitted(member, target, w, tensors, p):
    """(N, P): what the ridge regression or the trees say of what the lead decoder is told."""
    share = (torch.arange(1, p + 1) / p).float()
    out = []
    for part in torch.arange(len(w["x"])).split(256):
        context = w["context"][part, target][:, None].expand(-1, p, -1)
        rows = torch.cat([context, w["known"][part, target], share[None, :, None].expand(len(part), -1, 1)], 2)
        if member == "ridge":
            weight = tensors[f"pool.ridge.{target}.weight"]
            out.append(ridge(rows, weight, [s * len(weight) // p for s in range(p)]))
        else:
            out.append(trees(rows, *(tensors[f"pool.trees.{target}.{name}"] for name in ("feature", "threshold", "leaf"))))
    moved = w["base"][:, target, None].double() + (w["spread"][:, target] * torch.cat(out)).double()
    own = {name: w[name][:, target] for name in ("shift", "scale", "asinh")}
    return unscale(moved[:, :, None], own)[:, :, 0]


def of_pool(point, quantiles, meta, w, tensors):
    """The networks' forecasts combined with those of the members beside them; quantiles move with the median."""
    pool, p, k = meta.get("pool"), meta["shape"]["horizon"], meta["shape"]["targets"]
    if not pool:
        return point, quantiles
    all_ = 1 + len(pool["members"])
    shared = torch.tensor(pool["weights"], dtype=torch.double).reshape(k, p, all_)
    block = [sum(first <= s for first in pool["blocks"]) - 1 for s in range(p)]
    own = torch.tensor([factors for _, factors in pool.get("own", [])]).double().reshape(-1, k, len(pool["blocks"]), all_)
    prior = torch.tensor(pool.get("prior") or [0.05] * (k * len(pool["blocks"]) * all_)).double().reshape(k, len(pool["blocks"]), all_)
    spread = torch.tensor(pool.get("spread") or [1.0] * (k * p), dtype=torch.double).reshape(k, p)
    combined, moved = point.clone(), quantiles.clone()
    for i in range(k):
        weight = shared[i].expand(len(point), -1, -1).clone()  # (N, P, 1 + J)
        has = w["own_weights"] >= 0  # a series with weights of its own
        if has.any():
            weight[has] = (shared[i] + prior[i][block]) * own[w["own_weights"][has], i][:, block]
        said = [point[:, :, i]]
        for j, member in enumerate(pool["members"]):
            if not (weight[..., j + 1] > 0).any():
                said.append(torch.full_like(said[0], torch.nan))
            elif member in ("ridge", "trees"):
                said.append(fitted(member, i, w, tensors, p))
            elif member in REFITTED:
                said.append(w["simple"][:, i, [name for name in pool["members"] if name not in ("ridge", "trees")].index(member)])
            else:
                history = min(w["history"].shape[2], max(pool["seasons"]["rows"], 4 * (pool["seasons"].get("long") or 0)))
                said.append(simple(member, w["history"][:, i, -history:], w["rows"].clamp(max=history), pool["seasons"], p))
        said = torch.stack(said, 2)
        weight = torch.where(said.isfinite() & (weight > 0), weight, 0)
        total = weight.sum(2)
        both = torch.where(said.isfinite(), said, 0)
        combined[:, :, i] = torch.where(total > 0, (weight * both).sum(2) / total.clamp(min=1e-300), point[:, :, i])
        moved[:, :, i] = combined[:, :, i, None] + spread[i][:, None] * (quantiles[:, :, i] - point[:, :, i, None])
    return combined, moved


def at_level(quantiles, levels, level):
    """The quantile of a level, linear between the model's; beyond them the outermost."""
    low = max(0, sum(own <= level + 1e-9 for own in levels) - 1)
    if low + 1 >= len(levels):
        return quantiles[..., low]
    share = min(1.0, max(0.0, (level - levels[low]) / (levels[low + 1] - levels[low])))
    return quantiles[..., low] + share * (quantiles[..., low + 1] - quantiles[..., low])


def intervals(point, quantiles, meta, w):
    """{percent: (low, high)}: conformalised quantile regression, scores in shares of a side's width."""
    calibration, levels = meta.get("calibration"), meta["shape"]["quantiles"]
    if not calibration or not calibration["levels"]:
        return {}
    size = (w["scale"].abs() * torch.where(w["asinh"] > 0, w["asinh"], 1))[:, None]  # (N, 1, K)
    p, k, n = point.shape[1], point.shape[2], len(calibration["levels"])
    scores = torch.tensor(calibration["scores"], dtype=torch.double).reshape(k, p, n).transpose(0, 1)
    low, high, out = point, point, {}
    for i, percent in enumerate(calibration["levels"]):
        below, above, tail = point, point, (100 - percent) / 200
        if levels:
            below = torch.minimum(below, at_level(quantiles, levels, tail))
            above = torch.maximum(above, at_level(quantiles, levels, 1 - tail))
        score = scores[..., i]
        moved = lambda distance: torch.where(score > 0, score * (distance + size * (0.05 if levels else 1)), score * distance)
        down, up = (moved(point - below), moved(above - point)) if calibration.get("relative") else (score * size,) * 2
        low, high = torch.minimum(low, below - down), torch.maximum(high, above + up)  # a level holds all lower ones
        out[percent] = low, high
    return out


@torch.no_grad()
def forecast(networks, meta, tensors, w):
    """Finished forecasts of windows, original units: point (N, P, K), quantiles (N, P, K, Q), {percent: (low, high)}."""
    point, quantiles = of_pool(*of_networks(networks, meta, w), meta, w, tensors)
    between = intervals(point, quantiles, meta, w)
    low, high = (torch.tensor([end[i] if end[i] is not None else other for end in meta["limits"]], dtype=torch.double)
                 for i, other in ((0, -torch.inf), (1, torch.inf)))
    clip = lambda v: torch.minimum(torch.maximum(v, low), high)  # (N, P, K)
    quantiles = clip(quantiles.transpose(2, 3)).transpose(2, 3)
    return clip(point), quantiles, {level: tuple(map(clip, ends)) for level, ends in between.items()}


def read(path):
    """The windows of a file that `ingest --model` wrote, by name, and its JSON document."""
    with safe_open(path, "pt") as f:
        head = json.loads(f.metadata()["lstm_forecast_windows"])
        w = {name: f.get_tensor(name) for name in f.keys()}
    if "rows" not in w:
        sys.exit(f"{path} does not hold a model's windows: write them with lstm-forecast ingest TABLE --model MODEL --out {path}")
    if head["layout"] != "x is (N, T, F)":
        w["x"] = w["x"].transpose(0, 1)
    return w, head


def main():
    parser = argparse.ArgumentParser(description="Forecasts of the windows that `lstm-forecast ingest TABLE --model MODEL --out WINDOWS` wrote, as CSV.")
    parser.add_argument("windows")
    parser.add_argument("--part", choices=["train", "val", "test", "ahead"], help="these windows alone; ahead: after the table's end")
    args = parser.parse_args()
    networks, meta, tensors = load(pathlib.Path(__file__).parent)
    w, head = read(args.windows)
    if head["model"] != meta["checksum"]:
        sys.exit(f"{args.windows} holds the windows of another model")
    if args.part:
        chosen = w["part"] == head["parts"].index(args.part)
        w = {name: value[chosen] for name, value in w.items()}
    point, quantiles, between = forecast(networks, meta, tensors, w)
    levels = meta["shape"]["quantiles"]
    out = csv.writer(sys.stdout, lineterminator="\n")
    ends = [f"{end}{level}" for level in between for end in ("lo", "hi")]
    out.writerow(["part", "series", "origin", "step", "target", "forecast"] + [f"p{100 * level:g}" for level in levels] + ends)
    for i in range(len(point)):
        at = datetime.datetime.fromtimestamp(int(w["origin"][i]), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = [head["parts"][int(w["part"][i])], head["series"][int(w["series"][i])], at]
        for step in range(point.shape[1]):
            for k, target in enumerate(head["targets"]):
                sides = [float(end[i, step, k]) for ends in between.values() for end in ends]
                out.writerow(key + [step + 1, target, float(point[i, step, k])] + quantiles[i, step, k].tolist() + sides)


if __name__ == "__main__":
    main()
