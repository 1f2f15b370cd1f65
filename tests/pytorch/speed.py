#!/usr/bin/env python3
"""Times the program, the ONNX graph and model.py on the same windows, in turns: tests/pytorch/speed.py PROGRAM [TABLE TARGET]

A default model is trained a few steps; then every window of the test part is forecast, ROUNDS times by each. The program's time is
that of `evaluate` with a cut at every row less that with a cut every horizon, for the windows in between: so reading the table is
left out, but making inputs of values and scoring are in it, which the other two are spared. Two threads each. Needs torch,
safetensors, onnxruntime.
"""
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import onnxruntime
import torch

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS, THREADS, BATCH = 3, 2, 256


def main():
    program = str(Path(sys.argv[1]).resolve())
    table = str(Path(sys.argv[2]).resolve()) if len(sys.argv) > 2 else str(ROOT / "sample_data/nyc_weather_2013.csv")
    target = sys.argv[3] if len(sys.argv) > 3 else "temp"
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        def run(*args):
            began = time.perf_counter()
            environment = {**os.environ, "RAYON_NUM_THREADS": str(THREADS)}
            subprocess.run([program, *args, "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
            return time.perf_counter() - began

        run("train", table, "--target", target, "--max-steps", "60", "--out", "m.safetensors")
        run("export", "m.safetensors", "--format", "onnx", "--out", "m.onnx")
        run("export", "m.safetensors", "--format", "pytorch", "--out", "torch")
        run("ingest", table, "--model", "m.safetensors", "--stride", "1", "--out", "w.safetensors")
        spec = importlib.util.spec_from_file_location("model", f"{folder}/torch/model.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        networks, meta, tensors = module.load(f"{folder}/torch")
        w, _ = module.read(f"{folder}/w.safetensors")
        chosen = (w["part"] == 2) & (w["rows"] >= meta["shape"]["input_window"])
        w = {name: value[chosen] for name, value in w.items()}
        count = len(w["x"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        session = onnxruntime.InferenceSession(f"{folder}/m.onnx", options, providers=["CPUExecutionProvider"])
        names = [i.name for i in session.get_inputs()]

        def ours():
            horizon = meta["shape"]["horizon"]
            all_, some = (run("evaluate", "m.safetensors", table, "--stride", str(stride)) for stride in (1, horizon))
            return (all_ - some) / (count - count / horizon)

        def graph():
            began = time.perf_counter()
            for part in torch.arange(count).split(BATCH):
                session.run(["forecast", "quantiles"], {name: w[name][part].numpy() for name in names})
            return (time.perf_counter() - began) / count

        def pytorch():
            began = time.perf_counter()
            module.forecast(networks, meta, tensors, w)
            return (time.perf_counter() - began) / count

        times = [(ours(), graph(), pytorch()) for _ in range(ROUNDS)]
        ours, graph, pytorch = (statistics.median(own) for own in zip(*times))
        print(f"{Path(table).name}: {count} windows of {meta['shape']['input_window']} rows, {len(networks)} networks, "
              f"pool {', '.join(meta['pool']['members']) if meta.get('pool') else 'none'}; inputs of the graph {', '.join(names)}")
        for name, own in (("program", ours), ("onnxruntime " + onnxruntime.__version__, graph), ("PyTorch " + torch.__version__, pytorch)):
            print(f"{name:<24} {own * 1e6:8.0f} us a window  {own / ours:5.2f} of the program's")


main()
