#!/usr/bin/env python3
"""Runs the contact centre against foreign clients: Strophe.js, slixmpp, aioxmpp, zeep, Chromium, and a hostile one.

    run.py                 builds the servers, installs the clients, runs every test of the gate
    run.py NAME...         only these
    run.py --list          names and what they show

One line per test, the end of the logs when one failed, and a closing count. The exit status is 0 when all passed.
Everything listens on loopback ports that are free now, writes below the target directory, and ends by itself.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness
import tools

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[2]
LOG_TAIL = 25


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    about: str
    program: str
    # Which servers run before the program starts: "separate", "contact-center", "cucm", or None when it starts its own.
    servers: str | None
    seconds: int
    browser: bool = False
    # Whether it needs Cisco's schema and the clients around it; where those cannot be had, it is skipped.
    axl: bool = False
    # Whether it runs when no names are given.
    gate: bool = True


TESTS = [
    Test("desktop", "two agents work a day in headless Chromium", "desktop.mjs", "contact-center", 180, browser=True),
    Test("outage", "the desktop page while each server dies in mid-call", "desktop_outage.mjs", None, 240, browser=True),
    Test("strophe", "Strophe.js logs in over BOSH and WebSocket, clear and TLS, and sees its events", "strophe.mjs", "separate", 90),
    Test("stanza", "stanza does the same over BOSH and pings", "stanza.mjs", "separate", 90),
    Test("bosh", "our BOSH client with prosody, ejabberd and us, over connections that break", "bosh_live.py", "separate", 180),
    Test("pubsub", "102 publish-subscribe operations with prosody, ejabberd and us", "pubsub_servers.py", "separate", 180),
    Test("pubsub-live", "our publish-subscribe client with prosody, ejabberd and us, over connections that break", "pubsub_live.py",
         "separate", 240),
    Test("pubsub-slixmpp", "slixmpp's plugin for XEP-0060 does all it can with the notification service", "pubsub_slixmpp.py",
         "separate", 90),
    Test("pubsub-aioxmpp", "aioxmpp's client of XEP-0060 does all it can with the notification service", "pubsub_aioxmpp.py", "separate", 90),
    Test("slixmpp", "slixmpp does the same over TCP, clear and TLS", "slixmpp_client.py", "separate", 90),
    Test("zeep", "zeep asks cucm over SOAP", "zeep_client.py", "cucm", 60),
    Test("axl", "ciscoaxl, zeep, and npm's cisco-axl and soap administer cucm; its answers against Cisco's schema",
         "axl_live.py", "cucm", 600, axl=True),
    Test("axl-tool", "our command-line client axl with npm's soap as the server", "axl_tool.py", None, 400, axl=True),
    Test("axl-schema", "what the typed operations write, against Cisco's schema", "axl_schema.py", None, 900, axl=True),
    Test("axl-generated", "records of all of AXL's operations compile", "axl_generated.py", None, 600, axl=True, gate=False),
    Test("restart", "each server is killed in mid-call and comes back", "restart.py", None, 240),
    Test("hostile", "hostile input on every port beside an honest client", "hostile.py", None, 300),
    Test("latency", "from the engine's socket to the page", "latency.mjs", None, 300, browser=True, gate=False),
    Test(
        "screenshots",
        "the README's pictures of the page, made anew",
        "../../docs/screenshots.mjs",
        "contact-center",
        120,
        browser=True,
        gate=False,
    ),
]


def main():
    options = parse()
    if options.list:
        for test in TESTS:
            print(f"{test.name:14} {test.about}")
        return 0
    chosen = [test for test in TESTS if test.name in options.names] if options.names else [test for test in TESTS if test.gate]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = time.monotonic()
    try:
        target, bin_dir = build(options.release)
        home = target / "interop"
        home.mkdir(exist_ok=True)
        programs = install(chosen, home)
    except tools.Missing as problem:
        print(problem, file=sys.stderr)
        return 1
    runnable = [test for test in chosen if not test.axl or "axl" in programs]
    failed = sum(not run(test, programs, bin_dir, home, options) for test in runnable)
    seconds = time.monotonic() - started
    skipped = f", {len(chosen) - len(runnable)} skipped" if runnable != chosen else ""
    print(f"{len(runnable) - failed} passed, {failed} failed{skipped} ({seconds:.0f} s)")
    return 1 if failed else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *(test.name for test in TESTS)])
    parser.add_argument("--list", action="store_true", help="print the tests and stop")
    parser.add_argument("--release", action="store_true", help="build and test the release profile")
    parser.add_argument("--hostile-seconds", type=int, default=60, help="how long each port is under fire (60)")
    return parser.parse_args()


def build(release):
    """Builds the servers; returns the target directory and the one with the binaries."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=WORKSPACE, capture_output=True, text=True
    )
    if metadata.returncode != 0:
        raise tools.Missing(metadata.stderr.rstrip())
    target = pathlib.Path(json.loads(metadata.stdout)["target_directory"])
    packages = ["-p", "examples", "-p", "contact-center-tools"]
    command = ["cargo", "build", "--quiet", "--locked", *packages, "--bins", "--examples", *(["--release"] if release else [])]
    if subprocess.run(command, cwd=WORKSPACE).returncode != 0:
        raise tools.Missing("the servers do not build")
    return target, target / ("release" if release else "debug")


def install(tests, home):
    """Installs what the chosen tests need; returns the programs by kind."""
    suffixes = {pathlib.Path(test.program).suffix for test in tests}
    found = {}
    if ".py" in suffixes:
        found["python"] = tools.python(home)
    if ".mjs" in suffixes:
        found["node_modules"] = tools.node(home)
    if any(test.browser for test in tests):
        found["chromium"] = tools.chromium()
    names = [test.name for test in tests if test.axl]
    if names:
        try:
            found["axl"] = tools.axl(home, found["python"])
        except tools.Missing:
            wanted = ", ".join(tools.AXL_PYTHON + tools.AXL_NODE)
            print(f"skip   {', '.join(names)}: PyPI and npm do not have {wanted} for us", flush=True)
    return found


def run(test, programs, bin_dir, home, options):
    directory = home / "runs" / test.name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    # A test that starts its own servers gets a directory and the binaries; the ports of this one stay unused.
    center = harness.Center(bin_dir, directory, ["--calls-per-minute", "0"])
    started = time.monotonic()
    complaints = []
    try:
        if test.servers == "cucm":
            center.start("cucm")
        elif test.servers:
            center.start_all(separate=test.servers == "separate")
        status = execute(test, programs, center, options)
        if status is None:
            complaints.append(f"did not end within {test.seconds} s")
        elif status != 0:
            complaints.append(f"exit status {status}")
    except harness.Failed as problem:
        complaints.append(str(problem))
    finally:
        complaints += center.stop()
    complaints += center.panics()
    report(test, complaints, directory, time.monotonic() - started)
    return not complaints


def execute(test, programs, center, options):
    """Runs the program of a test; returns its exit status, or None when its time was up."""
    program = HERE / test.program
    environment = os.environ | center.environment()
    command = [str(program)]
    if program.suffix == ".py":
        command.insert(0, str(programs["python"]))
    else:
        command.insert(0, "node")
        environment["INTEROP_NODE_MODULES"] = str(programs["node_modules"])
        if test.servers:
            environment["NODE_EXTRA_CA_CERTS"] = str(center.data_dir / "ca.pem")
    if test.axl:
        names = ("INTEROP_AXL_PYTHON", "INTEROP_AXL_NODE_MODULES", "INTEROP_AXL_SCHEMAS")
        environment |= zip(names, map(str, programs["axl"]))
    if test.browser:
        environment["CHROMIUM"] = programs["chromium"]
    environment["INTEROP_HOSTILE_SECONDS"] = str(options.hostile_seconds)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    limit = test.seconds + (options.hostile_seconds if test.name == "hostile" else 0)
    with open(center.directory / "test.log", "wb") as log:
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=harness.die_with_parent,
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # The program leads its process group: nothing it started outlives it.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def report(test, complaints, directory, seconds):
    print(f"{'FAILED' if complaints else 'ok':6} {test.name:14} {test.about} ({seconds:.1f} s)", flush=True)
    for complaint in complaints:
        print(f"       {complaint}")
    if not test.gate and not complaints:
        # What it measured or made.
        print((directory / "test.log").read_text(errors="replace"), end="")
    if complaints:
        for log in sorted(directory.rglob("*.log"), key=lambda log: log.name != "test.log"):
            lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL:]
            print(f"       --- the end of {log}")
            for line in lines:
                print(f"       {line}")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
