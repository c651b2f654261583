"""Who may call: API keys, compared in constant time, and how often each of them may."""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from rag.errors import BadSetting

_MOST_BUCKETS = 10_000


class Keys:
    """The keys of `RAG_API_KEYS`. False where there are none."""

    def __init__(self, keys: str) -> None:
        names = [key.strip() for key in keys.split(",") if key.strip()]
        if len(set(names)) < len(names):
            raise BadSetting("RAG_API_KEYS names a key twice; give each caller a key of its own")
        # Digests are of one length, so that comparing them tells nothing of a key's.
        self._digests = [hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest() for key in names]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def caller(self, headers: Mapping[bytes, bytes]) -> str | None:
        """Which key a request brought, "key 1" for the first; None for none or a wrong one.

        `Authorization: Bearer KEY` or `X-API-Key: KEY`.
        """
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            given = headers.get(b"x-api-key", b"")
        digest = hashlib.sha256(given.strip()).digest()
        found = None
        for n, each in enumerate(self._digests, 1):
            if hmac.compare_digest(digest, each):
                found = f"key {n}"
        return found


class Rate:
    """A token bucket for each caller: `a_minute` requests at once or spread over a minute; 0 is no limit."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = a_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # caller → tokens left, and when
        self._lock = threading.Lock()

    def wait(self, caller: str) -> float:
        """Takes a token. 0, or the seconds until there is one again."""
        if not self._most:
            return 0.0
        with self._lock:
            now = self._clock()
            left, since = self._buckets.pop(caller, (float(self._most), now))
            left = min(float(self._most), left + (now - since) * self._most / 60)
            enough = left >= 1
            self._buckets[caller] = (left - enough, now)
            if len(self._buckets) > _MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return 0.0 if enough else (1 - left) * 60 / self._most
