#!/usr/bin/env python3
"""The notification service beside prosody and ejabberd, under the same load, one after the other on this machine.

    bosh_load.py --bin-dir target/release            about twenty minutes
    bosh_load.py --bin-dir target/release --quick    small numbers, to see that it works

`--bin-dir` holds `cucm`, `notification` and `bosh-load`, built in release; `run.py bosh-load` builds them first. What is
measured, and how, is in `benches/README.md`. The exit status is 0 when every goal is met and no session was wedged.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]

# The servers of the examples and their peers on free loopback ports.
sys.path.insert(0, str(WORKSPACE / "examples" / "tests" / "interop"))
import harness
import peers
import tools

BINARIES = ("cucm", "notification", "bosh-load")
OURS, FLOOR = "notification", "floor"

# CPU of a request: this share of the better peer's, or this multiple of the floor's, whichever is larger.
CPU_SHARE, CPU_FLOOR = 1 / 5, 1.5
MEMORY_SHARE = 1 / 2

# A quarter of it is for sessions that are logging in, more than do so at one time.
LEAST_ROOM = 400

# A command may take so much longer than what it was told to take.
PATIENCE = 700


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of everything; times in seconds."""

    concurrent: tuple = (16, 100, 1_000)
    seconds: int = 5
    # Exchanges of each kind: together they take long enough to be counted in ticks of the clock.
    rounds: int = 3
    held: tuple = (1_000, 10_000)
    # Longer than a request is held, so that each session has renewed its own.
    hold: int = 35
    rest: int = 10
    pushes: int = 2_000
    rate: int = 200
    # Whether there is enough of everything for the goals.
    judged: bool = True


QUICK = Plan(concurrent=(16, 50), seconds=1, rounds=1, held=(50, 100), hold=2, rest=10, pushes=100, rate=100, judged=False)


class Server:
    """What all candidates have: `url`, `pusher`, `profile`, and what they take."""

    profile = "xep"
    pusher = ()

    def usage(self):
        raise NotImplementedError

    def beside(self):
        """CPU seconds of what the server leans on."""
        return 0.0


class Ours(Server):
    """The notification service, and the CUCM stand-in that it asks about passwords."""

    name = OURS

    def __init__(self, bin_dir, directory, users):
        directory.mkdir(parents=True)
        seed = directory / "seed.toml"
        seed.write_text(self.seed(users))
        flags = ["--seed", str(seed), "--calls-per-minute", "0", "--notification-sessions", str(max(users + 100, LEAST_ROOM))]
        self.center = harness.Center(bin_dir, directory, flags)

    def __enter__(self):
        self.center.start("cucm", "notification")
        self.url = f"http://{self.center.addresses['notification-bosh']}/http-bind/"
        self.xmpp = self.center.addresses["notification-xmpp"]
        secret = self.center.data_dir / "finesse.secret"
        # The ports are there before it.
        self.center.wait_for(secret.exists, "its secret", harness.START_LIMIT)
        secret = secret.read_text().strip()
        self.pusher = ("--pusher", self.xmpp)
        self.pusher += ("--pusher-user", "finesse", "--pusher-password", secret)
        return self

    def __exit__(self, *_):
        self.center.stop()

    def usage(self):
        return peers.usage(self.center.servers["notification"].process.pid)

    def beside(self):
        return peers.usage(self.center.servers["cucm"].process.pid).cpu

    @staticmethod
    def seed(users):
        """The accounts that the peers have too."""
        parts = []
        for number in range(users):
            name, password = peers.Peer.account(number)
            parts.append(f"""\
[[agents]]
login_id = "{name}"
password = "{password}"
first_name = "Agent"
last_name = "{number}"
extension = "{1_000_000 + number}"
team = 1
""")
        return "".join(parts) + """\
[[application_users]]
name = "reader"
password = "of-a-throw-away-server"
role = "read-only"
[[teams]]
id = 1
name = "Load"
[queue]
id = 1
name = "Load"
route_point = "6000"
"""


class Theirs(Server):
    """A peer."""

    def __init__(self, peer, directory, users):
        self.name = self.profile = peer.name
        self.peer = peer(directory, peers.Settings(users=users))

    def __enter__(self):
        self.peer.start()
        self.url, self.xmpp = self.peer.bosh, self.peer.xmpp
        user, password = self.peer.account(0)
        self.pusher = ("--pusher", self.peer.xmpp, "--pusher-user", user, "--pusher-password", password)
        return self

    def __exit__(self, *_):
        self.peer.stop()

    def usage(self):
        return self.peer.usage()


class Floor(Server):
    """Bare axum."""

    name, program = FLOOR, "bosh-load"

    def __init__(self, bin_dir, *_):
        self.command = [str(bin_dir / self.program), "floor"]

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=harness.die_with_parent
        )
        self.xmpp = self.process.stdout.readline().strip()
        self.url = f"http://{self.xmpp}/"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def usage(self):
        return peers.usage(self.process.pid)


class Load:
    """The load generator, and what a server takes while it does what it was told."""

    def __init__(self, bin_dir, server, log):
        self.server = server
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            self.command(bin_dir, server),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            preexec_fn=harness.die_with_parent,
        )

    @staticmethod
    def command(bin_dir, server):
        return [str(bin_dir / "bosh-load"), "sessions", "--url", server.url, "--profile", server.profile, *server.pusher]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def __call__(self, *words):
        """Gives a command; returns its answer with the CPU seconds and the memory of the server."""
        line = " ".join(map(str, words))
        before, beside = self.server.usage(), self.server.beside()
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        answer = self.process.stdout.readline() if ready else ""
        if not answer:
            raise harness.Failed(f"{self.server.name}: no answer to `{line}`, see {self.log.name}")
        after = self.server.usage()
        answer = json.loads(answer)
        answer["cpu"] = after.cpu - before.cpu
        answer["beside"] = self.server.beside() - beside
        answer["resident"] = after.resident
        print(f"   {self.server.name}: {line}: {json.dumps(answer)}", file=sys.stderr, flush=True)
        return answer


def measure(bin_dir, directory, plan):
    """Runs all candidates; the floor second, with requests as large as those of our server."""
    peers.more_files()
    found = {}
    found[OURS] = of_server(lambda where, users: Ours(bin_dir, where, users), bin_dir, directory / OURS, plan)
    sizes = {count: answer["bytes"] // max(answer["requests"], 1) for count, answer in found[OURS]["exchange"].items()}
    found[FLOOR] = of_floor(bin_dir, directory, plan, sizes)
    for name, peer in peers.PEERS.items():
        found[name] = of_server(lambda where, users: Theirs(peer, where, users), bin_dir, directory / name, plan)
        found[name]["version"] = tools.debian_version(peer.name)
    return found


def of_server(start, bin_dir, directory, plan):
    """All figures of a server. It is started anew for each number of held sessions: what it took for other work, and
    keeps, is not what a session takes."""
    found = {"held": {}, "exchange": {}}
    directory.mkdir(parents=True)
    log = directory / "load.log"
    few, *more = plan.held
    with start(directory / "few", max(plan.concurrent + (few,))) as server, Load(bin_dir, server, log) as load:
        base = load("login", 1)
        found["login"] = load("login", few)
        found["held"][few] = load("hold", plan.hold)
        found["held"][few]["each"] = (found["held"][few]["resident"] - base["resident"]) / (few - 1)
        found["push"] = load("push", plan.pushes, plan.rate)
        load("login", max(plan.concurrent + (few,)))
        for count in plan.concurrent:
            rounds = []
            for _ in range(plan.rounds):
                # So long that our server grants each session another burst.
                load("hold", plan.rest)
                rounds.append(load("exchange", count, plan.seconds))
            found["exchange"][count] = together(rounds)
        load("hold", plan.rest)
        found["check"] = {few: load("check")}
        load("end")
    for count in more:
        with start(directory / "many", count) as server, Load(bin_dir, server, log) as load:
            base = load("login", 1)
            load("login", count)
            found["held"][count] = load("hold", plan.hold)
            found["held"][count]["each"] = (found["held"][count]["resident"] - base["resident"]) / (count - 1)
            found["check"][count] = load("check")
            load("end")
    return found


def of_floor(bin_dir, directory, plan, sizes):
    found = {"held": {}, "exchange": {}}
    log = directory / "floor.log"
    with Floor(bin_dir) as server, Load(bin_dir, server, log) as load:
        for count, size in sizes.items():
            found["exchange"][count] = together([load("post", count, plan.seconds, size) for _ in range(plan.rounds)])
    for count in plan.held:
        with Floor(bin_dir) as server, Load(bin_dir, server, log) as load:
            base = load("holdpost", 1)
            found["held"][count] = load("holdpost", count)
            found["held"][count]["each"] = (found["held"][count]["resident"] - base["resident"]) / (count - 1)
    return found


def together(rounds):
    """Sums of what was counted, and of times the median."""
    times = ("p50", "p99", "max", "resident")
    merged = {name: statistics.median if name in times else sum for name in rounds[0]}
    # A round in which nothing came back has no times.
    columns = {name: [answer[name] for answer in rounds if answer[name] is not None] for name in merged}
    return {name: merge(columns[name]) if columns[name] else None for name, merge in merged.items()}


class Table:
    """Rows of Markdown, and which goals were missed."""

    def __init__(self, found, judged):
        self.found = found
        self.judged = judged
        self.names = [OURS, *peers.PEERS, FLOOR]
        self.rows = []
        self.missed = []

    def row(self, title, figure, goal="", places=0):
        """`figure` tells the number of a candidate, None where it has none."""
        cells = []
        for name in self.names:
            try:
                number = figure(self.found[name])
            except (KeyError, TypeError, ZeroDivisionError):
                number = None
            cells.append("" if number is None else f"{number:,.{places}f}")
        self.rows.append([title, *cells, goal])

    def goal(self, title, ours, limit, unit, places=0):
        """What the last column says."""
        if not self.judged:
            return ""
        met = ours <= limit
        if not met:
            self.missed.append(f"{title}: {ours:,.{places}f} {unit}, goal {limit:,.{places}f}")
        return f"at most {limit:,.{places}f}: " + ("met" if met else "missed" + (f", {ours / limit:.2f} times" if limit else ""))

    def best(self, figure):
        """The better peer's. A peer that tidied up meanwhile may be left with less memory than it began with."""
        figures = [figure(self.found[name]) for name in peers.PEERS]
        return min((number for number in figures if number > 0), default=0)

    def __str__(self):
        heads = ["", *self.names, "goal"]
        lines = [heads, ["---"] * len(heads), *self.rows]
        return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def table(found, plan):
    result = Table(found, plan.judged)
    few = plan.held[0]
    title = f"login of {few - 1:,}, CPU of each, µs"
    result.row(title, lambda server: server["login"]["cpu"] * 1e6 / (few - 1))
    result.row("that, with the CUCM stand-in, µs", lambda server: login_with_beside(server, few))
    result.row("logins a second", lambda server: (few - 1) / server["login"]["seconds"])
    for count in plan.concurrent:

        def cpu(server):
            return server["exchange"][count]["cpu"] * 1e6 / server["exchange"][count]["requests"]

        def phase(name, factor=1.0):
            return lambda server: server["exchange"][count][name] * factor

        title = f"exchange at {count:,}, CPU of a request, µs"
        limit = max(result.best(cpu) * CPU_SHARE, cpu(found[FLOOR]) * CPU_FLOOR)
        result.row(title, cpu, result.goal(title, cpu(found[OURS]), limit, "µs", 1), places=1)
        result.row(f"exchange at {count:,}, requests a second", lambda server: phase("requests")(server) / phase("seconds")(server))
        result.row(
            f"exchange at {count:,}, requests a message",
            lambda server: phase("requests")(server) / phase("messages")(server),
            places=2,
        )
        result.row(f"exchange at {count:,}, p50 of a message, ms", phase("p50", 1e-3), places=1)
        result.row(f"exchange at {count:,}, p99 of a message, ms", phase("p99", 1e-3), places=1)
    for count in plan.held:

        def each(server):
            return server["held"][count]["each"] / 1024

        title = f"held, {count:,}, memory of a session, KiB"
        limit = result.best(each) * MEMORY_SHARE
        result.row(title, each, result.goal(title, each(found[OURS]), limit, "KiB", 1), places=1)

    def push(name):
        return lambda server: server["push"][name] / 1000

    result.row(f"push to {few:,} held, p50, ms", push("p50"), places=2)
    title = f"push to {few:,} held, p99, ms"
    limit = result.best(push("p99"))
    result.row(title, push("p99"), result.goal(title, push("p99")(found[OURS]), limit, "ms", 2), places=2)
    result.row("push, CPU of each, µs", lambda server: server["push"]["cpu"] * 1e6 / plan.pushes)
    result.row("pushes lost", lambda server: server["push"]["lost"])

    def wedged(server):
        exchanged = sum(answer["wedged"] for answer in server["exchange"].values())
        return exchanged + sum(answer["wedged"] for answer in server["check"].values())

    result.row("sessions wedged", wedged, "none")
    for what, count in (("sessions wedged", wedged(found[OURS])), ("pushes lost", found[OURS]["push"]["lost"])):
        if count:
            result.missed.append(f"{what}: {count}")
    return result


def login_with_beside(server, few):
    beside = server["login"]["beside"]
    return (server["login"]["cpu"] + beside) * 1e6 / (few - 1) if beside else None


def surroundings(found):
    """What it was measured with."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    lock = (WORKSPACE / "Cargo.lock").read_text()
    version = {name: re.search(rf'name = "{name}"\nversion = "(.*)"', lock)[1] for name in ("axum", "hyper", "tokio")}
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()
    return (
        f"prosody {found['prosody']['version']}, ejabberd {found['ejabberd']['version']}, "
        + ", ".join(f"{name} {number}" for name, number in version.items())
        + f", rustc {rustc[1] if len(rustc) > 1 else 'unknown'}; {os.cpu_count()} cores of "
        + f"{model[1] if model else platform.machine()}, Linux {platform.release()}, "
        + f"load average {' '.join(f'{load:.1f}' for load in os.getloadavg())}"
    )


def compare(bin_dir, quick=False, directory=None, raw=None):
    """Measures, prints the table, and returns whether a goal was missed."""
    return judge(BINARIES, bin_dir, QUICK if quick else Plan(), (measure, table), directory, raw)


def judge(binaries, bin_dir, plan, how, directory, raw):
    """What all such comparisons do. `how` measures by a plan and makes a table of what was found."""
    measure, table = how
    absent = [name for name in binaries if not (bin_dir / name).exists()]
    if absent:
        raise tools.Missing(f"{bin_dir} lacks {', '.join(absent)}")
    work = pathlib.Path(directory or tempfile.mkdtemp(prefix="load-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        found = measure(bin_dir, work, plan)
    finally:
        if not directory:
            shutil.rmtree(work, ignore_errors=True)
    if raw:
        pathlib.Path(raw).write_text(json.dumps(found, indent=1))
    result = table(found, plan)
    print(f"\n{result}\n\n{surroundings(found)}\n")
    for missed in result.missed:
        print(f"missed: {missed}")
    return bool(result.missed)


def main(compare=compare, description=__doc__, quick="50 sessions, 1 s"):
    parser = argparse.ArgumentParser(description=description.split("\n\n", 1)[0])
    parser.add_argument("--bin-dir", type=pathlib.Path, default=WORKSPACE / "target" / "release", metavar="DIR")
    parser.add_argument("--quick", action="store_true", help=f"small numbers: {quick}")
    parser.add_argument("--directory", metavar="DIR", help="where the servers' files go, kept afterwards (a temporary one)")
    parser.add_argument("--raw", metavar="FILE", help="write all figures there, as JSON")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return 1 if compare(options.bin_dir, options.quick, options.directory, options.raw) else 0
    except (tools.Missing, harness.Failed) as problem:
        print(problem, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
