#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh environment, and runs the main job with it: tests/wheel.sh [MATURIN]
# Needs maturin (pip install maturin) and python3 with venv. Compiled crates are those of the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."
maturin=${1:-maturin}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$maturin" build --release --locked --out "$place/wheels"
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --no-index "$place"/wheels/*.whl
table=$PWD/sample_data/nyc_weather_2013.csv
cd "$place"
venv/bin/lstm-forecast train "$table" --target temp --max-steps 5 --ensemble 1 --pool networks --quiet
venv/bin/python -m lstm_forecast evaluate model.safetensors "$table" --quiet >report.txt
venv/bin/python -m lstm_forecast predict model.safetensors "$table" >next.csv
[ "$(wc -l <next.csv)" = 73 ]
status=0
venv/bin/python -m lstm_forecast predict nothing.safetensors "$table" 2>/dev/null || status=$?
[ "$status" = 5 ]
venv/bin/python -m zipfile -l wheels/*.whl
ls -l wheels
