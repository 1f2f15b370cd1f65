#!/bin/sh
# Forecasts by Spark beside those of one process: the same bytes. On a local cluster of two workers with a core each, so
# that files are shipped and rows go from one process to another.
#
#   tests/cluster/check_spark.sh PROGRAM [SERIES]
#
# SERIES: how many made series to forecast beside the sample table; 1000. Needs Java, python3 with venv, and PyPI.
set -eu
bin=$(realpath "$1") series=${2:-1000}
here=$(cd "$(dirname "$0")" && pwd) root=$(cd "$(dirname "$0")/../.." && pwd)
skip() { echo "skipped: $*"; exit 0; }
command -v java >/dev/null || skip "no Java"
venv=${SPARK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/lstm-forecast/spark}
if ! "$venv/bin/python" -c 'import pyspark, pyarrow' 2>/dev/null; then
    python3 -m venv "$venv" 2>/dev/null || skip "python3 has no venv"
    "$venv/bin/pip" -q install pyspark pyarrow pandas 2>/dev/null || skip "pyspark cannot be installed from PyPI"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PYSPARK_PYTHON="$venv/bin/python" SPARK_LOCAL_IP=127.0.0.1
SPARK_HOME=$("$venv/bin/python" -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME
"$venv/bin/python" "$here/tables.py" "$root/sample_data" "$series"

# name target series-column further options
check() {
    "$bin" train "$1.parquet" --target "$2" --out "$1.safetensors" --max-steps 40 --ensemble 1 --quiet --progress never
    began=$(date +%s.%N)
    "$bin" predict "$1.safetensors" "$1.parquet" --skip-short --out "$1.one.parquet"
    one=$(date +%s.%N)
    "$SPARK_HOME/bin/spark-submit" --master 'local-cluster[2,1,1024]' --conf spark.ui.enabled=false \
        --conf spark.log.level=ERROR --files "$1.safetensors,$bin" "$root/examples/spark_predict.py" \
        "$1.parquet" "$1.forecasts" --model "$1.safetensors" --series "$3" --tasks 4 --skip-short 2>"$1.said" ||
        { cat "$1.said"; exit 1; }
    spark=$(date +%s.%N)
    "$venv/bin/python" "$here/same.py" "$1.one.parquet" "$1.forecasts" "$3" "$began" "$one" "$spark"
}
check sample temp city
check made PM2.5 series
