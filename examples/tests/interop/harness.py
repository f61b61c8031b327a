"""Starts the servers of the contact centre on free loopback ports, watches them, and stops them again.

Used by `run.py` for the tests that need running servers, and by the tests that kill and restart servers themselves.
Only the standard library is needed here.
"""

import ctypes
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

SEPARATE = ("cucm", "engine", "notification", "finesse")

# Flag without its dashes, and the server that listens there.
ADDRESSES = {
    "cucm-axl": "cucm",
    "cucm-switch": "cucm",
    "engine-cti": "engine",
    "notification-xmpp": "notification",
    "notification-xmpp-tls": "notification",
    "notification-bosh": "notification",
    "notification-bosh-tls": "notification",
    "finesse-http": "finesse",
    "finesse-https": "finesse",
}

# Below the range that Linux hands to outgoing connections: a client that knocks at the port of a killed server must
# never be given that very port as its own, or it connects to itself.
PORTS = range(20_000, 32_000)

START_LIMIT = 30.0
STOP_LIMIT = 10.0


class Failed(Exception):
    """What a test says when the servers did not do what they should."""


def free_ports(count):
    """Distinct loopback ports that nobody listens on now."""
    found = []
    while len(found) < count:
        port = random.choice(PORTS)
        if port in found:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def listens(port):
    """Whether something accepts connections at a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def die_with_parent():
    """In the child: ask Linux to end it when this process ends, however that happens."""
    os.setpgid(0, 0)
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    except (AttributeError, OSError):
        pass  # Another system: then the process group is all there is.


class Server:
    """One running server process and its log."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = log
        self.output = open(log, "ab")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"RUST_BACKTRACE": "1", "NO_COLOR": "1"} | (environment or {}),
            preexec_fn=die_with_parent,
        )

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """Ends it the way a crash does: no signal handler runs."""
        self.process.kill()
        self.process.wait()
        self.output.close()

    def stop(self):
        """Ends it the way an operator does; returns its exit status, or None when it had to be killed."""
        if self.alive():
            self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self.output.close()
        return status

    def resident(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024


class Center:
    """The servers of one test: their ports, their data directory, their processes."""

    def __init__(self, bin_dir, directory, flags=()):
        self.bin_dir = pathlib.Path(bin_dir)
        self.directory = pathlib.Path(directory)
        self.data_dir = self.directory / "data"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.flags = list(flags)
        ports = free_ports(len(ADDRESSES))
        self.addresses = {name: f"127.0.0.1:{port}" for name, port in zip(ADDRESSES, ports)}
        self.servers = {}

    def environment(self):
        """How a test finds the servers."""
        found = {"INTEROP_" + name.upper().replace("-", "_"): address for name, address in self.addresses.items()}
        return found | {
            "INTEROP_BIN_DIR": str(self.bin_dir),
            "INTEROP_DIR": str(self.directory),
            "INTEROP_DATA_DIR": str(self.data_dir),
        }

    def address(self, name):
        host, port = self.addresses[name].rsplit(":", 1)
        return host, int(port)

    def start(self, *names):
        """Starts servers by the name of their binary and waits until each accepts connections."""
        for name in names:
            command = [str(self.bin_dir / name), "--data-dir", str(self.data_dir)]
            for flag, address in self.addresses.items():
                command += [f"--{flag}", address]
            self.servers[name] = Server(name, command + self.flags, self.directory / f"{name}.log")
            self.wait_listening(name)

    def start_all(self, separate=True):
        if separate:
            self.start(*SEPARATE)
        else:
            self.start("contact-center")
        self.wait_in_service()

    def wait_listening(self, name):
        wanted = [flag for flag, owner in ADDRESSES.items() if owner == name or name == "contact-center"]
        self.wait_for(lambda: all(self.accepts(flag) for flag in wanted), f"{name} to listen", START_LIMIT, name)

    def accepts(self, flag):
        return listens(self.address(flag)[1])

    def wait_in_service(self, limit=START_LIMIT):
        self.wait_for(lambda: self.system_status() == "IN_SERVICE", "SystemInfo to say IN_SERVICE", limit)

    def system_status(self):
        """`status` of SystemInfo, or None when finesse does not answer."""
        url = f"http://{self.addresses['finesse-http']}/finesse/api/SystemInfo"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                found = re.search(r"<status>([A-Z_]+)</status>", answer.read().decode())
        except OSError:
            return None
        return found and found[1]

    def wait_for(self, condition, what, limit, needed=None):
        end = time.monotonic() + limit
        while not condition():
            if needed and not self.servers[needed].alive():
                raise Failed(f"{needed} ended with status {self.servers[needed].process.returncode}")
            if time.monotonic() > end:
                raise Failed(f"waited {limit:.0f} s for {what}")
            time.sleep(0.05)

    def stop(self):
        """Stops what runs, last started first. Returns complaints: a server that had to be killed or that failed."""
        complaints = []
        for server in reversed(self.servers.values()):
            if server.output.closed:
                continue
            if not server.alive():
                complaints.append(f"{server.name} ended by itself with status {server.process.returncode}")
                continue
            status = server.stop()
            if status is None:
                complaints.append(f"{server.name} did not stop within {STOP_LIMIT:.0f} s")
            elif status != 0:
                complaints.append(f"{server.name} stopped with status {status}")
        return complaints

    def panics(self):
        """Lines of the logs that tell of a panic."""
        found = []
        for log in sorted(self.directory.rglob("*.log")):
            for line in log.read_text(errors="replace").splitlines():
                if "panicked at" in line:
                    found.append(f"{log.name}: {line.strip()}")
        return found
