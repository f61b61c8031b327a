"""Our BOSH client against prosody, ejabberd and the notification server, over a network that breaks connections.

Two sessions log in with PLAIN and send each other numbered messages: every one arrives exactly once and in order.
"""

import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

import harness
import peers
from cutting import CuttingProxy

CLIENT = pathlib.Path(os.environ["INTEROP_BIN_DIR"]) / "examples" / "bosh_client"
MESSAGES = 40
SEED = int(os.environ.get("INTEROP_SEED", "1"))
LIMIT = 20.0


class Wrong(Exception):
    """What a test says when something else happened."""


class Client:
    """One session, driven by lines."""

    def __init__(self, url, user, password, *flags):
        self.name = user
        self.process = subprocess.Popen(
            [CLIENT, url, user, password, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=harness.die_with_parent,
        )
        self.lines = queue.Queue()
        self.messages = []
        self.opened = {}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def tell(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # It has ended; its last lines say why.

    def until(self, wanted, limit=LIMIT):
        """The rest of the next line that begins so; messages on the way are kept, anything bad is an error."""
        end = time.monotonic() + limit
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Wrong(f"{self.name}: waited {limit:.0f} s for `{wanted}`") from None
            if line is None:
                raise Wrong(f"{self.name}: ended before `{wanted}`")
            word, _, rest = line.partition(" ")
            if word == "message":
                self.messages.append(rest.partition(" ")[2])
            if word == "opened":
                self.opened = dict(re.findall(r"(\w+)=(\S+)", rest))
            if word == wanted:
                return rest
            if word in ("bounced", "closed", "given-up", "refused", "stream-error", "unreadable", "not-authenticated"):
                raise Wrong(f"{self.name}: `{line}` while waiting for `{wanted}`")

    def log_in(self):
        self.jid = self.until("bound")
        self.until("online")

    def receive(self, count, limit=LIMIT):
        end = time.monotonic() + limit
        while len(self.messages) < count:
            self.until("message", end - time.monotonic())

    def leave(self):
        self.tell("terminate")
        reason = self.until("closed")
        expect(reason == "Local(None) unsent=0", f"{self.name}: closed {reason}")
        counts = dict(re.findall(r"(\w+)=(\d+)", self.until("counts")))
        self.process.wait(10)
        return {name: int(value) for name, value in counts.items()}


def expect(condition, complaint):
    if not condition:
        raise Wrong(complaint)


class Place:
    """A server under test: where it is, and two accounts."""

    def __init__(self, name, url, accounts, profile, polls, acks):
        self.name, self.accounts, self.profile, self.polls, self.acks = name, accounts, profile, polls, acks
        self.address, _, path = url.removeprefix("http://").partition("/")
        self.path = "/" + path

    def pair(self, address, *flags):
        url = f"http://{address}{self.path}"
        clients = [
            Client(url, *account, "--resource", f"interop{number}", "--profile", self.profile, *flags)
            for number, account in enumerate(self.accounts)
        ]
        for client in clients:
            client.log_in()
        return clients


def talk(one, other, count, prefix):
    """Messages both ways, then each has exactly those of the other."""
    before = len(one.messages), len(other.messages)
    for number in range(count):
        one.tell(f"send {other.jid} {prefix}{number}")
        other.tell(f"send {one.jid} {prefix}{number}")
        if number % 5 == 4:
            time.sleep(0.02)
    expected = [f"{prefix}{number}" for number in range(count)]
    for client, start in zip((one, other), before):
        client.receive(start + count)
        expect(client.messages[start:] == expected, f"{client.name} received {client.messages[start:]}")


def converse(place):
    """Messages, a long poll beyond one `wait`, and the end."""
    one, other = place.pair(place.address, "--wait", "2")
    talk(one, other, MESSAGES, "a")
    time.sleep(4.5)
    talk(one, other, 3, "b")
    counts = [client.leave() for client in (one, other)]
    expect(all(count["broken"] == 0 for count in counts), f"connections broke: {counts}")
    # Nothing came behind what was expected.
    expect(len(one.messages) == len(other.messages) == MESSAGES + 3, "messages more than were sent")
    return f"{one.opened}, requests {[count['requests'] for count in counts]}"


def protect(place):
    """The same under key sequences so short that they end many times."""
    one, other = place.pair(place.address, "--wait", "2", "--keys", "5")
    talk(one, other, MESSAGES, "k")
    for client in (one, other):
        client.leave()
    return f"{2 * MESSAGES} messages under keys"


def pause(place):
    """A pause where it is granted; what comes meanwhile is there afterwards."""
    one, other = place.pair(place.address, "--wait", "10")
    if one.opened["pause"] == "none":
        one.tell("pause 5")
        refused = one.until("refused")
        expect("granted" in refused, refused)
        done = "no pause offered: refused"
    else:
        one.tell("pause 5")
        time.sleep(0.5)
        for number in range(3):
            other.tell(f"send {one.jid} p{number}")
        time.sleep(0.5)
        one.tell("resume")
        one.receive(3)
        expect(one.messages == ["p0", "p1", "p2"], f"after the pause {one.messages}")
        done = "paused and resumed"
    talk(one, other, 5, "q")
    for client in (one, other):
        client.leave()
    return done


def poll(place):
    """A session that holds nothing, where the server knows such."""
    one, other = place.pair(place.address, "--wait", "2", "--hold", "0", "--poll", "2")
    polls = one.opened["polls"] == "true"
    expect(polls == place.polls, f"{one.opened}")
    talk(one, other, 3, "w")
    time.sleep(2.5)
    talk(one, other, 3, "x")
    counts = [client.leave() for client in (one, other)]
    return f"polls: {polls}, requests {[count['requests'] for count in counts]}"


def legacy(place):
    """A client that announces no version."""
    one, other = place.pair(place.address, "--wait", "2", "--legacy")
    talk(one, other, 10, "l")
    for client in (one, other):
        client.leave()
    return f"{one.opened}"


def acks(place):
    """Connections break, and acknowledgements are left out where they would be used, or announced where they are not."""
    return break_connections(place, "--acks", "false" if place.acks else "true")


def break_connections(place, *flags):
    """A third of all exchanges breaks the connection."""
    with CuttingProxy(place.address, SEED, 0.3) as proxy:
        one, other = place.pair(proxy.address, "--wait", "2", *flags)
        for part in range(4):
            talk(one, other, 10, f"c{part}-")
            time.sleep(0.2)
        proxy.share = 0
        counts = [client.leave() for client in (one, other)]
        expect(sum(proxy.cuts.values()) >= 10, f"too little was cut: {proxy.cuts}")
        expect(all(count["repeated"] > 0 for count in counts), f"nothing was sent again: {counts}")
        return f"cuts {proxy.cuts}, sent again {[count['repeated'] for count in counts]}"


def places():
    directory = pathlib.Path(os.environ["INTEROP_DIR"])
    center = "http://{INTEROP_NOTIFICATION_BOSH}/http-bind/".format_map(os.environ)
    # Users of the notification service reach nobody but themselves and the pubsub service.
    yield Place("notification", center, [("1001001", "ccx-1001001")] * 2, "xep", polls=True, acks=True)
    settings = peers.Settings(users=2)
    # prosody makes a normal session of one that is to poll.
    for peer, polls in ((peers.Prosody(directory, settings), False), (peers.Ejabberd(directory, settings), True)):
        with peer:
            yield Place(peer.name, peer.bosh, [peer.account(0), peer.account(1)], peer.name, polls, acks=False)


def main():
    failed = False
    for place in places():
        for scenario in (converse, poll, legacy, protect, pause, break_connections, acks):
            if sys.argv[1:] and f"{place.name}.{scenario.__name__}" not in sys.argv[1:]:
                continue
            started = time.monotonic()
            try:
                outcome = scenario(place)
            except Wrong as problem:
                failed, outcome = True, f"FAILED (seed {SEED}): {problem}"
            print(f"{place.name} {scenario.__name__}: {outcome} ({time.monotonic() - started:.1f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
