#!/usr/bin/env python3
"""Events of one publisher to many subscribers: the notification service beside prosody and ejabberd, on this machine.

    pubsub_load.py --bin-dir target/release            some minutes
    pubsub_load.py --bin-dir target/release --quick    small numbers, to see that it works

`--bin-dir` holds `cucm`, `notification` and `pubsub-load`, built in release; `run.py pubsub-load` builds them first. What
is measured, and how, is in `benches/README.md`. The exit status is 0 when every goal is met and nothing was lost.
"""

import dataclasses
import sys

import bosh_load
from bosh_load import FLOOR, OURS, Table, together
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
    return bosh_load.judge(BINARIES, bin_dir, QUICK if quick else Plan(), (measure, table), directory, raw)


if __name__ == "__main__":
    sys.exit(bosh_load.main(compare, __doc__, "20 subscribers"))
