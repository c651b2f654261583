"""A stream of text without the reasoning that some models write into it, between <think> and </think>."""

from collections.abc import Generator, Iterable

_OPEN, _CLOSE = "<think>", "</think>"


def without_thoughts(pieces: Iterable[str]) -> Generator[str]:
    """The pieces of what follows; reasoning stands at the start or nowhere. Closing it closes the pieces."""
    held, state = "", "start"
    try:
        for piece in pieces:
            if state == "text":
                yield piece
                continue
            held += piece
            if state == "start":
                begun = held.lstrip()
                if begun.startswith(_OPEN):
                    state = "thought"
                elif not _OPEN.startswith(begun):
                    state = "text"
                    yield held
            if state == "thought":
                # Kept short: a thought may be long, and its end may be cut between two pieces.
                end = held.find(_CLOSE)
                if end >= 0:
                    state, rest = "text", held[end + len(_CLOSE) :].lstrip()
                    if rest:
                        yield rest
                elif len(held) > 4096:
                    held = _OPEN + held[-len(_CLOSE) :]
        if state == "start" and held.strip():
            yield held
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
