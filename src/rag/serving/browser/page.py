"""The Gradio page: its parts, and the events between them and the conversation."""

# The framework reads the annotations of event functions, so they are no strings here.
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from rag.errors import RagError
from rag.serving.browser import evaluation, lab, views
from rag.serving.browser.chat import LONGEST_QUESTION, converse, told
from rag.serving.browser.feedback import Feedback
from rag.serving.browser.judge import judged
from rag.serving.browser.kept import Kept, Talk
from rag.serving.browser.places import Places
from rag.serving.browser.shelf import Shelf

if TYPE_CHECKING:
    import gradio as gr

    from rag.serving.browser.warm import Warm

AT_ONCE = 4
"""Questions answered at the same time; further ones wait their turn in the queue. Twenty askers on two processors wait
2.8 s at most for 19 of 20 answers; with 8 at once it was 3.3 s."""
_MOST_CHOSEN = 10_000
_LONGEST_ERA = 40
_PARTS = (
    *("masthead", "welcome", "conversation", "documents", "reader", "chosen", "export"),
    *("verdicts", "lab", "evaluation"),
)
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


@dataclass(frozen=True, slots=True)
class Led:
    """The conversation that a page shows, and the page's own name for it (see `Turn.era`)."""

    talk: Talk
    era: str


def build(warm: "Warm", places: Places, shelf: Shelf) -> "gr.Blocks":
    """The page over what `warm` loads. A conversation is shown to who leads it and to who has its link."""
    import gradio as gr

    kept = Kept(places.conversations)
    feedback = Feedback(places.feedback) if places.feedback else None

    def open_document(place: Any) -> str:
        return open_at(warm, place)

    def look(asked: Any) -> dict[str, Any]:
        return shelf.look(_only(asked))

    def take_out(identity: Any) -> str:
        return shelf.take_out(_only(identity))

    def greet() -> Iterator[tuple[Any, Any]]:
        yield from greeting(warm, shelf)

    def answer(question: str, talk: Any, chosen: Any, request: gr.Request) -> Iterator[tuple[Any, Any, Any]]:
        """Empties the box once and then leaves it alone: the next question may be being typed."""
        documents, era = chosen_of(chosen)
        # The page may have moved on to another conversation before the state that says so is here.
        led = talk.talk if talk and talk.era == era else kept.begin(warm, _owner(request))
        for turn in converse(warm, question, led, documents, era):
            first = turn.state in ("warming", "waiting")
            yield views.turn(turn), Led(led, era) if first else gr.skip(), "" if first else gr.skip()

    def reopen(event: gr.EventData, request: gr.Request) -> tuple[str, Led | None]:
        talk = kept.open(getattr(event, "id", None), warm, _owner(request))
        era = str(getattr(event, "era", ""))[:_LONGEST_ERA]
        return views.conversation(told(talk, warm.index) if talk else None, era), Led(talk, era) if talk else None

    def export(talk: Led | None) -> str:
        return exported(talk.talk if talk else None)

    def judge(talk: Led | None, event: gr.EventData) -> Any:
        shown = judged(warm.rag(), feedback, talk.talk.conversation.turns if talk else (), event._data or {})
        return shown or gr.skip()

    def compare(question: Any) -> str:
        return lab.compared(warm.rag(), question)

    def report(dark: Any) -> str:
        return evaluation.shown(places, _only(dark) is True)

    with gr.Blocks(title="RAG", analytics_enabled=False, fill_width=True, fill_height=True) as page:
        talk = gr.State(None)
        masthead = _part("masthead", views.frame("masthead"), strings=views.words())
        with gr.Row(elem_id="panes"):
            with gr.Column(elem_id="desk"):
                with gr.Column(elem_id="talk"):
                    welcome = _part("welcome", '<div class="part"></div>', value=views.welcome(None, None))
                    conversation = _part("conversation", '<div class="turns" role="log" aria-live="polite"></div>')
                _part("lab", views.frame("lab"), server_functions=[compare])
                _part("evaluation", '<div class="part"></div>', server_functions=[report])
                chosen = _part("chosen", views.frame("chosen"), value="")
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
                documents = _part(
                    "documents", views.frame("panel"), limits=shelf.limits(), server_functions=[look, take_out]
                )
                _part("reader", views.frame("reader"), server_functions=[open_document])
        exports = _part("export", "")
        verdicts = _part("verdicts", "", events=("judge",))
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(greet, None, [welcome, documents], concurrency_limit=None, **quiet)
        asked = gr.on(
            [question.submit, send.click],
            answer,
            [question, talk, chosen],
            [conversation, talk, question],
            concurrency_limit=AT_ONCE,
            **quiet,
        )
        quiet["concurrency_limit"] = None
        masthead.restart(lambda: None, None, talk, cancels=[asked], **quiet)
        masthead.reopen(reopen, None, [conversation, talk], cancels=[asked], **quiet)
        masthead.export(export, talk, exports, **quiet)
        verdicts.judge(judge, talk, verdicts, **quiet)
    return cast("gr.Blocks", page)


def greeting(warm: "Warm", shelf: Shelf) -> Iterator[tuple[str, str]]:
    """What the welcome and the list of documents show, as loading goes on."""
    try:
        rag = warm.rag()
    except RagError:
        return  # The server is about to stop and says why in its terminal.
    count = len(rag.documents), len(rag.passages)
    listed = views.documents(rag.documents, rag.passages, None, bool(shelf.limits()))
    yield views.welcome(count, None), listed
    yield views.welcome(count, warm.examples()), listed


def open_at(warm: "Warm", place: Any) -> str:
    """The document for `[document, start, end]`, "" where there is none. A browser can send anything."""
    match place:
        case [str(identity), int(start), int(end)] if identity in warm.rag().documents:
            return views.document(warm.rag().documents[identity], start, end)
    return ""


def chosen_of(value: Any) -> tuple[list[str], str]:
    """`documents` and `era` of the JSON that the page sends with a question, [] and "" for anything else."""
    try:
        sent = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return [], ""
    match sent:
        case {"documents": list(chosen), "era": str(era)}:
            return [identity for identity in chosen[:_MOST_CHOSEN] if isinstance(identity, str)], era[:_LONGEST_ERA]
    return [], ""


def exported(talk: Talk | None) -> str:
    """Name and text of the conversation's Markdown file as JSON; `at` tells two exports of the same apart."""
    name = f"conversation-{datetime.now():%Y-%m-%d-%H%M}.md"
    text = talk.conversation.markdown() if talk else ""
    return json.dumps({"name": name, "text": text, "at": time.time_ns()}, ensure_ascii=True)


def _only(sent: Any) -> Any:
    """The one argument of a server function."""
    return sent[0] if isinstance(sent, list) and sent else None


def _owner(request: Any) -> str:
    """Who is logged in, "" where nobody needs to."""
    return getattr(request, "username", None) or ""


def _part(name: str, template: str, events: Sequence[str] = (), **arguments: Any) -> Any:
    """A piece of the page that is shown by the page's own script: its value is not put into the template.

    events  those of its own; the framework knows an event by its name in quotes in the script
    """
    import gradio as gr

    script = _REGISTER.format(name=name) + json.dumps(events) + ";"
    if name == "masthead":
        script += _START.format(parts=list(_PARTS), script=views.script())
    return gr.HTML(
        elem_id=name, html_template=template, js_on_load=script, apply_default_css=False, padding=False, **arguments
    )
