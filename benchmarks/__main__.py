"""Run all benchmarks, or those named on the command line."""

import importlib
import sys

NAMES = ("zcl", "cbke", "han", "documents", "translation", "server", "esi", "held", "process", "downward")


def main(names: list[str]) -> None:
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    for name in names or NAMES:
        print(importlib.import_module(f"benchmarks.{name}").run(), flush=True)


main(sys.argv[1:])
