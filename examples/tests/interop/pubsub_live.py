"""Our publish-subscribe client (`examples/examples/pubsub_client`) with prosody, ejabberd and the notification server.

Three users go through all that it can ask: `owner`, who may create nodes, and `first` and `second`, who may not. Answers
and events are reduced to a line. The notification service must answer each step as XEP-0060 says; where prosody or
ejabberd does otherwise, `pubsub_live_differences.tsv` has the line and what we think of it. Then connections break: what
was missed comes, nothing comes twice, and what cannot be known is reported. That holds with all three.

prosody and ejabberd are talked to over STARTTLS and logged in to by SCRAM, the notification service in the clear by PLAIN.

    pubsub_live.py            what the gate runs
    pubsub_live.py --write    writes the table anew; judgements that still apply stay
"""

import argparse
import dataclasses
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

import harness
import peers
from cutting import Gate
from differences import Difference, Table, complaint

CLIENT = pathlib.Path(os.environ["INTEROP_BIN_DIR"]) / "examples" / "pubsub_client"
TABLE = pathlib.Path(__file__).with_name("pubsub_live_differences.tsv")
SERVICE = "pubsub.localhost"
LIMIT = 15.0
# Long enough for every event of a request to come, on a machine that does other things too.
SETTLED = 0.4
NODES = {"n": "live-open", "o": "live-asks", "m": "live-moves"}
# What a client says by itself, besides answers.
NEWS = ("event", "missed", "followed", "unfollowed", "gap", "approval", "online", "closed", "left")

NESTED = "<entry xmlns='urn:example:entry'><a b='1 &amp; &quot;2&quot;'>x<c/>y</a><d xmlns='urn:example:d'>&lt;z/></d></entry>"
TEXT = "<Update><event a='1'>PUT &amp; <![CDATA[<more>]]></event></Update>"


def small(number):
    return f"<entry xmlns='urn:example:entry'>{number}</entry>"


class Wrong(Exception):
    """What a test says when something else happened."""


def expect(condition, complaint):
    if not condition:
        raise Wrong(complaint)


class User:
    """One session, driven by lines."""

    def __init__(self, role, jid, password, address, *flags):
        self.role, self.jid = role, jid
        self.process = subprocess.Popen(
            [CLIENT, f"{jid}/live", "--server", address, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"XMPP_PASSWORD": password},
            preexec_fn=harness.die_with_parent,
        )
        self.lines = queue.Queue()
        self.news = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def said(self):
        """All that it said until its end."""
        return list(iter(self.lines.get, None))

    def next(self, end, what):
        try:
            line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
        except queue.Empty:
            raise Wrong(f"{self.role}: waited for {what}; news: {self.news}") from None
        if line is None:
            raise Wrong(f"{self.role}: ended before {what}; news: {self.news}")
        return line

    def ask(self, command):
        """The lines of an answer; news on the way are kept."""
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        end, answer = time.monotonic() + LIMIT, []
        while True:
            line = self.next(end, f"the answer to `{command}`")
            if self.is_news(line):
                continue
            if line == "done":
                return answer
            if line.startswith("failed "):
                return [line]
            answer.append(line)

    def is_news(self, line):
        if line.partition(" ")[0] not in NEWS:
            return False
        # Nodes of others, such as those of the contact centre, are no matter of ours.
        if line.partition(" ")[0] not in ("event", "missed") or "live-" in line:
            self.news.append(line)
        return True

    def settle(self):
        """Takes the news that have come."""
        while True:
            try:
                line = self.lines.get_nowait()
            except queue.Empty:
                return
            if line is None or not self.is_news(line):
                raise Wrong(f"{self.role}: `{line}` though nothing was asked")

    def until(self, wanted, limit=LIMIT):
        """Waits for news that begin so; takes out and returns all up to there."""
        end = time.monotonic() + limit
        while True:
            for place, line in enumerate(self.news):
                if line.startswith(wanted):
                    taken, self.news = self.news[: place + 1], self.news[place + 1 :]
                    return taken
            line = self.next(end, f"`{wanted}`")
            if not self.is_news(line):
                raise Wrong(f"{self.role}: `{line}` while waiting for `{wanted}`")

    def take(self):
        """The news so far, which are none afterwards."""
        self.settle()
        taken, self.news = self.news, []
        return taken

    def leave(self):
        """Ends it as a program ends: returns how many subscriptions are left behind."""
        self.process.stdin.close()
        left = self.until("left ")[-1]
        self.until("closed ")
        expect(self.process.wait(10) == 0, f"{self.role}: exit status {self.process.returncode}")
        return left


@dataclasses.dataclass(frozen=True)
class Step:
    """One command: who gives it, which answers XEP-0060 allows, and who gets which event."""

    name: str
    who: str
    command: str
    answers: tuple
    events: dict = dataclasses.field(default_factory=dict)
    # Only lines of the answer in which this is found count.
    keep: str = ""
    # The requirement that it holds against.
    rule: str = ""


DONE = ("done",)
PUBSUB = "http://jabber.org/protocol/pubsub"


def event_of(item, payload):
    return f"event publish {{n}} {item} {payload}"


def steps():
    """The walk; payloads stand in canonical form."""
    nested, text = canonical(NESTED), f"text {TEXT}"

    def both(line):
        return {"first": line, "second": line}

    yield Step("what the service is", "first", "info", ("identity pubsub service",), keep="^identity pubsub ", rule="PS-5.1-01")
    yield Step("what it can do", "first", "info",
               (f"feature {PUBSUB}#publish; feature {PUBSUB}#subscribe",), keep="#(publish|subscribe)$", rule="PS-3-05")
    yield Step("a user without the right creates a node", "first", "create {n}", ("failed forbidden auth",), rule="PS-8.1-03")
    yield Step("a node with its configuration", "owner",
               "create {n} access_model=open persist_items=1 max_items=10 notify_retract=1 notify_delete=1",
               ("done", "created {n}"), rule="PS-8.1-09")
    yield Step("the node in the list of nodes", "first", "entries", ("entry {n}",), keep="{n}( |$)", rule="PS-5.2-01")
    yield Step("what the node is", "first", "info {n}", ("identity pubsub leaf",), keep="^identity pubsub ", rule="PS-5.3-01")
    yield Step("its configuration", "owner", "configuration {n}", ("field pubsub#max_items=10",), keep="#max_items=", rule="PS-8.2-03")
    yield Step("a title", "owner", "configure {n} title=Live", DONE, rule="PS-8.2-07")
    yield Step("the title is there", "owner", "configuration {n}", ("field pubsub#title=Live",), keep="#title=", rule="PS-8.2-03")
    yield Step("subscribing with options", "first", "subscribe {n} deliver=1", ("subscription {n} {first} subscribed",), rule="PS-6.3-11")
    yield Step("options of the subscription", "first", "options {n}", ("field pubsub#deliver=1", "field pubsub#deliver=true"),
               keep="#deliver=", rule="PS-6.3-04")
    yield Step("subscribing", "second", "subscribe {n}", ("subscription {n} {second} subscribed",), rule="PS-6.1-02")
    yield Step("an element", "owner", f"publish {{n}} i1 {NESTED}", ("done", "published i1"), both(event_of("i1", nested)), rule="PS-7.1-07")
    yield Step("a text that is escaped", "owner", f"publish-text {{n}} i2 {TEXT}", ("done", "published i2"),
               both(event_of("i2", text)), rule="PS-7.1-07")
    for number in (3, 4, 5):
        yield Step(f"item {number}", "owner", f"publish {{n}} i{number} {small(number)}", ("done", f"published i{number}"),
                   both(event_of(f"i{number}", canonical(small(number)))), rule="PS-7.1-07")
    of = {f"i{number}": f"item i{number} {canonical(small(number))}" for number in (3, 4, 5)}
    everything = "; ".join([f"item i1 {nested}", f"item i2 {text}", *of.values()])
    yield Step("all items", "first", "items {n}", (everything,), rule="PS-6.5-05")
    yield Step("the newest two", "first", "items {n} 2", (f"{of['i4']}; {of['i5']}",), rule="PS-6.5-11")
    yield Step("all items in pages of two", "first", "pages {n} 2", (everything,), rule="RS-01")
    yield Step("items by name", "first", "item {n} i3 i9", (of["i3"],), rule="PS-6.5-10")
    yield Step("an item goes", "owner", "retract {n} i2", DONE, both("event retract {n} i2"), rule="PS-7.2-03")
    yield Step("an item that is not there", "owner", "retract {n} i2", ("failed item-not-found cancel",), rule="PS-7.2-06")
    yield Step("deliveries are turned off", "first", "set-options {n} deliver=0", DONE, rule="PS-6.3-09")
    yield Step("who turned them off gets nothing", "owner", f"publish {{n}} i6 {small(6)}", ("done", "published i6"),
               {"second": event_of("i6", canonical(small(6)))}, rule="PS-4.2-03")
    yield Step("deliveries are turned on", "first", "set-options {n} deliver=1", DONE, rule="PS-6.3-09")
    yield Step("a publisher is named", "owner", "affiliate {n} {first} publisher", DONE, rule="PS-8.9-05")
    yield Step("affiliations of the node", "owner", "affiliates {n}", ("affiliation {first} publisher; affiliation {owner} owner",), rule="PS-8.9-03")
    yield Step("own affiliations", "first", "affiliations", ("affiliation {n} publisher",), keep="{n}", rule="PS-5.7-02")
    yield Step("the publisher publishes", "first", f"publish {{n}} i7 {small(7)}", ("done", "published i7"),
               both(event_of("i7", canonical(small(7)))), rule="PS-4.1-03")
    yield Step("subscriptions of the node", "owner", "subscribers {n}",
               ("subscription  {first} subscribed; subscription  {second} subscribed",
                "subscription {n} {first} subscribed; subscription {n} {second} subscribed"), rule="PS-8.8-03")
    yield Step("own subscriptions", "first", "subscriptions", ("subscription {n} {first} subscribed",), keep="{n}", rule="PS-5.6-03")
    yield Step("a subscriber is removed", "owner", "subscriber {n} {second} none", DONE,
               {"second": "event subscription {n} {second} none"}, rule="PS-8.8-09")
    yield Step("he is not there any more", "owner", "subscribers {n}",
               ("subscription  {first} subscribed", "subscription {n} {first} subscribed"), rule="PS-8.8-09")
    yield Step("all items go", "owner", "purge {n}", DONE, {"first": "event purge {n}"}, rule="PS-8.5-02")
    yield Step("nothing is left", "first", "items {n}", DONE, rule="PS-6.5-12")
    yield Step("unsubscribing", "first", "unsubscribe {n}", DONE, rule="PS-6.2-02")
    yield Step("who is not subscribed gets nothing", "owner", f"publish {{n}} i8 {small(8)}", ("done", "published i8"), rule="PS-6.2-02")
    yield Step("a node whose owner approves", "owner", "create {o} access_model=authorize notify_delete=1",
               ("done", "created {o}"), rule="PS-4.5-01")
    yield Step("somebody asks", "first", "subscribe {o}", ("subscription {o} {first} pending",), {"owner": "approval {o} {first}"}, rule="PS-6.1-14")
    yield Step("the owner allows it", "owner", "allow", DONE, {"first": "event subscription {o} {first} subscribed"}, rule="PS-8.6-04")
    yield Step("the approved gets events", "owner", f"publish {{o}} i1 {small(1)}", ("done", "published i1"),
               {"first": f"event publish {{o}} i1 {canonical(small(1))}"}, rule="PS-4.2-03")
    yield Step("a node goes", "owner", "delete {o}", DONE, {"first": "event delete {o}"}, rule="PS-8.4-03")
    yield Step("a node that will move", "owner", "create {m} access_model=open notify_delete=1", ("done", "created {m}"), rule="PS-8.1-09")
    # Not the one whose connection breaks later: prosody 0.12.3 never answers again what somebody is subscribed to, once a
    # node is deleted to which he is.
    yield Step("subscribing to it", "second", "subscribe {m}", ("subscription {m} {second} subscribed",), rule="PS-6.1-02")
    yield Step("it moves", "owner", "delete {m} xmpp:{service}?;node={n}", DONE,
               {"second": "event delete {m} xmpp:{service}?;node={n}"}, rule="PS-8.4-03")
    yield Step("subscribing to what moved", "first", "subscribe {m}", ("failed gone modify", "failed gone cancel"), rule="PS-8.4-04")


def canonical(xml):
    return ElementTree.canonicalize(xml)


def line_of(lines):
    """What was said, such that what means the same is the same text."""
    found = []
    for line in lines:
        payload = re.fullmatch(r"(item \S*|(?:event|missed) publish \S+ \S*) (<.*)", line)
        refusal = re.match(r"failed refused: ([\w-]+) \((\w+)\)(?:, ([\w-]+))?(?: ([\w-]+))?", line)
        if payload:
            line = f"{payload[1]} {canonical(payload[2])}"
        elif refusal:
            line = " ".join(filter(None, ["failed", *refusal.groups()]))
        found.append(line.strip())
    return found


def named(lines, names):
    """With the names of the script in place of those of the run."""
    for name, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
        lines = [line.replace(value, f"{{{name}}}") for line in lines]
    return lines


class Run:
    """All of it with one server; `others` are other ways to log in, `refused` are those on which no password goes out."""

    def __init__(self, name, address, accounts, flags, others, refused):
        self.name, self.address, self.accounts, self.flags = name, address, accounts, flags
        self.others, self.refused = others, refused
        self.outcome = {}

    def user(self, role, address=None, *flags):
        return User(role, *self.accounts[role], address or self.address, *self.flags, *flags)

    def play(self):
        self.logins()
        users = {role: self.user(role) for role in self.accounts}
        for user in users.values():
            user.until("online ")
        names = NODES | {"service": SERVICE} | {role: user.jid for role, user in users.items()}
        for step in steps():
            self.outcome[step.name] = self.step(step, users, names)
        for role in ("first", "second"):
            expect(users[role].leave() == "left 0", f"{role} left something behind")
        self.outages(users["owner"])
        expect(users["owner"].leave() == "left 0", "the owner left something behind")

    def logins(self):
        jid, password = self.accounts["second"]
        for flags in self.others:
            user = User("second", jid, password, self.address, *flags)
            user.until("online ")
            user.leave()
        for flags, complaint in ((self.flags, "login refused: not-authorized"), *self.refused):
            user = User("second", jid, "wrong", self.address, *flags)
            said = user.process.wait(LIMIT), user.said()
            expect(said[0] != 0 and any(complaint in line for line in said[1]), f"instead of `{complaint}` came {said}")

    def step(self, step, users, names):
        for user in users.values():
            user.take()
        answer = users[step.who].ask(step.command.format(**names))
        if step.keep:
            wanted = re.compile(step.keep.format(**names))
            answer = [line for line in answer if wanted.search(line) or line.startswith("failed")]
        answer = named(line_of(answer), names)
        if step.command.split()[0] not in ("items", "item", "pages"):
            answer.sort()
        time.sleep(SETTLED)
        parts = ["; ".join(answer) or "done"]
        for role, user in sorted(users.items()):
            news = named(line_of(user.take()), names)
            if news:
                parts.append(f"{role}: {' + '.join(news)}")
        return " | ".join(parts)

    def outages(self, owner):
        """A connection breaks while things happen at nodes that are followed."""
        owner.ask("delete live-open")
        for node, fields in (("live-open", "persist_items=1 max_items=20"), ("live-events", "persist_items=0")):
            created = owner.ask(f"create {node} access_model=open {fields} send_last_published_item=never")
            expect(not created or created[0].startswith("created"), f"{node}: {created}")
        with Gate(self.address) as gate:
            first = self.user("first", gate.address)
            first.until("online ")
            self.follows(owner, first)
            self.missed(owner, first, gate)
            self.too_many(owner, first, gate)
            self.exits(owner, first)

    def follows(self, owner, first):
        for command in ("follow live-open 10", "follow live-events 0"):
            first.ask(command)
        followed = sorted(line for line in until_followed(first) if line.startswith("followed "))
        expect(followed == ["followed live-events subscribed", "followed live-open subscribed"], f"{followed}")
        publish(owner, "live-open", "f1")
        hears(first, "event", "live-open", "f1")

    @staticmethod
    def break_off(first, gate, meanwhile):
        """Returns the news from the end of the connection until all is quiet again."""
        first.take()
        gate.shut()
        first.until("closed ")
        meanwhile()
        gate.open()
        first.until("online ")
        return line_of(until_followed(first))

    def missed(self, owner, first, gate):
        """Two items come while there is no connection: they are told, the one before is not told again."""

        def meanwhile():
            publish(owner, "live-open", "f2")
            publish(owner, "live-open", "f3")

        news = self.break_off(first, gate, meanwhile)
        told = [line for line in news if line.split()[0] in ("event", "missed")]
        wanted = [f"missed publish live-open {item} {canonical(small(item))}" for item in ("f2", "f3")]
        expect(told == wanted, f"after an outage came {news}")
        gaps = [line for line in news if line.startswith("gap ")]
        expect(gaps == ["gap live-events NotKept"], f"after an outage came {news}")
        publish(owner, "live-open", "f4")
        hears(first, "event", "live-open", "f4")
        publish(owner, "live-events", "e1")
        hears(first, "event", "live-events", "e1")
        news = self.break_off(first, gate, lambda: None)
        told = [line for line in news if line.split()[0] in ("event", "missed")]
        expect(told == [], f"after an outage without events came {news}")

    def too_many(self, owner, first, gate):
        """More items come than are asked for: what is between is a gap."""
        names = [f"g{number}" for number in range(1, 13)]

        def meanwhile():
            for name in names:
                publish(owner, "live-open", name)

        news = self.break_off(first, gate, meanwhile)
        gaps = sorted(line for line in news if line.startswith("gap "))
        expect(gaps == ["gap live-events NotKept", "gap live-open TooMany"], f"after many events came {news}")
        told = [line.split()[3] for line in news if line.split()[0] in ("event", "missed")]
        expect(told == names[2:], f"of {names} came {news}")

    @staticmethod
    def exits(owner, first):
        """Subscriptions end before the session does, the connection of which is in order."""
        before = subscribers(owner)
        expect(any(first.jid in line for line in before), f"subscribers of a followed node are {before}")
        expect(first.leave() == "left 0", "subscriptions are left behind")
        after = subscribers(owner)
        expect(not any(first.jid in line for line in after), f"subscribers are left: {after}")
        for node in ("live-open", "live-events"):
            expect(owner.ask(f"delete {node}") == [], f"{node} cannot be deleted")


def until_followed(user):
    """The news until both nodes are followed and what was missed has come."""
    news = user.until("followed ") + user.until("followed ")
    # Answers come in the order of the requests: that for the items which may have been missed was before this one.
    user.ask("info live-open")
    time.sleep(SETTLED)
    return news + user.take()


def subscribers(owner):
    return [line for node in ("live-open", "live-events") for line in owner.ask(f"subscribers {node}")]


def publish(owner, node, item):
    answer = owner.ask(f"publish {node} {item} {small(item)}")
    expect(not answer or answer[0].startswith("published"), f"{item}: {answer}")


def hears(user, how, node, item):
    """Exactly this comes."""
    user.until(f"{how} publish {node} {item}" if node != "live-events" else f"{how} ")
    time.sleep(SETTLED)
    more = user.take()
    expect(more == [], f"{user.role}: behind {item} came {more}")


def runs(directory, only):
    """One after the other; a server runs while it is its turn."""
    secret = (pathlib.Path(os.environ["INTEROP_DATA_DIR"]) / "finesse.secret").read_text().strip()
    agents = {role: (f"{login}@localhost", f"ccx-{login}") for role, login in (("first", "1001001"), ("second", "1001002"))}
    ours = {"owner": ("finesse@localhost", secret)} | agents
    # It has its TLS on a port of its own.
    if only in (None, "notification"):
        yield Run("notification", os.environ["INTEROP_NOTIFICATION_XMPP"], ours, ["--clear"], [], [([], "no TLS came about")])
    data = pathlib.Path(os.environ["INTEROP_DATA_DIR"]).resolve()
    certificate = data / "server.pem", data / "server.key.pem"
    for peer in (peers.Prosody(directory, certificate=certificate), peers.Ejabberd(directory, certificate=certificate)):
        if only not in (None, peer.name):
            continue
        accounts = {role: (peer.jid(number), peer.password(number)) for number, role in enumerate(("owner", "first", "second"))}
        with peer:
            scram = ["--weakest", "scram-sha-1"]
            yield Run(
                peer.name,
                peer.xmpp,
                accounts,
                ["--ca", data / "ca.pem", *scram],
                [["--clear", *scram]],
                # Nobody whom the system trusts vouches for it.
                [(scram, "UnknownIssuer")],
            )


def allowed(step):
    told = "".join(f" | {role}: {line}" for role, line in sorted(step.events.items()))
    return [answer + told for answer in step.answers]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the table of differences anew")
    parser.add_argument("--only", help="one server")
    options = parser.parse_args()
    table = Table(TABLE, "pubsub_live.py")
    complaints, found, played = [], {}, []
    for run in runs(pathlib.Path(os.environ["INTEROP_DIR"]) / "peers", options.only):
        started = time.monotonic()
        try:
            run.play()
        except Wrong as problem:
            complaints.append(f"{run.name}: {problem}")
        played.append(run.name)
        all_steps = [step for step in steps() if step.name in run.outcome]
        wrong = {
            (run.name, step.name): Difference(run.outcome[step.name], allowed(step), step.rule)
            for step in all_steps
            if run.outcome[step.name] not in allowed(step)
        }
        print(f"{run.name}: {len(all_steps)} steps, {len(wrong)} differences ({time.monotonic() - started:.1f} s)", flush=True)
        if run.name == "notification":
            complaints += [complaint(*key, difference) for key, difference in wrong.items()]
        else:
            found |= wrong
    if options.write:
        table.write(found, played)
    complaints += table.compare(found, played)
    if complaints:
        print("\n".join([f"{len(complaints)} complaints", *complaints]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
