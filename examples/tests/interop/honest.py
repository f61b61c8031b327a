"""One honest client for each port: opens a session the proper way and measures round trips in it.

Bytes and XML are written out, so that nothing but the server is measured.
"""

import asyncio
import base64
import json
import random
import re
import ssl
import struct

def basic(user):
    """Basic credentials of a seeded user."""
    return "Basic " + base64.b64encode(f"{user}:ccx-{user}".encode()).decode()


def plain(user):
    """The secret of SASL PLAIN."""
    return base64.b64encode(f"\0{user}\0ccx-{user}".encode()).decode()


class Client:
    """A connection to one port. `tls` says whether it is encrypted."""

    port = ""
    tls = False
    user = "1001002"

    def __init__(self, where, ca):
        """`where` is host and port, `ca` the file of the authority that a server's certificate is checked with."""
        self.where = where
        self.ca = ca

    async def connect(self):
        context = ssl.create_default_context(cafile=self.ca) if self.tls else None
        self.reader, self.writer = await asyncio.open_connection(*self.where, ssl=context)

    async def until(self, pattern):
        """Reads until the pattern has come; returns its match."""
        text = ""
        while not (match := re.search(pattern, text)):
            chunk = await self.reader.read(65536)
            if not chunk:
                raise EOFError(f"the server hung up after {text[-200:]!r}")
            text += chunk.decode()
        return match

    async def close(self):
        self.writer.close()

    async def post(self, method, path, headers, body):
        """One HTTP exchange on the connection; the answer's body."""
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self.where[0]}:{self.where[1]}\r\n{head}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"\r\ncontent-length: *(\d+)", answer)
        text = (await self.reader.readexactly(int(length[1]))).decode() if length else ""
        if not answer.startswith("http/1.1 200"):
            raise EOFError(f"{method} {path}: {answer} {text}")
        return text


class Echo(Client):
    """The measure of the machine: a server that gives a line back."""

    async def open(self):
        await self.connect()

    async def round_trip(self):
        self.writer.write(b"ping\n")
        if await self.reader.readline() != b"ping\n":
            raise EOFError("another line came back")


class Axl(Client):
    port = "cucm-axl"
    tls = True

    async def open(self):
        await self.connect()

    async def round_trip(self):
        body = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
            '<ns:doAuthenticateUser xmlns:ns="http://www.cisco.com/AXL/API/14.0">'
            f"<userid>{self.user}</userid><password>ccx-{self.user}</password>"
            "</ns:doAuthenticateUser></soapenv:Body></soapenv:Envelope>"
        )
        headers = {
            "Authorization": basic("axlreader"),
            "Content-Type": "text/xml;charset=UTF-8",
            "SOAPAction": '"CUCM:DB ver=14.0 doAuthenticateUser"',
        }
        answer = await self.post("POST", "/axl/", headers, body)
        if "<userAuthenticated>true<" not in answer:
            raise EOFError(answer)


class Switch(Client):
    port = "cucm-switch"

    async def open(self):
        await self.connect()
        await self.reader.readline()
        self.last = 0

    async def round_trip(self):
        self.last += 1
        self.writer.write(json.dumps({"id": self.last, "request": "ping"}).encode() + b"\n")
        while True:
            line = await self.reader.readline()
            if not line:
                raise EOFError("the switch hung up")
            answer = json.loads(line).get("answer")
            if answer and answer["id"] == self.last:
                return


class Cti(Client):
    port = "engine-cti"

    async def open(self):
        await self.connect()
        fixed = struct.pack(">11I", 1, 17, 60, 1, 0x14, 0x1FF, 0x3FF, 0, 0, 0, 0)
        self.send(3, fixed + b"\x01\x07honest\x00" + b"\x02\x00")
        await self.until_number(4)
        self.last = 1

    def send(self, number, body):
        self.writer.write(struct.pack(">II", len(body), number) + body)

    async def until_number(self, number):
        while True:
            length, got = struct.unpack(">II", await self.reader.readexactly(8))
            body = await self.reader.readexactly(length)
            if got == number:
                return body
            if got in (1, 2):
                raise EOFError(f"failure {body.hex()}")

    async def round_trip(self):
        self.last += 1
        self.send(5, struct.pack(">I", self.last))
        if await self.until_number(6) != struct.pack(">I", self.last):
            raise EOFError("another heartbeat was answered")


class Xmpp(Client):
    port = "notification-xmpp"
    resource = "honest"

    async def open(self):
        await self.connect()
        await self.open_stream(r"</stream:features>|</features>")
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain(self.user)}</auth>")
        await self.until(r"<success")
        await self.open_stream(r"</stream:features>|</features>")
        self.send(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            f"<resource>{self.resource}</resource></bind></iq>"
        )
        await self.until(r"</iq>")
        self.last = 0

    async def open_stream(self, ready):
        self.send(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>"
        )
        await self.until(ready)

    def send(self, text):
        self.writer.write(text.encode())

    async def round_trip(self):
        self.last += 1
        self.send(f"<iq type='get' id='ping-{self.last}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        await self.until(rf"<iq[^>]*id=['\"]ping-{self.last}['\"][^>]*>")


class XmppTls(Xmpp):
    port = "notification-xmpp-tls"
    tls = True
    resource = "honest-tls"


class Bosh(Client):
    port = "notification-bosh"
    resource = "honest-bosh"
    namespace = "http://jabber.org/protocol/httpbind"

    async def open(self):
        await self.connect()
        self.rid = random.randrange(1, 1 << 40)
        answer = await self.body(
            "to='localhost' xml:lang='en' wait='30' hold='1' ver='1.11' content='text/xml; charset=utf-8' "
            "xmpp:version='1.0'"
        )
        self.sid = re.search(r"\bsid=['\"]([^'\"]+)['\"]", answer)[1]
        while "PLAIN" not in answer:
            answer = await self.body()
        auth = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain(self.user)}</auth>"
        answer = await self.body(payload=auth)
        while "<success" not in answer:
            answer = await self.body()
        answer = await self.body("xmpp:restart='true' to='localhost'")
        while "xmpp-bind" not in answer:
            answer = await self.body()
        bind = (
            "<iq type='set' id='bind' xmlns='jabber:client'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            f"<resource>{self.resource}</resource></bind></iq>"
        )
        answer = await self.body(payload=bind)
        while "<jid>" not in answer:
            answer = await self.body()
        self.last = 0

    async def body(self, attributes="", payload=""):
        self.rid += 1
        sid = f"sid='{self.sid}'" if hasattr(self, "sid") else ""
        text = (
            f"<body xmlns='{self.namespace}' xmlns:xmpp='urn:xmpp:xbosh' rid='{self.rid}' {sid} {attributes}>"
            f"{payload}</body>"
        )
        answer = await self.post("POST", "/http-bind/", {"Content-Type": "text/xml; charset=utf-8"}, text)
        if "type='terminate'" in answer or 'type="terminate"' in answer:
            raise EOFError(answer)
        return answer

    async def round_trip(self):
        self.last += 1
        ping = (
            f"<iq type='get' id='ping-{self.last}' to='localhost' xmlns='jabber:client'>"
            "<ping xmlns='urn:xmpp:ping'/></iq>"
        )
        answer = await self.body(payload=ping)
        while f"ping-{self.last}" not in answer:
            answer = await self.body()


class BoshTls(Bosh):
    port = "notification-bosh-tls"
    tls = True
    resource = "honest-bosh-tls"


class Finesse(Client):
    port = "finesse-http"

    async def open(self):
        await self.connect()

    async def round_trip(self):
        headers = {"Authorization": basic(self.user)}
        answer = await self.post("GET", f"/finesse/api/User/{self.user}", headers, "")
        if f"<loginId>{self.user}</loginId>" not in answer:
            raise EOFError(answer)


class FinesseTls(Finesse):
    port = "finesse-https"
    tls = True
