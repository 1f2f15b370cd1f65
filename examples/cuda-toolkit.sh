#!/usr/bin/env bash
# Puts a CUDA 13.0 toolkit together from PyPI packages, for a build with CUDA on a machine that has none:
#   examples/cuda-toolkit.sh DIR && source DIR/env.sh && cargo build --release --features cuda
# DIR/run is what LD_LIBRARY_PATH needs where the program runs; the driver's libcuda.so.1 is not in it.
set -euo pipefail

dir=$(mkdir -p "${1:?usage: examples/cuda-toolkit.sh DIR}" && cd "$1" && pwd)
"${PYTHON:-python3}" -m pip install --quiet --no-deps --target "$dir/site" \
  nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-nvrtc==13.0.88 \
  nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 nvidia-cublas==13.1.0.3 nvidia-curand==10.4.0.35
home=$dir/site/nvidia/cu13
chmod -R u+x "$home/bin" "$home/nvvm/bin"

# The packages have versioned libraries alone; the linker looks for plain names, in lib64.
mkdir -p "$home/lib64/stubs" "$dir/run"
for library in "$home"/lib/*.so.*; do
  name=$(basename "$library")
  ln -sf "$library" "$home/lib64/$name"
  ln -sf "$library" "$home/lib64/${name%%.so.*}.so"
  ln -sf "$library" "$dir/run/$name"
done
find "$home/lib" -name '*.a' -exec ln -sf {} "$home/lib64/" \;

# libcuda belongs to the driver; the linker is content with its names, which the header declares.
grep -ohE '\bcu[A-Z][A-Za-z0-9_]*' "$home/include/cuda.h" | sort -u | sed 's/.*/void &(void) {}/' >"$dir/libcuda.c"
cc -shared -fPIC -w -Wl,-soname,libcuda.so.1 -o "$home/lib64/stubs/libcuda.so" "$dir/libcuda.c"

cat >"$dir/env.sh" <<ENV
export CUDA_HOME='$home' CUDA_PATH='$home' CUDA_ROOT='$home' CUDA_TOOLKIT_ROOT_DIR='$home'
export PATH="$home/bin:\$PATH"
export LIBRARY_PATH="$home/lib64:$home/lib64/stubs\${LIBRARY_PATH:+:\$LIBRARY_PATH}"
export CUDA_COMPUTE_CAP="\${CUDA_COMPUTE_CAP:-80}"
ENV
echo "now: source $dir/env.sh"
