// A question → what the server says to it, event by event.

const ATTEMPTS = 60;
const KINDS = { 401: "denied", 403: "denied", 404: "refused", 413: "refused", 421: "denied", 422: "refused", 429: "often", 503: "busy" };

class Failure extends Error {
  constructor(kind, wait = 0) {
    super(kind);
    Object.assign(this, { kind, wait });
  }
}

// Yields {name, data}: "warming" while the server loads, "text" as the answer grows, and "answer" last.
// Throws a Failure, or what an abort throws.
async function* ask(server, body, signal) {
  for (let attempt = 1; ; attempt++) {
    const reply = await post(new URL("v1/ask", server), body, signal);
    if (reply.ok) return yield* whole(reply, signal);
    const wait = Number(reply.headers.get("Retry-After")) || 2;
    if (reply.status !== 503 || attempt === ATTEMPTS) throw new Failure(KINDS[reply.status] ?? "failed", wait);
    yield { name: "warming" };
    await pause(wait * 1000, signal);
  }
}

async function post(url, body, signal) {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  try {
    return await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal, referrerPolicy: "no-referrer" });
  } catch (error) {
    throw signal.aborted ? error : new Failure("unreachable");
  }
}

async function* whole(reply, signal) {
  let answered = false;
  try {
    for await (const event of events(reply)) {
      if (event.name === "error") throw new Failure(KINDS[event.data.status] ?? "failed");
      answered ||= event.name === "answer";
      yield event;
    }
  } catch (error) {
    throw signal.aborted || error instanceof Failure ? error : new Failure("lost");
  }
  if (!answered) throw new Failure("lost");
}

async function* events(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const lines = block.split("\n");
        const field = (name) => lines.find((line) => line.startsWith(name))?.slice(name.length);
        const data = field("data: ");
        if (data) yield { name: field("event: "), data: JSON.parse(data) };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
