#!/usr/bin/env bash
# Builds wheel and sdist, installs the wheel into a fresh environment, and runs the main job with it: tests/wheel.sh [MATURIN]
# Crates are those of the target folder, so that only the program's last step is done again. Without maturin (pip install maturin)
# or venv it says so and is content; with a folder in WHEEL_TOOLS maturin is fetched into it. PROFILE=dist builds what is released.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${PROFILE:-release}
skip() { echo "skipped: $*"; exit 0; }
maturin=${1:-maturin}
if ! command -v "$maturin" >/dev/null; then
  tools=${WHEEL_TOOLS:-}
  [ -n "$tools" ] || skip "no maturin (pip install maturin)"
  maturin=$tools/maturin/bin/maturin
  [ -x "$maturin" ] || python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    --target "$tools/maturin" 'maturin>=1.9,<2' || skip "maturin cannot be fetched"
fi
python3 -c 'import venv, ensurepip' 2>/dev/null || skip "python3 has no venv"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

cargo build --profile "$profile" --locked --quiet
.ci/package "${CARGO_TARGET_DIR:-target}/$profile/lstm-forecast"
began=$SECONDS
"$maturin" build --profile "$profile" --locked --out "$place/wheels"
"$maturin" sdist --out "$place/sdist"
echo "wheel and sdist in $((SECONDS - began)) s"

python3 - "$profile" "$place"/wheels/*.whl "$place"/sdist/*.tar.gz <<'PYTHON'
import os, sys, tarfile, zipfile
profile, wheel, sdist = sys.argv[1:]
names = {wheel: zipfile.ZipFile(wheel).namelist(), sdist: tarfile.open(sdist).getnames()}
for path, own in names.items():
    print(f"{os.path.basename(path)}: {os.path.getsize(path) / 1e6:.1f} MB, {len(own)} files")
    for wanted in ("LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.txt", "man/man1/lstm-forecast.1", "man/man1/lstm-forecast-train.1"):
        assert any(name.endswith(wanted) for name in own), f"no {wanted} in {path}"
# The profile of daily work is not that of a release, and makes a larger binary.
most = 15e6 if profile == "dist" else 18e6
assert os.path.getsize(wheel) < most, f"the wheel is larger than {most / 1e6:.0f} MB"
PYTHON

python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --no-index --disable-pip-version-check "$place"/wheels/*.whl
[ -s "$place/venv/share/man/man1/lstm-forecast-train.1" ]
table=$PWD/sample_data/nyc_weather_2013.csv
cd "$place"
venv/bin/lstm-forecast train "$table" --target temp --max-steps 5 --ensemble 1 --pool networks --quiet
venv/bin/python -m lstm_forecast evaluate model.safetensors "$table" --quiet >report.txt
venv/bin/python -m lstm_forecast predict model.safetensors "$table" >next.csv
[ "$(wc -l <next.csv)" = 73 ]
status=0
venv/bin/python -m lstm_forecast predict nothing.safetensors "$table" 2>/dev/null || status=$?
[ "$status" = 5 ]
echo "the wheel works: $(venv/bin/python -m lstm_forecast --version | head -n 1)"
