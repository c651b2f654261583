"""Fields of documents → the documents that a search is limited to.

Every document has `document` (its id) and `source` (the file it was read from), and whatever fields were given to it
when it was ingested. Passages outside are no candidates of either leg; what is known of those inside stays what it is
without a filter, so that their scores mean the same.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from rag.errors import BadSetting
from rag.records import Document

Filters: TypeAlias = Mapping[str, str | Collection[str]]
"""Field → the value it must have, or several of which one will do. All fields must hold."""
_SHOWN = 8


class Fields:
    """Which documents have which value of which field. Safe from any thread: nothing changes after construction."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._ids = {field: dict[str, set[str]]() for field in ("document", "source")}
        for id_, document in documents.items():
            # Last, so that a document cannot pass for another by what its own fields claim.
            fields = {**document.metadata, "document": id_, "source": document.source}
            for field, value in fields.items():
                self._ids.setdefault(field, {}).setdefault(value, set()).add(id_)

    def matching(self, documents: Collection[str] | None, filters: Filters | None) -> set[str] | None:
        """Ids of the documents that are asked for by `documents` (ids or sources) and hold what `filters` wants.

        None where neither is given. Raises BadSetting for a document, field or value that is not there.
        """
        parts = [] if documents is None else [self._named(documents)]
        parts += [self._having(field, wanted) for field, wanted in (filters or {}).items()]
        return set.intersection(*parts) if parts else None

    def _named(self, documents: Collection[str]) -> set[str]:
        if isinstance(documents, str):
            raise BadSetting(f"documents is the text {documents!r}; give a list of ids or sources")
        ids: set[str] = set()
        for name in documents:
            found = self._ids["document"].get(name) or self._ids["source"].get(name)
            if found is None:
                raise BadSetting(f"the index has no document {name!r}; `rag documents` lists those it has")
            ids |= found
        return ids

    def _having(self, field: str, wanted: str | Collection[str]) -> set[str]:
        if field not in self._ids:
            raise BadSetting(f"the index has no field {field!r}; it has {', '.join(self._ids)}")
        known = self._ids[field]
        ids: set[str] = set()
        for value in [wanted] if isinstance(wanted, str) else _values(field, wanted):
            if value not in known:
                raise BadSetting(f"no document has {field} {value!r}; there {_some(value, known)}")
            ids |= known[value]
        return ids


def _values(field: str, wanted: str | Collection[str]) -> list[str]:
    # Callers that check no types give numbers, too.
    values: list[object] = list(wanted) if isinstance(wanted, Iterable) else [wanted]
    for value in values:
        if not isinstance(value, str):
            raise BadSetting(f"the filter {field} is {value!r}; give text, such as {str(value)!r}")
    return [value for value in values if isinstance(value, str)]


def _some(value: str, known: Mapping[str, object]) -> str:
    """The values there are: all of a few, of many those most like the one that was asked for."""
    if len(known) <= _SHOWN:
        shown = sorted(known)
    else:
        shown = difflib.get_close_matches(value, known, 3, 0.4) or sorted(known)[:_SHOWN]
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return f"{'is' if len(known) == 1 else 'are'} {', '.join(map(repr, shown))}{more}" if known else "are no documents"
