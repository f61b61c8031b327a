#!/usr/bin/env python3
"""Records the transcripts of this directory anew: `record.py [NAME...]`, for instance `record.py ejabberd-pause`.

prosody and ejabberd (from Debian, on free loopback ports) answer a scripted client; our notification server answers
Strophe.js and stanza through a proxy. Those need `cargo build -p examples --bins` and Node.

One line for each thing that happened, in the order of time:

    # what was recorded
    C1 <body .../>                               the first request
    S1 200 text/xml; charset=utf-8 <body .../>   its answer
    N2 3                                         the second one had no answer for 3 s
    B2                                           its connection was broken by the client
    T5                                           5 s went by

Session ids and stream ids are random: they are written as `SID`, `AUTHID` and so on. Request ids begin where the
script says, or are moved there.
"""

import argparse
import base64
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[2]
sys.path.insert(0, str(WORKSPACE / "examples" / "tests" / "interop"))

import harness  # noqa: E402
import peers  # noqa: E402
import tools  # noqa: E402

HTTPBIND = "http://jabber.org/protocol/httpbind"
FIRST = 4100000001
# How long an answer that does not come is waited for, and how long one that must come.
SILENCE, LIMIT = 3, 10
# So that a request is with the server before the next one.
PACE = 0.1


class Log:
    """What happened, as lines."""

    def __init__(self, about):
        self.lines, self.about = [], about
        self.lock = threading.Lock()
        self.requests = 0

    def request(self, body):
        with self.lock:
            self.requests += 1
            self.lines.append(f"C{self.requests} {one_line(body)}")
            return self.requests

    def answer(self, number, status, content, body):
        with self.lock:
            self.lines.append(f"S{number} {status} {content} {one_line(body)}".rstrip())

    def note(self, line):
        with self.lock:
            self.lines.append(line)

    def write(self, name):
        text = scrub("\n".join([f"# {self.about}", *self.lines])) + "\n"
        (HERE / f"{name}.txt").write_text(text)


def one_line(body):
    if "\n" in body or "\r" in body:
        raise harness.Failed(f"a body of several lines: {body}")
    return body


def scrub(text):
    """Gives random values their names, and request ids their place."""
    for attribute, name in (("sid", "SID"), ("authid", "AUTHID")):
        values = dict.fromkeys(re.findall(rf"""\b{attribute}=['"]([^'"]{{8,}})['"]""", text))
        for number, value in enumerate(values, 1):
            text = text.replace(value, name if number == 1 else f"{name}{number}")
    rids = {rid: int(rid) for rid in re.findall(r"""\brid=['"](\d{5,16})['"]""", text)}
    shift = FIRST - min(rids.values())
    # Acknowledgements too.
    return re.sub(r"\b\d{5,16}\b", lambda found: str(rids[found[0]] + shift) if found[0] in rids else found[0], text)


class Session:
    """A scripted client: what it says is written here, not encoded by anything under test."""

    def __init__(self, peer, about):
        self.peer = peer
        self.log = Log(f"{about}. {peer.name} {peer.version()} and a scripted client.")
        self.address, _, path = peer.bosh.removeprefix("http://").partition("/")
        self.path = "/" + path
        self.rid, self.sid = FIRST - 1, None
        self.pending = {}

    def post(self, attributes="", payload="", rid=None, raw=None):
        """Writes a request; returns its number."""
        if rid is None:
            self.rid += 1
            rid = self.rid
        sid = f" sid='{self.sid}'" if self.sid else ""
        attributes = f" {attributes}" if attributes else ""
        end = f">{payload}</body>" if payload else "/>"
        body = raw or f"<body xmlns='{HTTPBIND}' rid='{rid}'{sid}{attributes}{end}"
        number = self.log.request(body)
        connection = http.client.HTTPConnection(self.address, timeout=LIMIT)
        connection.request("POST", self.path, body.encode(), {"Content-Type": "text/xml; charset=utf-8"})
        done = threading.Event()
        self.pending[number] = connection, done, []
        threading.Thread(target=self.read, args=(number,), daemon=True).start()
        time.sleep(PACE)
        return number

    def read(self, number):
        connection, done, found = self.pending[number]
        try:
            answer = connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            return  # Given up, or the server closed it.
        self.log.answer(number, answer.status, answer.getheader("Content-Type") or "", body)
        found.append(body)
        done.set()

    def answer(self, number):
        """The answer, which must come."""
        _, done, found = self.pending[number]
        if not done.wait(LIMIT):
            raise harness.Failed(f"request {number} is not answered:\n" + "\n".join(self.log.lines))
        return found[0]

    def ask(self, *arguments, **more):
        return self.answer(self.post(*arguments, **more))

    def watch(self, *numbers):
        """Notes which of them have no answer yet, after some seconds."""
        end = time.monotonic() + SILENCE
        for number in numbers:
            if not self.pending[number][1].wait(max(0, end - time.monotonic())):
                self.log.note(f"N{number} {SILENCE}")

    def rest(self):
        """Sends an empty request when the server has none, as every client does."""
        time.sleep(PACE)
        return None if any(not done.is_set() for _, done, _ in self.pending.values()) else self.post()

    def wait(self, seconds):
        time.sleep(seconds)
        self.log.note(f"T{seconds}")

    def cut(self, number):
        """Breaks the connection of a request that has no answer."""
        connection, done, _ = self.pending[number]
        self.log.note(f"B{number}")
        # Not `close`, which would wait for the thread that reads.
        connection.sock.shutdown(socket.SHUT_RDWR)
        done.set()
        time.sleep(PACE)

    def create(self, attributes="wait='60' hold='1' ver='1.11'"):
        answer = self.ask(f"to='localhost' {attributes} xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'")
        self.sid = re.search(r"\bsid='([^']+)'", answer)[1]
        if "mechanism" not in answer:
            self.ask()

    def auth(self):
        user, password = self.peer.account(0)
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"

    RESTART = "to='localhost' xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' xmpp:restart='true'"
    BIND = (
        "<iq xmlns='jabber:client' id='bind' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
        "<resource>desk</resource></bind></iq>"
    )
    PRESENCE = "<presence xmlns='jabber:client'/>"

    def log_in(self, attributes="wait='60' hold='1' ver='1.11'"):
        self.create(attributes)
        self.ask(payload=self.auth())
        self.ask(self.RESTART)
        self.ask(payload=self.BIND)
        self.ask(payload=self.PRESENCE)

    def message(self, text):
        to = f"{self.peer.jid(0)}/desk"
        return f"<message xmlns='jabber:client' to='{to}' id='{text}' type='chat'><body>{text}</body></message>"

    def close(self):
        for connection, _, _ in self.pending.values():
            connection.close()


def login(session):
    """Login with PLAIN, presence, and the end"""
    session.log_in()
    session.ask("type='terminate'", "<presence xmlns='jabber:client' type='unavailable'/>")


def message(session):
    """A message to itself while a request is held, then another one"""
    session.log_in()
    for text in ("one", "two"):
        held = session.rest()
        number = session.post(payload=session.message(text))
        session.watch(number, *([held] if held else []))
    session.rest()
    session.watch(session.post("type='terminate'"))


def terminate(session):
    """The end while a request is held"""
    session.log_in()
    held = session.post()
    last = session.post("type='terminate'")
    session.watch(held, last)


def malformed(session):
    """A wrapper that is not XML, and a request after it"""
    session.log_in()
    session.rid += 1
    number = session.post(raw=f"<body xmlns='{HTTPBIND}' rid='{session.rid}' sid='{session.sid}'><message></body>")
    session.watch(number)
    session.watch(session.post())


def unbound(session):
    """Bind without a restart, and the end"""
    session.create()
    session.ask(payload=session.auth())
    session.ask(payload=session.BIND)
    session.watch(session.post("type='terminate'"))


def namespace(session):
    """A stanza that inherits the namespace of the wrapper"""
    session.log_in()
    to = f"{session.peer.jid(0)}/desk"
    number = session.post(payload=f"<message to='{to}'><body>no xmlns</body></message>")
    session.watch(number)
    session.ask("type='terminate'")


def pause(session):
    """A pause while a request is held, and what comes after it"""
    session.log_in()
    held = session.post()
    paused = session.post("pause='10'")
    session.watch(held, paused)
    first = session.post(payload=session.message("one"))
    session.watch(first)
    last = session.post("type='terminate'")
    session.watch(last)


def acks(session):
    """Acknowledgements are announced; one request confirms less than was answered"""
    session.log_in("wait='60' hold='1' ver='1.11' ack='1'")
    number = session.post(f"ack='{session.rid - 2}'")
    session.watch(number)
    session.watch(session.post("type='terminate'"))


def chain(seed, length):
    """K(1) to K(n), to be used from the last one."""
    keys = [seed]
    for _ in range(length):
        keys.append(hashlib.sha1(keys[-1].encode()).hexdigest())
    return keys[1:]


def keys(session):
    """A session under keys that go over into a second sequence, then a key that is wrong"""
    one, two = chain("seed-1", 3), chain("seed-2", 3)
    session.create(f"wait='60' hold='1' ver='1.11' newkey='{one[2]}'")
    session.ask(f"key='{one[1]}'", session.auth())
    session.ask(f"key='{one[0]}' newkey='{two[2]}' {session.RESTART}")
    session.ask(f"key='{two[1]}'", session.BIND)
    # A key that does not fit.
    session.watch(session.post(f"key='{'0' * 40}'", session.PRESENCE))


def content(session):
    """A content type that the client needs"""
    session.create("wait='60' hold='1' ver='1.11' content='text/html; charset=utf-8'")
    session.ask("type='terminate'")


def legacy(session):
    """A client that announces no version, and an error"""
    session.create("wait='60' hold='1'")
    session.ask(rid=session.rid + 50)


def polling(session):
    """A session that is to hold nothing"""
    session.log_in("wait='60' hold='0' ver='1.11'")
    session.wait(5)
    session.watch(session.post())
    session.watch(session.post(payload=session.message("one")))
    session.watch(session.post("type='terminate'"))


def unknown(session):
    """A session that is not there"""
    session.sid = "no-such-session"
    session.ask()


def repeat(session):
    """A request that was answered comes again, and one that is held"""
    session.log_in()
    session.ask(payload=session.PRESENCE, rid=session.rid)
    held = session.post()
    session.watch(held)
    again = session.post(rid=session.rid)
    session.watch(held, again)
    session.watch(session.post("type='terminate'"))


def older(session):
    """The connection of a held request breaks, and it comes again behind the next one"""
    session.log_in()
    held = session.post()
    session.cut(held)
    first = session.rid
    newer = session.post(payload=session.message("one"))
    session.watch(newer)
    session.watch(session.post(rid=first))
    session.watch(session.post())


def early(session):
    """A request comes before its turn, the one before it is empty; then it comes again"""
    session.log_in()
    first = session.rid
    session.rid += 2
    ahead = session.post(payload=session.message("one"), rid=first + 2)
    turn = session.post(rid=first + 1)
    session.watch(turn, ahead)
    again = session.post(payload=session.message("one"), rid=first + 2)
    session.watch(again)
    session.watch(session.post())


SCENARIOS = (
    login, message, terminate, malformed, unbound, namespace, pause, acks, keys, content, legacy, polling, unknown, repeat, older, early,
)


class Recorder(http.server.BaseHTTPRequestHandler):
    """A proxy that writes down what passes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = self.server.log.request(body.decode())
        connection = http.client.HTTPConnection(self.server.target, timeout=90)
        connection.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
        answer = connection.getresponse()
        text = answer.read()
        content_type = answer.getheader("Content-Type") or ""
        self.server.log.answer(number, answer.status, content_type, text.decode())
        self.send_response(answer.status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        # The client may have left.
        with contextlib.suppress(OSError):
            self.wfile.write(text)

    def log_message(self, *_):
        pass


# Clients of others that run under Node, by the name of their script.
CLIENTS = {"strophe": "Strophe.js", "stanza": "stanza"}


def client(kind, directory):
    """A client of somebody else at the notification server."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", WORKSPACE / "target"))
    (target / "interop").mkdir(parents=True, exist_ok=True)
    modules = tools.node(target / "interop")
    package = modules / ("strophe.js" if kind == "strophe" else kind) / "package.json"
    version = json.loads(package.read_text())["version"]
    center = harness.Center(target / "debug", directory)
    try:
        center.start("cucm", "notification")
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        proxy.target = center.addresses["notification-bosh"]
        proxy.log = Log(f"Login, a message to itself, and the end. Our notification server and {CLIENTS[kind]} {version}.")
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{proxy.server_address[1]}/http-bind/"
        environment = os.environ | {"INTEROP_NODE_MODULES": str(modules)}
        done = subprocess.run(["node", HERE / f"{kind}.mjs", url], env=environment, timeout=60)
        proxy.shutdown()
    finally:
        complaints = center.stop()
    if done.returncode or complaints:
        raise harness.Failed(f"{CLIENTS[kind]} ended with {done.returncode} {complaints}")
    proxy.log.write(f"{kind}-login")
    print(f"{kind}-login: {proxy.log.requests} requests", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Records the transcripts anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="SERVER-SCENARIO, strophe-login or stanza-login (all)")
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory(prefix="record-") as directory:
        directory = pathlib.Path(directory)
        for kind in CLIENTS:
            if not names or f"{kind}-login" in names:
                client(kind, directory / kind)
        for kind in (peers.Prosody, peers.Ejabberd):
            chosen = [scenario for scenario in SCENARIOS if not names or f"{kind.name}-{scenario.__name__}" in names]
            if not chosen:
                continue
            with kind(directory, peers.Settings(users=1)) as peer:
                for scenario in chosen:
                    session = Session(peer, scenario.__doc__)
                    scenario(session)
                    session.log.write(f"{peer.name}-{scenario.__name__}")
                    session.close()
                    print(f"{peer.name}-{scenario.__name__}: {session.log.requests} requests", flush=True)


if __name__ == "__main__":
    sys.exit(main())
