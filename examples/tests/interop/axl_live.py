"""Foreign AXL clients with `cucm`, and all it answers against Cisco's schema.

ciscoaxl, zeep (strict and lax), and npm's cisco-axl and soap do the same things (`axl_script.py`) by way of a recording
proxy, in every version that the client and the schema have. At the end each answer that went through the proxy, faults
excepted, is validated by lxml.

    axl_live.py [CLIENT...]     only these: zeep, cisco-axl, soap, ciscoaxl
"""

import os
import pathlib
import sys
import time

import axl_ciscoaxl
import axl_script
from axl_clients import Node, Zeep
from axl_recorder import Recorder
from axl_validator import VERSIONS, Schemas, entry
from agent import expect

DATA_DIR = pathlib.Path(os.environ["INTEROP_DATA_DIR"])
CA_FILE = str(DATA_DIR / "ca.pem")
SCHEMAS = pathlib.Path(os.environ["INTEROP_AXL_SCHEMAS"])
NODE_MODULES = os.environ["INTEROP_AXL_NODE_MODULES"]
CLIENTS = ("zeep", "soap", "cisco-axl", "ciscoaxl")
# cisco-axl reads the whole WSDL for every call, which takes seconds: one version does everything, the others a little.
THOROUGH = "14.0"
A_LITTLE = [
    axl_script.Script.passwords,
    axl_script.Script.wrong_credentials,
    axl_script.Script.version,
    axl_script.Script.add_objects,
    axl_script.Script.remove,
]


class Run:
    def __init__(self, clients):
        self.clients = clients
        self.checks = axl_script.Checks()
        # One for each client and version.
        self.recorders = {}

    def record(self, name):
        return self.recorders.setdefault(name, Recorder(os.environ["INTEROP_CUCM_AXL"], DATA_DIR))

    def all(self):
        for version in VERSIONS:
            wsdl = SCHEMAS / version / "AXLAPI.wsdl"
            if "zeep" in self.clients:
                loaded = Zeep.load(wsdl)
                for strict in (True, False):
                    name = f"zeep {version} {strict}"
                    self.script(Zeep(loaded, version, self.record(name), CA_FILE, strict))
            for package in ("soap", "cisco-axl"):
                if package in self.clients:
                    client = Node(package, version, self.record(f"{package} {version}"), NODE_MODULES, wsdl, CA_FILE)
                    self.script(client, A_LITTLE if package == "cisco-axl" and version != THOROUGH else None)
        if "ciscoaxl" in self.clients:
            axl_ciscoaxl.run(self.record("ciscoaxl"), CA_FILE, self.checks)
        if "zeep" in self.clients:
            with self.checks.step("zeep 11.0", "unknown_version"):
                self.unknown_version()

    def script(self, client, steps=None):
        started, before = time.monotonic(), len(self.checks.failures)
        try:
            axl_script.Script(client).run(self.checks, steps)
        finally:
            client.close()
        failed = len(self.checks.failures) - before
        calls = len(client.recorder.exchanges)
        print(f"{client.name} {client.version}: {calls} calls, {failed} failures, {time.monotonic() - started:.1f} s", flush=True)

    def unknown_version(self):
        """A client of a version that is not served: 599 and a text that names those that are."""
        recorder = self.record("zeep 11.0")
        client = Zeep(Zeep.load(SCHEMAS / "11.0" / "AXLAPI.wsdl"), "11.0", recorder, CA_FILE, True)
        refusal = client.refused("getCCMVersion")
        expect(refusal.status == 599, f"version 11.0: {refusal}")
        told = recorder.last().answer.decode()
        expect("Incorrect axl version" in told, f"version 11.0: {told}")
        expect(all(version in told for version in VERSIONS), f"the versions that are served: {told}")

    def validate(self):
        """Every answer against the schema; requests are the clients' own affair."""
        schemas = Schemas(SCHEMAS)
        valid, requests_wrong = 0, set()
        for name, recorder in self.recorders.items():
            for exchange in recorder.exchanges:
                if exchange.method != "POST" or exchange.status == 599:
                    continue
                asked = entry(exchange.request)
                for complaint in schemas.complaints(asked)[:1]:
                    requests_wrong.add(f"{name}: {asked.tag.rpartition('}')[2]}: {complaint}")
                if exchange.status != 200:
                    continue
                self.checks.count += 1
                answered = entry(exchange.answer)
                complaints = ["a fault with status 200"] if answered is None else schemas.complaints(answered)
                if complaints:
                    self.checks.failures.append(f"{name}: {asked.tag.rpartition('}')[2]} answered against the schema: {complaints[0]}")
                    print(exchange.request.decode(), exchange.answer.decode(), *complaints, sep="\n")
                valid += not complaints
        for wrong in sorted(requests_wrong):
            print(f"note: a request of {wrong}")
        print(f"{valid} answers are valid")


def main():
    run = Run(sys.argv[1:] or CLIENTS)
    run.all()
    run.validate()
    failures = list(dict.fromkeys(run.checks.failures))
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{run.checks.count} checks, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
