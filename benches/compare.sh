#!/bin/sh
# Times the fused LSTM against PyTorch's, in turns, and prints the table of benches/README.md.
#
#   benches/compare.sh VENV [ROUNDS] [SECONDS]
#
# VENV is a virtual environment with torch (python -m venv VENV && VENV/bin/pip install torch).
# Each of ROUNDS (default 3) runs every shape for SECONDS (default 1) a mode in both programs, one
# right after the other; a row is the median of the rounds' medians, a ratio the median of the
# rounds' ratios. THREADS (default 2) applies to both sides.
set -eu

venv=${1:?usage: compare.sh VENV [ROUNDS] [SECONDS]}
rounds=${2:-3}
seconds=${3:-1}
threads=${THREADS:-2}
here=$(cd "$(dirname "$0")" && pwd)
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

cd "$here/.."
bench=$(cargo bench --no-run --bench torch_table 2>&1 | sed -n 's/.*torch_table.*(\(.*\)).*/\1/p' | tail -n 1)
# candle asks for the number of processors at every matmul unless told, and runs big elementwise
# operations on a spinning pool of its own.
export RAYON_NUM_THREADS="$threads" CANDLE_NUM_THREADS=1
round=0
while [ "$round" -lt "$rounds" ]; do
    for shape in 64,48,12,32,1 256,168,12,64,1 256,168,12,64,2 1024,24,8,64,1 32,168,12,64,1 \
        256,168,12,128,2 128,336,12,256,2; do
        "$bench" --threads "$threads" --seconds "$seconds" --only "$shape" 2>/dev/null >>"$rows"
        "$venv/bin/python" "$here/torch_side.py" --threads "$threads" --seconds "$seconds" \
            --only "$shape" 2>/dev/null >>"$rows"
    done
    round=$((round + 1))
done
"$venv/bin/python" "$here/table.py" "$rows"
