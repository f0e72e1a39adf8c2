"""A server of S3 on loopback that can be told to fail, or to let a request wait."""

import threading
from functools import cache
from urllib.request import Request, urlopen

import pytest

SECRET = "geheim"


class BucketServer:
    """moto's server, which notes the requests that it gets as `requests`: method and path.

    `failures` are the status codes of the next answers to a request that writes. Of requests that
    `holds` says True of, `held` is set, and they wait until `go_on` is.
    """

    def __init__(self):
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.forget()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def forget(self):
        """Serve as if nothing had been asked yet."""
        self.requests, self.failures = [], []
        self.holds, self.held, self.go_on = lambda _: False, threading.Event(), threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def settings(self):
        """The environment of a process that uses the server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "known",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def __call__(self, environment, start_response):
        query = environment.get("QUERY_STRING", "")
        request = f"{environment['REQUEST_METHOD']} {environment['PATH_INFO']}?{query}"
        self.requests.append(request)
        if self.holds(request):
            self.held.set()
            self.go_on.wait(60)
        if self.failures and environment["REQUEST_METHOD"] in ("PUT", "POST"):
            environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
            status = self.failures.pop(0)
            start_response(f"{status} Busy", [("Content-Length", "0")])
            return [b""]
        return self._app(environment, start_response)


@cache
def bucket_server():
    """The one server of this process, for s3fs keeps what it has connected to."""
    return BucketServer()


def emptied(monkeypatch):
    """The server with an empty bucket `bucket`, which the environment now names."""
    for library in ("moto", "s3fs", "flask"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    import s3fs

    server = bucket_server()
    server.forget()
    for name, value in server.settings.items():
        monkeypatch.setenv(name, value)
    urlopen(Request(f"{server.url}/moto-api/reset", method="POST")).close()
    server.files = s3fs.S3FileSystem(use_listings_cache=False)
    server.files.mkdir("bucket")
    return server


def folder_of(server, path):
    """The bytes of all files below a path of a server, by their names."""
    found = server.files.find(path)
    return {name.removeprefix(f"{path}/"): server.files.cat_file(name) for name in found}
