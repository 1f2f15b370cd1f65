#!/bin/sh
# Forecasts in a pipeline: the program reads stdin, writes stdout, and keeps quiet otherwise.
#
#   examples/pipe.sh MODEL TABLE         a model that forecasts PM2.5, as quickstart.sh makes one
#
# Needs awk, sort and, for the last part, jq.
set -eu
bin=${BIN:-lstm-forecast}
model=$1 table=$2

echo "== the worst hour of each city to come"
"$bin" predict "$model" "$table" --quiet |
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i; next }
           !($col["city"] in top) || $col["PM2.5"] > top[$col["city"]] {
             top[$col["city"]] = $col["PM2.5"] + 0; at[$col["city"]] = $col["date"] }
           END { for (c in top) printf "%s,%s,%.1f\n", c, at[c], top[c] }' |
  sort -t, -k3,3nr

echo "== the first three lines; a closed pipe is no error"
"$bin" predict "$model" "$table" --quiet | head -n 3

echo "== only one city, from stdin, compressed on the way"
{ head -n 1 "$table"; grep '^Northport,' "$table"; } | gzip |
  "$bin" predict "$model" - --quiet | tail -n 2

echo "== mean forecast of each city, by jq"
if command -v jq >/dev/null; then
  "$bin" predict "$model" "$table" --format ndjson --quiet |
    jq -sr 'group_by(.city)[] | [.[0].city, (map(."PM2.5") | add / length * 10 | round / 10)] | @tsv'
else
  echo "(jq is not installed)"
fi
