"""The Gradio page: its parts, and the events between them and the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from rag.errors import RagError
from rag.serving.browser import views
from rag.serving.browser.chat import LONGEST_QUESTION, Turn, converse
from rag.serving.browser.places import Places

if TYPE_CHECKING:
    import gradio as gr

    from rag.serving.browser.warm import Warm

AT_ONCE = 8
"""Questions answered at the same time; further ones wait their turn in the queue."""
_PARTS = ("masthead", "welcome", "conversation", "documents", "reader")
_REGISTER = "(window.ragParts ??= {{}}).{name} = {{ element, props, server, trigger, watch }};"
# The script starts when the last part of the page is there; the framework does not say when that is.
_START = """
const parts = window.ragParts;
const waiting = setInterval(() => {{
  const there = ["#question textarea", "#send"].every((part) => document.querySelector(part));
  if (!there || !{parts}.every((name) => name in parts)) return;
  clearInterval(waiting);
{script}
}}, 20);
"""


def build(warm: Warm, places: Places) -> gr.Blocks:  # noqa: ARG001
    """The page over what `warm` loads. Nothing of one visitor's conversation is kept outside the visitor's session."""
    import gradio as gr

    def open_document(place: Any) -> str:
        return open_at(warm, place)

    def greet() -> Iterator[tuple[Any, Any]]:
        yield from greeting(warm)

    def answer(question: str, turns: list[Turn]) -> Iterator[tuple[Any, Any, Any]]:
        """Empties the box once and then leaves it alone: the next question may be being typed."""
        for turn in converse(warm, question, turns):
            first = turn.state in ("warming", "waiting")
            yield views.turn(turn), [*turns, turn], "" if first else gr.skip()

    with gr.Blocks(title="RAG", analytics_enabled=False, fill_width=True, fill_height=True) as page:
        turns = gr.State([])
        masthead = _part("masthead", views.frame("masthead"), strings=views.words())
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="desk"):
                with gr.Column(elem_id="talk"):
                    welcome = _part("welcome", '<div class="part"></div>', value=views.welcome(None, None))
                    conversation = _part("conversation", '<div class="turns" role="log" aria-live="polite"></div>')
                with gr.Row(elem_id="composer"):
                    question = gr.Textbox(
                        elem_id="question",
                        label="Question",
                        show_label=False,
                        container=False,
                        lines=1,
                        max_lines=8,
                        max_length=LONGEST_QUESTION,
                        html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
                    )
                    send = gr.Button("", elem_id="send", variant="primary")
            with gr.Column(elem_id="shelf"):
                documents = _part("documents", '<div class="part"></div>')
                _part("reader", views.frame("reader"), server_functions=[open_document])
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(greet, None, [welcome, documents], concurrency_limit=None, **quiet)
        asked = gr.on(
            [question.submit, send.click],
            answer,
            [question, turns],
            [conversation, turns, question],
            concurrency_limit=AT_ONCE,
            **quiet,
        )
        masthead.restart(
            lambda: ("", []), None, [conversation, turns], cancels=[asked], concurrency_limit=None, **quiet
        )
    return cast("gr.Blocks", page)


def greeting(warm: Warm) -> Iterator[tuple[str, str]]:
    """What the welcome and the list of documents show, as loading goes on."""
    try:
        rag = warm.rag()
    except RagError:
        return  # The server is about to stop and says why in its terminal.
    count = len(rag.documents), len(rag.passages)
    listed = views.documents(rag.documents, rag.passages)
    yield views.welcome(count, None), listed
    yield views.welcome(count, warm.examples()), listed


def open_at(warm: Warm, place: Any) -> str:
    """The document for `[document, start, end]`, "" where there is none. A browser can send anything."""
    match place:
        case [str(identity), int(start), int(end)] if identity in warm.rag().documents:
            return views.document(warm.rag().documents[identity], start, end)
    return ""


def _part(name: str, template: str, **arguments: Any) -> Any:
    """A piece of the page that is shown by the page's own script: its value is not put into the template."""
    import gradio as gr

    script = _REGISTER.format(name=name)
    if name == "masthead":
        script += _START.format(parts=list(_PARTS), script=views.script())
    return gr.HTML(
        elem_id=name, html_template=template, js_on_load=script, apply_default_css=False, padding=False, **arguments
    )
