#!/usr/bin/env bash
# examples/postgres.sh against a real server of its own, on loopback, in a folder that is removed: tests/postgres.sh BINARY
# Needs PostgreSQL 15 or newer (Debian: postgresql); as root also runuser and a user `postgres`. Says so where something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
export BIN=$(realpath "$1")
script=$PWD/examples/postgres.sh
server=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
server=${server:-$(dirname "$(command -v postgres || echo /nowhere/postgres)")}
[ -x "$server/initdb" ] && command -v psql >/dev/null || { echo "skipped: examples/postgres.sh needs PostgreSQL"; exit 0; }

folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  # The server refuses to run as root.
  { command -v runuser && id postgres; } >/dev/null || { echo "skipped: root needs runuser and a user postgres"; exit 0; }
  chmod 755 "$folder"
  install -d -o postgres "$folder/server"
  as=(runuser -u postgres --)
else
  mkdir "$folder/server"
fi
port=$((20000 + RANDOM % 20000))
cd "$folder/server"
"${as[@]}" "$server/initdb" -D "$folder/server/data" -U tester -A trust --no-sync --locale=C -E UTF8 >/dev/null
"${as[@]}" "$server/pg_ctl" -D "$folder/server/data" -w -s -l "$folder/server/log" \
  -o "-c listen_addresses=127.0.0.1 -p $port -k $folder/server -c fsync=off" start
trap '"${as[@]}" "$server/pg_ctl" -D "$folder/server/data" -m immediate -s stop; rm -rf "$folder"' EXIT
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=tester PGDATABASE=postgres
mkdir "$folder/work"
cd "$folder/work"

ask() { psql -X -A -t -q -v ON_ERROR_STOP=1 -c "$1"; }
is() { [ "$2" = "$3" ] || { echo "$1: $2, and $3 was expected" >&2; exit 1; }; }

sh "$script" tables
sh "$script" tables # again does no harm
# Four months of three sensors, among them a name with a comma, a quote and an umlaut; a twentieth is NULL, one hour of each day is not there.
ask "set time zone 'UTC';
insert into readings
select sensor, at, case when random() < 0.05 then null else 20 + 5 * sin(extract(epoch from at) / 86400 * 2 * pi()) + random() end
from (select setseed(0.5)) seed, unnest(array['cellar', 'roof', 'Büro, \"3\"']) sensor,
  generate_series(timestamptz '2024-09-01 00:00', timestamptz '2024-12-31 23:00', interval '1 hour') at
where extract(hour from at) <> 13"
sh "$script" train --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 20

# The session's time zone changes no instant and no value; made again, a forecast takes its own place.
sh "$script" forecast
first=$(ask "set time zone 'UTC'; select sensor, at, origin, step, value, low80, high80 from forecasts order by 1, 2")
is "forecasts" "$(ask "select count(*), count(distinct sensor), min(step), max(step) from forecasts")" "18|3|1|6"
is "their first instant" "$(ask "set time zone 'UTC'; select min(at) from forecasts")" "2025-01-01 00:00:00+00"
ask "alter role tester set timezone = 'Europe/Rome'; alter role tester set datestyle = 'German'"
made=$(ask "select max(made) from forecasts")
sh "$script" forecast
is "the same, of another session" "$(ask "set time zone 'UTC'; set datestyle = 'ISO'; select sensor, at, origin, step, value, low80, high80 from forecasts order by 1, 2")" "$first"
is "rows that were made anew" "$(ask "select count(*) from forecasts where made > '$made'")" 18

# The next hour has forecasts of its own, beside the older ones.
ask "insert into readings select sensor, timestamptz '2025-01-01 00:00+00', 20 from (select distinct sensor from readings) s"
sh "$script" forecast
is "forecasts of two origins" "$(ask "select count(*), count(distinct origin) from forecasts")" "36|2"

# NULL as COPY's text format writes it, \N, is a missing value too.
PGTZ=UTC PGOPTIONS='-c datestyle=ISO' psql -X -q -c "\\copy (select * from readings order by 1, 2) to 'text.tsv' with (format text, header)"
grep -q '\\N' text.tsv
"$BIN" predict model.safetensors text.tsv --quiet >text.out
is "lines of a table with \\N" "$(wc -l <text.out)" 19

# Alarms: none of the usual, one of a spike; the same alarm once, however often it is seen.
code=0; sh "$script" alarms 2>/dev/null || code=$?
usual=$(ask "select count(*) from alarms")
ask "update readings set value = 90 where sensor = 'roof' and at = '2025-01-01 00:00+00'"
code=0; sh "$script" alarms 2>/dev/null || code=$?
is "exit code of an alarm" "$code" 8
code=0; sh "$script" alarms 2>/dev/null || code=$?
is "the alarm" "$(ask "select alarm, actual, low < 30 and high < 40 and p < 0.01 from alarms where sensor = 'roof' and at = '2025-01-01 00:00+00'")" "above|90|t"
is "alarms" "$(ask "select count(*) from alarms")" $((usual + 1))

# What fails writes nothing: a table that is not there, a model that is not, a row that the table refuses.
before=$(ask "select count(*), max(made) from forecasts")
ask "alter table readings rename to gone"
! sh "$script" forecast 2>error.txt || { echo "a query without its table went well" >&2; exit 1; }
grep -q 'relation "readings" does not exist' error.txt
ask "alter table gone rename to readings"
! MODEL=nothing.safetensors sh "$script" forecast 2>error.txt || { echo "a forecast without a model went well" >&2; exit 1; }
ask "insert into readings select sensor, timestamptz '2025-01-01 01:00+00', 20 from (select distinct sensor from readings) s;
alter table forecasts add constraint early check (step < 6 or at < '2025-01-01 07:00+00')"
! sh "$script" forecast 2>error.txt || { echo "a row that is refused went in" >&2; exit 1; }
grep -q 'violates check constraint "early"' error.txt
is "forecasts after failures" "$(ask "select count(*), max(made) from forecasts")" "$before"
echo "examples/postgres.sh: tested with $("$server/postgres" --version)"
