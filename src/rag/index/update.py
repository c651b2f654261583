"""Add, replace and remove documents of an index in a folder, embedding only what is new."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from rag.embedding.embedder import Embedder
from rag.errors import BadIndex, RagError
from rag.index.build import build_index
from rag.index.contents import Index, indexed_text
from rag.index.embed import Progress
from rag.index.manifest import Chunking, rebuild_command, shown
from rag.index.store import has_index, read_index, read_manifest, swap_in, writing
from rag.records import Document, Passage

_Corpus: TypeAlias = dict[str, tuple[Document, Sequence[Passage]]]


@dataclass(frozen=True, slots=True)
class Change:
    """What an update did; documents are named by their source.

    duplicates        (source, the source that is indexed with the same content)
    passages_embedded passages whose vectors had to be computed; `passages_reused` were taken over
    written           whether there is a new index, or generation in the folder: False where nothing changed
    index             the index as it is now
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    passages_embedded: int
    passages_reused: int
    written: bool
    index: Index


def update_index(
    folder: str | Path,
    embedder: Embedder,
    chunking: Chunking,
    add: Sequence[tuple[Document, Sequence[Passage]]],
    remove_sources: Collection[str] = (),
    *,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> Change:
    """Bring the folder's index up to date; one that does not exist yet is made.

    A document replaces the one of the same source, whose fields (`metadata`) it keeps unless it gives others, or "" to
    take one off; content that another source has already brought in is not indexed again. `rebuild` starts from
    nothing, whatever the folder holds. The folder changes in one step at the end.

    Raises BadIndex for an index that is damaged or was made by another model or chunking, RagError for an unknown
    source to remove.
    """
    folder = Path(folder)
    if remove_sources and (rebuild or not has_index(folder)):
        read_manifest(folder)
        raise RagError("nothing can be removed from an index that is rebuilt; leave out --rebuild or --remove")
    with writing(folder):
        previous = None if rebuild or not has_index(folder) else read_index(folder, embedder)
        was = chunking if previous is None else previous.manifest.chunking
        if add and was != chunking:
            raise BadIndex(
                f"the index {shown(folder)} has passages of {was.tokens} tokens and {was.chars} characters at most, "
                f"not {chunking.tokens} and {chunking.chars}; {rebuild_command(folder)}"
            )
        change = changed_index(previous, embedder, was, add, remove_sources, progress=progress)
        return replace(change, index=swap_in(change.index, folder)) if change.written else change


def changed_index(
    previous: Index | None,
    embedder: Embedder,
    chunking: Chunking,
    add: Sequence[tuple[Document, Sequence[Passage]]],
    remove_sources: Collection[str] = (),
    *,
    progress: Progress | None = None,
) -> Change:
    """`update_index` of an index in memory: a new one beside `previous`, which stays as it is for those who read it.

    Raises RagError for an unknown source to remove.
    """
    before = _corpus(previous)
    after, duplicates = _merge(before, add, remove_sources)
    if previous is not None and _versions(before) == _versions(after):
        index, embedded = previous, 0
    else:
        index = build_index(list(after.values()), embedder, chunking, previous, progress)
        known = {indexed_text(passage) for passage in previous.passages} if previous else set()
        embedded = sum(indexed_text(passage) not in known for passage in index.passages)
    given = dict.fromkeys(document.source for document, _ in add if document.source in after)
    return Change(
        added=tuple(source for source in given if source not in before),
        changed=tuple(s for s in given if s in before and _version(before[s][0]) != _version(after[s][0])),
        unchanged=tuple(s for s in given if s in before and _version(before[s][0]) == _version(after[s][0])),
        removed=tuple(source for source in before if source not in after),
        duplicates=duplicates,
        passages_embedded=embedded,
        passages_reused=len(index.passages) - embedded,
        written=index is not previous,
        index=index,
    )


def _corpus(index: Index | None) -> _Corpus:
    if index is None:
        return {}
    passages: dict[str, list[Passage]] = {id_: [] for id_ in index.documents}
    for passage in index.passages:
        passages[passage.document].append(passage)
    return {document.source: (document, passages[id_]) for id_, document in index.documents.items()}


def _version(document: Document) -> tuple[str, Mapping[str, str]]:
    return document.id, document.metadata


def _versions(corpus: _Corpus) -> dict[str, tuple[str, Mapping[str, str]]]:
    return {source: _version(document) for source, (document, _) in corpus.items()}


def _merge(
    before: _Corpus, add: Iterable[tuple[Document, Sequence[Passage]]], remove: Iterable[str]
) -> tuple[_Corpus, tuple[tuple[str, str], ...]]:
    """The corpus after the change, and the sources that were left out with those that hold their content."""
    after = dict(before)
    for source in remove:
        if after.pop(source, None) is None:
            raise RagError(_unknown(source, before))
    for document, passages in add:
        kept = after.get(document.source)
        # The same content keeps the passages it has, so that nothing about it changes but the fields.
        content = kept if kept is not None and kept[0].id == document.id else (document, passages)
        fields = {**(kept[0].metadata if kept else {}), **document.metadata}
        fields = {field: value for field, value in fields.items() if value}
        after[document.source] = (replace(content[0], metadata=fields), content[1])
    first: dict[str, str] = {}
    duplicates = []
    for source, (document, _) in list(after.items()):
        if first.setdefault(document.id, source) != source:
            duplicates.append((source, first[document.id]))
            del after[source]
    return after, tuple(duplicates)


def _unknown(source: str, corpus: _Corpus) -> str:
    near = difflib.get_close_matches(source, corpus, 3, 0.4) or list(corpus)[:5]
    known = f"it has {', '.join(map(repr, near))}" if near else "it is empty"
    return f"the index has no document {source!r}; {known}"
