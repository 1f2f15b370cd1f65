#!/bin/sh
# Train, evaluate and predict on the invented cities in sample_data. Takes about half a minute.
#
#   examples/quickstart.sh [FOLDER]      results go to FOLDER, ./quickstart without one
#
# BIN names the program, if it is not on the PATH:  BIN=target/release/lstm-forecast examples/quickstart.sh
set -eu
bin=${BIN:-lstm-forecast}
data=$(dirname "$0")/../sample_data/synthetic_cities.csv
out=${1:-quickstart}
mkdir -p "$out"

# What is in the table?
"$bin" ingest "$data" --target PM2.5 --input-window 168 --horizon 24

# One model for all four cities: the next day from the last week.
"$bin" train "$data" --target PM2.5 --input-window 168 --horizon 24 --epochs 5 --out "$out/model.safetensors"

# How good is it, beside the simple forecasts, on the part it has not seen?
"$bin" evaluate "$out/model.safetensors" "$data"

# The next 24 hours of every city, in the same columns as the input.
"$bin" predict "$out/model.safetensors" "$data" --out "$out/forecast.csv"
head -n 5 "$out/forecast.csv"
