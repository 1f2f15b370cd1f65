"""Turns the rows of torch_table.rs and torch_side.py into the table of benches/README.md."""

import collections
import statistics
import sys

times = collections.defaultdict(list)
sgemm = []
with open(sys.argv[1]) as rows:
    for row in rows:
        who, mode, *numbers = row.split()
        if mode == "sgemm":
            sgemm.append(float(numbers[-1]))
        else:
            times[who, mode, tuple(map(int, numbers[:-1]))].append(float(numbers[-1]))


def flops(shape, mode):
    """Of the matrix products; a training step counts three forward passes."""
    rows, steps, features, hidden, layers = shape
    widths = [features] + [hidden] * (layers - 1)
    forward = sum(8 * hidden * (width + hidden) * rows * steps for width in widths)
    return forward * (3 if mode == "train" else 1)


print(f"torch's sgemm beside them: {statistics.median(sgemm):.0f} GFLOP/s "
      f"(best {max(sgemm):.0f})\n")
print("| N, T, F, H, L | mode | torch ms | ours ms | torch GFLOP/s | ours GFLOP/s | ratio | % of best sgemm |")
print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
for (who, mode, shape), ours in times.items():
    if who == "torch":
        continue
    torch = times["torch", mode, shape]
    ratio = statistics.median(t / o for t, o in zip(torch, ours))
    t, o = statistics.median(torch), statistics.median(ours)
    speed = [flops(shape, mode) / ms / 1e6 for ms in (t, o)]
    print(f"| {', '.join(map(str, shape))} | {mode} | {t:.2f} | {o:.2f} | {speed[0]:.0f} | {speed[1]:.0f} "
          f"| {ratio:.2f}x | {100 * speed[1] / max(sgemm):.0f} |")
