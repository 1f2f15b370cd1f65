"""The same work as benches/torch_table.rs (on a GPU: cuda_table.rs) in PyTorch, one row per shape and mode.

python benches/torch_side.py [--steps N] [--seconds S] [--threads N] [--only N,T,F,H,L] [--sgemm]
    [--tuned] [--device cuda:0] [--precision f32|tf32|bf16]

--tuned flushes denormal numbers, as the program does; its rows are called torch-tuned. Set MALLOC_MMAP_MAX_=0 and
MALLOC_TRIM_THRESHOLD_=1099511627776 beside it, so that freed pages are kept, as the program's allocator does.
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
GPU_SHAPES = [(rows, 168, 12, hidden, 2) for hidden in (64, 128, 256) for rows in (256, 1024, 8192)]
OUTPUTS = 24


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def median(steps, seconds, run):
    run()
    run()
    run()
    begin, times = time.perf_counter(), []
    while len(times) < 5 or (len(times) < steps and time.perf_counter() - begin < seconds):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def sgemm(device, runs=8):
    size = 2048 if device.type == "cpu" else 8192
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    best = float("inf")
    for _ in range(runs):
        wait(device)
        start = time.perf_counter()
        a @ b
        wait(device)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--sgemm", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only")
    parser.add_argument("--device", type=torch.device, default="cpu")
    parser.add_argument("--precision", choices=["f32", "tf32", "bf16"], default="f32")
    arguments = parser.parse_args()
    device = arguments.device
    torch.set_num_threads(arguments.threads)
    who = "torch-tuned" if arguments.tuned else "torch"
    if arguments.tuned and not torch.set_flush_denormal(True):
        sys.exit("this processor cannot flush denormal numbers")
    if arguments.sgemm:
        print(f"{who} sgemm {sgemm(device):.1f}")
        return
    rounded = arguments.precision != "f32"
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = rounded
    print(f"torch {torch.__version__}, {device}, {arguments.threads} threads", file=sys.stderr)
    shapes = SHAPES if device.type == "cpu" else GPU_SHAPES
    if arguments.only:
        shapes = [tuple(map(int, arguments.only.split(",")))]
    for shape in shapes:
        rows, steps, features, hidden, layers = shape
        torch.manual_seed(0)
        lstm = torch.nn.LSTM(features, hidden, layers, batch_first=True).to(device)
        head = torch.nn.Linear(hidden, OUTPUTS).to(device)
        optimiser = torch.optim.AdamW([*lstm.parameters(), *head.parameters()], lr=1e-3)
        x = torch.randn(rows, steps, features, device=device)
        y = torch.randn(rows, OUTPUTS, device=device)

        def forward():
            with torch.autocast(device.type, torch.bfloat16, enabled=arguments.precision == "bf16"):
                return head(lstm(x)[0][:, -1])

        def train():
            optimiser.zero_grad()
            ((forward() - y) ** 2).mean().backward()
            optimiser.step()
            wait(device)

        def infer():
            with torch.no_grad():
                forward()
            wait(device)

        for mode, run in (("train", train), ("infer", infer)):
            took = median(arguments.steps, arguments.seconds, run)
            print(who, mode, *shape, f"{took:.4f}", flush=True)
    if device.type != "cpu":
        print(f"torch sgemm {sgemm(device):.1f}", flush=True)


main()
