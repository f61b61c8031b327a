#!/usr/bin/env python3
"""Events of one publisher to many subscribers: the notification service beside prosody and ejabberd, on this machine.

    pubsub_load.py --bin-dir target/release            some minutes
    pubsub_load.py --bin-dir target/release --quick    small numbers, to see that it works

`--bin-dir` holds `cucm`, `notification` and `pubsub-load`, built in release; `run.py pubsub-load` builds them first. What
is measured, and how, is in `benches/README.md`. The exit status is 0 when every goal is met and nothing was lost.
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import signal
import sys
import tempfile

import bosh_load
from bosh_load import FLOOR, OURS, WORKSPACE, Table, together
import harness
import peers
import tools

BINARIES = ("cucm", "notification", "pubsub-load")

# CPU of a notification: at most this multiple of the floor's, and this share of the better peer's.
CPU_FLOOR, CPU_SHARE = 1.5, 1 / 5


@dataclasses.dataclass(frozen=True)
class Plan:
    """How many subscribers, and how often something is published to them in each of the rounds."""

    publishes: tuple = ((50, 2_000), (1_000, 100))
    rounds: int = 3
    judged: bool = True


QUICK = Plan(publishes=((5, 100), (20, 50)), rounds=1, judged=False)


class Floor(bosh_load.Floor):
    """A bare loop that writes to sockets."""

    program = "pubsub-load"


class Load(bosh_load.Load):
    """Publisher and subscribers."""

    @staticmethod
    def command(bin_dir, server):
        words = [str(bin_dir / "pubsub-load"), "subscribers", "--xmpp", server.xmpp]
        if server.pusher:
            # The same account: address, name, password.
            words += ["--publisher", server.pusher[3], "--publisher-password", server.pusher[5]]
        return words


def measure(bin_dir, directory, plan):
    """Runs all candidates; the floor second, with notifications as long as those of our server."""
    peers.more_files()
    users = max(count for count, _ in plan.publishes) + 1
    log = directory / "load.log"
    found = {}
    with bosh_load.Ours(bin_dir, directory / OURS, users) as server:
        found[OURS] = of_server(bin_dir, server, log, plan)
    found[FLOOR] = {}
    for count, publishes in plan.publishes:
        size = round(found[OURS][count]["bytes"] / found[OURS][count]["notifications"])
        with Floor(bin_dir) as server, Load(bin_dir, server, log) as load:
            load("sink", count, size)
            found[FLOOR][count] = together([load("pour", publishes) for _ in range(plan.rounds)])
    for name, peer in peers.PEERS.items():
        with bosh_load.Theirs(peer, directory, users) as server:
            found[name] = of_server(bin_dir, server, log, plan)
        found[name]["version"] = tools.debian_version(name)
    return found


def of_server(bin_dir, server, log, plan):
    found = {}
    with Load(bin_dir, server, log) as load:
        for count, publishes in plan.publishes:
            load("login", count)
            # Sessions that have just begun may still be worked on.
            load("publish", 1)
            found[count] = together([load("publish", publishes) for _ in range(plan.rounds)])
    return found


def table(found, plan):
    result = Table(found, plan.judged)
    for count, _ in plan.publishes:

        def cpu(server):
            return server[count]["cpu"] * 1e6 / server[count]["notifications"]

        title = f"to {count:,} subscribers, CPU of a notification, µs"
        limit = min(cpu(found[FLOOR]) * CPU_FLOOR, result.best(cpu) * CPU_SHARE)
        result.row(title, cpu, result.goal(title, cpu(found[OURS]), limit, "µs", 1), places=1)
        result.row(
            f"to {count:,}, notifications a second", lambda server: server[count]["notifications"] / server[count]["seconds"]
        )
        result.row(f"to {count:,}, p50 until all have it, ms", lambda server: server[count]["p50"] / 1000, places=2)
        result.row(f"to {count:,}, p99 until all have it, ms", lambda server: server[count]["p99"] / 1000, places=2)
        result.row(f"to {count:,}, lost", lambda server: server[count]["lost"])
        if found[OURS][count]["lost"]:
            result.missed.append(f"to {count:,}: {found[OURS][count]['lost']} lost")
    return result


def compare(bin_dir, quick=False, directory=None, raw=None):
    """Measures, prints the table, and returns whether a goal was missed."""
    absent = [name for name in BINARIES if not (bin_dir / name).exists()]
    if absent:
        raise tools.Missing(f"{bin_dir} lacks {', '.join(absent)}")
    plan = QUICK if quick else Plan()
    work = pathlib.Path(directory or tempfile.mkdtemp(prefix="pubsub-load-"))
    work.mkdir(parents=True, exist_ok=True)
    try:
        found = measure(bin_dir, work, plan)
    finally:
        if not directory:
            shutil.rmtree(work, ignore_errors=True)
    if raw:
        pathlib.Path(raw).write_text(json.dumps(found, indent=1))
    result = table(found, plan)
    print(f"\n{result}\n\n{bosh_load.surroundings(found)}\n")
    for missed in result.missed:
        print(f"missed: {missed}")
    return bool(result.missed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--bin-dir", type=pathlib.Path, default=WORKSPACE / "target" / "release", metavar="DIR")
    parser.add_argument("--quick", action="store_true", help="small numbers: 20 subscribers")
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
