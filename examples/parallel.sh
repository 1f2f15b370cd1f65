#!/bin/sh
# Forecasts of a table that lies in parts, with all cores: GNU parallel runs a process a part.
#
#   parallel.sh MODEL FOLDER OUT [predict's options …]
#
# FOLDER has a file for some series each, whole series in one file; OUT gets a file of forecasts for each of them. The forecasts
# are the same numbers as those of one process that reads the whole folder: a model that looks at the mean over other
# series gets the sums of all parts (`ingest --means`, then `predict --means`).
#
# Needs GNU parallel and jq.
set -eu
bin=${BIN:-lstm-forecast}
model=$1 folder=$2 out=$3
shift 3
mkdir -p "$out"
means=$(mktemp -d "$out/means.XXXXXX")
trap 'rm -rf "$means"' EXIT

means_flag=
if [ "$("$bin" inspect "$model" --format json | jq '.inputs.lead.cross // false')" = true ]; then
  parallel --halt now,fail=1 "$bin" ingest {} --model "$model" --means "$means/{#}.csv" --threads 1 ::: "$folder"/*
  means_flag="--means $means"
fi
# $means_flag is two words or none.
# shellcheck disable=SC2086
parallel --halt now,fail=1 "$bin" predict "$model" {} --out "$out/{/.}.csv" --threads 1 $means_flag "$@" ::: "$folder"/*
