#!/bin/sh
# Times the CUDA engine against PyTorch's LSTM (cuDNN) on one GPU, in turns, and prints a table with
# ratios.
#
#   benches/compare_cuda.sh PYTHON [ROUNDS] [SECONDS]
#
# PYTHON is an interpreter with a CUDA build of torch. Each of ROUNDS (default 3) runs every shape for
# SECONDS (default 1) a mode in both programs, one right after the other; a row is the median of the
# rounds' medians, a ratio the median of the rounds' ratios. BENCH names a cuda_table built elsewhere
# (for a machine without cargo), DEVICE another GPU than 0. Both sides compute in f32 without tf32;
# PRECISION=tf32 lets both round the factors of products to tf32, and PRECISION=bf16 runs torch's
# forward pass under autocast to bf16.
set -eu

python=${1:?usage: compare_cuda.sh PYTHON [ROUNDS] [SECONDS]}
rounds=${2:-3}
seconds=${3:-1}
device=${DEVICE:-0}
precision=${PRECISION:-f32}
here=$(cd "$(dirname "$0")" && pwd)
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT

cd "$here/.."
bench=${BENCH:-}
if [ -z "$bench" ]; then
    bench=$(cargo bench --features cuda --no-run --bench cuda_table 2>&1 |
        sed -n 's/.*cuda_table.*(\(.*\)).*/\1/p' | tail -n 1)
fi
round=0
while [ "$round" -lt "$rounds" ]; do
    for hidden in 64 128 256; do
        for batch in 256 1024 8192; do
            shape=$batch,168,12,$hidden,2
            "$bench" --device "$device" --precision "$precision" --seconds "$seconds" --only "$shape" >>"$rows"
            "$python" "$here/torch_side.py" --device "cuda:$device" --precision "$precision" \
                --seconds "$seconds" --only "$shape" >>"$rows"
        done
    done
    round=$((round + 1))
done
"$python" "$here/table.py" "$rows"
