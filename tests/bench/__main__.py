"""Every benchmark in one run: `python -m tests.bench`, with `--short` for CI and `--large` for the largest sizes.

Each prints ratios of things measured side by side in the same run, with the ratio that is wanted.
"""

import sys

from tests.bench import bench_compare, bench_names, bench_start, bench_votes


def main() -> None:
    short, large = "--short" in sys.argv, "--large" in sys.argv
    bench_start.main(short=short)
    bench_names.main(short=short)
    bench_votes.main(short=short)
    bench_compare.main(short=short, large=large)
    from tests.bench import bench_slack  # noqa: PLC0415 - what it imports would be counted as memory of the start

    bench_slack.main(short=short)


if __name__ == "__main__":
    main()
