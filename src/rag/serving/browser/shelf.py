"""The panel of documents: what the page shows of it, searches in it, and asks to be taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from rag.documents.load import SUPPORTED
from rag.records import Document
from rag.serving.browser import views

if TYPE_CHECKING:
    from rag.serving.browser.uploads import Uploads
    from rag.serving.browser.warm import Warm

MOST_MATCHES = 3
"""Places shown of one document."""
_LONGEST_SEARCH = 200
_MOST_IDS = 1000
_BEFORE, _AFTER = 24, 60


@dataclass(frozen=True, slots=True)
class Match:
    """`text[start:end]` of a document is what was searched for; `before` and `after` stand around it."""

    start: int
    end: int
    before: str
    text: str
    after: str


class Shelf:
    """What is indexed, for pages that ask again and again. `uploads` is None where nothing may be changed."""

    def __init__(self, warm: Warm, uploads: Uploads | None, max_mb: float) -> None:
        self._warm = warm
        self._uploads = uploads
        self._max_mb = max_mb

    def limits(self) -> dict[str, Any]:
        """What the page needs to know of what it may send: nothing, where nothing may be changed."""
        return {"types": list(SUPPORTED), "megabytes": self._max_mb} if self._uploads else {}

    def look(self, asked: Any) -> dict[str, Any]:
        """What changed since the page last asked. A browser can send anything.

        asked    {"version": as answered before, "find": words, "jobs": ids, "cited": ids of documents}
        answer   {"version", "list" and "welcome" (HTML; where the version changed), "jobs" (id → over, HTML),
                 "gone" (of the cited ids, those not indexed now)}; {} as long as the model loads
        """
        asked = asked if isinstance(asked, dict) else {}
        if not self._warm.ready:
            return {}
        rag = self._warm.rag().snapshot()
        documents = rag.documents
        find = " ".join(_text(asked.get("find"))[:_LONGEST_SEARCH].split())
        examples = self._warm.found()
        names = hash((examples, *((each.id, each.source) for each in documents.values())))
        answer: dict[str, Any] = {
            "version": f"{names:x} {find}",
            "gone": [id_ for id_ in _texts(asked.get("cited")) if id_ not in documents],
            "jobs": {
                job.id: {"over": job.over, "html": views.job(job)}
                for job in (self._uploads.jobs(_texts(asked.get("jobs"))) if self._uploads else ())
            },
        }
        if answer["version"] != asked.get("version"):
            found = search(documents, find) if find else None
            answer["list"] = views.documents(documents, rag.passages, found, self._uploads is not None)
            answer["welcome"] = views.welcome((len(documents), len(rag.passages)), examples)
        return answer

    def take_out(self, identity: Any) -> str:
        """The job that takes a document out; "" where there is no such document, or nothing may be changed."""
        document = self._warm.rag().documents.get(_text(identity))
        if document is None or self._uploads is None:
            return ""
        return self._uploads.remove(document.id, document.title).id


def search(documents: Mapping[str, Document], words: str) -> dict[str, tuple[Match, ...]]:
    """Ids of the documents whose title, file or text holds the words as they stand, with the first places."""
    sought = re.compile(r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
    found: dict[str, tuple[Match, ...]] = {}
    for identity, document in documents.items():
        places = tuple(islice(_matches(document.text, sought), MOST_MATCHES))
        if places or sought.search(document.title) or sought.search(views.file_name(document.source)):
            found[identity] = places
    return found


def _matches(text: str, sought: re.Pattern[str]) -> Iterator[Match]:
    for place in sought.finditer(text):
        a, b = place.span()
        before, after = text[max(0, a - _BEFORE) : a], text[b : b + _AFTER]
        yield Match(a, b, before.rpartition("\n")[2], place[0], after.partition("\n")[0])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    given = value[:_MOST_IDS] if isinstance(value, list) else []
    return [each for each in given if isinstance(each, str)]
