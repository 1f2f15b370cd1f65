#!/bin/sh
# Builds and runs a fuzz target without cargo-fuzz, on the stable compiler: fuzz/run.sh TARGET [SECONDS]
#
# Coverage is counted in this program's code alone (the wrapper below), so the dependencies
# compiled for the program serve here too. `cargo +nightly fuzz run TARGET` works as well.
# Give FUZZ_TARGET_DIR a copy of the program's target folder to start warm.
set -eu
target=$1
seconds=${2:-1800}
here=$(cd "$(dirname "$0")" && pwd)
export CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-$here/target}
mkdir -p "$CARGO_TARGET_DIR"
wrapper=$CARGO_TARGET_DIR/counted-rustc
cat >"$wrapper" <<'WRAPPER'
#!/bin/sh
rustc=$1
shift
case " $* " in
*" --crate-name lstm_forecast "* | *" --crate-name table "* | *" --crate-name columns "* | *" --crate-name settings "* | *" --crate-name checkpoint "*)
    exec "$rustc" "$@" -C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4 \
        -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
        -C llvm-args=-sanitizer-coverage-trace-compares -C debug-assertions=on ;;
*) exec "$rustc" "$@" ;;
esac
WRAPPER
chmod +x "$wrapper"
RUSTC_WRAPPER=$wrapper cargo build --release --manifest-path "$here/Cargo.toml" --bin "$target"
corpus=$CARGO_TARGET_DIR/corpus/$target
crashes=$CARGO_TARGET_DIR/crashes/$target
mkdir -p "$corpus" "$crashes"
if [ "$target" = checkpoint ] && [ ! -e "$corpus/model" ]; then
    # The seed is a model of the sample data, made by the program itself: LSTM_FORECAST names it.
    "${LSTM_FORECAST:-lstm-forecast}" train "$here/seeds/table/hours.csv" --target x --hidden-size 4 --ensemble 1 \
        --max-steps 1 --input-window 8 --horizon 2 --quiet --out "$corpus/model"
fi
seeds=$here/seeds/$target
[ -d "$seeds" ] || seeds=$corpus
exec "$CARGO_TARGET_DIR/release/$target" "$corpus" "$seeds" -artifact_prefix="$crashes/" \
    -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
