"""Conversations that a link reopens: one JSON file each, in a folder of whoever led it."""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import secrets
import threading
import weakref
from pathlib import Path

from rag.answering.conversation import Asks, Conversation
from rag.errors import BadConversation

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_log = logging.getLogger(__name__)


class Talk:
    """A conversation that is being led. `id` is what its link names, "" where it is not kept.

    Who opens one link twice leads one conversation in both pages.
    """

    def __init__(self, conversation: Conversation, id: str = "", path: Path | None = None) -> None:
        self.conversation = conversation
        self.id = id
        self._path = path
        self._numbers = itertools.count(len(conversation.turns) + 1)
        self._saving = threading.Lock()

    def number(self) -> int:
        """The next question's number within the conversation, from 1."""
        return next(self._numbers)

    def save(self) -> bool:
        """Keeps what was said; whether its link reopens it now. A folder that cannot be written loses no answer."""
        if self._path is None:
            return False
        try:
            with self._saving:
                # What is asked of one's own documents is nobody else's business on a machine of many.
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.conversation.save(self._path)
        except (OSError, BadConversation) as error:
            _log.warning("the conversation is not kept: %s", error)
            return False
        return True


class Kept:
    """The folder of conversations; None keeps none. Safe from any thread.

    An id is 128 random bits: who has the link has the conversation. With log-ins it opens for its owner only.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._live: weakref.WeakValueDictionary[Path, Talk] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def begin(self, rag: Asks, owner: str = "") -> Talk:
        """A new conversation of somebody; "" is everybody where nobody logs in."""
        if self._folder is None:
            return Talk(Conversation(rag))
        id_ = secrets.token_urlsafe(16)
        path = self._path(self._folder, id_, owner)
        with self._lock:
            self._live[path] = talk = Talk(Conversation(rag), id_, path)
        return talk

    def open(self, id: object, rag: Asks, owner: str = "") -> Talk | None:
        """The conversation of that id; None where there is none, it is another's, or its file is damaged."""
        if self._folder is None or not isinstance(id, str) or not _ID.fullmatch(id):
            return None
        path = self._path(self._folder, id, owner)
        with self._lock:
            talk = self._live.get(path)
            if talk is None and path.is_file():
                try:
                    talk = Talk(Conversation.load(path, rag), id, path)
                except BadConversation as error:
                    _log.warning("%s", error)
                    return None
                self._live[path] = talk
        return talk

    def _path(self, folder: Path, id: str, owner: str) -> Path:
        # A log-in's name may hold anything that a path may not.
        whose = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32] if owner else "anybody"
        return folder / whose / f"{id}.json"
