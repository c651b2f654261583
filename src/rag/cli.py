"""The console command `rag`: ingest, search, ask, chat, documents, models, serve-llm."""

import argparse
import contextlib
import errno
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from rag.errors import BadSetting, RagError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.ingest import IngestReport, Progress
    from rag.records import Answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 1 with one line on stderr for what the user can mend, 2 for usage."""
    # A pipe that is not UTF-8 must not turn an answer into a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = _parser().parse_args(arguments)
    show_progress()
    try:
        code = int(given.run(given))
        sys.stdout.flush()  # here, where a failure can be told
        return code
    except RagError as error:
        _say(f"rag: {error}", sys.stderr)
        return 1
    except BrokenPipeError:
        _forget_output()
        return 0
    except KeyboardInterrupt:
        print("rag: interrupted; the index is as it was", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is not None or error.errno != errno.ENOSPC:
            raise
        _forget_output()
        print("rag: the output cannot be written: no space is left", file=sys.stderr)
        return 1


def program() -> NoReturn:
    """`main` as a program of its own."""
    end(main())


def end(code: int) -> NoReturn:
    """Leave the process at once, with what was printed.

    A thread that loads or computes behind would not let go: in native code it aborts the process while the interpreter
    takes itself apart, and a server that was starting keeps it alive.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def show_progress() -> None:
    """Let the library say on stderr what takes long (building the model, fetching one)."""
    logging.basicConfig(format="rag: %(message)s")
    logging.getLogger("rag").setLevel(logging.INFO)


def _forget_output() -> None:
    # Python writes out what is left at its end, and would fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rag", description="Answers from your own documents, with citations.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--index", metavar="FOLDER", help="folder of the index (RAG_INDEX, default: index)")
    shared.add_argument("--model", metavar="NAME", help="embedding model: a name or a folder (RAG_MODEL)")

    command = commands.add_parser("ingest", parents=[shared], help="index files and folders, or remove documents")
    command.add_argument("paths", nargs="*", metavar="PATH", help="text, Markdown, HTML, PDF or Word files, or folders")
    command.add_argument("--remove", action="append", default=[], metavar="PATH", help="take a document out")
    command.add_argument(
        "--metadata", action="append", default=[], metavar="FIELD=VALUE", help="a field of these documents (repeatable)"
    )
    command.add_argument("--rebuild", action="store_true", help="start from nothing")
    command.add_argument("--chunk-tokens", type=int, metavar="N", help="most tokens of a passage (RAG_CHUNK_TOKENS)")
    command.add_argument("--chunk-chars", type=int, metavar="N", help="most characters of one (RAG_CHUNK_CHARS)")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.set_defaults(run=_ingest)

    command = commands.add_parser("ask", parents=[shared], help="answer a question, with citations")
    command.add_argument("question")
    _add_search_options(command)
    command.add_argument("--no-llm", action="store_true", help="quote the documents, even where a model could write")
    command.set_defaults(run=_ask)

    command = commands.add_parser(
        "chat", parents=[shared], help="ask question after question, each with those before it"
    )
    _add_search_options(command, as_json=False)
    command.add_argument("--no-llm", action="store_true", help="quote the documents, even where a model could write")
    command.add_argument("--resume", metavar="FILE", help="go on with a conversation that /save wrote")
    command.set_defaults(run=_chat)

    command = commands.add_parser("search", parents=[shared], help="show the passages nearest to a question")
    command.add_argument("question")
    _add_search_options(command)
    command.set_defaults(run=_search)

    command = commands.add_parser("documents", parents=[shared], help="list what is indexed")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_documents)

    served = argparse.ArgumentParser(add_help=False)
    served.add_argument("--reranker", metavar="NAME", help="CrossEncoder: a name or a folder (RAG_RERANKER)")
    served.add_argument("--host", default="127.0.0.1", metavar="NAME", help="address to serve on (%(default)s)")

    command = commands.add_parser(
        "serve", parents=[shared, served], help="answer programs: REST, and what OpenAI's clients speak"
    )
    command.add_argument("--port", type=int, default=8000, metavar="N", help="port to serve on (%(default)s)")
    command.add_argument("--chat", action="store_true", help="serve the browser chat, too, at /chat/")
    command.add_argument("--read-only", action="store_true", help="nobody can add or remove documents in the chat")
    command.set_defaults(run=_serve)

    command = commands.add_parser(
        "mcp", parents=[shared, served], help="be a tool of agents: MCP on standard input and output (extra mcp)"
    )
    command.add_argument("--http", action="store_true", help="serve MCP over HTTP instead, at /mcp")
    command.add_argument("--port", type=int, default=8001, metavar="N", help="port to serve on (%(default)s)")
    command.set_defaults(run=_mcp)

    command = commands.add_parser("models", help="list embedding models")
    command.set_defaults(run=_models)

    command = commands.add_parser("serve-llm", help="serve a language model on this machine (extra local-llm)")
    command.add_argument("--model", metavar="FILE", help="a GGUF file (default: the small one of the extra)")
    command.add_argument("--port", type=int, default=8080, metavar="N", help="port on 127.0.0.1 (%(default)s)")
    command.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all but one)")
    command.set_defaults(run=_serve_llm)
    return parser


def _add_search_options(command: argparse.ArgumentParser, *, as_json: bool = True) -> None:
    command.add_argument("-k", type=int, metavar="N", help="passages to retrieve (RAG_K, default: 5)")
    command.add_argument(
        "--document", action="append", metavar="PATH", help="search in this document only (repeatable)"
    )
    command.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="search only where a field has this value (repeatable: one field's values are alternatives)",
    )
    command.add_argument("--reranker", metavar="NAME", help="CrossEncoder: a name or a folder (RAG_RERANKER)")
    if as_json:
        command.add_argument("--json", action="store_true", help="print JSON")


def _settings(given: argparse.Namespace) -> Settings:
    names = ("index", "model", "k", "chunk_tokens", "chunk_chars")
    return Settings.from_environment(**{name: getattr(given, name, None) for name in names})


def _ingest(given: argparse.Namespace) -> int:
    from rag.embedding.load import load_embedder
    from rag.ingest import ingest
    from rag.report import report_dict, report_lines

    settings = _settings(given)
    if not given.paths and not given.remove:
        raise RagError("nothing to do; give files or folders: rag ingest PATH…")
    embedder = load_embedder(settings.model)
    with contextlib.ExitStack() as stack:
        report: IngestReport = ingest(
            given.paths,
            settings.index,
            embedder,
            settings,
            remove=given.remove,
            rebuild=given.rebuild,
            metadata=_metadata(given.metadata),
            progress=_bars(stack),
        )
    if given.json:
        print(_json(report_dict(report, settings.index)))
    else:
        for line in report_lines(report, settings.index):
            _say(line)
    for problem in report.problems:
        _say(f"rag: {problem}", sys.stderr)
    return 1 if report.problems else 0


def _bars(stack: contextlib.ExitStack) -> "Progress":
    """Progress bars on stderr, on a terminal only."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def show(stage: str, done: int, total: int) -> None:
        if stage not in bars:
            names = {"read": "reading", "embed": "embedding"}
            bars[stage] = stack.enter_context(
                tqdm(total=total, desc=names[stage], unit="file" if stage == "read" else "text", disable=None)
            )
        bars[stage].update(done - bars[stage].n)

    return show


def _rag(given: argparse.Namespace) -> Any:
    from rag.rag import Rag

    return Rag.load(given.index, model=given.model, reranker=given.reranker)


def _named(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [os.path.abspath(name) if Path(name).exists() else name for name in names]


def _metadata(pairs: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field, value in map(_pair, pairs):
        if fields.setdefault(field, value) != value:
            raise BadSetting(f"the field {field!r} is given two values; a document has one")
    return fields


def _filters(pairs: Sequence[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for field, value in map(_pair, pairs):
        filters.setdefault(field, []).append(value)
    filters |= {"source": _named(filters["source"]) or []} if "source" in filters else {}
    return filters


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals or not field.strip():
        raise BadSetting(f"{text!r} is not FIELD=VALUE")
    return field.strip(), value.strip()


def _ask(given: argparse.Namespace) -> int:
    from rag.plain import answer_dict

    settings = _settings(given)
    rag = _rag(given)
    growing = rag.stream(
        given.question,
        k=settings.k,
        documents=_named(given.document),
        filters=_filters(given.filter),
        llm=not given.no_llm,
    )
    if given.json:
        *_, answer = growing
        print(_json(answer_dict(answer, rag.index, settings.index)))
        return 0
    _show(growing, rag)
    return 0


def _chat(given: argparse.Namespace) -> int:
    from rag.answering.conversation import Conversation
    from rag.serving.terminal import chat

    settings = _settings(given)
    rag = _rag(given)
    return chat(
        Conversation.load(given.resume, rag) if given.resume else Conversation(rag),
        sys.stdin,
        lambda growing: _show(growing, rag),
        _say,
        k=settings.k,
        documents=_named(given.document),
        filters=_filters(given.filter),
        llm=not given.no_llm,
    )


def _show(growing: "Iterator[Answer]", rag: Any) -> "Answer":
    """Print an answer as it grows, then what there is to say of it, and its sources."""
    from rag.answering.language import phrase

    answer = _print_growing(growing)
    if answer.notice:
        _say(answer.notice)
    if answer.citations:
        print(f"\n{phrase(answer.language, 'sources')}")
        for citation in answer.citations:
            document = rag.documents[citation.passage.document]
            _say(f"[{citation.number}] {citation.passage.heading or document.title} — {document.source}")
            _say(f"    {_one_line(citation.quote)}")
    return answer


def _print_growing(answers: "Iterator[Answer]") -> "Answer":
    """Print an answer: on a terminal each sentence as it comes, else when it is whole, which is returned."""
    shown = ""
    for answer in answers:
        text = _one_line(answer.text)
        if sys.stdout.isatty():
            if not text.startswith(shown):  # it takes the place of a failed model's words
                print()
                shown = ""
            print(_printable(text[len(shown) :]), end="", flush=True)
            shown = text
    print("" if shown else _printable(text))
    return answer


def _search(given: argparse.Namespace) -> int:
    from rag.plain import hit_dict

    settings = _settings(given)
    rag = _rag(given)
    hits = rag.search(given.question, settings.k, documents=_named(given.document), filters=_filters(given.filter))
    if given.json:
        print(_json([hit_dict(hit, rag.documents) for hit in hits]))
        return 0
    for n, hit in enumerate(hits, 1):
        document = rag.documents[hit.passage.document]
        _say(f"{n}. {hit.score:.0%}  {hit.passage.heading or document.title} — {document.source}")
        _say(f"   {_one_line(hit.passage.text)}")
    if not hits:
        print("no passages")
    return 0


def _documents(given: argparse.Namespace) -> int:
    from rag.index.store import read_index
    from rag.plain import document_dicts

    index = read_index(Path(_settings(given).index))
    rows = document_dicts(index)
    if given.json:
        print(_json(rows))
        return 0
    for row in rows:
        fields = "".join(f"  {field}={value}" for field, value in row["metadata"].items())
        _say(f"{row['passages']:6} passages  {row['title']} — {row['source']}{fields}")
    return 0


def _serve(given: argparse.Namespace) -> int:
    from rag.index.store import read_manifest
    from rag.serving.http.serve import serve

    settings = _settings(given)
    read_manifest(settings.index)  # before anything heavy is loaded
    serve(
        lambda: _rag(given),
        given.host,
        given.port,
        settings,
        chat=given.chat,
        read_only=given.read_only,
    )
    return 0


def _mcp(given: argparse.Namespace) -> int:
    from rag.index.store import read_manifest
    from rag.serving.mcp.serve import serve_http, serve_stdio

    settings = _settings(given)
    read_manifest(settings.index)
    if given.http:
        serve_http(lambda: _rag(given), given.host, given.port, settings)
    else:
        serve_stdio(lambda: _rag(given))
    return 0


def _models(_given: argparse.Namespace) -> int:
    from rag.embedding.load import known_models

    for model in known_models():
        size = f"{model.dimension:5} dimensions {model.max_tokens:6} tokens"
        print(f"{model.name:36} {size}  {model.licence:12} {model.where}")
    return 0


def _serve_llm(given: argparse.Namespace) -> int:
    from rag.llm.local import serve

    settings = Settings.from_environment()
    model = None if given.model is None else Path(given.model)
    serve(model, given.port, settings.llm_context, given.threads, settings.llm_api_key)
    return 0


def _say(text: str, stream: TextIO | None = None) -> None:
    """One line. Documents and names of files are untrusted: a terminal would obey control characters in them."""
    print(_printable(text), file=stream)


def _printable(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda c: repr(c[0])[1:-1], text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=2)
    return text
