"""How a meter is divided over squares."""

from collections.abc import Sequence


def share(counts: Sequence[int], most: int) -> list[int]:
    """How many squares each count gets: one each, or its part of `most`, and never none for some."""
    counts = [max(0, count) for count in counts]
    total = sum(counts)
    if total <= most:
        return counts
    squares = [max(1, count * most // total) if count else 0 for count in counts]
    while (missing := max(most, sum(map(bool, counts))) - sum(squares)) != 0:
        step = 1 if missing > 0 else -1
        able = [place for place, count in enumerate(squares) if counts[place] and count + step > 0]
        squares[max(able, key=lambda place: step * (counts[place] * most / total - squares[place]))] += step
    return squares
