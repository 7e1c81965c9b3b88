"""Rate limits: buckets with their headers. Nothing is limited unless a test asks for it."""

import hashlib
import time
from dataclasses import dataclass, field

PLENTY = (10_000, 1.0)


@dataclass
class Bucket:
    """So many calls in so many seconds of real time, as that is what the library waits by."""

    limit: int
    per_s: float
    hash: str
    used: int = 0
    began_s: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        """Count one call; in how many seconds it may be tried again, 0 if it is let through."""
        now = time.monotonic()
        if now >= self.began_s + self.per_s:
            self.began_s, self.used = now, 0
        if self.used >= self.limit:
            return self.began_s + self.per_s - now
        self.used += 1
        return 0

    @property
    def headers(self) -> dict[str, str]:
        left_s = max(0.0, self.began_s + self.per_s - time.monotonic())
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": self.hash,
        }


class Limits:
    """The buckets of every route, kept apart by the channel, guild or webhook that they are about."""

    def __init__(self) -> None:
        self._rules: dict[str, tuple[int, float]] = {}
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def set(self, name: str, limit: int, per_s: float) -> None:
        self._rules[name] = (limit, per_s)
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if key[0] != name}

    def bucket(self, name: str, *major: str) -> Bucket:
        key = (name, *major)
        if key not in self._buckets:
            digest = hashlib.sha256(name.encode()).hexdigest()[:32]
            self._buckets[key] = Bucket(*self._rules.get(name, PLENTY), digest)
        return self._buckets[key]
