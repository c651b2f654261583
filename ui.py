"""The browser chat over an index: python ui.py [--index FOLDER] [--host NAME] [--port NUMBER] [--model NAME]
[--read-only]."""

import argparse
import sys

from rag.cli import end, show_progress
from rag.errors import BadIndex, RagError
from rag.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """0 after Ctrl+C, 1 with one line on standard error where the chat cannot start."""
    parser = argparse.ArgumentParser(prog="ui.py", description="Chat with the documents of an index in the browser.")
    parser.add_argument("--index", metavar="FOLDER", help="folder of the index (default: index)")
    parser.add_argument("--model", metavar="NAME", help="embedding model the index was made with")
    parser.add_argument("--host", default="127.0.0.1", metavar="NAME", help="address to serve on (%(default)s)")
    parser.add_argument("--port", default=7860, type=int, metavar="NUMBER", help="port to serve on (%(default)s)")
    parser.add_argument("--read-only", action="store_true", help="nobody can add or remove documents in the browser")
    given = parser.parse_args(arguments)
    show_progress()
    try:
        run(given)
    except RagError as error:
        print(f"ui.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the page was there
        print()
    return 0


def run(given: argparse.Namespace) -> None:
    """Serves until Ctrl+C. A missing index is reported at once, before anything heavy is loaded."""
    from rag.index.store import has_index

    settings = Settings.from_environment(index=given.index)
    if not has_index(settings.index):
        own = f"rag ingest PATH… --index {settings.index}"
        command = own if given.index else "python ingest/build_index.py"
        raise BadIndex(f"there is no index in {settings.index}; make one: {command}")
    from rag import Rag
    from rag.serving.browser.offer import Offer
    from rag.serving.browser.serve import serve

    def load() -> Rag:
        rag = Rag.load(settings.index, model=given.model)
        rag.watch()  # what `rag ingest` adds meanwhile is in the next answer
        return rag

    serve(load, given.host, given.port, Offer.of(settings, read_only=given.read_only))


if __name__ == "__main__":
    end(main())
