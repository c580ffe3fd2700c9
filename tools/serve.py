"""Serve the page on this machine, as a static host does: gzip, a sub-path, no special headers.

`make run` serves the working tree and packs py/ at each request; the browser tests and the
benchmark serve folders. Standard library only: it must run before anything is installed.
"""

import argparse
import gzip
import mimetypes
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import app_zip

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = ("index.html", "pyscript.toml", "css", "js", "assets", "py", "runtime")
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".packed": "application/octet-stream",
    ".json": "application/json",
    ".toml": "application/toml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".zip": "application/zip",
}
GZIPPED = (
    "text/",
    "application/json",
    "application/toml",
    "application/wasm",
    "image/svg",
    "application/manifest",
)

Content = Callable[[str], bytes | None]
Headers = Mapping[str, str]
NO_HEADERS: Headers = MappingProxyType({})


def tree(root: Path, public: tuple[str, ...] | None = None) -> Content:
    """A reader of the files below a folder; with `public`, only of these entries of it."""
    root = root.resolve()
    kept: dict[Path, tuple[int, bytes]] = {}

    def read(path: str) -> bytes | None:
        file = (root / path).resolve()
        if file.is_dir():
            file = file / "index.html"
        inside = file.is_relative_to(root) and file.is_file()
        if not inside or (public and file.relative_to(root).parts[0] not in public):
            return None
        changed = file.stat().st_mtime_ns
        if kept.get(file, (0, b""))[0] != changed:
            kept[file] = (changed, file.read_bytes())
        return kept[file][1]

    return read


def working_tree() -> Content:
    """A reader of the project itself, with the application's archives always fresh."""
    files = tree(ROOT, PUBLIC)

    def read(path: str) -> bytes | None:
        return app_zip.pack()[path] if path in app_zip.ARCHIVES else files(path)

    return read


@lru_cache(maxsize=256)
def zipped(raw: bytes) -> bytes:
    """The bytes as every server of this process sends them: the interpreter alone takes a second to compress."""
    return gzip.compress(raw, 9, mtime=0)


class Server(ThreadingHTTPServer):
    """One site under a base path, with what it sent counted."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, content: Content, base: str = "/", port: int = 0, host: str = "127.0.0.1", headers: Headers = NO_HEADERS
    ):
        """Bind; `port` 0 takes a free one. `base` begins and ends with a slash; `headers` go with every file."""
        super().__init__((host, port), Handler)
        self.content = content
        self.base = base
        self.headers = headers
        self.sent: list[tuple[str, int]] = []

    @property
    def url(self) -> str:
        """Address of the site's first page."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}{self.base}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away in the middle of an answer is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def body(self, path: str, accepts_gzip: bool) -> tuple[bytes, str, bool] | None:
        """Bytes as sent, media type, whether zipped; None where there is no such file."""
        raw = self.content(path)
        if raw is None:
            return None
        name = path if path and not path.endswith("/") else "index.html"
        kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "text/html"
        if not accepts_gzip or not kind.startswith(GZIPPED):
            return raw, kind, False
        return zipped(raw), kind, True


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD, with the headers that a plain static host sends."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "static"
    # head and body in one go: apart, the second waits for the client's delayed acknowledgement
    wbufsize = -1
    disable_nagle_algorithm = True
    sys_version = ""

    def do_GET(self) -> None:
        """Send a file, or 404."""
        path = unquote(urlsplit(self.path).path)
        found = None
        if path.startswith(self.server.base):
            accepts = "gzip" in self.headers.get("Accept-Encoding", "")
            found = self.server.body(path.removeprefix(self.server.base), accepts)
        if found is None:
            return self.send_error(404)
        body, kind, is_zipped = found
        self.send_response(200)
        charset = "; charset=utf-8" if kind.startswith("text/") else ""
        self.send_header("Content-Type", kind + charset)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if is_zipped:
            self.send_header("Content-Encoding", "gzip")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
            self.server.sent.append((path, len(body)))
        return None

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the terminal shows the address, not a log."""


@contextmanager
def serving(content: Content, base: str = "/", port: int = 0, headers: Headers = NO_HEADERS) -> Iterator[Server]:
    """A server running in a thread for the length of a with block."""
    with Server(content, base, port, headers=headers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def main() -> int:
    """Serve the working tree until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    try:
        server = Server(working_tree(), port=options.port, host=options.host)
    except OSError as error:
        print(f"Port {options.port} is not free ({error.strerror}). Try: make run PORT=8001")
        return 1
    print(f"Serving on {server.url} (Ctrl+C stops)", flush=True)
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
