"""A local web server that can be cut in the middle of a file."""

import http.server
import re
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``server.files`` by path, with byte ranges; ``server.cuts`` ends answers early."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        if self.path in self.server.moved:
            self.send_response(302)
            self.send_header("Location", self.server.moved[self.path])
            self.end_headers()
            return
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = 0
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and self.server.ranges:
            start = int(asked[1])
            if start >= len(content):
                self.send_error(416)
                return
        body = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.moved, self.requests, self.cuts, self.ranges = {}, {}, [], [], True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"
