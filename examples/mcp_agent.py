"""A plain agent over MCP: it asks, reads on where the answer stands, and looks around where there is none.

    pip install 'cited-rag[mcp]'
    python examples/mcp_agent.py "How many ships called?" --index index

What to do next is decided here by rules; a language model that chooses tools takes the place of `work`.
"""

import sys
from collections.abc import Sequence
from typing import Any

import anyio
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

AROUND = 200


async def call(session: ClientSession, tool: str, **arguments: Any) -> dict[str, Any]:
    """What the tool says, as data. Raises RuntimeError with the server's words where it refuses."""
    result = await session.call_tool(tool, arguments)
    if result.isError or result.structuredContent is None:
        raise RuntimeError(str(result.content))
    return result.structuredContent


async def work(session: ClientSession, question: str) -> str:
    """A report: the answer with each source in its surroundings, or the nearest passages."""
    answer = await call(session, "ask", question=question)
    lines = [answer["answer"]]
    for citation in answer["citations"]:
        start = max(0, citation["start"] - AROUND)
        place = {"document": citation["document_id"], "start": start, "end": citation["end"] + AROUND}
        read = await call(session, "read_document", **place)
        lines.append(f"[{citation['number']}] {citation['document']}: …{' '.join(read['text'].split())}…")
    if answer["abstained"]:
        found = await call(session, "search", question=question, k=3)
        lines += [f"near: {hit['document']} ({hit['score']:.0%})" for hit in found["hits"]]
    return "\n".join(lines)


async def run(question: str, server: Sequence[str]) -> str:
    """The report of an agent whose tools are the server's, started by this command."""
    parameters = StdioServerParameters(command=server[0], args=list(server[1:]))
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        await session.initialize()
        return await work(session, question)


if __name__ == "__main__":
    print(anyio.run(run, sys.argv[1], ["rag", "mcp", *sys.argv[2:]]))
