"""An agent as a program: the REST calls and the events of one user, for the Python tests.

REST needs only the standard library; the events come over XMPP by slixmpp.
"""

import asyncio
import base64
import dataclasses
import itertools
import os
import ssl
import sys
import time
import traceback
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

import slixmpp

PUBSUB = "pubsub.localhost"
EVENT_LIMIT = 10.0
REQUEST_IDS = itertools.count(1)


def address(name):
    """Host and port of a server, by the name of its flag."""
    host, port = os.environ["INTEROP_" + name.upper().replace("-", "_")].rsplit(":", 1)
    return host, int(port)


def expect(condition, what):
    """A failed expectation ends the test with a sentence."""
    if not condition:
        raise AssertionError(what)


def run(main):
    """Runs a test to its end. Sessions that are still open do not keep a failed one alive."""

    async def guarded():
        try:
            await main()
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    asyncio.run(guarded())
    sys.stdout.flush()
    os._exit(0)


class Rest:
    """The REST API as one user sees it."""

    def __init__(self, user, http, password=None):
        self.user = user
        self.base = f"http://{http}/finesse/api/"
        credentials = f"{user}:{password or 'ccx-' + user}".encode()
        self.authorization = "Basic " + base64.b64encode(credentials).decode()

    def call(self, method, path, body=None, request_id=None):
        """Status and body text; an error status is an answer, not an exception."""
        request = urllib.request.Request(self.base + path, method=method, data=body and body.encode())
        request.add_header("Authorization", self.authorization)
        if body:
            request.add_header("Content-Type", "application/xml")
        if request_id:
            request.add_header("requestId", request_id)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def accepted(self, method, path, body):
        """Sends a request that is answered 202 and confirmed by an event; returns its request id."""
        request_id = f"{self.user}-{next(REQUEST_IDS)}"
        status, text = self.call(method, path, body, request_id)
        expect(status in (200, 202), f"{method} {path} by {self.user}: {status} {text}")
        return request_id

    def state(self, state, extension=None):
        extension = f"<extension>{extension}</extension>" if extension else ""
        body = f"<User><state>{state}</state>{extension}</User>"
        return self.accepted("PUT", f"User/{self.user}", body)

    def action(self, dialog, action):
        body = (
            f"<Dialog><targetMediaAddress>{self.user}</targetMediaAddress>"
            f"<requestedAction>{action}</requestedAction></Dialog>"
        )
        return self.accepted("PUT", f"Dialog/{dialog}", body)

    def make_call(self, to):
        body = (
            f"<Dialog><requestedAction>MAKE_CALL</requestedAction>"
            f"<fromAddress>{self.user}</fromAddress><toAddress>{to}</toAddress></Dialog>"
        )
        return self.accepted("POST", f"User/{self.user}/Dialogs", body)

    def get(self, path):
        """The parsed answer of a GET that must succeed."""
        status, text = self.call("GET", path)
        expect(status == 200, f"GET {path} by {self.user}: {status} {text}")
        return ElementTree.fromstring(text)

    def user_state(self):
        return self.get(f"User/{self.user}").findtext("state")

    def dialogs(self):
        """Dialog id to dialog element."""
        return {dialog.findtext("id"): dialog for dialog in self.get(f"User/{self.user}/Dialogs").iter("Dialog")}

    def participant(self, dialog):
        """The user's own state in a dialog."""
        for participant in dialog.iter("Participant"):
            if participant.findtext("mediaAddress") == self.user:
                return participant.findtext("state")
        return None


@dataclasses.dataclass
class Update:
    """One notification, taken apart."""

    node: str
    source: str
    event: str
    request_id: str
    data: ElementTree.Element
    arrived: float

    def text(self, path):
        """Text at a path below the one child of `data`, which is `user`, `dialog`, `dialogs` or `apiErrors`."""
        return self.data[0].findtext(path) if len(self.data) else None


def parse(node, text):
    update = ElementTree.fromstring(text)
    expect(update.tag == "Update", f"payload is <{update.tag}>")
    return Update(
        node=node,
        source=update.findtext("source"),
        event=update.findtext("event").upper(),
        request_id=update.findtext("requestId") or "",
        data=update.find("data"),
        arrived=time.monotonic(),
    )


class Events(slixmpp.ClientXMPP):
    """An XMPP session of a user; every notification is put in a queue."""

    def __init__(self, user, password=None, tls_ca=None):
        super().__init__(f"{user}@localhost/interop", password or "ccx-" + user, sasl_mech="PLAIN")
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0060")
        self.register_plugin("xep_0199")
        # PLAIN in clear is off in slixmpp unless asked for; these connections never leave the machine.
        self.plugin["feature_mechanisms"].unencrypted_plain = True
        self.enable_starttls = False
        self.enable_direct_tls = tls_ca is not None
        self.enable_plaintext = tls_ca is None
        if tls_ca:
            self.ssl_context = ssl.create_default_context(cafile=tls_ca)
            self.ca_certs = tls_ca
        self.queue = asyncio.Queue()
        self.outcome = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", self.on_start)
        self.add_event_handler("failed_auth", self.on_failed)
        self.add_event_handler("connection_failed", self.on_failed)
        self.add_event_handler("pubsub_publish", self.on_publish)

    async def on_start(self, _):
        self.send_presence()
        if not self.outcome.done():
            self.outcome.set_result(None)

    def on_failed(self, why):
        if not self.outcome.done():
            self.outcome.set_result(why)

    def on_publish(self, message):
        # slixmpp walks these items with a cursor that they hold themselves: a loop over them here would never end.
        items = message["pubsub_event"]["items"]
        (item,) = items["substanzas"]
        self.queue.put_nowait(parse(items["node"], "".join(item["payload"].itertext())))

    async def login(self, where):
        """None after a login, else why not."""
        self.connect(*where)
        return await asyncio.wait_for(self.outcome, EVENT_LIMIT)

    async def subscribe(self, node):
        answer = await self.plugin["xep_0060"].subscribe(PUBSUB, node, subscribee=self.boundjid.full, timeout=EVENT_LIMIT)
        state = answer["pubsub"]["subscription"]["subscription"]
        expect(state == "subscribed", f"subscription to {node} is {state}")

    async def until(self, wanted, what, limit=EVENT_LIMIT):
        """The first queued update that `wanted` takes; those before it are dropped."""
        end = time.monotonic() + limit
        seen = []
        while True:
            try:
                update = await asyncio.wait_for(self.queue.get(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"{self.boundjid.user} waited {limit:.0f} s for {what}; came: {seen}") from None
            if wanted(update):
                return update
            seen.append(f"{update.event} {update.source} {update.text('state') or ''}".strip())

    async def logout(self):
        await self.disconnect()
