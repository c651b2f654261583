"""An OpenAI-compatible server on loopback that says what a test wrote down: real HTTP, real server-sent events."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Reply:
    """One streamed answer, given piece by piece.

    text     str, or several str and float (seconds to wait), endless if need be; bytes are sent as they are
    finish   the finish_reason of the last chunk; None: the stream just ends
    dies     the connection is cut after the last piece instead
    status   another than 200 is answered with `body` and no stream
    """

    def __init__(self, text="", *, finish="stop", dies=False, status=200, body="", headers=()):
        self.pieces = [text] if isinstance(text, str | bytes) else text
        self.finish, self.dies, self.status, self.body, self.headers = finish, dies, status, body, dict(headers)


class ScriptedServer:
    """`replies` are given in turn (the last again and again), or by a function of the request's body.

    requests  bodies as they came in, `headers` likewise
    hung_up   set when a client closed the connection before its reply was whole
    """

    def __init__(self, *replies):
        self.replies, self.requests, self.headers = list(replies), [], []
        self.hung_up, self.sent = threading.Event(), 0
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer._post(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None  # clients that hang up are the subject here
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def _post(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self._lock:
            self.requests.append((handler.path, body))
            self.headers.append(dict(handler.headers))
            reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if callable(reply):
            reply = reply(body)
        try:
            self._send(handler, reply)
        except (BrokenPipeError, ConnectionResetError):
            self.hung_up.set()
            handler.close_connection = True

    def _send(self, handler, reply):
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.status != 200:
            data = reply.body.encode()
            handler.send_header("content-length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
            return
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        self._chunk(handler, event({"role": "assistant", "content": ""}))
        for piece in reply.pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            elif isinstance(piece, bytes):
                self._chunk(handler, piece)
            else:
                self._chunk(handler, event({"content": piece}))
                self.sent += 1
        if reply.dies:
            handler.close_connection = True
            return
        if reply.finish is not None:
            self._chunk(handler, event({}, reply.finish) + b"data: [DONE]\n\n")
        handler.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def _chunk(handler, data):
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        handler.wfile.flush()


def event(delta, finish=None):
    """One chunk of a chat completion, as a server-sent event."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def letters(text, pause=0.0):
    """The text in pieces of a few characters, as a model would send it."""
    pieces = [text[i : i + 3] for i in range(0, len(text), 3)]
    return [part for piece in pieces for part in ((pause, piece) if pause else (piece,))]
