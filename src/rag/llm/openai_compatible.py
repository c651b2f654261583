"""Any server that speaks OpenAI's chat completions: OpenAI, DeepSeek, Qwen, Ollama, vLLM, llama.cpp.

The `openai` library sends the request and reads the stream. What it does not have is here: one time limit over all
attempts (it waits up to two minutes where a server asks it to), limits for the first and the next token, a limit of
length for servers that ignore theirs, and a stop that reaches the server at once.
"""

import contextlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from rag.errors import BadSetting
from rag.llm.generator import LlmCut, LlmFailed, Message
from rag.llm.watch import Watch
from rag.llm.wire import content, cut, is_loopback, pause, quieten
from rag.settings import Settings, variable

if TYPE_CHECKING:
    from openai import OpenAI

LONGEST = 20_000
"""Characters of one reply; what goes on longer is cut, whatever the server was told."""


@dataclass(frozen=True)
class OpenAICompatible:
    """A chat-completions endpoint. Connects when it is first asked; the key is in no `repr`, log or error.

    base_url         up to and without /chat/completions, such as http://127.0.0.1:11434/v1
    context_tokens   what the model reads and writes in one go, prompt and answer together
    connect_seconds  to reach the server
    first_seconds    until the first token, all attempts together
    next_seconds     from one token to the next
    total_seconds    for the whole reply
    retries          further attempts after a refusal that may pass (408, 409, 429, 5xx) or a broken connection, before
                     the first token only; the pause doubles from half a second, or is what the server asks for
    options          further fields of the request, such as {"top_p": 0.9}

    Raises BadSetting for what no request could be made of.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    context_tokens: int = 4096
    connect_seconds: float = 5.0
    first_seconds: float = 60.0
    next_seconds: float = 20.0
    total_seconds: float = 180.0
    retries: int = 2
    options: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 0.0})

    def __post_init__(self) -> None:
        base = self.base_url.strip().rstrip("/").removesuffix("/chat/completions")
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise BadSetting("RAG_LLM_BASE_URL is not http(s)://HOST[:PORT]/v1 without a name and password in it")
        if not self.model.strip():
            raise BadSetting("RAG_LLM_MODEL is missing: the name of the model at RAG_LLM_BASE_URL")
        key = self.api_key.strip()
        if not re.fullmatch(r"[!-~]*", key):
            raise BadSetting("RAG_LLM_API_KEY has characters in it that no key has (it is not shown here)")
        object.__setattr__(self, "base_url", base)
        object.__setattr__(self, "api_key", key)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The endpoint of the `RAG_LLM_*` settings, None where none is named. Raises BadSetting."""
        if not settings.llm_base_url.strip():
            for name in ("llm_model", "llm_api_key"):
                if getattr(settings, name):
                    raise BadSetting(f"{variable(name)} is set, but not the address of its server: RAG_LLM_BASE_URL")
            return None
        return cls(
            settings.llm_base_url,
            settings.llm_model,
            settings.llm_api_key,
            context_tokens=settings.llm_context,
            connect_seconds=settings.llm_connect_seconds,
            first_seconds=settings.llm_first_seconds,
            next_seconds=settings.llm_next_seconds,
            total_seconds=settings.llm_total_seconds,
            retries=settings.llm_retries,
        )

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `Generator.stream`."""
        began = time.monotonic()
        last = began + self.total_seconds
        first = began + min(self.first_seconds, self.total_seconds)
        response = self._open(messages, first)
        length, finish = 0, None
        with contextlib.closing(response), Watch(lambda: cut(response), first) as watch:
            chunks = iter(response)
            while True:
                try:
                    chunk = next(chunks, None)
                except Exception as error:  # whatever a broken stream makes the library's parsers raise
                    raise LlmFailed(self._late() if watch.expired else self._reason(error)) from None
                if chunk is None:
                    break
                text, thought, ended = content(chunk)
                finish = ended or finish
                if text or thought:
                    watch.until = min(last, time.monotonic() + self.next_seconds)
                if text:
                    length += len(text)
                    yield text
                if length > LONGEST:
                    raise LlmCut(f"the reply of {self._name()} goes on beyond {LONGEST} characters")
        if watch.expired:
            raise LlmFailed(self._late())
        if finish == "length":
            raise LlmCut(f"{self._name()} ran out of tokens")
        if finish in (None, "content_filter", "error"):
            raise LlmFailed(f"{self._name()} broke off ({finish or 'the stream ended early'})")

    def _open(self, messages: Sequence[Message], deadline: float) -> Any:
        """The response, whose body has not been read yet. `deadline` holds for all attempts together."""
        import openai

        options = dict(self.options)
        attempt = 0
        while True:
            left = min(3600.0, max(0.01, deadline - time.monotonic()))
            try:
                return self._client.chat.completions.create(
                    model=self.model,
                    messages=[{"role": m.role, "content": m.content} for m in messages],  # type: ignore[misc]
                    stream=True,
                    timeout=openai.Timeout(left, connect=min(self.connect_seconds, left)),
                    **options,
                )
            except openai.BadRequestError as error:
                # Some reasoning models take no temperature but their own.
                if "temperature" not in str(error) or options.pop("temperature", None) is None:
                    raise LlmFailed(self._reason(error)) from None
                continue
            except Exception as error:  # as above
                wait = pause(error, attempt)
                if wait is None or attempt >= self.retries or time.monotonic() + wait >= deadline:
                    raise LlmFailed(self._reason(error)) from None
            time.sleep(wait)
            attempt += 1

    @cached_property
    def _client(self) -> "OpenAI":
        import openai

        http = openai.DefaultHttpxClient(
            # A proxy of the environment leads away from this machine.
            trust_env=not is_loopback(urlsplit(self.base_url).hostname or ""),
            event_hooks={"request": [quieten]},
        )
        # Without a key the library would look for one that was meant for somebody else.
        key = self.api_key or "none"
        return openai.OpenAI(base_url=self.base_url, api_key=key, max_retries=0, http_client=http)

    def _name(self) -> str:
        return f"the language model {self.model} at {urlsplit(self.base_url).netloc}"

    def _late(self) -> str:
        return f"{self._name()} took too long"

    def _reason(self, error: Exception) -> str:
        """One line. What the server says about a refused key may repeat a part of it, so that is left out."""
        import openai

        if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
            return f"{self._name()} refuses the key ({error.status_code}); set RAG_LLM_API_KEY"
        if isinstance(error, openai.APITimeoutError):
            return self._late()
        said = " ".join(str(error).split())[:200]
        if self.api_key:
            said = said.replace(self.api_key, "…")
        return f"{self._name()} failed: {said or type(error).__name__}"
