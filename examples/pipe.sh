#!/bin/sh
# Forecasts in a pipeline: the program reads stdin, writes stdout, and keeps quiet otherwise.
#
#   sh examples/pipe.sh quickstart/model.safetensors sample_data/nyc_weather_2013.csv
#
# The model is one of `temp`, as quickstart.sh makes it. BIN names the program, if it is not on the
# PATH. Needs awk, sort, gzip and, for the last part, jq.
set -eu
bin=${BIN:-lstm-forecast}
model=$1 table=$2

echo "== the coldest hour of each city to come"
"$bin" predict "$model" "$table" --quiet |
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
           { c = $col["city"]; t = $col["temp"] + 0 }
           !(c in low) || t < low[c] { low[c] = t; at[c] = $col["date"] }
           END { for (c in low) printf "%s,%s,%.1f\n", c, at[c], low[c] }' |
  sort -t, -k3,3n

echo "== the first three lines; a closed pipe is no error"
"$bin" predict "$model" "$table" --quiet | head -n 3

echo "== only one city, from stdin, compressed on the way"
{ head -n 1 "$table"; grep '^JFK,' "$table"; } | gzip |
  "$bin" predict "$model" - --quiet | tail -n 2

echo "== mean forecast of each city, by jq"
if command -v jq >/dev/null; then
  "$bin" predict "$model" "$table" --format ndjson --quiet |
    jq -sr 'group_by(.city)[] | [.[0].city, (map(.temp) | add / length * 10 | round / 10)] | @tsv'
else
  echo "(jq is not installed)"
fi
