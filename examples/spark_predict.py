"""Forecasts of more series than one machine holds: Spark gives each task the rows of some series, and the task runs
`lstm-forecast predict` on them, as a stream.

    spark-submit --files model.safetensors,/usr/local/bin/lstm-forecast \
        spark_predict.py readings.parquet forecasts.parquet --model model.safetensors --series city

Further options are handed on to `predict`: --skip-short --interval 80.

A model that was trained on several series looks at the mean over the others, and a task has only some of them. So there
are two passes: `ingest --means` gives the sums of each task's series, a groupBy adds them up, and `predict --means` takes
the whole. The forecasts are the same numbers, to the last bit, as those of one process that has the whole table.

Needs PySpark with pyarrow; run with PySpark 4.3. The table is Parquet, or CSV with a header.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema


class Batches:
    """A task's record batches under the table's own names, and which series are in them, for messages."""

    def __init__(self, batches, names, series):
        self.rest = (batch.rename_columns(names) for batch in batches)
        self.series, self.seen = series, {}
        self.first = next((batch for batch in self.rest if batch.num_rows), None)

    def __iter__(self):
        yield self.noted(self.first)
        for batch in self.rest:
            yield self.noted(batch)

    def noted(self, batch):
        rows = zip(*(batch.column(name) for name in self.series))
        for key in rows if len(self.seen) < 5 else ():
            self.seen[" ".join(map(str, key))] = None
            if len(self.seen) == 5:
                break
        return batch

    def __str__(self):
        return ", ".join(self.seen) + (" and others" if len(self.seen) == 5 else "")


def run(command, batches, take):
    """Runs the program on the batches; `take` gets its standard output and makes what comes out of it.

    Rows go in while others come out, so that neither side waits for the other. If the program fails, what it said is
    raised, with the names of the task's series.
    """
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
        trouble = []

        def feed():
            try:
                with program.stdin, pa.ipc.new_stream(program.stdin, batches.first.schema) as out:
                    for batch in batches:
                        out.write_batch(batch)
            except BrokenPipeError:
                pass  # The program has ended, and says why.
            except Exception as error:
                trouble.append(error)
                program.kill()

        feeder = threading.Thread(target=feed)
        feeder.start()
        yield from take(program.stdout)
        feeder.join()
        code = program.wait()
        said.seek(0)
        message = said.read().decode(errors="replace").strip()
    if trouble:
        raise trouble[0]
    if code:
        raise RuntimeError(f"lstm-forecast ended with {code} in the task of {batches}\n{message}")
    if message:
        print(message, file=sys.stderr)


def batches_of(stdout):
    """The record batches of an Arrow stream; none where there is nothing, because the program failed."""
    try:
        yield from pa.ipc.open_stream(stdout)
    except pa.ArrowInvalid:
        return


def here(name):
    """Where a file of --files is on this machine; the name itself for one that was not shipped."""
    path = SparkFiles.get(os.path.basename(name))
    return path if os.path.exists(path) else name


def program(name):
    path = here(name)
    if path != name:
        os.chmod(path, 0o755)
    return path


def sums(binary, model, names, series):
    """The first pass: a row a stamp of each task, with sums over its series."""

    def task(batches):
        batches = Batches(batches, names, series)
        if batches.first is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "means.arrows")
            command = [program(binary), "ingest", "-", "--model", here(model), "--means", out, "--threads", "1"]
            list(run(command, batches, lambda stdout: iter(stdout.read, b"")))
            with open(out, "rb") as made:
                yield from map(spark_types, batches_of(made))

    return task


def forecasts(binary, model, names, series, options):
    """The second pass: the forecasts of a task's series."""

    def task(batches):
        batches = Batches(batches, names, series)
        if batches.first is None:
            return
        shipped = [here(option) for option in options]
        command = [program(binary), "predict", here(model), "-", "--format", "arrow-stream", "--threads", "1", *shipped]
        for batch in run(command, batches, batches_of):
            yield spark_types(batch)

    return task


def spark_types(batch):
    """The same with text as Spark has it."""
    fields = [f.with_type(pa.string()) if pa.types.is_large_string(f.type) else f for f in batch.schema]
    return pa.RecordBatch.from_arrays([c.cast(f.type) for c, f in zip(batch.columns, fields)], schema=pa.schema(fields))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("forecasts", help="folder of Parquet files to write")
    parser.add_argument("--model", required=True, help="checkpoint that `lstm-forecast train` wrote")
    parser.add_argument("--series", required=True, help="columns that name a series, with commas between")
    parser.add_argument("--binary", default="lstm-forecast", help="the program; by default that of --files or the PATH")
    parser.add_argument("--tasks", type=int, help="number of tasks; Spark's default parallelism")
    args, options = parser.parse_known_args()
    series = args.series.split(",")

    spark = SparkSession.builder.appName("lstm-forecast").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    csv = args.table.endswith((".csv", ".csv.gz"))
    table = spark.read.csv(args.table, header=True, inferSchema=True) if csv else spark.read.parquet(args.table)
    # Spark takes a dot in a name, such as PM2.5, for a field of a structure: on the way the columns are numbered.
    names = table.columns
    table = table.toDF(*(f"c{i}" for i in range(len(names))))
    keys = [f"c{names.index(name)}" for name in series]
    table = table.repartition(args.tasks or spark.sparkContext.defaultParallelism, *keys)

    inspect = [program(args.binary), "inspect", here(args.model), "--format", "json"]
    inputs = json.loads(subprocess.run(inspect, stdout=subprocess.PIPE, check=True).stdout)["inputs"]
    with tempfile.TemporaryDirectory() as folder:
        if inputs.get("lead", {}).get("cross"):
            # The first pass: sums over the series of each task, added up. They are small: a row a stamp.
            columns = {name: kind for value in inputs["values"] for name, kind in ((f"{value}_sum", "double"), (f"{value}_n", "bigint"))}
            columns = {"stamp": "bigint", "model": "string", "unseen": "bigint", **columns}
            schema = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
            parts = table.mapInArrow(sums(args.binary, args.model, names, series), schema)
            added = [F.sum(f"`{name}`").alias(name) for name in columns if name not in ("stamp", "model")]
            means = os.path.join(folder, "means.parquet")
            rows = parts.groupBy("stamp", "model").agg(*added).orderBy("stamp").collect()
            order = ["stamp", "model", *(name for name in columns if name not in ("stamp", "model"))]
            pq.write_table(pa.table({name: [row[i] for row in rows] for i, name in enumerate(order)}), means)
            spark.sparkContext.addFile(means)
            options += ["--means", means]

        # The columns that come out: the program is run here, on the longest series.
        longest = table.groupBy(*keys).count().orderBy(F.desc("count"), *keys).first()
        one = table
        for key in keys:
            one = one.where(F.col(key) == longest[key])
        sample = one.toArrow().to_batches()
        columns = next(forecasts(args.binary, args.model, names, series, options)(sample)).schema
        schema = from_arrow_schema(columns)

        found = table.mapInArrow(forecasts(args.binary, args.model, names, series, options), schema)
        found.write.mode("overwrite").parquet(args.forecasts)
    spark.stop()


if __name__ == "__main__":
    main()
