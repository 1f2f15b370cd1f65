#!/usr/bin/env python3
"""Fills README.md with what its commands really print.

    python3 tests/readme/outputs.py PROGRAM [README.md]

In every ```console block the lines that start with `$ ` are run in order by `sh`, all blocks in one
temporary folder that holds a link to sample_data; the lines between them are replaced by what came
out (standard output and error together). A line that ends in a backslash goes on in the next one.
`lstm-forecast` is PROGRAM. A command that fails stops the script, unless its comment says
`# exit code N`. Blocks of other kinds are left alone.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parent.parent.parent
program = Path(sys.argv[1]).resolve()
readme = Path(sys.argv[2]) if len(sys.argv) > 2 else root / "README.md"


def run(command, folder):
    path = f"{folder}/bin:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": folder, "LANG": "C.UTF-8", "NO_COLOR": "1"}
    done = subprocess.run(["sh", "-c", command], cwd=f"{folder}/work", env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    wanted = re.search(r"# exit code (\d+)", command)
    if done.returncode != (int(wanted[1]) if wanted else 0):
        sys.exit(f"exit code {done.returncode}: {command}\n{done.stdout}")
    return [line.rstrip() for line in done.stdout.splitlines()]


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bin", "work"):
            os.mkdir(f"{folder}/{name}")
        os.symlink(program, f"{folder}/bin/lstm-forecast")
        os.symlink(root / "sample_data", f"{folder}/work/sample_data")
        out, inside, command = [], False, None
        for line in readme.read_text().splitlines():
            if line.startswith("```"):
                inside = line == "```console"
                out.append(line)
            elif not inside:
                out.append(line)
            elif command is not None or line.startswith("$ "):
                out.append(line)
                command = (command + "\n" if command is not None else "") + line.removeprefix("$ ")
                if not line.endswith("\\"):
                    print(f"$ {command}", file=sys.stderr)
                    out += run(command, folder)
                    command = None
        readme.write_text("\n".join(out) + "\n")


main()
