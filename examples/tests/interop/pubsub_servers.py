"""The notification service, prosody and ejabberd do the same publish-subscribe operations.

The notification service must answer each of them as XEP-0060 says. Where prosody or ejabberd answers otherwise, the line
stands in `pubsub_differences.tsv` with what we think of it: a difference that is not there, or is no longer one, fails.

    pubsub_servers.py            what the gate runs
    pubsub_servers.py --write    writes the table anew; judgements that still apply stay
"""

import argparse
import asyncio
import collections
import os
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

import peers
from agent import PUBSUB, address, expect, run
from differences import Difference, Table, complaint
from pubsub_script import DATA, ERRORS, EVENT, OWNER, RSM, STANZAS, STEPS
from pubsub_script import PUBSUB as NS

TABLE = pathlib.Path(__file__).with_name("pubsub_differences.tsv")
LIMIT = 5.0
# Long enough for every event of a request to come, on a machine that does other things too.
SETTLED = 0.3
NODES = {"n": "interop-open", "w": "interop-closed", "o": "interop-asks", "t": "interop-events", "x": "interop-none"}


class User(slixmpp.ClientXMPP):
    """One session, which keeps every message."""

    def __init__(self, jid, password):
        super().__init__(jid, password, sasl_mech="PLAIN")
        self.plugin["feature_mechanisms"].unencrypted_plain = True
        self.enable_starttls = self.enable_direct_tls = False
        self.enable_plaintext = True
        self.messages = []
        self.outcome = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", lambda _: self.started())
        self.add_event_handler("failed_auth", self.failed)
        self.add_event_handler("connection_failed", self.failed)
        everything = MatchXPath("{jabber:client}message")
        self.register_handler(Callback("messages", everything, lambda message: self.messages.append(message.xml)))

    def started(self):
        self.send_presence()
        if not self.outcome.done():
            self.outcome.set_result(None)

    def failed(self, why):
        if not self.outcome.done():
            self.outcome.set_exception(AssertionError(f"{self.requested_jid} cannot log in: {why}"))

    async def ask(self, kind, payload):
        """The answer, whatever it is; None where none comes."""
        iq = self.make_iq(ito=PUBSUB, itype=kind)
        iq.append(ElementTree.fromstring(payload))
        try:
            return (await iq.send(timeout=LIMIT)).xml
        except slixmpp.exceptions.IqError as error:
            return error.iq.xml
        except slixmpp.exceptions.IqTimeout:
            return None


def name_of(element):
    return element.tag.rpartition("}")[2]


def space_of(element):
    return element.tag[1:].partition("}")[0]


def form_type(form):
    for field in form.iter(f"{{{DATA}}}field"):
        if field.get("var") == "FORM_TYPE":
            return (field.findtext(f"{{{DATA}}}value") or "").rpartition("#")[2]
    return "of no type"


def item(element):
    # An id that the service made differs from run to run.
    name = element.get("id")
    name = name if name is None or re.fullmatch(r"i\d", name) else "new"
    if name_of(element) == "retract":
        return f"retract {name}"
    payloads = " ".join(f"{name_of(child)}:{child.text or ''}" for child in element)
    return " ".join(filter(None, [name, payloads]))


def entry(element):
    parts = (element.get(name) for name in ("node", "jid", "affiliation", "subscription"))
    return " ".join(filter(None, parts))


def part(element):
    """One child of a pubsub element."""
    name = name_of(element)
    if name == "subscription":
        return f"subscription {entry(element)}"
    if name == "set":
        # What names the first and the last is the service's own affair (RS-04).
        return f"set of {element.findtext(f'{{{RSM}}}count')}"
    words = [name, element.get("node"), element.get("jid")]
    children = list(element)
    if any(space_of(child) == DATA for child in children):
        words += [f"form {form_type(child)}" for child in children if space_of(child) == DATA]
    elif name in ("items", "publish", "retract"):
        words.append(f"[{', '.join(map(item, children))}]")
    elif name in ("subscriptions", "affiliations"):
        words.append(f"[{', '.join(sorted(map(entry, children)))}]")
    elif children:
        words.append(" ".join(map(name_of, children)))
    return " ".join(filter(None, words))


def content(stanza, spaces):
    """What stands in the pubsub elements of a stanza."""
    return sorted(part(child) for element in stanza if space_of(element) in spaces for child in element)


def answer(stanza):
    """An IQ as a line."""
    if stanza is None:
        return "no answer"
    if stanza.get("type") == "result":
        return " ".join(content(stanza, (NS, OWNER))) or "done"
    (error,) = (child for child in stanza if name_of(child) == "error")
    words = ["error", error.get("type")]
    words += [name_of(child) for child in error if space_of(child) == STANZAS and name_of(child) != "text"]
    for child in error:
        if space_of(child) == ERRORS:
            feature = child.get("feature")
            words.append(f"{name_of(child)}:{feature}" if feature else name_of(child))
    refused = content(stanza, (OWNER,)) if stanza.find(f"{{{OWNER}}}pubsub/{{{OWNER}}}affiliations/*") is not None else []
    return " ".join([*words, *refused])


def event(message):
    """A message as a line; None for one that is no event."""
    lines = content(message, (EVENT,))
    lines += [f"form {form_type(child)}" for child in message if space_of(child) == DATA]
    return " ".join(lines) or None


class Run:
    """The script on one server."""

    def __init__(self, name, where, accounts):
        self.name = name
        self.where = where
        self.accounts = accounts
        self.outcome = {}

    async def play(self):
        users = {role: User(f"{jid}/interop", password) for role, (jid, password) in self.accounts.items()}
        for user in users.values():
            user.connect(*self.where)
            await asyncio.wait_for(user.outcome, LIMIT)
        names = NODES | {"service": PUBSUB}
        for role, user in users.items():
            names |= {role: user.boundjid.bare, f"{role}_full": user.boundjid.full}
        await asyncio.sleep(SETTLED)
        for step in STEPS:
            for user in users.values():
                user.messages.clear()
            stanza = await users[step.who].ask(step.kind, step.payload.format(**names))
            if step.kind == "set":
                await asyncio.sleep(SETTLED)
            events = {}
            for role, user in users.items():
                lines = list(filter(None, map(event, user.messages)))
                if lines:
                    events[role] = " + ".join(lines)
            self.outcome[step.name] = self.line(answer(stanza), events, names)
        for user in users.values():
            await user.disconnect()

    @staticmethod
    def line(answer, events, names):
        """Answer and events, with the names of the script in place of those of the run."""
        text = "; ".join([answer, *(f"{role}: {line}" for role, line in sorted(events.items()))])
        for name, value in sorted(names.items(), key=lambda pair: -len(pair[1])):
            text = text.replace(value, f"{{{name}}}")
        return text


def allowed(step):
    """Each line that the specification allows."""
    cases = [step.events] if step.or_events is None else [step.events, step.or_events]
    told = ["".join(f"; {role}: {line}" for role, line in sorted(events.items())) for events in cases]
    return [answer + events for answer in step.answers for events in told]


def differences(server, outcome):
    return {
        (server, step.name): Difference(outcome[step.name], allowed(step), step.rule)
        for step in STEPS
        if outcome[step.name] not in allowed(step)
    }


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the table of differences anew")
    options = parser.parse_args()
    ours = Run("notification", address("notification-xmpp"), our_accounts())
    directory = pathlib.Path(os.environ["INTEROP_DIR"]) / "peers"
    with peers.Prosody(directory) as prosody, peers.Ejabberd(directory) as ejabberd:
        others = [Run(peer.name, ("127.0.0.1", peer.xmpp_port), peer_accounts(peer)) for peer in (prosody, ejabberd)]
        await asyncio.gather(*(run.play() for run in (ours, *others)))
    wrong = differences(ours.name, ours.outcome)
    found = {}
    for other in others:
        found |= differences(other.name, other.outcome)
    table = Table(TABLE, "pubsub_script.py")
    if options.write:
        table.write(found, [other.name for other in others])
    complaints = [complaint(*key, difference) for key, difference in wrong.items()] + table.compare(found)
    count = collections.Counter(server for server, _ in found)
    print(f"{len(STEPS)} steps; differences: notification {len(wrong)}, " + ", ".join(f"{other.name} {count[other.name]}" for other in others))
    expect(not complaints, "\n".join([f"{len(complaints)} complaints", *complaints]))


def our_accounts():
    """The web service owns every node; agents are nobody in particular."""
    secret = (pathlib.Path(os.environ["INTEROP_DATA_DIR"]) / "finesse.secret").read_text().strip()
    agents = {role: (f"{login}@localhost", f"ccx-{login}") for role, login in (("first", "1001001"), ("second", "1001002"))}
    return {"owner": ("finesse@localhost", secret)} | agents


def peer_accounts(peer):
    return {role: (peer.jid(number), peer.password(number)) for number, role in enumerate(("owner", "first", "second"))}


if __name__ == "__main__":
    run(main)
