"""Turns the rows of torch_table.rs (cuda_table.rs) and torch_side.py into the table of the docs.

The ratio of the tuned PyTorch comes first where there is one: it is the honest rival.
"""

import collections
import statistics
import sys

times = collections.defaultdict(list)
sgemm = collections.defaultdict(list)
with open(sys.argv[1]) as rows:
    for row in rows:
        who, mode, *numbers = row.split()
        if mode == "sgemm":
            sgemm[who].append(float(numbers[-1]))
        else:
            times[who, mode, tuple(map(int, numbers[:-1]))].append(float(numbers[-1]))


def flops(shape, mode):
    """Of the matrix products; a training step counts three forward passes."""
    rows, steps, features, hidden, layers = shape
    widths = [features] + [hidden] * (layers - 1)
    forward = sum(8 * hidden * (width + hidden) * rows * steps for width in widths)
    return forward * (3 if mode == "train" else 1)


def ratio(theirs, ours):
    return f"{statistics.median(t / o for t, o in zip(theirs, ours)):.2f}x" if theirs else "-"


def milliseconds(all_times):
    return f"{statistics.median(all_times):.2f}" if all_times else "-"


for who, speeds in sgemm.items():
    print(f"sgemm, {who}: {statistics.median(speeds):.0f} GFLOP/s (best {max(speeds):.0f})")
best = max((max(speeds) for who, speeds in sgemm.items() if who.startswith("torch")), default=float("nan"))
print("\n| N, T, F, H, L | mode | ours ms | torch, tuned ms | ratio | torch, as it comes ms | ratio | ours GFLOP/s | % of best torch sgemm |")
print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
for (who, mode, shape), ours in times.items():
    if who.startswith("torch"):
        continue
    tuned, plain = (times.get((name, mode, shape), []) for name in ("torch-tuned", "torch"))
    speed = flops(shape, mode) / statistics.median(ours) / 1e6
    print(f"| {', '.join(map(str, shape))} | {mode} | {milliseconds(ours)} | {milliseconds(tuned)} | {ratio(tuned, ours)} "
          f"| {milliseconds(plain)} | {ratio(plain, ours)} | {speed:.0f} | {100 * speed / best:.0f} |")
