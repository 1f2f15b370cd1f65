#!/bin/sh
# The main job, from a table to forecasts: look, train, evaluate, predict, on the weather of New
# York's three airports in 2013 (sample_data). Under half a minute once the program is built.
#
#   sh examples/quickstart.sh [FOLDER] [TRAIN OPTIONS]
#
# Results go to FOLDER, ./quickstart without one. The program is built from this checkout by cargo;
# BIN names another one:  BIN=/usr/local/bin/lstm-forecast sh examples/quickstart.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
data=$root/sample_data/nyc_weather_2013.csv
out=${1:-quickstart}
[ $# -eq 0 ] || shift
mkdir -p "$out"

forecast() {
  if [ -n "${BIN:-}" ]; then
    "$BIN" "$@"
  else
    cargo run --release --quiet --manifest-path "$root/Cargo.toml" -- "$@"
  fi
}

echo "== what is in the table?"
forecast ingest "$data" --target temp

echo "== one model for all three airports: the next day's temperature from the last week"
forecast train "$data" --target temp --epochs 5 --out "$out/model.safetensors" "$@"

echo "== how good is it on the part it has not seen, beside the simple forecasts?"
forecast evaluate "$out/model.safetensors" "$data"

echo "== the next 24 hours of every airport, in the input's own columns"
forecast predict "$out/model.safetensors" "$data" --out "$out/forecast.csv"
head -n 4 "$out/forecast.csv"
