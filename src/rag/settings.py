"""Settings: one frozen dataclass, filled from arguments or from `RAG_*` environment variables."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from rag.errors import BadSetting

DEFAULT_MODEL = "multilingual-e5-small"
_LEAST = {
    "chunk_tokens": 32,
    "chunk_chars": 40,
    "k": 1,
    "max_file_mb": 0.001,
    "rate_limit": 0,
    "llm_context": 1024,
    "llm_connect_seconds": 0.01,
    "llm_first_seconds": 0.01,
    "llm_next_seconds": 0.01,
    "llm_total_seconds": 0.01,
    "llm_retries": 0,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting has a variable of its own: `model` is `RAG_MODEL`.

    index        folder of the index
    model        packaged model's name, a sentence-transformers name, or a model folder
    chunk_tokens most tokens of a passage in the embedding model's own count, prefix and heading included
    chunk_chars  most characters of a passage; a character that is not wide (CJK is wide, Latin is not) counts half
    k            passages retrieved for an answer
    max_file_mb  largest file that is read, in megabytes
    cache        folder the packaged model is built in; "" is the user's cache folder
    reranker     sentence-transformers CrossEncoder that reorders the first passages, a name or a folder; "" is none
    api_keys     keys that let programs in: key,key; "" lets this machine read, and nobody add or remove documents
    cors         origins whose pages may call `rag serve`: https://a.example,https://b.example; "" is none
    rate_limit   requests a minute with one key; 0 is no limit
    ui_users     who may log in to the browser chat: name:password,name:password; "" asks nobody to
    feedback     file that verdicts on answers in the browser are added to; "" is INDEX.feedback.jsonl beside the index
    conversations folder that conversations in the browser are kept in; "" is INDEX.conversations; none keeps none
    reports      folder of the pages of eval/run.py --html, of which the browser chat shows the newest
    llm_base_url address of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1; "" quotes without a model
    llm_model    name of the language model there
    llm_api_key  the key it asks for; "" where it asks for none
    llm_context  tokens the language model reads and writes in one go, prompt and answer together
    llm_connect_seconds to reach the server
    llm_first_seconds until its first token, further attempts included
    llm_next_seconds from one token to the next
    llm_total_seconds for a whole answer
    llm_retries  further attempts where the server is busy or the connection breaks before the first token
    """

    index: str = "index"
    model: str = DEFAULT_MODEL
    chunk_tokens: int = 384
    chunk_chars: int = 400
    k: int = 5
    max_file_mb: float = 40.0
    cache: str = ""
    reranker: str = ""
    api_keys: str = field(default="", repr=False)
    cors: str = ""
    rate_limit: int = 600
    ui_users: str = field(default="", repr=False)
    feedback: str = ""
    conversations: str = ""
    reports: str = "eval/reports"
    llm_base_url: str = ""
    llm_model: str = ""
    llm_api_key: str = field(default="", repr=False)
    llm_context: int = 4096
    llm_connect_seconds: float = 5.0
    llm_first_seconds: float = 60.0
    llm_next_seconds: float = 20.0
    llm_total_seconds: float = 180.0
    llm_retries: int = 2

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            if not getattr(self, name) >= least:
                raise BadSetting(f"{variable(name)} is {getattr(self, name)}; it must be at least {least}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Self:
        """Arguments that are not None win over variables, variables over defaults.

        Raises BadSetting for an unknown `RAG_*` variable (with the known ones) or a value of the wrong type.
        """
        environment = os.environ if environment is None else environment
        known = {variable(f.name): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environment.items():
            if not name.startswith("RAG_"):
                continue
            if name not in known:
                close = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {close[0]}? " if close else ""
                raise BadSetting(f"{name} is not a setting; {hint}known: {', '.join(sorted(known))}")
            values[known[name].name] = _parse(name, text, type(known[name].default))
        values |= {name: value for name, value in given.items() if value is not None}
        return cls(**values)


def variable(field_name: str) -> str:
    """The environment variable of a setting."""
    return "RAG_" + field_name.upper()


def _parse(name: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise BadSetting(f"{name}={text!r} is not {'a whole number' if kind is int else 'a number'}") from None
