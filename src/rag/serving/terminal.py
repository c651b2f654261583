"""The chat in a terminal: lines in, answers out, `/` for what is no question. Works with piped input, too."""

from collections.abc import Callable, Iterator
from typing import Any, TextIO

from rag.answering.conversation import Conversation
from rag.answering.language import phrase
from rag.errors import RagError
from rag.records import Answer

HELP = "/closest: passages nearest to the last question  /save FILE  /export FILE (Markdown)  /quit"


def chat(
    conversation: Conversation,
    lines: TextIO,
    show: Callable[[Iterator[Answer]], Answer],
    say: Callable[[str], None],
    **options: Any,
) -> int:
    """Asks line after line until the end or /quit; the exit code: 1 where a line could not be obeyed.

    lines  questions and commands; a prompt is shown where it is a terminal
    show   prints an answer as it grows, with its sources
    say    prints one line
    options as for `Rag.ask`
    """
    failed = 0
    interactive = lines.isatty()
    if interactive:
        say(HELP)
    while True:
        if interactive:
            print("> ", end="", flush=True)
        line = lines.readline()
        command, _, rest = line.strip().partition(" ")
        if not line or command == "/quit":
            return failed
        try:
            if command in _COMMANDS:
                _COMMANDS[command](conversation, rest.strip(), say)
            elif command.startswith("/"):
                raise RagError(f"there is no command {command}; {HELP}")
            elif command:
                show(conversation.stream(line.strip(), **options))
        except RagError as error:
            # One bad line does not end a conversation.
            say(f"rag: {error}")
            failed = 1


def _save(conversation: Conversation, file: str, _say: Callable[[str], None]) -> None:
    conversation.save(_named(file))


def _export(conversation: Conversation, file: str, _say: Callable[[str], None]) -> None:
    conversation.export(_named(file))


def _named(file: str) -> str:
    if not file:
        raise RagError("name the file: /save FILE or /export FILE")
    return file


def _closest(conversation: Conversation, _rest: str, say: Callable[[str], None]) -> None:
    if not conversation.turns or not conversation.turns[-1].answer.hits:
        raise RagError("nothing has been searched for yet")
    turn = conversation.turns[-1]
    say(phrase(turn.answer.language, "closest"))
    for hit in turn.answer.hits:
        source = turn.sources[hit.passage.document]
        say(f"{hit.score:4.0%} {hit.passage.heading or source.title} — {source.source}")
        say(f"     {' '.join(hit.passage.text.split())}")


_COMMANDS = {"/save": _save, "/export": _export, "/closest": _closest}
