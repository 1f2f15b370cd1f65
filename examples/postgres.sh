#!/bin/sh
# Readings out of PostgreSQL, forecasts and alarms back into it.
#
#   export PGHOST=127.0.0.1 PGDATABASE=air
#   sh postgres.sh tables                 # once: readings, forecasts, alarms
#   sh postgres.sh train                  # nightly; more options for `train` may follow, such as --horizon 48
#   sh postgres.sh forecast               # hourly
#   sh postgres.sh alarms                 # hourly
#
# psql finds the server by its own means (PGHOST, PGUSER, ~/.pgpass, PGSERVICE). The model is model.safetensors in the current
# folder; MODEL names another. BIN names the program, WATCH the newest rows of each sensor that are watched (24), RARE how rare a value
# must be to be an alarm (0.002; no rarer than 1 / (validation values + 1) is ever seen), SINCE the oldest reading that is read (all).
#
# Readings leave the server by COPY, into a file: a query that fails, or a connection that breaks, leaves no half table to forecast
# from. Forecasts and alarms come back in one transaction: all of their rows, or none. A forecast that is made again takes the place of
# its row. Stamps are in UTC on the way, whatever the session's time zone, so that no hour of the autumn comes twice.
set -eu
bin=${BIN:-lstm-forecast}
model=${MODEL:-model.safetensors}
what=${1:?tables, train, forecast or alarms}
shift
export PGTZ=UTC PGCLIENTENCODING=UTF8 PGOPTIONS="${PGOPTIONS:-} -c datestyle=ISO -c client_min_messages=warning"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# No file of the user's is read, and the first error ends it.
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }

# The readings as CSV: NULL is an empty cell, numbers are written in full. Sorted, so that long tables are read by their end alone.
readings() {
  sql -v since="${SINCE:--infinity}" >"$place/readings.csv" <<'SQL'
select format('copy (select sensor, at, value from readings where at >= %L order by sensor, at) to stdout with (format csv, header)', :'since')
\gexec
SQL
}

# One transaction: rows of a file into a table of the session, and from there into the real one.
load() { (cd "$place" && sql --single-transaction); }

case $what in
tables)
  sql <<'SQL'
create table if not exists readings (
  sensor text not null, at timestamptz not null, value double precision,
  primary key (sensor, at));
create table if not exists forecasts (
  sensor text not null, at timestamptz not null, model text not null, origin timestamptz not null, step int not null,
  value double precision not null, low80 double precision, high80 double precision, made timestamptz not null default now(),
  primary key (sensor, at, model, origin));
create table if not exists alarms (
  sensor text not null, at timestamptz not null, alarm text not null, rows int not null, actual double precision,
  expected double precision, low double precision, high double precision, p double precision, seen timestamptz not null default now(),
  primary key (sensor, at, alarm));
SQL
  ;;
train)
  readings
  "$bin" train "$place/readings.csv" --series sensor --time at --target value --out "$model" --quiet "$@"
  ;;
forecast)
  readings
  "$bin" predict "$model" "$place/readings.csv" --skip-short --interval 80 --with model,origin,step --out "$place/forecasts.csv" --quiet "$@"
  load <<'SQL'
create temp table incoming (sensor text, at timestamptz, model text, origin timestamptz, step int,
  value double precision, value_lo80 double precision, value_hi80 double precision) on commit drop;
\copy incoming from 'forecasts.csv' with (format csv, header match)
insert into forecasts (sensor, at, model, origin, step, value, low80, high80) select * from incoming
on conflict (sensor, at, model, origin) do update
set step = excluded.step, value = excluded.value, low80 = excluded.low80, high80 = excluded.high80, made = now();
SQL
  ;;
alarms)
  readings
  code=0
  "$bin" watch "$model" "$place/readings.csv" --last "${WATCH:-24}" --p "${RARE:-0.002}" --out "$place/alarms.csv" --quiet "$@" || code=$?
  case $code in 0 | 8) ;; *) exit "$code" ;; esac
  load <<'SQL'
create temp table incoming (sensor text, at timestamptz, target text, alarm text, rows int, step int, actual double precision,
  yhat double precision, low double precision, high double precision, excess double precision, p double precision) on commit drop;
\copy incoming from 'alarms.csv' with (format csv, header)
insert into alarms (sensor, at, alarm, rows, actual, expected, low, high, p)
select sensor, at, alarm, rows, actual, yhat, low, high, p from incoming
on conflict (sensor, at, alarm) do update set rows = excluded.rows, actual = excluded.actual;
SQL
  exit "$code"
  ;;
*)
  echo "postgres.sh: $what is none of tables, train, forecast and alarms" >&2
  exit 2
  ;;
esac
