"""A visitor of the browser chat without a browser: what the page sends to the server's queue, and what comes back."""

import asyncio
import html
import json
import re
import secrets
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Page:
    """What the page's configuration says: which function answers, and what its inputs hold at first (the box first)."""

    function: int
    inputs: list

    @classmethod
    async def of(cls, http: httpx.AsyncClient) -> "Page":
        config = (await http.get("config")).raise_for_status().json()
        parts = {part["id"]: part["props"] for part in config["components"]}
        (box,) = [id_ for id_, props in parts.items() if props.get("elem_id") == "question"]
        (asked,) = [each for each in config["dependencies"] if [box, "submit"] in [list(t) for t in each["targets"]]]
        return cls(asked["id"], [parts[id_].get("value") for id_ in asked["inputs"]])


class Asker:
    """One visitor: a session of its own, one question at a time."""

    def __init__(self, http: httpx.AsyncClient, page: Page) -> None:
        self._http, self._page, self._session = http, page, secrets.token_hex(8)

    async def ask(self, question: str) -> str:
        """The whole turn's HTML. Raises AssertionError where the server reports a failure."""
        body = {
            "data": [question, *self._page.inputs[1:]],
            "fn_index": self._page.function,
            "session_hash": self._session,
            "event_data": None,
        }
        (await self._http.post("gradio_api/queue/join", json=body)).raise_for_status()
        async with self._http.stream("GET", "gradio_api/queue/data", params={"session_hash": self._session}) as reply:
            async for line in reply.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                assert message.get("success", True), message
                if message.get("msg") == "process_completed":
                    return str(message["output"]["data"][0])
        raise AssertionError("the stream ended before the answer did")


def run(everybody: Coroutine) -> list:
    """What they heard. In a thread of its own: Playwright keeps an event loop running in that of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, everybody).result()


def text_of(turn: str) -> str:
    """The words of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", turn)).split())


def quotes_of(turn: str) -> list[str]:
    """What its citations quote, in order."""
    return [html.unescape(quote) for quote in re.findall(r'data-quote="([^"]*)" title', turn)]
