#!/bin/sh
# Times the fused LSTM against PyTorch's, in turns, and prints the table of the docs (Measurements).
#
#   benches/compare.sh VENV [ROUNDS] [STEPS] [SECONDS]
#
# VENV is a virtual environment with torch (python -m venv VENV && VENV/bin/pip install torch). Each of
# ROUNDS (default 3) runs every shape for STEPS steps a mode (default 200; fewer after SECONDS, default
# 60) in three programs, one right after the other: ours, PyTorch tuned, PyTorch as people run it.
# Tuned: denormal numbers are flushed and freed pages kept, as ours does. A row is the median of the
# rounds' medians, a ratio the median of the rounds' ratios. THREADS (default 2) applies to all.
set -eu

venv=${1:?usage: compare.sh VENV [ROUNDS] [STEPS] [SECONDS]}
rounds=${2:-3}
steps=${3:-200}
seconds=${4:-60}
threads=${THREADS:-2}
here=$(cd "$(dirname "$0")" && pwd)
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

cd "$here/.."
bench=$(cargo bench --no-run --bench torch_table 2>&1 | sed -n 's/.*torch_table.*(\(.*\)).*/\1/p' | tail -n 1)
# candle asks for the number of processors at every matmul unless told, and runs big elementwise
# operations on a spinning pool of its own.
export RAYON_NUM_THREADS="$threads" CANDLE_NUM_THREADS=1

ours() {
    "$bench" --threads "$threads" "$@" 2>/dev/null >>"$rows"
}
tuned() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1099511627776 \
        "$venv/bin/python" "$here/torch_side.py" --threads "$threads" --tuned "$@" 2>/dev/null >>"$rows"
}
plain() {
    "$venv/bin/python" "$here/torch_side.py" --threads "$threads" "$@" 2>/dev/null >>"$rows"
}

round=0
while [ "$round" -lt "$rounds" ]; do
    for shape in 64,48,12,32,1 256,168,12,64,1 256,168,12,64,2 1024,24,8,64,1 32,168,12,64,1 \
        256,168,12,128,2 128,336,12,256,2; do
        for program in ours tuned plain; do
            "$program" --steps "$steps" --seconds "$seconds" --only "$shape"
        done
    done
    ours --sgemm
    tuned --sgemm
    round=$((round + 1))
done
sed -n 's/^model name[^:]*: */processor: /p' /proc/cpuinfo 2>/dev/null | head -n 1
"$venv/bin/python" "$here/table.py" "$rows"
