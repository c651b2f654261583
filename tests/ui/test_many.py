"""Many people at once through the server's own queue: everybody is answered, and nobody hears of another."""

import asyncio
import re

import httpx
from asker import Asker, Page, run, text_of
from ui_fakes import CORPUS, FakeRag, serving

PEOPLE = 20
ASKED = "设施平台一共有多少个？"


async def everybody(url):
    limits = httpx.Limits(max_connections=2 * PEOPLE)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        page = await Page.of(http)

        async def person(n):
            asker = Asker(http, page)
            # Each asks another number of questions, so that another's history would show.
            return [await asker.ask(f"{ASKED} <{n}-{m}>") for m in range(1 + n % 3)]

        return await asyncio.gather(*(person(n) for n in range(PEOPLE)))


def test_twenty_at_once_are_answered_and_never_mixed():
    with serving(lambda: FakeRag([CORPUS], pause=0.02)) as url:
        talks = run(everybody(url))
    for n, turns in enumerate(talks):
        assert len(turns) == 1 + n % 3
        for m, turn in enumerate(turns):
            text = text_of(turn)
            assert f'id="turn-{m + 1}" data-state="done"' in turn
            assert set(re.findall(r"<\d+-\d+>", text)) == {f"<{n}-{m}>"}
            assert turn.count('class="citation"') == 2
            assert re.findall(r"\[(\d+)\]", text) == ([str(m)] if m else []), "its own history, and no other"
