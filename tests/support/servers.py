"""Servers on loopback: files by HTTP, with or without ranges, that count what they send."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote


class FileServer(ThreadingHTTPServer):
    """Sends the files of a folder.

    `sent` has the path and the bytes of each answer to a GET; `failures` are the status codes of
    the next answers; `has_ranges` is whether it sends parts of a file.
    """

    daemon_threads = True

    def __init__(self, folder, handler, *, has_ranges=True):
        super().__init__(("127.0.0.1", 0), handler)
        self.folder, self.has_ranges = folder, has_ranges
        self.sent, self.failures, self.queries = [], [], []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def bytes_sent(self):
        return sum(size for _, size in self.sent)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer(has_body=False)

    def do_GET(self):
        self._answer(has_body=True)

    def _answer(self, *, has_body):
        server = self.server
        if server.failures:
            self._send(server.failures.pop(0), b"", has_body=False)
            return
        name, _, query = self.path.partition("?")
        server.queries.append(query)
        file = server.folder / name.lstrip("/")
        if not file.is_file():
            self._send(404, b"", has_body=False)
            return
        low, high, status, headers = 0, file.stat().st_size - 1, 200, {}
        part = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if part and server.has_ranges:
            size = high + 1
            low = int(part[1]) if part[1] else size - int(part[2])
            high = min(int(part[2]), size - 1) if part[1] and part[2] else size - 1
            headers["Content-Range"], status = f"bytes {low}-{high}/{size}", 206
        with file.open("rb") as stream:
            stream.seek(low)
            content = stream.read(high + 1 - low)
        if has_body:
            server.sent.append((name, len(content)))
        self._send(status, content, has_body=has_body, headers=headers)

    def _send(self, status, content, *, has_body, headers=None):
        self.send_response(status)
        usual = {"Content-Type": "application/json", "Content-Length": len(content)}
        for name, value in {**usual, **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if has_body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


class GoogleHandler(_Handler):
    """The requests by which files of a Google bucket are read, listed, sent and removed."""

    def _answer(self, *, has_body):
        where, _, query = self.path.partition("?")
        path, _, name = where.partition("/o/")
        file = self.server.folder / unquote(name)
        if path.startswith("/download/"):
            self.path = f"/{unquote(name)}"
            super()._answer(has_body=has_body)
        elif not name:
            self._send_json(self._listed(parse_qs(query)))
        elif file.is_file():
            self._send_json(self._facts(unquote(name)))
        else:
            self._send(404, b"", has_body=has_body)

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.failures:
            self._send(self.server.failures.pop(0), b"", has_body=False)
        else:
            _, facts, body = content.split(b"--==0==", 2)
            name = json.loads(facts.partition(b"\n\n")[2])["name"]
            file = self.server.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body.partition(b"\n\n")[2].removesuffix(b"\n--==0==--"))
            self._send_json(self._facts(name))

    def do_DELETE(self):
        name = unquote(self.path.partition("?")[0].partition("/o/")[2])
        file = self.server.folder / name
        is_there = file.is_file()
        if is_there:
            file.unlink()
        self._send(204 if is_there else 404, b"", has_body=False)

    def _listed(self, query):
        prefix, items, folders = query.get("prefix", [""])[0], [], set()
        for file in filter(Path.is_file, sorted(self.server.folder.rglob("*"))):
            name = file.relative_to(self.server.folder).as_posix()
            folder, below, _ = name.removeprefix(prefix).partition("/")
            if name.startswith(prefix) and below and "delimiter" in query:
                folders.add(f"{prefix}{folder}/")
            elif name.startswith(prefix):
                items.append(self._facts(name))
        return {"items": items, "prefixes": sorted(folders)}

    def _facts(self, name):
        size = (self.server.folder / name).stat().st_size
        return {"name": name, "bucket": "bucket", "size": str(size)}

    def _send_json(self, answer):
        self._send(200, json.dumps(answer).encode(), has_body=self.command != "HEAD")


@contextmanager
def serving(folder, handler=_Handler, *, has_ranges=True):
    """A server of a folder, while the block runs."""
    server = FileServer(folder, handler, has_ranges=has_ranges)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
