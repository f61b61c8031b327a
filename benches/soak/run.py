#!/usr/bin/env python3
"""Long work that the gate does not do: full seeds, ten minutes of fuzzing a target, hostile sessions.

Each part prints its figures and whether something was found. Nothing runs that was not asked for, and nothing outlives
this program. The exit status is 0 when nothing was found.

    run.py --list                                what there is
    run.py cti-simulation                        10,000 seeds, about as long as the machine takes
    run.py cti-fuzz                              each CTI target for ten minutes, two at a time
    run.py cti-fuzz --seconds 60 --targets cti_client cti_server
    run.py bosh-simulation                       100,000 seeds
    run.py pubsub-simulation                     10,000 seeds
    run.py bosh-fuzz                             each BOSH target for ten minutes
    run.py pubsub-fuzz                           each target of XMPP and publish-subscribe for ten minutes
    run.py axl-fuzz                              each target of SOAP and AXL for ten minutes
    run.py axl-zeep                              AXL read and written, in turns with zeep
    run.py bosh-instructions                     what an event costs at 1,000 and 100,000 held sessions
    run.py pubsub-instructions                   what an event costs to decode, beside walks of quick-xml
    run.py cti-mutate --sessions 5000            hostile sessions against the engine of the examples
    run.py bosh-load                             the notification service beside prosody and ejabberd
    run.py pubsub-load                           the same for events to many subscribers
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]
FUZZ = WORKSPACE / "fuzz"

# The servers of the examples on free loopback ports.
sys.path.insert(0, str(WORKSPACE / "examples" / "tests" / "interop"))
import axl_zeep
import bosh_load
import harness
import pubsub_load
import tools

# Beyond what a target was given, for its start and its end.
GRACE = 300


class Missing(Exception):
    """What has to be installed first, or does not build."""


def main():
    options = parse()
    if options.list:
        for name, part in PARTS.items():
            print(f"{name:19} {part.__doc__}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found = False
    for name in options.parts:
        print(f"== {name}: {PARTS[name].__doc__}", flush=True)
        started = time.monotonic()
        try:
            found |= PARTS[name](options)
        except Missing as problem:
            print(problem, file=sys.stderr)
            return 2
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
    print("something was found" if found else "nothing was found")
    return 1 if found else 0


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n    run.py", 1)[0].rstrip(),
        epilog="Parts: " + "; ".join(f"{name}: {part.__doc__}" for name, part in PARTS.items()) + ".",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *PARTS], help="what to run, in this order")
    parser.add_argument("--list", action="store_true", help="print the parts and stop")
    parser.add_argument("--seeds", type=int, metavar="N", help="simulations: how many seeds (cti and pubsub 10,000, bosh 100,000)")
    parser.add_argument("--seconds", type=int, default=600, metavar="N", help="fuzzing: how long each target runs (600)")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="fuzzing: how many targets at a time (2)")
    parser.add_argument("--targets", nargs="+", metavar="NAME", help="fuzzing: these targets instead of all of the crate")
    parser.add_argument("--sessions", type=int, default=2_000, metavar="N", help="cti-mutate: how many sessions (2,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="cti-mutate: what they follow from (1)")
    parser.add_argument("--protocol", type=int, nargs="+", default=[17, 18], metavar="N",
                        help="cti-mutate: UCCX versions of the sessions (17 18)")
    parser.add_argument("--quick", action="store_true", help="loads: small numbers, to see that it works")
    parser.add_argument("--raw", metavar="FILE", help="loads: write all figures there, as JSON")
    options = parser.parse_args()
    if not options.parts and not options.list:
        parser.error("name a part, or --list")
    return options


def cti_simulation(options):
    """client, two servers and a network that cuts, in virtual time, over many seeds"""
    return simulation("cti-proto", options.seeds or 10_000)


def bosh_simulation(options):
    """BOSH client, connection manager and a network that does its worst, in virtual time, over many seeds"""
    return simulation("bosh", options.seeds or 100_000)


def pubsub_simulation(options):
    """pubsub service beside a model, its journal and storage late, and processes that crash, over many seeds"""
    return simulation("xmpp-pubsub", options.seeds or 10_000)


def simulation(package, count):
    tests = run(
        ["cargo", "test", "--release", "--locked", "-p", package, "--all-features", "--test", "simulation", "--", "--nocapture"],
        environment={"SIMULATION_SEEDS": str(count)},
    )
    passed = tests.returncode == 0
    print(f"   {count:,} seeds, {'all hold' if passed else 'FAILED'}")
    # What each of its tests counts, or the seed that failed.
    for line in re.findall(r"(?:seed )?\d+ ?(?:seeds, |: ).*", tests.stdout):
        print("   " + line)
    if not passed:
        print(tests.stdout[-6_000:])
    return not passed


def cti_fuzz(options):
    """each fuzz target of cti-proto, coverage-guided, with sanitizers"""
    return fuzz("cti_", options)


def bosh_fuzz(options):
    """each fuzz target of bosh, coverage-guided, with sanitizers"""
    return fuzz("bosh_", options)


def pubsub_fuzz(options):
    """each fuzz target of xmpp-pubsub and of the XML below all, coverage-guided, with sanitizers"""
    return fuzz(("xmpp_", "pubsub_", "xml_"), options)


def axl_fuzz(options):
    """each fuzz target of soap-axl, coverage-guided, with sanitizers"""
    return fuzz(("axl_", "soap_"), options)


def fuzz(prefixes, options):
    if shutil.which("cargo-fuzz") is None:
        raise Missing("cargo-fuzz is missing: cargo install cargo-fuzz, and rustup toolchain install nightly")
    names = sorted(path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs"))
    targets = options.targets or [name for name in names if name.startswith(prefixes)]
    for target in targets:
        if not (FUZZ / "fuzz_targets" / f"{target}.rs").exists():
            raise Missing(f"there is no target {target}")
    work = target_directory() / "soak-fuzz"
    build = run(["cargo", "+nightly", "fuzz", "build"])
    if build.returncode != 0:
        raise Missing(f"the targets do not build\n{build.stdout[-3_000:]}")
    seeds = run(["cargo", "run", "--quiet", "--manifest-path", "fuzz/Cargo.toml", "--bin", "seeds", str(work / "seeds")])
    if seeds.returncode != 0:
        raise Missing(f"no seeds were made\n{seeds.stdout[-3_000:]}")
    print(f"   {len(targets)} targets, {options.seconds} s each, {options.jobs} at a time")
    print(f"   {'target':16} {'executions':>12} {'a second':>9} {'coverage':>9} {'inputs':>7}  findings", flush=True)
    found = False
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda target: fuzz_one(target, work, options.seconds), targets):
            found |= bool(result["findings"])
            print(
                f"   {result['target']:16} {result['executions']:>12,} {result['rate']:>9,} {result['coverage']:>9,}"
                f" {result['inputs']:>7,}  {', '.join(result['findings']) or 'none'}",
                flush=True,
            )
    return found


def fuzz_one(target, work, seconds):
    """Runs one target; new inputs go to a directory of their own, so that the corpus stays as it is."""
    corpus, artifacts = work / "corpus" / target, work / "artifacts" / target
    shutil.rmtree(artifacts, ignore_errors=True)
    for directory in (corpus, artifacts):
        directory.mkdir(parents=True, exist_ok=True)
    inputs = [corpus, FUZZ / "corpus" / target, work / "seeds" / target]
    command = ["cargo", "+nightly", "fuzz", "run", target, *(str(path) for path in inputs if path.is_dir()), "--"]
    command += [f"-max_total_time={seconds}", f"-artifact_prefix={artifacts}/", "-print_final_stats=1", "-timeout=20"]
    # Operations are no bytes of a protocol: these targets have no use for its words.
    for dictionary, targets in DICTIONARIES.items():
        if target in targets:
            command.append(f"-dict={FUZZ / 'dictionaries' / dictionary}")
    result = run(command, limit=seconds + GRACE)
    log = work / f"{target}.log"
    log.write_text(result.stdout)
    progress = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)", result.stdout)
    findings = sorted(path.name for path in artifacts.iterdir())
    if result.returncode != 0 and not findings:
        findings = [f"exit status {result.returncode}, see {log}"]
    return {
        "target": target,
        "executions": statistic(result.stdout, "number_of_executed_units"),
        "rate": statistic(result.stdout, "average_exec_per_sec"),
        "coverage": int(progress[-1][0]) if progress else 0,
        "inputs": int(progress[-1][1]) if progress else 0,
        "findings": [str(artifacts / name) if not name.startswith("exit") else name for name in findings],
    }


def statistic(output, name):
    found = re.search(rf"stat::{name}:\s+(\d+)", output)
    return int(found[1]) if found else 0


def mutate(options):
    """hostile sessions against the engine of the examples, beside an honest one"""
    build = run(["cargo", "build", "--release", "--locked", "-p", "examples", "--bins", "-p", "contact-center-tools"])
    if build.returncode != 0:
        raise Missing(f"engine or cti-mutate do not build\n{build.stdout[-3_000:]}")
    bin_dir = target_directory() / "release"
    found = False
    for protocol in options.protocol:
        directory = target_directory() / "soak-mutate" / str(protocol)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        center = harness.Center(bin_dir, directory, ["--calls-per-minute", "60"])
        try:
            center.start("cucm", "engine")
            before = center.servers["engine"].resident()
            played = run(
                [str(bin_dir / "cti-mutate"), "--connect", center.addresses["engine-cti"], "--dialect", "uccx"]
                + ["--protocol", str(protocol), "--seed", str(options.seed), "--sessions", str(options.sessions)],
            )
            after = center.servers["engine"].resident() if center.servers["engine"].alive() else 0
        except harness.Failed as problem:
            raise Missing(str(problem)) from problem
        finally:
            complaints = center.stop()
        complaints += center.panics()
        found |= played.returncode != 0 or bool(complaints)
        for line in played.stdout.splitlines() + complaints:
            print("   " + line)
        print(f"   memory of the engine: {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB after", flush=True)
    return found


def bosh_instructions(options):
    """instructions of an event to one of 1,000 and of 100,000 held BOSH sessions, by callgrind"""
    if not shutil.which("valgrind"):
        raise Missing("valgrind is not installed")
    build = run(["cargo", "build", "--release", "--locked", "-p", "benches", "--bin", "bosh-held"])
    if build.returncode != 0:
        raise Missing(f"bosh-held does not build\n{build.stdout[-3_000:]}")
    program = str(target_directory() / "release" / "bosh-held")
    each = {}
    for sessions, events in ((1_000, 20_000), (100_000, 200_000)):
        counted = run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]
            + ["--toggle-collect=benches::bosh::Pushes::next_event", program, str(sessions), str(events)],
        )
        total = re.search(r"Collected : (\d+)", counted.stdout)
        if counted.returncode != 0 or not total or total[1] == "0":
            raise Missing(f"callgrind counted nothing\n{counted.stdout[-3_000:]}")
        each[sessions] = int(total[1]) / events
        print(f"   {sessions:7,} sessions: {each[sessions]:,.0f} instructions an event, its next request included")
    ratio = each[100_000] / each[1_000]
    print(f"   ratio {ratio:.3f}, goal 1.1")
    return ratio > 1.1


def pubsub_instructions(options):
    """instructions of an event decoded, beside walks of quick-xml over the same bytes, by callgrind"""
    if not shutil.which("valgrind"):
        raise Missing("valgrind is not installed")
    build = run(["cargo", "build", "--release", "--locked", "-p", "benches", "--bin", "pubsub-events"])
    if build.returncode != 0:
        raise Missing(f"pubsub-events does not build\n{build.stdout[-3_000:]}")
    program = str(target_directory() / "release" / "pubsub-events")
    found = False
    for form in ("nested", "escaped"):
        for length in ("512", "1024", "16384"):
            each = {}
            for candidate, counts in (("reader", (100, 200)), ("ns-reader", (100, 200)), ("event", (100, 200))):
                # What the program needs to start falls out of the difference.
                totals = [callgrind(program, candidate, form, length, str(count)) for count in counts]
                each[candidate] = (totals[1] - totals[0]) / (counts[1] - counts[0])
            ratio = each["event"] / each["reader"]
            found |= ratio > 1.3 or each["event"] > each["ns-reader"]
            print(
                f"   {form:8}{length:>6} bytes: event {each['event']:,.0f}, {ratio:.2f} of the Reader's {each['reader']:,.0f}, "
                f"{each['event'] / each['ns-reader']:.2f} of the NsReader's; goals 1.3 and 1"
            )
    return found


def callgrind(*command):
    counted = run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command])
    total = re.search(r"Collected : (\d+)", counted.stdout)
    if counted.returncode != 0 or not total:
        raise Missing(f"callgrind counted nothing\n{counted.stdout[-3_000:]}")
    return int(total[1])


def load(options):
    """what requests and held sessions of the notification service take, beside prosody and ejabberd"""
    return compare_servers(bosh_load, options)


def fan_out(options):
    """what an event to many subscribers takes, beside prosody, ejabberd and a bare loop"""
    return compare_servers(pubsub_load, options)


def axl_zeep_turns(options):
    """AXL answers read and a request written, in turns with zeep on the same bytes"""
    build = run(["cargo", "build", "--release", "--locked", "-p", "benches", "--bin", "axl-turns"])
    if build.returncode != 0:
        raise Missing(f"axl-turns does not build\n{build.stdout[-3_000:]}")
    try:
        done = axl_zeep.measure(target_directory() / "release")
    except tools.Missing as problem:
        raise Missing(str(problem)) from problem
    return done != 0


def compare_servers(module, options):
    build = run(
        ["cargo", "build", "--release", "--locked", "-p", "examples", "-p", "benches"]
        + [word for name in module.BINARIES for word in ("--bin", name)],
    )
    if build.returncode != 0:
        raise Missing(f"the servers or the load do not build\n{build.stdout[-3_000:]}")
    try:
        return module.compare(target_directory() / "release", options.quick, raw=options.raw)
    except (tools.Missing, harness.Failed) as problem:
        raise Missing(str(problem)) from problem


def target_directory():
    metadata = run(["cargo", "metadata", "--no-deps", "--format-version", "1"], merged=False)
    if metadata.returncode != 0:
        raise Missing("cargo metadata fails")
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"])


def run(command, environment=None, limit=None, merged=True):
    """Runs a command to its end, or kills it with all that it started when its time is up."""
    process = subprocess.Popen(
        command,
        cwd=WORKSPACE,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merged else subprocess.DEVNULL,
        text=True,
        errors="replace",
        preexec_fn=harness.die_with_parent,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        output = f"did not end within {limit} s\n"
    finally:
        # It leads its process group.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    return subprocess.CompletedProcess(command, process.returncode, output)


DICTIONARIES = {
    "cti.dict": ("cti_client", "cti_follow", "cti_message", "cti_server"),
    "bosh.dict": ("bosh_body", "bosh_client", "bosh_manager", "bosh_session"),
    "soap.dict": ("axl_client", "axl_rows", "axl_server", "soap_envelope", "soap_tree"),
    "xml.dict": ("xml_document", "xml_reader", "xml_stream"),
    "xmpp.dict": ("pubsub_service", "xmpp_server", "xmpp_stanza", "xmpp_stream"),
}

PARTS = {
    "cti-simulation": cti_simulation,
    "cti-fuzz": cti_fuzz,
    "cti-mutate": mutate,
    "bosh-simulation": bosh_simulation,
    "bosh-fuzz": bosh_fuzz,
    "bosh-instructions": bosh_instructions,
    "pubsub-instructions": pubsub_instructions,
    "bosh-load": load,
    "pubsub-load": fan_out,
    "pubsub-simulation": pubsub_simulation,
    "pubsub-fuzz": pubsub_fuzz,
    "axl-fuzz": axl_fuzz,
    "axl-zeep": axl_zeep_turns,
}

if __name__ == "__main__":
    sys.exit(main())
