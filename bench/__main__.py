"""`python -m bench [replay|startup ...]`: run the benchmarks named, or all that need no server."""

import sys

from bench import replay, startup

BENCHMARKS = {"replay": replay.main, "startup": startup.main}


def main(names: list[str]) -> int:
    """Run the benchmarks named; the exit status."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        print(f"== {name}")
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
