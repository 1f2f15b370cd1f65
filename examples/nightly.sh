#!/bin/sh
# A nightly job: train on the newest data, keep the better model, publish the forecast.
#
#   17 2 * * *  cd /srv/air && /usr/local/bin/nightly.sh readings.csv PM2.5 >>nightly.log 2>&1
#
# In the current folder it keeps model.safetensors (the model in use), forecast.csv (what others
# read), and nightly.lock. Every file appears whole or not at all, so readers never wait.
# Further options for `train` may follow, such as --epochs 5. Needs flock (util-linux), jq and GNU
# date. The last two weeks are kept for judging, the month before them for validation; VAL_START and
# TEST_START set other dates.
set -eu
bin=${BIN:-lstm-forecast}
table=$1 target=$2
shift 2
val=${VAL_START:-$(date -u -d '45 days ago' +%F)}
test=${TEST_START:-$(date -u -d '14 days ago' +%F)}

# Only one at a time; a run that is still going on is left alone.
exec 9>nightly.lock
if ! flock -n 9; then
  echo "$(date -u +%FT%TZ) another run holds nightly.lock, nothing done"
  exit 0
fi
trap 'rm -f candidate.safetensors' EXIT

"$bin" train "$table" --target "$target" --val-start "$val" --test-start "$test" \
  --out candidate.safetensors --quiet "$@"

# Both are judged on the same rows, which neither has seen.
error() { "$bin" evaluate "$1" "$table" --from "$test" --format json --quiet | jq -r '.overall.model.mae'; }
new=$(error candidate.safetensors)
old=none
if [ -f model.safetensors ]; then
  old=$(error model.safetensors) || old=none # a model of an older table may not fit: take the new one
fi

# jq prints null where there was nothing to score.
case $new in null | "") echo "nothing to score, the old model stays" >&2; exit 1 ;; esac
if [ "$old" = none ] || [ "$old" = null ] || awk "BEGIN { exit !($new <= $old) }"; then
  mv candidate.safetensors model.safetensors
  echo "$(date -u +%FT%TZ) new model: MAE $new, before $old"
else
  echo "$(date -u +%FT%TZ) old model kept: MAE $old, the new one has $new"
fi

"$bin" predict model.safetensors "$table" --out forecast.csv --quiet
echo "$(date -u +%FT%TZ) forecast.csv: $(($(wc -l <forecast.csv) - 1)) rows"
