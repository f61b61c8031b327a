"""Test 7: hostile input on every port, beside an honest client on every port.

All ports are under fire at the same time for INTEROP_HOSTILE_SECONDS: random bytes, lengths that promise too much, XML bombs,
senders that give a byte a second, sockets that connect and say nothing. The attackers (`attackers.py`) run as a
process of their own, so that their work is not measured as ours.

What must hold: every attack is refused or cut off in time, none succeeds; each server's resident memory
grows by less than 32 MiB; the 99th percentile of the honest clients' round trips stays under 100 ms; no honest
client is turned away; no server panics or ends. A bare echo server that nobody attacks is measured beside them: what
its round trips took in the same moment is the machine's part, and is taken off.
"""

import asyncio
import bisect
import itertools
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
PACE = 0.05
ECHO_PACE = 0.01
# How long the attackers take to come to an end after the fire.
COLLECTING = 30.0
ECHO = """
import asyncio, sys

async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line)

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""
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
    samples = {name: [] for name in ["echo", *CLIENTS]}
    ca = center.data_dir / "ca.pem"
    stop = asyncio.Event()
    (echo_port,) = harness.free_ports(1)
    echo = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ECHO, str(echo_port), preexec_fn=harness.die_with_parent
    )
    await asyncio.sleep(1)
    honest_clients = {name: kind(center.address(name), ca) for name, kind in CLIENTS.items()}
    honest_clients["echo"] = honest.Echo(("127.0.0.1", echo_port), ca)
    clients = [
        asyncio.create_task(be_honest(name, client, samples[name], stop, complaints))
        for name, client in honest_clients.items()
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
        preexec_fn=step_back,
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
    echo.kill()
    await echo.wait()

    complaints += judge_attacks(verdicts)
    complaints += judge_memory(before, peak)
    complaints += judge_round_trips(samples, seconds)
    return complaints


def step_back():
    """In the attackers' process: leave the processor to those who are measured."""
    harness.die_with_parent()
    os.nice(10)


async def be_honest(name, client, samples, stop, complaints):
    """Round trips at an even pace until told to stop; the first failure ends it and is a complaint."""
    try:
        await client.open()
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            await asyncio.wait_for(client.round_trip(), 10)
            samples.append((started, asyncio.get_running_loop().time()))
            await asyncio.sleep(ECHO_PACE if name == "echo" else PACE)
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
    echo = samples.pop("echo")
    print(f"{'echo':24} {describe([end - start for start, end in echo])}")
    for name, rounds in samples.items():
        if len(rounds) < 2 * seconds:
            complaints.append(f"{name}: only {len(rounds)} honest round trips")
            continue
        servers_part = [end - start - machines_part(echo, start, end) for start, end in rounds]
        print(f"{name:24} {describe(servers_part)}")
        if percentile(servers_part, 99) >= P99_LIMIT:
            complaints.append(f"{name}: p99 {percentile(servers_part, 99) * 1e3:.1f} ms")
    return complaints


def machines_part(echo, start, end):
    """The longest round trip of the echo that overlaps this time."""
    first = bisect.bisect_left(echo, start, key=lambda round_trip: round_trip[1])
    longest = 0.0
    for echo_start, echo_end in itertools.islice(echo, first, None):
        if echo_start > end:
            break
        longest = max(longest, echo_end - echo_start)
    return min(longest, end - start)


def describe(seconds):
    return (
        f"{len(seconds):5} round trips, median {percentile(seconds, 50) * 1e3:.1f} ms, "
        f"p99 {percentile(seconds, 99) * 1e3:.1f} ms"
    )


def percentile(values, percent):
    return sorted(values)[len(values) * percent // 100] if values else 0.0


if __name__ == "__main__":
    asyncio.run(main())
