"""What of the chat is offered to whom, and the page put together from it: served alone, or mounted in another app."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rag.errors import BadSetting
from rag.serving.browser import views
from rag.serving.browser.guard import Guard
from rag.serving.browser.intake import upload_route
from rag.serving.browser.page import build
from rag.serving.browser.places import Places
from rag.serving.browser.shelf import Shelf
from rag.serving.browser.uploads import Uploads
from rag.serving.browser.warm import Warm

if TYPE_CHECKING:
    import gradio as gr

    from rag.rag import Rag
    from rag.settings import Settings

# System fonts only: nothing is fetched. Each platform's own Chinese face comes before the generic ones.
FONTS = (
    "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", "system-ui", "sans-serif",
)  # fmt: skip
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


@dataclass(frozen=True, slots=True)
class Offer:
    """Who may see the chat and what can be done in it.

    users        "name:password,name:password": who may log in, "" for no log-in
    places       files and folders beside the index that it reads and writes
    read_only    whether nobody can add or remove documents
    max_file_mb  largest file that can be added
    """

    users: str = ""
    places: Places = field(default_factory=Places)
    read_only: bool = False
    max_file_mb: float = 40.0

    @classmethod
    def of(cls, settings: Settings, *, read_only: bool = False) -> Offer:
        """As the settings say."""
        return cls(settings.ui_users, Places.of(settings), read_only, settings.max_file_mb)

    @property
    def logins(self) -> list[tuple[str, str]]:
        """Names and passwords. Raises BadSetting, which does not repeat a password."""
        return parse_users(self.users)


def assembled(
    load: Callable[[], Rag], offer: Offer, hosts: frozenset[str] | None
) -> tuple[gr.Blocks, Warm, dict[str, Any]]:
    """The page, what it waits for, and how the framework has to serve it.

    hosts  names the server may be called by, None for any
    Raises BadSetting.
    """
    logins = offer.logins
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from starlette.middleware import Middleware

    warm = Warm(load)
    uploads = None if offer.read_only else Uploads(warm.rag, offer.max_file_mb, warm.renew)
    page = build(warm, offer.places, Shelf(warm, uploads, offer.max_file_mb))
    page.queue(api_open=False, max_size=256)
    options: dict[str, Any] = {
        "auth": logins or None,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "pwa": False,
        "app_kwargs": {
            "middleware": [Middleware(Guard, hosts=hosts, largest=int(offer.max_file_mb * 1_000_000))],
            "routes": [upload_route(uploads, offer.max_file_mb)],
        },
        "theme": gr.themes.Base(font=list(FONTS), font_mono=list(MONO_FONTS)),
        "css": views.style(),
    }
    return page, warm, options


def parse_users(users: str) -> list[tuple[str, str]]:
    """Names and passwords of "name:password,…". Raises BadSetting, which does not repeat a password."""
    pairs: list[tuple[str, str]] = []
    for n, entry in enumerate(filter(None, (entry.strip() for entry in users.split(","))), 1):
        name, _, password = entry.partition(":")
        if not name or not password:
            raise BadSetting(f"entry {n} of RAG_UI_USERS is not name:password")
        pairs.append((name, password))
    return pairs
