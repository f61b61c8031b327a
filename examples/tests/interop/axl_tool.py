"""Our command-line client `axl` with an AXL server that is not ours: npm's soap on Cisco's own WSDL (`axl_server.mjs`).

What the tool would send with a schema at hand is validated against that schema by lxml.
"""

import csv
import io
import json
import os
import pathlib
import subprocess

from lxml import etree

import harness
from agent import expect
from axl_validator import NAMESPACE, VERSIONS, Schemas

HERE = pathlib.Path(__file__).resolve().parent
TOOL = pathlib.Path(os.environ["INTEROP_BIN_DIR"]) / "axl"
SCHEMAS = pathlib.Path(os.environ["INTEROP_AXL_SCHEMAS"])
PHONES = 25
LIMIT = 60


class Server:
    """The foreign server; `did` is what it was asked."""

    def __init__(self, version):
        self.version = version
        self.process = subprocess.Popen(
            ["node", HERE / "axl_server.mjs", SCHEMAS / version / "AXLAPI.wsdl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=harness.die_with_parent,
        )
        self.port = int(self.process.stdout.readline())

    def axl(self, *arguments, status=0, password="ccx-axladmin", typed=None):
        """Runs the tool; returns what it prints and what it complains of."""
        return axl(
            *arguments,
            status=status,
            typed=typed,
            AXL_HOST=f"http://127.0.0.1:{self.port}",
            AXL_USER="axladmin",
            AXL_PASSWORD=password,
            AXL_VERSION=self.version,
        )

    def json(self, *arguments, **options):
        return json.loads(self.axl(*arguments, "--output", "json", **options))

    def stop(self):
        """What it was asked, in order."""
        self.process.stdin.close()
        did = self.process.stdout.read().split()
        self.process.wait(LIMIT)
        return did


def axl(*arguments, status=0, typed=None, **environment):
    done = subprocess.run(
        [TOOL, *arguments], input=typed, capture_output=True, text=True, timeout=LIMIT, env=os.environ | environment
    )
    expect(done.returncode == status, f"axl {arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def calls(server):
    expect("14.0.1.10000-20" in server.axl("check"), "the release")
    one = server.json("get", "phone", "SEP000000000001")
    expect(one["name"] == "SEP000000000001" and one["description"] == "<phone> & 1", f"a phone: {one}")
    expect(server.json("get", "phone", one["@uuid"]) == one, "the phone by its key")

    listed = list(csv.DictReader(io.StringIO(server.axl("list", "phone", "--page", "10", "--tags", "name", "--output", "csv"))))
    expect([phone["name"] for phone in listed] == [f"SEP{n:012}" for n in range(1, PHONES + 1)], f"a list in pages: {listed}")
    some = server.json("list", "phone", "SEP00000000002%")
    expect(len(some) == 6, f"phones of a pattern: {some}")
    expect(server.json("list", "phone", "none") == [], "an empty list")

    uuid = server.axl("add", "phone", "name=SEPAABBCCDDEEFF", "description=a <b> & c").strip()
    added = server.json("get", "phone", "SEPAABBCCDDEEFF")
    expect((added["@uuid"], added["description"]) == (uuid, "a <b> & c"), f"the phone that was added: {added}")
    expect("-239" in server.axl("add", "phone", "name=SEPAABBCCDDEEFF", status=1), "a phone twice")
    server.axl("update", "phone", uuid, "description=changed")
    expect(server.json("get", "phone", uuid)["description"] == "changed", "the description that was changed")
    server.axl("remove", "phone", "SEPAABBCCDDEEFF")
    expect("5007" in server.axl("get", "phone", "SEPAABBCCDDEEFF", status=1), "the phone that was removed")

    rows = server.json("sql", "select name, description from device")
    expect(len(rows) == 3 and rows[0] == {"name": one["name"], "description": one["description"]}, f"rows: {rows}")
    expect(server.json("sql", "select name from none") == [], "a query without a result")
    for password, right in (("right", "true"), ("wrong", "false")):
        asked = json.dumps({"userid": "1001001", "password": password})
        answer = server.json("do", "doAuthenticateUser", "-", typed=asked)
        expect(answer["userAuthenticated"] == right, f"the password {password}: {answer}")
    expect("401" in server.axl("check", password="wrong", status=4), "a wrong password")


def schemas(version, validator):
    """What the tool makes of a request with the schema at hand."""
    schema = ("--schema", SCHEMAS / version / "AXLSoap.xsd", "--dry-run")
    told = axl("add", "phone", "name=SEPAABBCCDDEEFF", *schema, status=2)
    expect("product is missing" in told, f"a phone without a product: {told}")
    for arguments in (
        # In no order.
        (
            *("add", "phone", "commonPhoneConfigName=Standard Common Phone Profile", "name=SEPAABBCCDDEEFF"),
            *("product=Cisco 8841", "class=Phone", "protocol=SIP", "locationName=Hub_None", "devicePoolName=Default"),
            *("lines/line/dirn/routePartitionName=", "lines/line/dirn/pattern=1001", "lines/line/index=1"),
        ),
        ("update", "phone", "SEPAABBCCDDEEFF", "callingSearchSpaceName:=null", "description=a <b> & c"),
        ("add", "user", "lastName=Doe", "userid=jdoe", "presenceGroupName=Standard Presence group"),
        ("do", "doDeviceReset", "deviceResetType=Restart", "deviceName=SEPAABBCCDDEEFF"),
    ):
        request = etree.fromstring(axl(*arguments, *schema))
        # A dry run shows the request without its namespace.
        qualified = etree.Element(f"{{{NAMESPACE}{version}}}{request.tag}", request.attrib, nsmap=request.nsmap)
        qualified.extend(request)
        complaints = validator.complaints(qualified)
        expect(not complaints, f"{arguments}: {complaints}")


def main():
    validator = Schemas(SCHEMAS)
    for version in VERSIONS:
        server = Server(version)
        try:
            calls(server)
        finally:
            did = server.stop()
        # 25 phones in tens, six phones, and none.
        expect(did.count("listPhone") >= 4 + 1 + 1, f"the server was asked {did}")
        schemas(version, validator)
        print(f"{version}: the server was asked {len(did)} times")


main()
