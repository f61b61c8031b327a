"""TCP proxies that break connections: one as a seed says, one when it is told to.

`CuttingProxy`: each exchange of a request and its answer on a connection is a throw of the dice: it passes, or the connection ends in
one of the ways that `ways` names. Only for HTTP with `Content-Length`.
"""

import contextlib
import random
import re
import socket
import threading

# The request never arrives; it arrives and its answer is lost; the connection ends while the server still holds it, or
# in the middle of the answer.
REQUEST, ANSWER, HELD, MIDDLE = "request", "answer", "held", "middle"
HOLD = 0.3


class CuttingProxy:
    """Listens at `address` and hands on to `target`, both `HOST:PORT`."""

    def __init__(self, target, seed, share, ways=(REQUEST, ANSWER, HELD, MIDDLE)):
        host, port = target.rsplit(":", 1)
        self.target = host, int(port)
        self.dice = random.Random(seed)
        self.share = share
        self.ways = ways
        self.cuts = dict.fromkeys(ways, 0)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def throw(self):
        with self.lock:
            if self.dice.random() >= self.share:
                return None
            way = self.dice.choice(self.ways)
            self.cuts[way] += 1
            return way

    def serve(self, client):
        try:
            with client, socket.create_connection(self.target) as server:
                for stream in (client, server):
                    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self.exchange(client, server):
                    pass
        except OSError:
            pass  # One of them has gone.

    def exchange(self, client, server):
        """One request and its answer; whether the connection goes on."""
        request = read_message(client)
        if not request:
            return False
        way = self.throw()
        if way == REQUEST:
            return False
        server.sendall(request)
        if way == HELD:
            server.settimeout(HOLD)
        try:
            answer = read_message(server)
        except TimeoutError:
            return False
        if not answer or way in (ANSWER, HELD):
            return False
        if way == MIDDLE:
            client.sendall(answer[: len(answer) - 5])
            return False
        client.sendall(answer)
        return True


class Gate:
    """Hands on to `target`, `HOST:PORT`, while it is open; shutting it breaks what stands."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self.target = host, int(port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()
        self.is_open = True
        self.streams = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shut()
        self.listener.close()

    def shut(self):
        with self.lock:
            self.is_open = False
            for stream in self.streams:
                # Both ends see the connection end, without a word of either.
                with contextlib.suppress(OSError):
                    stream.shutdown(socket.SHUT_RDWR)
            self.streams.clear()

    def open(self):
        with self.lock:
            self.is_open = True

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                if not self.is_open:
                    client.close()
                    continue
                server = socket.create_connection(self.target)
                self.streams += [client, server]
            for source, sink in ((client, server), (server, client)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


def read_message(stream):
    """A whole HTTP message, or nothing at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    missing = (int(length[1]) if length else 0) - len(body)
    while missing > 0:
        more = stream.recv(65_536)
        if not more:
            return b""
        data += more
        missing -= len(more)
    return data
