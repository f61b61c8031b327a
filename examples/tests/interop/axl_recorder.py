"""A proxy in front of `cucm` that keeps what goes through it: requests, answers, statuses.

Clients reach it by TLS with the certificate of the servers themselves, so that they check it as they would check CUCM's.
"""

import dataclasses
import http.client
import http.server
import pathlib
import ssl
import threading

# What is the proxy's own to say on each of its two connections.
HOP = {"connection", "keep-alive", "transfer-encoding", "accept-encoding", "host", "content-length"}
LIMIT = 30


@dataclasses.dataclass(frozen=True)
class Exchange:
    method: str
    action: str
    request: bytes
    status: int
    content_type: str
    answer: bytes


class Recorder:
    """Listens on a free loopback port until it is closed."""

    def __init__(self, upstream, data_dir):
        host, port = upstream.rsplit(":", 1)
        data_dir = pathlib.Path(data_dir)
        self.upstream = (host, int(port))
        self.trust = ssl.create_default_context(cafile=data_dir / "ca.pem")
        self.exchanges = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        # The handshake is a connection's own affair, not that of the thread that accepts.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(data_dir / "server.pem", data_dir / "server.key.pem")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}/axl/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def last(self):
        return self.exchanges[-1]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def forward(self, method, path, headers, body):
        """Asks the server; returns the status, its headers and its body."""
        connection = http.client.HTTPSConnection(*self.upstream, timeout=LIMIT, context=self.trust)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.exchanges.append(
            Exchange(
                method,
                next((value for name, value in headers.items() if name.lower() == "soapaction"), ""),
                body,
                answer.status,
                answer.getheader("Content-Type", ""),
                content,
            )
        )
        return answer.status, answer.getheaders(), content

    def handler(self):
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = LIMIT

            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
                status, answered, content = recorder.forward(self.command, self.path, headers, body)
                self.send_response_only(status)
                for name, value in answered:
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = relay
            do_POST = relay

            def log_message(self, *_):
                pass

        return Handler
