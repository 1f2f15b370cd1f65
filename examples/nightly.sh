#!/bin/sh
# A nightly job: train on the newest data, keep the better model, publish the forecast, tell of alarms.
#
#   17 2 * * *  cd /srv/air && /usr/local/bin/nightly.sh readings.csv PM2.5 >>nightly.log 2>&1
#
# In the current folder it keeps model.safetensors (the model in use), the KEEP models before it under the time
# at which they were replaced (model.20261126T021703Z.safetensors), forecast.csv (what others read), alarms.csv (what
# `watch` found in the newest day) and nightly.lock. Every file appears whole or not at all, so readers never wait.
#
# Further options for `train` may follow, such as --epochs 5. The last two weeks are kept for judging, the month before
# them for validation. By the environment:
#
#   VAL_START, TEST_START   other dates
#   REQUIRE                 bounds that a new model must reach (evaluate --require), such as skill=0.05; none
#   KEEP                    how many older models stay; 5
#   WATCH                   rows of each series that are watched for alarms; 24
#   ALERT                   a command that is given each message that somebody should see; standard error
#
# Exit codes: 0, also where the old model stays; 1 where somebody should look. To go back to an older model:
#
#   lstm-forecast models . && cp model.20261126T021703Z.safetensors back.tmp && mv back.tmp model.safetensors
#
# Needs flock (util-linux), jq and GNU date.
set -eu
bin=${BIN:-lstm-forecast}
table=$1 target=$2
shift 2
val=${VAL_START:-$(date -u -d '45 days ago' +%F)}
test=${TEST_START:-$(date -u -d '14 days ago' +%F)}
looked=0

say() { echo "$(date -u +%FT%TZ) $*"; }
alert() {
  looked=1
  say "ALERT $*"
  if [ -n "${ALERT:-}" ]; then "$ALERT" "$*"; else echo "$*" >&2; fi
}

# Only one at a time; a run that is still going on is left alone.
exec 9>nightly.lock
if ! flock -n 9; then
  say "another run holds nightly.lock, nothing done"
  exit 0
fi
trap 'rm -f candidate.safetensors candidate.json old.json' EXIT
# systemd stops the program and this shell at once: an orderly end, once the program has saved its state.
trap 'exit 130' TERM INT

# A report as JSON; both models are judged on the same rows, which neither has seen.
judge() { "$bin" evaluate "$1" "$table" --from "$test" --out "$2" --quiet ${3:+--require "$3"}; }
mae() { jq -r '.overall.model.mae' "$1"; }

# The old model goes out of use, under the time at which it does; the oldest of its kind go.
promote() {
  if [ -f model.safetensors ]; then
    ln -f model.safetensors "model.$(date -u +%Y%m%dT%H%M%SZ).safetensors"
    ls model.*T*Z.safetensors | sort -r | tail -n "+$((${KEEP:-5} + 1))" | while read -r old; do rm -f "$old"; done
  fi
  mv candidate.safetensors model.safetensors
}

code=0
"$bin" train "$table" --target "$target" --val-start "$val" --test-start "$test" \
  --out candidate.safetensors --quiet "$@" || code=$?
if [ "$code" != 0 ]; then
  alert "training failed with exit code $code, the old model stays"
else
  judge candidate.safetensors candidate.json "${REQUIRE:-}" || code=$?
  old=none
  if [ -f model.safetensors ]; then
    # A model of an older table may not fit any more: then the new one is taken.
    if judge model.safetensors old.json; then old=$(mae old.json); fi
  fi
  if [ "$code" = 7 ]; then
    alert "the new model does not reach $REQUIRE, the old one stays (MAE $(mae candidate.json), old one $old)"
  elif [ "$code" != 0 ]; then
    alert "the new model could not be judged (exit code $code), the old one stays"
  else
    new=$(mae candidate.json)
    # jq prints null where there was nothing to score.
    if [ "$new" = null ]; then
      alert "nothing to score, the old model stays"
    elif [ "$old" = none ] || [ "$old" = null ] || awk "BEGIN { exit !($new <= $old) }"; then
      promote
      say "new model: MAE $new, before $old"
    else
      say "old model kept: MAE $old, the new one has $new"
    fi
  fi
fi
if [ ! -f model.safetensors ]; then
  alert "there is no model, so no forecast"
  exit 1
fi

"$bin" predict model.safetensors "$table" --out forecast.csv --quiet || alert "no new forecast (exit code $?)"
[ ! -f forecast.csv ] || say "forecast.csv: $(($(wc -l <forecast.csv) - 1)) rows"

code=0
told=$("$bin" watch model.safetensors "$table" --last "${WATCH:-24}" --p 0.001 --out alarms.csv --quiet 2>&1) || code=$?
case $code in
  0) ;;
  8) alert "alarms.csv: ${told#error: }" ;;
  *) say "not watched: $told" ;;
esac
exit "$looked"
