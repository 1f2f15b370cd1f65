#!/usr/bin/env python3
"""What the program shows on a real terminal: no silence of over two seconds, no line that wraps.

    tests/terminal.py target/release/lstm-forecast                    # 1,000 series of 2,000 rows, some minutes
    tests/terminal.py BINARY --series 2000 --rows 5000 --columns 60   # larger; a narrow terminal
    tests/terminal.py BINARY --record night.txt                       # keeps what was shown, with the seconds

Each command runs on a pseudo-terminal of its own (as of `script`), of which every byte is read with its time. The longest time
without one is printed, from the first second on to the end of the command, and the widest line.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

COMMANDS = [
    ("ingest", "ingest t.csv"),
    ("train", "train t.csv --target load --input-window 48 --horizon 24 --hidden-size 32 --max-steps 60 --out m.safetensors"),
    ("evaluate", "evaluate m.safetensors t.csv"),
    ("compare", "compare m.safetensors n.safetensors t.csv --out c.json"),
    ("explain", "explain m.safetensors t.csv --only s0000 --repeats 1 --out e.json"),
    ("predict, newest rows", "predict m.safetensors t.csv --out f.csv"),
    ("predict, all rows", "predict m.safetensors t.csv -v --out f.csv"),
    ("watch", "watch m.safetensors t.csv --out w.csv"),
    ("report", "report m.safetensors t.csv --out r.html"),
]
# Escapes that move the cursor or change colours.
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


def shown(words, place, columns):
    """Runs a command on a terminal: [(seconds, bytes)], the seconds it took, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    began = time.monotonic()
    child = subprocess.Popen(words, cwd=place, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    chunks = []
    while True:
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            chunks.append((time.monotonic() - began, data))
        elif child.poll() is not None:
            break
    os.close(ours)
    return chunks, time.monotonic() - began, child.wait()


def silence(chunks, took):
    """The longest time without a byte, and when it began."""
    times = [0.0] + [at for at, _ in chunks] + [took]
    return max((after - before, before) for before, after in zip(times, times[1:]))


def widest(chunks):
    """The longest line of those that are drawn again and again, without its escapes: they begin with a time."""
    text = ESCAPE.sub(b"", b"".join(data for _, data in chunks)).decode(errors="replace")
    drawn = [part for part in re.split("[\r\n]", text) if re.match(r"\d+ (s|min|h) ", part)]
    return max(map(len, drawn), default=0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--most", type=float, default=2.0)
    parser.add_argument("--record")
    args = parser.parse_args()
    binary, scale = os.path.abspath(args.binary), os.path.join(os.path.dirname(__file__), "..", "benches", "scale.py")
    scale = os.path.abspath(scale)
    failed = False
    with tempfile.TemporaryDirectory() as place:
        with open(f"{place}/t.csv", "w") as out:
            subprocess.run([sys.executable, scale, str(args.series), str(args.rows)], stdout=out, check=True)
        record = open(args.record, "w") if args.record else None
        for name, line in COMMANDS:
            chunks, took, code = shown([binary, *line.split()], place, args.columns)
            if name == "train":
                os.link(f"{place}/m.safetensors", f"{place}/n.safetensors")
            longest, since = silence(chunks, took)
            width = widest(chunks)
            good = longest <= args.most and width <= args.columns and code in (0, 8)
            failed |= not good
            print(f"{name:21} {took:6.1f} s  longest silence {longest:4.1f} s, from {since:.1f} s on  widest line {width}  exit {code}{'' if good else '  FAILED'}")
            if record:
                record.write(f"$ lstm-forecast {line}\n")
                for at, data in chunks:
                    text = ESCAPE.sub(b"", data).decode(errors="replace").replace("\r", "\n").strip("\n")
                    record.write("".join(f"{at:7.2f}  {part}\n" for part in text.split("\n") if part.strip()))
    sys.exit(failed)


if __name__ == "__main__":
    main()
