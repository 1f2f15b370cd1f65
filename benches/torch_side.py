"""The same work as benches/torch_table.rs in PyTorch, one row per shape and mode.

python benches/torch_side.py [--seconds S] [--threads N] [--only N,T,F,H,L]
"""

import argparse
import statistics
import sys
import time

import torch

SHAPES = [
    (64, 48, 12, 32, 1),
    (256, 168, 12, 64, 1),
    (256, 168, 12, 64, 2),
    (1024, 24, 8, 64, 1),
    (32, 168, 12, 64, 1),
    (256, 168, 12, 128, 2),
    (128, 336, 12, 256, 2),
]
OUTPUTS = 24


def median(seconds, run):
    run()
    run()
    begin, times = time.perf_counter(), []
    while (time.perf_counter() - begin < seconds or len(times) < 5) and len(times) < 400:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def sgemm(size=2048, runs=8):
    a, b = torch.randn(size, size), torch.randn(size, size)
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {arguments.threads} threads", file=sys.stderr)
    for shape in SHAPES:
        if arguments.only and arguments.only != ",".join(map(str, shape)):
            continue
        rows, steps, features, hidden, layers = shape
        torch.manual_seed(0)
        lstm = torch.nn.LSTM(features, hidden, layers, batch_first=True)
        head = torch.nn.Linear(hidden, OUTPUTS)
        optimiser = torch.optim.AdamW([*lstm.parameters(), *head.parameters()], lr=1e-3)
        x, y = torch.randn(rows, steps, features), torch.randn(rows, OUTPUTS)

        def train():
            optimiser.zero_grad()
            ((head(lstm(x)[0][:, -1]) - y) ** 2).mean().backward()
            optimiser.step()

        def infer():
            with torch.no_grad():
                head(lstm(x)[0][:, -1])

        for mode, run in (("train", train), ("infer", infer)):
            took = median(arguments.seconds, run)
            print("torch", mode, *shape, f"{took:.4f}", flush=True)
    print(f"torch sgemm 2048 {sgemm():.1f}", flush=True)


main()
