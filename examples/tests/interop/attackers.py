"""The hostile half of `hostile.py`: every attack on every port at once, for a while, then a verdict as JSON.

    attackers.py ADDRESSES CA SECONDS

ADDRESSES is a JSON object of port names to `host:port`, CA the file of the servers' authority. Each attack is repeated at a modest pace: these are faults in
what is sent, not floods. For each the number of its ends is counted:

    refused   the server answered with what the protocol has for a refusal, or ended the connection in order
    cut       the server reset the connection
    spared    the time was up before the server's patience was
    accepted  the server took it as something good
    hung      nothing came within the limit
"""

import asyncio
import collections
import functools
import json
import logging
import random
import re
import ssl
import struct
import sys

import honest

# How long a whole hostile message may stay without an end.
ANSWER_LIMIT = 15.0
# How long a connection that gives little or nothing may stay: a minute is what our servers' limits come to.
PATIENCE = 70.0
PAUSE = 0.1
# The clean-up after the fire.
LAST = 15.0
SLOW_SENDERS = 8
HALF_OPEN = 12
HTTP_PORTS = {"cucm-axl", "notification-bosh", "notification-bosh-tls", "finesse-http", "finesse-https"}
TLS_PORTS = {"cucm-axl", "notification-xmpp-tls", "notification-bosh-tls", "finesse-https"}
PATHS = {
    "cucm-axl": "/axl/",
    "notification-bosh": "/http-bind/",
    "notification-bosh-tls": "/http-bind/",
    "finesse-http": "/finesse/api/User/1001003",
    "finesse-https": "/finesse/api/User/1001003",
}
# Who sends what is in the bodies: an attacker with good credentials meets more of a server than one without.
INSIDERS = {"cucm-axl": "axlreader", "finesse-http": "1001003", "finesse-https": "1001003"}
STRANGER = "devil"
# What each protocol says when it refuses. Anything else that is said is "accepted".
REFUSALS = {
    "switch": rb'"closing"|"refused"',
    "cti": b"",  # Decided by message number, below.
    "xmpp": rb"<stream:error|<failure|<error|</stream:stream>",
    "http": rb"^HTTP/1\.[01] [45]\d\d |type=['\"]terminate['\"]|<soapenv:Fault|:Fault>|<stream:error",
}
STREAM = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    b"to='localhost' version='1.0'>"
)
LAUGHS = b"<!DOCTYPE a [<!ENTITY l0 'ha'>%s]>" % b"".join(
    b"<!ENTITY l%d '%s'>" % (depth, b"&l%d;" % (depth - 1) * 10) for depth in range(1, 12)
)
# To WebSocket (RFC 6455), with a key that anybody may have.
HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n"
)
OPEN = b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
OUTSIDE = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


@functools.cache
def bombs():
    """XML that is small to send and large to keep, by name."""
    return {
        "laughs": LAUGHS + b"<a>&l11;</a>",
        "outside": OUTSIDE + b"<a>&x;</a>",
        "deep": b"<a>" * 50_000,
        "attributes": b"<a " + b" ".join(b"a%d=''" % number for number in range(50_000)) + b"/>",
        "namespaces": b"".join(b"<a xmlns:n%d='urn:%d'>" % (number, number) for number in range(20_000)),
        "name": b"<" + b"a" * 2_000_000,
        "text": b"<a>" + b"a" * 4_000_000,
        "comment": b"<!--" + b"-a" * 1_000_000,
    }


def protocol(port):
    if port in HTTP_PORTS:
        return "http"
    return {"cucm-switch": "switch", "engine-cti": "cti"}.get(port, "xmpp")


def http(port, body, **headers):
    """A request with a body; `headers` replaces or adds."""
    fields = {
        "Host": "localhost",
        "Content-Type": "text/xml; charset=utf-8",
        "Authorization": honest.basic(INSIDERS.get(port, STRANGER)),
        "Content-Length": str(len(body)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    method = "PUT" if port.startswith("finesse") else "POST"
    return f"{method} {PATHS[port]} HTTP/1.1\r\n{head}\r\n".encode() + body


def frame(payload, opcode=1, end=True, mask=True, length=None):
    """A frame of WebSocket; `length` lies about its payload."""
    length = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if end else 0), 127 | (0x80 if mask else 0)]) + struct.pack(">Q", length)
    # Masked with zeros, the payload stays as it is.
    return head + (bytes(4) if mask else b"") + payload


def web_socket():
    """Attacks behind the handshake: name to bytes."""
    frames = {f"bomb {name}": frame(bomb) for name, bomb in bombs().items()}
    frames |= {f"bomb {name} in a stream": frame(OPEN) + frame(bomb) for name, bomb in bombs().items()}
    frames |= {
        "not masked": frame(OPEN, mask=False),
        "length 2^63": frame(b"x" * 100_000, length=2**63),
        "length 4 GiB": frame(b"x" * 100_000, length=2**32),
        "reserved bits": frame(OPEN, opcode=0x71),
        "unknown opcode": frame(OPEN, opcode=5),
        "long ping": frame(b"x" * 126, opcode=9),
        "ping in pieces": frame(b"x", opcode=9, end=False),
        "pings": frame(b"", opcode=9) * 20_000,
        "binary": frame(OPEN, opcode=2),
        "not text": frame(b"\xff\xfe\xfd"),
        "pieces without an end": frame(b"<a>", end=False) + frame(b"a" * 1000, opcode=0, end=False) * 1_000,
        "a piece of nothing": frame(b"a", opcode=0),
        "stanza before login": frame(OPEN) + frame(b"<iq xmlns='jabber:client' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"),
    }
    return {f"WebSocket, {name}": HANDSHAKE + sent for name, sent in frames.items()}


def whole(port):
    """Attacks that are sent at once and must be answered or cut off: name to bytes."""
    found = {"random bytes": random.randbytes(4096), "zeros": bytes(4096), "random text": random.randbytes(512).hex().encode() + b"\r\n\r\n"}
    kind = protocol(port)
    if kind == "cti":
        opening = struct.pack(">11I", 1, 17, 60, 1, 0x14, 0, 0, 0, 0, 0, 0)
        found |= {
            "length ffffffff": struct.pack(">II", 0xFFFF_FFFF, 3),
            "length 7fffffff": struct.pack(">II", 0x7FFF_FFFF, 3),
            "length 12493": struct.pack(">II", 12_493, 3),
            "empty open": struct.pack(">II", 0, 3),
            "field beyond the end": struct.pack(">II", len(opening) + 3, 3) + opening + b"\x01\xffx",
            "server's message": struct.pack(">III", 4, 39, 1),
            "version ffffffff": struct.pack(">II", 44, 3) + struct.pack(">II", 1, 0xFFFF_FFFF) + opening[8:],
        }
    elif kind == "switch":
        found |= {
            "long line": b'{"id":1,"request":"' + b"a" * 1_000_000,
            "deep line": b"[" * 15_000 + b"\n",
            "unknown request": b'{"id":1,"request":"explode"}\n',
            "not text": b"\xff\xfe\xfd\n",
            # A line is a message: without its end these are only slow.
            "zeros": bytes(4096) + b"\n",
            "random text": found["random text"] + b"\n",
        }
    elif kind == "xmpp":
        found |= {f"bomb {name}": STREAM + bomb for name, bomb in bombs().items()}
        found |= {
            "bomb before the stream": LAUGHS + STREAM,
            "stanza before login": STREAM + b"<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
            "wrong password": STREAM
            + b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGRldmlsAGRldmls</auth>",
        }
    else:
        wrap = {
            "notification-bosh": (b"<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost'>", b"</body>"),
            "cucm-axl": (b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>", b"</s:Body></s:Envelope>"),
            "finesse-http": (b"<User><state>", b"</state></User>"),
        }
        before, after = wrap[port.replace("-tls", "").replace("https", "http")]
        for name, bomb in bombs().items():
            # A DOCTYPE is only well-formed in front of the root; other bombs go where a payload goes.
            body = bomb if bomb.startswith(b"<!DOCTYPE") else before + bomb + after
            found[f"bomb {name}"] = http(port, body)
        found |= {
            "length 2^64": http(port, b"x", Content_Length="18446744073709551616"),
            "length 4 GiB": http(port, b"x" * 100_000, Content_Length="4294967296"),
            "length negative": http(port, b"x", Content_Length="-1"),
            "chunk of 2^64": http(port, b"ffffffffffffffff\r\n" + b"x" * 100_000, Content_Length=None, Transfer_Encoding="chunked"),
            "endless header": b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000,
            "many headers": b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: a\r\n" % number for number in range(20_000)) + b"\r\n",
            "no such path": b"POST /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        }
        if port.startswith("notification-bosh"):
            found |= web_socket()
        if port in INSIDERS:
            found["unknown user"] = http(port, before + after, Authorization=honest.basic(STRANGER))
    return found


def good_beginning(port):
    """What a slow sender sends, a byte a second."""
    kind = protocol(port)
    if kind == "cti":
        return struct.pack(">II", 62, 3) + bytes(62)
    if kind == "switch":
        return b'{"id":1,"request":"ping"     }' * 40
    if kind == "xmpp":
        return STREAM
    return http(port, b"<body/>" * 100)


def beginnings(port):
    """What a silent connection says before: name, whether without TLS, bytes."""
    yield "connecting", True, b""
    yield "a few bytes", False, good_beginning(port)[:7]
    if port.startswith("notification-bosh"):
        yield "a handshake of WebSocket", False, HANDSHAKE
        yield "half a frame of WebSocket", False, HANDSHAKE + frame(OPEN)[:-1]
    if port in TLS_PORTS:
        yield "half a hello", True, b"\x16\x03\x01\x40\x00\x01\x00"


class Insider(honest.Xmpp):
    """An agent who logs in and then turns."""

    user = "1001010"
    resource = "insider"


class InsiderTls(Insider):
    tls = True
    resource = "insider-tls"


INSIDER_STREAMS = {"notification-xmpp": Insider, "notification-xmpp-tls": InsiderTls}


class Attack:
    def __init__(self, addresses, ca, seconds):
        self.addresses = {port: split(address) for port, address in addresses.items()}
        self.ca = ca
        self.loop = asyncio.get_running_loop()
        self.end = self.loop.time() + seconds
        self.last = self.end + LAST
        self.verdicts = collections.defaultdict(collections.Counter)

    async def run(self):
        tasks = []
        for port in self.addresses:
            tasks.append(self.send_whole(port))
            tasks += [self.send_slowly(port) for _ in range(SLOW_SENDERS)]
            for beginning in beginnings(port):
                tasks += [self.stay_silent(port, *beginning) for _ in range(HALF_OPEN)]
            if port in TLS_PORTS:
                tasks.append(self.send_clear_to_tls(port))
            if port in INSIDER_STREAMS:
                tasks.append(self.send_after_login(port))
        await asyncio.gather(*tasks)
        return {attack: dict(ends) for attack, ends in self.verdicts.items()}

    async def connect(self, port, clear=False):
        context = None
        if port in TLS_PORTS and not clear:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return await asyncio.open_connection(*self.addresses[port], ssl=context)

    async def send_whole(self, port):
        while self.loop.time() < self.end:
            for name, data in whole(port).items():
                if self.loop.time() >= self.end:
                    return
                self.verdicts[f"{port}: {name}"][await self.fire(port, data)] += 1
                await asyncio.sleep(PAUSE)

    async def send_clear_to_tls(self, port):
        while self.loop.time() < self.end:
            self.verdicts[f"{port}: clear to TLS"][await self.fire(port, b"GET / HTTP/1.1\r\n\r\n", clear=True)] += 1
            await asyncio.sleep(1)

    async def send_after_login(self, port):
        while self.loop.time() < self.end:
            for name, bomb in bombs().items():
                insider = INSIDER_STREAMS[port](self.addresses[port], self.ca)
                verdicts = self.verdicts[f"{port}: bomb {name} after login"]
                try:
                    # Not measured: this process steps back behind the honest ones.
                    async with asyncio.timeout(PATIENCE):
                        await insider.open()
                except (OSError, EOFError, TimeoutError) as problem:
                    verdicts[f"no login: {type(problem).__name__}"] += 1
                else:
                    verdicts[await self.send(port, bomb, insider.reader, insider.writer)] += 1
                await asyncio.sleep(PAUSE)

    async def fire(self, port, data, clear=False):
        """Sends all of it on a connection of its own, and says how it ended."""
        try:
            reader, writer = await self.connect(port, clear)
        except OSError:
            return "cut"
        return await self.send(port, data, reader, writer)

    async def send(self, port, data, reader, writer):
        answer = bytearray()
        sender = asyncio.create_task(push(writer, data))
        try:
            async with asyncio.timeout(ANSWER_LIMIT):
                while chunk := await reader.read(65536):
                    answer += chunk
                    if refused(port, answer):
                        return "refused"
            return ended(port, answer)
        except TimeoutError:
            return "hung" if not accepted(port, answer) else "accepted"
        except OSError:
            return "cut"
        finally:
            sender.cancel()
            writer.transport.abort()

    async def send_slowly(self, port):
        """A byte a second; the server must lose patience."""

        async def drip(writer):
            for byte in good_beginning(port):
                if writer.transport.is_closing():
                    return
                writer.write(bytes([byte]))
                await asyncio.sleep(1)

        while self.loop.time() < self.end:
            await self.outwait(f"{port}: slow sender", port, False, drip)

    async def stay_silent(self, port, name, clear, beginning):
        """Connects, perhaps begins, and says no more: the server must let go by itself."""

        async def begin(writer):
            writer.write(beginning)

        while self.loop.time() < self.end:
            await self.outwait(f"{port}: silent after {name}", port, clear, begin)

    async def outwait(self, name, port, clear, speak):
        """Opens a connection, lets `speak` say something, and waits for the server to end it."""
        try:
            reader, writer = await self.connect(port, clear)
        except OSError:
            self.verdicts[name]["cut"] += 1
            await asyncio.sleep(PAUSE)
            return
        started = self.loop.time()
        speaking = asyncio.create_task(speak(writer))
        try:
            async with asyncio.timeout_at(min(self.last, started + PATIENCE)):
                while await reader.read(65536):
                    pass
            end = "refused"
        except TimeoutError:
            end = "hung" if self.loop.time() >= started + PATIENCE else "spared"
        except OSError:
            end = "cut"
        self.verdicts[name][end] += 1
        speaking.cancel()
        writer.transport.abort()
        await asyncio.sleep(PAUSE)


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


async def push(writer, data):
    try:
        for start in range(0, len(data), 65536):
            if writer.transport.is_closing():
                return
            writer.write(data[start : start + 65536])
            await writer.drain()
    except OSError:
        pass  # The reading side sees the same and says so.


def refused(port, answer):
    kind = protocol(port)
    if kind == "cti":
        return any(number in (1, 2) for number, _ in messages(answer))
    return re.search(REFUSALS[kind], bytes(answer)) is not None


def accepted(port, answer):
    """Whether something good was said that an honest client would be glad of."""
    kind = protocol(port)
    if kind == "http":
        return re.search(rb"^HTTP/1\.[01] 2", bytes(answer)) is not None
    if kind == "cti":
        return any(number not in (1, 2) for number, _ in messages(answer))
    if kind == "switch":
        return b'"done"' in answer
    return b"<success" in answer


def ended(port, answer):
    return "accepted" if accepted(port, answer) else "refused"


def messages(answer):
    """Number and body of each whole CTI message."""
    at = 0
    while at + 8 <= len(answer):
        length, number = struct.unpack_from(">II", answer, at)
        if at + 8 + length > len(answer):
            return
        yield number, answer[at + 8 : at + 8 + length]
        at += 8 + length


async def main():
    addresses, ca, seconds = json.loads(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    print(json.dumps(await Attack(addresses, ca, seconds).run()))


# asyncio warns of each write to a connection that the server has ended, which is what it should do.
logging.getLogger("asyncio").setLevel(logging.ERROR)
asyncio.run(main())
