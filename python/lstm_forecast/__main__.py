"""`python -m lstm_forecast` is the program that the wheel put beside this Python."""
import os
import subprocess
import sys
import sysconfig


def program():
    name = "lstm-forecast" + (sysconfig.get_config_var("EXE") or "")
    schemes = [sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user")] if hasattr(sysconfig, "get_default_scheme") else [None]
    folders = [sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts") for scheme in schemes]
    # `pip install --target DIR` puts it into DIR/bin.
    folders.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    sys.exit(f"{name} is in none of {', '.join(folders)}: install lstm-forecast again")


def main():
    path = program()
    if os.name == "posix":
        os.execv(path, [path, *sys.argv[1:]])
    sys.exit(subprocess.run([path, *sys.argv[1:]]).returncode)


main()
