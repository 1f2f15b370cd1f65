#!/usr/bin/env bash
# Opens a report in a headless Chromium and works it: is the script free of errors, does a choice change the picture, does the
# pointer get values, does a click sort, do arrow keys move, does nothing come from elsewhere?
#
#   tests/browser/check_report.sh BINARY [FOLDER]     screenshots of the page go to FOLDER
#
# Without Chromium it says so and ends well.
set -euo pipefail
binary=$(realpath "$1")
shots=${2:-}
here=$(dirname "$(realpath "$0")")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "skipped: there is no Chromium to open the report in"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$binary" train "$here/../../sample_data/nyc_weather_2013.csv" --target temp --ensemble 1 --hidden-size 16 --max-steps 20 \
    --quiet --out model.safetensors
"$binary" report model.safetensors "$here/../../sample_data/nyc_weather_2013.csv" --quiet --out report.html
size=$(wc -c <report.html)

# The probe runs after the page's own script, and writes what it saw into the title.
{
    sed 's|<script>|<script>window.faults=[];window.onerror=function(m){window.faults.push(m)};</script><script>|; s|</body>||; s|</html>||' report.html
    echo "<script>"
    cat "$here/probe.js"
    echo "</script></body></html>"
} >probed.html

run() { "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/profile" "$@" 2>"$work/browser.log"; }
run --virtual-time-budget=2000 --dump-dom "file://$work/probed.html" >dom.html
seen=$(sed -n 's|.*<title>\(seen:[^<]*\)</title>.*|\1|p' dom.html)
echo "$seen"
wanted="seen: faults 0; figures 3; shown EWR then JFK; rests bars; tip forecast; key tip observed; sorted yes; outside 0"
if [ "$seen" != "$wanted" ]; then
    echo "wanted:"
    echo "$wanted"
    exit 1
fi
if [ "$size" -gt 2000000 ]; then
    echo "the report has $size bytes"
    exit 1
fi
if [ -n "$shots" ]; then
    mkdir -p "$shots"
    run --window-size=1100,3200 --screenshot="$shots/wide.png" "file://$work/report.html"
    run --window-size=500,3200 --screenshot="$shots/narrow.png" "file://$work/report.html"
    "$binary" report model.safetensors "$here/../../sample_data/nyc_weather_2013.csv" --theme dark --quiet --out dark.html
    run --window-size=1100,3200 --screenshot="$shots/dark.png" "file://$work/dark.html"
    run --print-to-pdf="$shots/printed.pdf" "file://$work/report.html"
fi
echo "the report works in $("$browser" --version 2>/dev/null | head -n 1)"
