"""Test 7: hostile input on every port, beside an honest client on every port.

All ports are under fire at the same time for INTEROP_HOSTILE_SECONDS: random bytes, lengths that promise too much, XML bombs,
senders that give a byte a second, sockets that connect and say nothing. The attackers (`attackers.py`) run as a
process of their own, so that their work is not measured as ours.

What must hold: every attack is refused or cut off in time, none succeeds; each server's resident memory
grows by less than 32 MiB; the 99th percentile of the honest clients' round trips stays under 100 ms; no honest
client is turned away; no server panics or ends.
"""

import asyncio
import json
import os
import pathlib
import sys

import harness
import honest
from agent import expect

GROWTH_LIMIT = 32 * 1024 * 1024
P99_LIMIT = 0.100
# Honest traffic before the first measure of memory: what every session needs is then in place.
WARM_UP = 3.0
PACE = 0.1
# How long the attackers take to come to an end after the fire.
COLLECTING = 30.0
CLIENTS = {
    "cucm-axl": honest.Axl,
    "cucm-switch": honest.Switch,
    "engine-cti": honest.Cti,
    "notification-xmpp": honest.Xmpp,
    "notification-xmpp-tls": honest.XmppTls,
    "notification-bosh": honest.Bosh,
    "notification-bosh-tls": honest.BoshTls,
    "finesse-http": honest.Finesse,
    "finesse-https": honest.FinesseTls,
}


async def main():
    seconds = float(os.environ["INTEROP_HOSTILE_SECONDS"])
    directory = pathlib.Path(os.environ["INTEROP_DIR"])
    center = harness.Center(os.environ["INTEROP_BIN_DIR"], directory, ["--calls-per-minute", "0"])
    complaints = []
    try:
        await asyncio.to_thread(center.start_all)
        complaints += await under_fire(center, seconds)
    finally:
        complaints += await asyncio.to_thread(center.stop)
        complaints += center.panics()
    for complaint in complaints:
        print(complaint)
    expect(not complaints, f"{len(complaints)} complaints")


async def under_fire(center, seconds):
    complaints = []
    samples = {name: [] for name in CLIENTS}
    ca = center.data_dir / "ca.pem"
    stop = asyncio.Event()
    clients = [
        asyncio.create_task(be_honest(name, kind(center.address(name), ca), samples[name], stop, complaints))
        for name, kind in CLIENTS.items()
    ]
    await asyncio.sleep(WARM_UP)
    for rounds in samples.values():
        rounds.clear()
    before = {name: server.resident() for name, server in center.servers.items()}

    attackers = await asyncio.create_subprocess_exec(
        sys.executable,
        str(pathlib.Path(__file__).with_name("attackers.py")),
        json.dumps(center.addresses),
        str(ca),
        str(seconds),
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.nice(5),
    )
    output = asyncio.create_task(attackers.stdout.read())
    peak = dict(before)
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.5)
        for name, server in center.servers.items():
            if server.alive():
                peak[name] = max(peak[name], server.resident())
    stop.set()
    await asyncio.gather(*clients)
    verdicts = json.loads(await asyncio.wait_for(output, COLLECTING))
    await attackers.wait()

    complaints += judge_attacks(verdicts)
    complaints += judge_memory(before, peak)
    complaints += judge_round_trips(samples, seconds)
    return complaints


async def be_honest(name, client, samples, stop, complaints):
    """Round trips at an even pace until told to stop; the first failure ends it and is a complaint."""
    try:
        await client.open()
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            await asyncio.wait_for(client.round_trip(), 10)
            samples.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(PACE)
        await client.close()
    except (AssertionError, OSError, TimeoutError, EOFError) as problem:
        complaints.append(f"{name}: the honest client failed: {type(problem).__name__} {problem}")


def judge_attacks(verdicts):
    """Every attack has counts of how it ended: refused, cut or spared are right, anything else is not."""
    complaints = []
    for attack, ends in sorted(verdicts.items()):
        print(f"{attack:44} {json.dumps(ends)}")
        wrong = {end: count for end, count in ends.items() if end not in ("refused", "cut", "spared")}
        if wrong or not ends:
            complaints.append(f"{attack}: {json.dumps(ends)}")
    return complaints


def judge_memory(before, peak):
    complaints = []
    for name in before:
        growth = peak[name] - before[name]
        print(f"{name:14} {before[name] / 2**20:7.1f} MiB, grew by {growth / 2**20:.1f} MiB")
        if growth >= GROWTH_LIMIT:
            complaints.append(f"{name} grew by {growth / 2**20:.1f} MiB")
    return complaints


def judge_round_trips(samples, seconds):
    complaints = []
    for name, rounds in samples.items():
        if len(rounds) < 2 * seconds:
            complaints.append(f"{name}: only {len(rounds)} honest round trips")
            continue
        rounds.sort()
        median, p99 = rounds[len(rounds) // 2], rounds[len(rounds) * 99 // 100]
        print(f"{name:24} {len(rounds):5} round trips, median {median * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms")
        if p99 >= P99_LIMIT:
            complaints.append(f"{name}: p99 {p99 * 1e3:.1f} ms")
    return complaints


if __name__ == "__main__":
    asyncio.run(main())
