"""Foreign AXL clients behind one call: zeep, and by way of `axl_bridge.mjs` the npm packages cisco-axl and soap.

Arguments are the same for all of them: dictionaries in the order of the schema, `NIL` for `xsi:nil`, and `attributed` for
text with attributes. Answers differ in shape; `dig`, `many`, `text`, `attribute` and `rows` read them all.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import queue
import subprocess
import threading

import requests
import zeep
import zeep.helpers

import harness

BINDING = "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding"
HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 60
# An element that says nil.
NIL = None


class Refused(Exception):
    """A call that was not answered with a result."""

    def __init__(self, status, code, message):
        super().__init__(f"status {status}, axlcode {code}: {message}")
        self.status = status
        # Of the fault as the client sees it; `None` when it sees none.
        self.code = code
        self.message = message


@dataclasses.dataclass(frozen=True)
class Attributed:
    text: str
    attributes: dict


def attributed(text, **attributes):
    return Attributed(text, attributes)


def key(uuid):
    """A reference by key alone."""
    return attributed("", uuid=uuid)


class Client:
    """What all clients have in common."""

    def __init__(self, name, version, recorder):
        self.name = name
        self.version = version
        self.recorder = recorder
        self.user = "axladmin"
        self.password = "ccx-axladmin"

    # Whether it takes answers that have no `return`.
    takes_other_answers = True
    # Whether it sends arguments that are empty.
    sends_empty = True
    # Whether an element may be called `value`, which cisco-axl takes for the text of the one around it.
    knows_value = True

    @contextlib.contextmanager
    def signed_in(self, user, password=None):
        before = self.user, self.password
        self.user, self.password = user, password or f"ccx-{user}"
        try:
            yield
        finally:
            self.user, self.password = before

    def call(self, operation, **arguments):
        """The answer's content. Raises `Refused`."""
        raise NotImplementedError

    def refused(self, operation, **arguments):
        """How a call was refused; fails when it was not."""
        try:
            answer = self.call(operation, **arguments)
        except Refused as refusal:
            return refusal
        raise AssertionError(f"{operation} was not refused but answered with {answer}")

    def close(self):
        pass


class Zeep(Client):
    """`strict` is zeep's own word: whether an answer may hold what the schema does not have."""

    def __init__(self, client, version, recorder, ca_file, strict):
        super().__init__(f"zeep {'strict' if strict else 'lax'}", version, recorder)
        self.client = client
        self.strict = strict
        self.session = client.transport.session
        self.session.verify = ca_file
        self.service = client.create_service(BINDING, recorder.url)

    @staticmethod
    def load(wsdl):
        session = requests.Session()
        session.trust_env = False
        return zeep.Client(
            str(wsdl),
            settings=zeep.Settings(strict=True, xml_huge_tree=True),
            transport=zeep.Transport(session=session, timeout=LIMIT, operation_timeout=LIMIT),
        )

    def call(self, operation, **arguments):
        self.session.auth = (self.user, self.password)
        arguments = {name: self.value(value) for name, value in arguments.items()}
        try:
            with self.client.settings(strict=self.strict):
                answer = self.service[operation](**arguments)
        except zeep.exceptions.Fault as fault:
            # Of a page that is no fault zeep keeps the bytes.
            code = None if fault.detail is None or isinstance(fault.detail, bytes) else fault.detail.find(".//axlcode")
            raise Refused(self.recorder.last().status, getattr(code, "text", None), fault.message) from None
        except zeep.exceptions.TransportError as problem:
            raise Refused(problem.status_code, None, str(problem)) from None
        return zeep.helpers.serialize_object(answer, dict)

    def value(self, value):
        if value is NIL:
            return zeep.xsd.Nil
        if isinstance(value, Attributed):
            return {"_value_1": value.text, **value.attributes}
        if isinstance(value, dict):
            return {name: self.value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        return value


class Node(Client):
    """A package of npm in a process of its own, asked by lines of JSON."""

    def __init__(self, package, version, recorder, node_modules, wsdl, ca_file):
        super().__init__(f"npm {package}", version, recorder)
        self.takes_other_answers = self.sends_empty = self.knows_value = package != "cisco-axl"
        self.process = subprocess.Popen(
            ["node", str(HERE / "axl_bridge.mjs"), package, version, str(wsdl), recorder.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"INTEROP_AXL_NODE_MODULES": str(node_modules), "NODE_EXTRA_CA_CERTS": ca_file},
            preexec_fn=harness.die_with_parent,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            # Packages print, too.
            if line.startswith("@"):
                self.lines.put(json.loads(line[1:]))
        self.lines.put(None)

    def call(self, operation, **arguments):
        request = {"operation": operation, "user": self.user, "password": self.password, "arguments": arguments}
        self.process.stdin.write(json.dumps(request, default=lambda value: {"#": value.text, "@": value.attributes}) + "\n")
        self.process.stdin.flush()
        answer = self.lines.get(timeout=LIMIT)
        if answer is None:
            raise AssertionError(f"{self.name} died in {operation}")
        if "result" in answer:
            return answer["result"]
        raise Refused(self.recorder.last().status, answer.get("code"), answer["message"])

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def dig(value, *names):
    """What stands at the end of a path, or `None` where it breaks off."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def many(value):
    """The items of something that repeats: none, one, or a list."""
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def text(value):
    """The text of an element, empty where it is left out or nil."""
    if isinstance(value, dict):
        value = next((value[name] for name in ("_value_1", "$value", "value") if name in value), None)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def attribute(value, name):
    """An attribute of an element, `None` where it has none of that name."""
    found = dig(value, "attributes", name) if isinstance(value, dict) and "attributes" in value else dig(value, name)
    return found if found is None else str(found)


def true(value):
    return text(value) in ("true", "t", "1")


def rows(answer):
    """The rows of a query, each as a dictionary."""
    found = []
    for row in many(dig(answer, "return", "row")):
        if isinstance(row, dict):
            found.append({name: text(column) for name, column in row.items() if name != "attributes"})
        else:
            # zeep keeps what has no type as elements of lxml.
            found.append({column.tag: column.text or "" for column in row})
    return found
