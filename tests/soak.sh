#!/bin/sh
# Streams at full speed, for an hour or for as many seconds as are given: tests/soak.sh BINARY 600. `predict --follow` and
# `watch --follow` get rows of known and unknown series, with a bad row now and then (--skip-bad), as fast as they
# take them. Their resident memory is printed at each twelfth of the time, and must not grow after the first two.
set -eu
bin=$(realpath "$1")
seconds=${2:-3600}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# So many hours of three series from the hour `first` on; 0 for no end. With `bad` a row in 5,000 has words for its value.
cat >rows.awk <<'ROWS'
BEGIN {
  srand(seed)
  print "city,date,pm"
  for (hour = first; !hours || hour < first + hours; hour++) {
    # The civil date of a day since 1970 (Howard Hinnant, days from civil).
    z = int(hour / 24) + 719468; era = int(z / 146097); doe = z - era * 146097
    yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
    doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100)); mp = int((5 * doy + 2) / 153)
    d = doy - int((153 * mp + 2) / 5) + 1; m = mp < 10 ? mp + 3 : mp - 9
    stamp = sprintf("%04d-%02d-%02dT%02d:00:00", yoe + era * 400 + (m <= 2), m, d, hour % 24)
    for (city = 0; city < 3; city++) {
      if (bad && rand() < 0.0002) printf "city%d,%s,no value\n", city, stamp
      else printf "%s,%s,%.2f\n", city < 2 ? "city" city : "unseen", stamp, 50 + 9 * sin(hour * 0.2618) + 2 * rand()
    }
  }
}
ROWS

# Memory of a process in KiB.
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# A command that follows rows, for so long; what it says of them goes to files.
soak() {
  name=$1 time=$2
  shift 2
  mkfifo rows.pipe
  timeout "$time" awk -v first=400000 -v seed=7 -v bad=1 -f rows.awk >rows.pipe 2>/dev/null &
  "$bin" "$@" <rows.pipe 2>notes.txt | awk 'END { print NR }' >lines.txt &
  counter=$!
  sleep 1
  follower=$(pgrep -P $$ -f "^$bin $1" | head -n 1)
  first=0
  for twelfth in 1 2 3 4 5 6 7 8 9 10 11 12; do
    sleep "$(awk "BEGIN { print $time / 12.5 }")"
    now=$(memory "$follower")
    [ "$twelfth" = 2 ] && first=$now
    echo "$name: $((time * twelfth / 12)) s, $now KiB"
  done
  wait "$counter"
  rm rows.pipe
  echo "$name: $(cat lines.txt) lines, $(grep -c 'left out' notes.txt || true) notes of bad rows"
  if [ "$now" -gt $((first + first / 10 + 4096)) ]; then
    echo "$name: memory grew from $first to $now KiB" >&2
    exit 1
  fi
}

awk -v first=390000 -v hours=2400 -v seed=1 -f rows.awk | grep -v unseen >train.csv
"$bin" train train.csv --target pm --out m.safetensors --quiet --input-window 24 --horizon 6 --hidden-size 8 --ensemble 1 --max-steps 20
soak predict $((seconds / 2)) predict m.safetensors - --follow --skip-bad
soak watch $((seconds / 2)) watch m.safetensors - --follow --skip-bad
