"""What a client of the openai library has to know of the stream, the errors and the requests on the wire."""

import contextlib
import ipaddress
import socket
from typing import Any

BACKOFF = 0.5
"""Seconds before the second attempt; the pause doubles with each."""


def content(chunk: Any) -> tuple[str, bool, str | None]:
    """The chunk's text, whether it holds reasoning, and how the reply ended; nothing of all that for a strange one."""
    try:
        choice = chunk.choices[0]
        delta, finish = choice.delta, choice.finish_reason
    except (AttributeError, IndexError, KeyError, TypeError):
        return "", False, None
    text = getattr(delta, "content", None)
    thought = any(getattr(delta, name, None) for name in ("reasoning_content", "reasoning"))
    return text if isinstance(text, str) else "", thought, finish if isinstance(finish, str) else None


def pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before the next attempt, None where another one would fail as well."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return None
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in (408, 409, 429) and error.status_code < 500:
            return None
        with contextlib.suppress(ValueError):
            return max(0.0, float(error.response.headers.get("retry-after", "")))
    elif not isinstance(error, openai.APIConnectionError):
        return None
    return BACKOFF * 2.0**attempt


def cut(response: Any) -> None:
    """Wake the thread that reads: closing the socket would not, shutting it down does."""
    with contextlib.suppress(Exception):
        stream = response.response.extensions["network_stream"]
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def quieten(request: Any) -> None:
    """Take off what the library tells about this machine, and what the environment holds for OpenAI's own service."""
    for name in list(request.headers):
        if name.lower().startswith(("x-stainless", "openai-")):
            del request.headers[name]
    request.headers["user-agent"] = "cited-rag"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
