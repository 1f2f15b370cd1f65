#!/bin/sh
# Other programs want other names: turns the file that `evaluate --forecasts` writes into
# `city,origin,date,yhat` and, if there are quantiles, `q10` to `q90`.
#
#   lstm-forecast evaluate MODEL TABLE --forecasts all.csv
#   examples/rename_forecasts.sh all.csv >theirs.csv
#
# Columns are found by name: the first is the series, whatever it is called; origin, date and yhat
# keep theirs; quantile columns are those that end in _p10 to _p90.
set -eu
awk -F, -v OFS=, '
  NR == 1 {
    for (i = 1; i <= NF; i++) {
      if ($i == "origin") origin = i
      if ($i == "yhat") yhat = i
      if ($i ~ /_p[0-9]+$/) { q[++n] = i; sub(/.*_p/, "q", $i); name[n] = $i }
    }
    if (!origin || !yhat) { print "no columns origin and yhat" >"/dev/stderr"; exit 1 }
    printf "city,origin,date,yhat"
    for (j = 1; j <= n; j++) printf ",%s", name[j]
    print ""
    next
  }
  {
    printf "%s,%s,%s,%s", $1, $origin, $(origin + 1), $yhat
    for (j = 1; j <= n; j++) printf ",%s", $q[j]
    print ""
  }' "$@"
