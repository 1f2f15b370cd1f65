#!/usr/bin/env bash
# Makes the Debian package of the build that is there, unpacks it into an empty folder, and looks whether all is in its place and
# runs: tests/deb.sh. Needs cargo-deb and dpkg; without them it says so.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in cargo-deb dpkg-deb; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 0; }
done
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
.ci/package "${CARGO_TARGET_DIR:-target}/release/lstm-forecast"
cargo deb --no-build --output "$place/lstm-forecast.deb" >/dev/null
dpkg-deb --info "$place/lstm-forecast.deb" | sed -n '/^ Package/,$p'
dpkg-deb -x "$place/lstm-forecast.deb" "$place/root"
cd "$place/root/usr"
bin/lstm-forecast --version | head -n 1
for file in share/man/man1/lstm-forecast.1.gz share/man/man1/lstm-forecast-train.1.gz share/bash-completion/completions/lstm-forecast \
  share/zsh/vendor-completions/_lstm-forecast share/fish/vendor_completions.d/lstm-forecast.fish \
  share/doc/lstm-forecast/copyright share/doc/lstm-forecast/THIRD-PARTY.txt*; do
  [ -s "$file" ] || { echo "no $file" >&2; exit 1; }
done
zcat share/man/man1/lstm-forecast-train.1.gz | grep -q 'lstm-forecast-train' || { echo "not a manual page" >&2; exit 1; }
bash -c '. share/bash-completion/completions/lstm-forecast; complete -p lstm-forecast'
bin/lstm-forecast ingest "$OLDPWD/sample_data/nyc_weather_2013.csv" --target temp --quiet >/dev/null
du -h "$place/lstm-forecast.deb" | cut -f1
