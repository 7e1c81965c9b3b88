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
    # What these import would be counted as memory of the start.
    from tests.bench import bench_digests, bench_discord, bench_postgres, bench_slack  # noqa: PLC0415

    bench_postgres.main(short=short, large=large)
    bench_slack.main(short=short)
    bench_discord.main(short=short)
    bench_digests.main(short=short)


if __name__ == "__main__":
    main()
