"""Forecasts of exponential smoothing and of the Theta method by their formulas, one value after the other: the numbers in
src/forecast/pool/{ets,theta}.rs. Needs numpy. With `statsforecast` installed it also says what that makes of the same rows."""
import math

import numpy as np

M, P = 4, 6
t = np.arange(60)
ROWS = (20 + 0.3 * t) * np.array([0.8, 1.1, 1.3, 0.8])[t % M] + 1.5 * np.sin(1.7 * t) + np.cos(0.31 * t)


def ets(y, m, kind, alpha, beta, phi, gamma):
    """One model: (n ln of the mean squared error + 2 sum of ln of what errors are relative to, forecasts)."""
    n, size = len(y), np.abs(y).mean()
    block = m if m > 1 else 4
    first = [y[i * block:(i + 1) * block] for i in range(3)]
    levels = [b.mean() for b in first]
    slope = (levels[2] - levels[0]) / (2 * block)
    level, trend = (levels[0] - slope * (block + 1) / 2, slope) if phi > 0 else (levels[0], 0.0)
    if m == 1:
        season = [0.0]
    elif kind == "add":
        season = np.mean([b - l for b, l in zip(first, levels)], 0)
        season = list(season - season.mean())
    else:
        season = np.mean([b / l for b, l in zip(first, levels)], 0)
        season = list(season / season.mean())
    squares = logs = 0.0
    for row, value in enumerate(y):
        before, ahead = season[row % m], level + phi * trend
        said = ahead + before if kind == "add" else ahead * before
        error = value - said
        squares += (error / (size if kind == "add" else said)) ** 2
        logs += 0.0 if kind == "add" else math.log(said / size)
        by_level = error if kind == "add" else error / before
        by_season = error if kind == "add" else error / ahead
        level, trend = ahead + alpha * by_level, phi * trend + alpha * beta * by_level
        season[row % m] = before + gamma * (1 - alpha) * by_season
    ahead = []
    for step in range(P):
        trend *= phi
        level += trend
        own = season[(n + step) % m]
        ahead.append(level + own if kind == "add" else level * own)
    k = 3 + (3 if phi > 0 else 0) + (m if m > 1 else 0)
    return n * math.log(squares / n + 1e-12) + 2 * logs + 2 * k + 2 * k * (k + 1) / (n - k - 1), np.array(ahead)


def mean_of_ets(y):
    found = []
    for m, kind in ((1, "add"), (M, "add"), (M, "mul")):
        gammas = (0, .05, .1, .2, .35, .5) if m > 1 else (0,)
        tried = [(*ets(y, m, kind, a, 0, 0, g), g) for g in gammas for a in (.02, .06, .12, .2, .35, .55, .8, 1.0)]
        best = min(tried, key=lambda f: f[0])
        found.append(best[:2])
        tried = [ets(y, m, kind, a, b, phi, best[2]) for b in (.02, .05, .15) for phi in (.8, .9, .97)
                 for a in (.04, .08, .14, .2, .3, .45, .65, .9)]
        found.append(min(tried, key=lambda f: f[0]))
    least = min(f[0] for f in found)
    weights = np.array([math.exp(-(f[0] - least) / 2) for f in found])
    print("weights of the six:", (weights / weights.sum()).round(4))
    return sum(w * f[1] for w, f in zip(weights / weights.sum(), found))


def theta(y):
    n = len(y)
    ratios = {phase: [] for phase in range(M)}
    for row in range(M // 2, n - M // 2):
        around = y[row - M // 2:row + M // 2 + 1].copy()
        around[0] /= 2
        around[-1] /= 2
        ratios[row % M].append(y[row] / (around.sum() / M))
    season = np.array([np.mean(ratios[phase]) for phase in range(M)])
    season /= season.mean()
    level = y / season[np.arange(n) % M]
    slope = np.polyfit(np.arange(n), level, 1)[0]
    best = None
    for i in range(1, 20):
        alpha, now, squares = 0.05 * i, level[:4].mean(), 0.0
        for value in level:
            squares += (value - now) ** 2
            now += alpha * (value - now)
        if best is None or squares < best[0]:
            best = squares, alpha, now
    _, alpha, now = best
    h = np.arange(1, P + 1)
    return (now + slope / 2 * (h - 1 + 1 / alpha - (1 - alpha) ** n / alpha)) * season[(n + h - 1) % M]


print("ets  ", mean_of_ets(ROWS).round(9).tolist())
print("theta", theta(ROWS).round(9).tolist())
try:
    from statsforecast.models import AutoETS, Theta
    for name, model in (("AutoETS", AutoETS(season_length=M)), ("Theta", Theta(season_length=M, decomposition_type="multiplicative"))):
        print(name, model.forecast(ROWS, h=P)["mean"].round(3).tolist())
except ImportError:
    pass
