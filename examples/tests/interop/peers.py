"""Throw-away prosody and ejabberd from Debian on free loopback ports, as peers to be tested and measured against.

    peers.py prosody ejabberd --users 1000       starts both, says where they are, and waits
    peers.py prosody --inactivity 5 --seconds 60

One line per server tells where it listens. Each line on standard input is answered with the memory and the processor
time of every server; its end, an interrupt or `--seconds` stops them all. As a module:

    with peers.Prosody(directory, peers.Settings(users=2)) as peer:
        print(peer.bosh, peer.jid(0), peer.password(0), peer.usage())

Both serve the domain `localhost` with the accounts `agent0`, `agent1`, ... in clear (PLAIN is offered without TLS), the
domain `anon.localhost` for SASL ANONYMOUS, and `pubsub.localhost`, where agent0 may create nodes. Missing packages are
installed when this runs as root. The servers end with this program, however that ends.
"""

import argparse
import collections
import dataclasses
import http.client
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time

import harness
import tools

DOMAIN = "localhost"
ANONYMOUS = "anon.localhost"
PUBSUB = "pubsub.localhost"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What can be told to a peer; times in seconds.

    `wait` and `polling` are the longest wait and the shortest time between polls of prosody, `pause` is the longest pause
    of ejabberd: the other one has no such setting.
    """

    inactivity: int = 60
    wait: int = 120
    polling: int = 5
    pause: int = 120
    users: int = 4


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a server and the processes below it take."""

    processes: int
    # Bytes, and seconds since the start.
    resident: int
    cpu: float

    def __str__(self):
        return f"processes={self.processes} resident={self.resident} cpu={self.cpu:.2f}"


class Peer:
    """One server, started on entry and stopped on exit."""

    name = program = bosh_path = websocket_path = None

    def __init__(self, directory, settings=Settings(), certificate=None):
        """`certificate` is the chain and the key, two files as PEM: with it, STARTTLS is offered."""
        self.directory = pathlib.Path(directory).resolve() / self.name
        self.settings = settings
        self.certificate = certificate
        self.http_port, self.xmpp_port = harness.free_ports(2)
        self.bosh = f"http://127.0.0.1:{self.http_port}{self.bosh_path}"
        self.websocket = f"ws://127.0.0.1:{self.http_port}{self.websocket_path}"
        self.xmpp = f"127.0.0.1:{self.xmpp_port}"
        self.server = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def __str__(self):
        return (
            f"{self.name} version={self.version()} bosh={self.bosh} websocket={self.websocket} xmpp={self.xmpp} "
            f"pid={self.server.process.pid}"
        )

    @staticmethod
    def account(number):
        """Name and password."""
        return f"agent{number}", f"secret-{number}"

    def jid(self, number):
        return f"{self.account(number)[0]}@{DOMAIN}"

    def password(self, number):
        return self.account(number)[1]

    def start(self):
        """Starts the server; returns when it listens and has its accounts."""
        tools.debian(self.program, self.name)
        self.directory.mkdir(parents=True)
        more_files()
        command, environment = self.prepare()
        log = self.directory / "server.log"
        self.server = harness.Server(self.name, command, log, environment)
        end = time.monotonic() + harness.START_LIMIT
        while not all(map(harness.listens, (self.http_port, self.xmpp_port))):
            if not self.server.alive() or time.monotonic() > end:
                self.stop()
                raise harness.Failed(f"{self.name} did not start:\n{log.read_text(errors='replace')[-4_000:]}")
            time.sleep(0.05)
        self.seed()

    def stop(self):
        """Ends it at once: nothing of it is kept."""
        if self.server and not self.server.output.closed:
            self.server.kill()

    def usage(self):
        """What the server takes now."""
        return usage(self.server.process.pid)

    def prepare(self):
        """Writes the configuration; returns the command and what it wants in its environment."""
        raise NotImplementedError

    def seed(self):
        """Makes the accounts that `prepare` could not."""

    def version(self):
        raise NotImplementedError


class Prosody(Peer):
    name = program = "prosody"
    bosh_path, websocket_path = "/http-bind", "/xmpp-websocket"

    def prepare(self):
        accounts = self.directory / "data" / DOMAIN / "accounts"
        accounts.mkdir(parents=True)
        for number in range(self.settings.users):
            name, password = self.account(number)
            (accounts / f"{name}.dat").write_text(f'return {{ ["password"] = "{password}"; }};\n')
        tls, ssl = "", ""
        if self.certificate:
            chain, key = self.certificate
            tls, ssl = '"tls", ', f'ssl = {{ certificate = "{chain}", key = "{key}" }}\n'
        config = self.directory / "prosody.cfg.lua"
        config.write_text(f"""\
run_as_root = true
data_path = "{self.directory}/data"
certificates = "{self.directory}"
log = {{ {{ levels = {{ min = "warn" }}, to = "console" }} }}
modules_enabled = {{ "bosh", "disco", "ping", "posix", "roster", "saslauth", {tls}"websocket" }}
modules_disabled = {{ "offline", "s2s" }}
interfaces = {{ "127.0.0.1" }}
http_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {self.http_port} }}
https_ports = {{ }}
c2s_ports = {{ {self.xmpp_port} }}
c2s_direct_tls_ports = {{ }}
http_default_host = "{DOMAIN}"
authentication = "internal_plain"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
consider_bosh_secure = true
consider_websocket_secure = true
bosh_max_inactivity = {self.settings.inactivity}
bosh_max_wait = {self.settings.wait}
bosh_max_polling = {self.settings.polling}
{ssl}VirtualHost "{DOMAIN}"
VirtualHost "{ANONYMOUS}"
    authentication = "anonymous"
Component "{PUBSUB}" "pubsub"
    admins = {{ "{self.jid(0)}" }}
""")
        return [self.program, "-F", "--config", str(config)], {}

    def version(self):
        return tools.debian_version(self.name)


class Ejabberd(Peer):
    name, program = "ejabberd", "ejabberdctl"
    bosh_path, websocket_path = "/http-bind", "/xmpp-websocket"

    def prepare(self):
        certfiles, starttls = "", ""
        if self.certificate:
            certfiles = "certfiles:\n" + "".join(f'  - "{path}"\n' for path in self.certificate)
            starttls = "    starttls: true\n"
        config = self.directory / "ejabberd.yml"
        config.write_text(f"""\
{certfiles}hosts: ["{DOMAIN}", "{ANONYMOUS}"]
loglevel: warning
log_rotate_count: 0
auth_password_format: plain
auth_cache_size: {max(1000, self.settings.users)}
listen:
  - port: {self.http_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    backlog: 1024
    request_handlers:
      {self.bosh_path}: mod_bosh
      {self.websocket_path}: ejabberd_http_ws
      /api: mod_http_api
  - port: {self.xmpp_port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
{starttls}host_config:
  "{ANONYMOUS}":
    auth_method: [anonymous]
    anonymous_protocol: sasl_anon
    allow_multiple_connections: true
acl:
  admin:
    user: ["{self.jid(0)}"]
access_rules:
  pubsub:
    allow: admin
api_permissions:
  accounts:
    from: [mod_http_api]
    who: [{{ip: "127.0.0.1/8"}}]
    what: ["register"]
modules:
  mod_bosh:
    max_inactivity: {self.settings.inactivity}
    max_pause: {self.settings.pause}
  mod_disco: {{}}
  mod_ping: {{}}
  mod_pubsub:
    access_createnode: pubsub
    plugins: ["flat"]
  mod_roster: {{}}
""")
        beams = self.beams()
        environment = {
            "HOME": str(self.directory),
            "ERL_LIBS": str(beams.parents[1]),
            "ERL_CRASH_DUMP": "/dev/null",
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(self.directory / "ejabberd.log"),
        }
        # As ejabberdctl starts it, without a name: nothing else on the machine hears of this node.
        command = ["erl", "-noinput", "+K", "true", "+P", "250000", "-pa", str(beams)]
        return [*command, "-mnesia", "dir", f'"{self.directory}/database"', "-s", "ejabberd"], environment

    def seed(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=harness.START_LIMIT)
        end = time.monotonic() + harness.START_LIMIT
        for number in range(self.settings.users):
            name, password = self.account(number)
            account = json.dumps({"user": name, "host": DOMAIN, "password": password})
            # The listener is up before the accounts are.
            while (answer := self.register(connection, account)) != 200:
                if not self.server.alive() or time.monotonic() > end:
                    self.stop()
                    log = self.server.log.read_text(errors="replace")[-4_000:]
                    raise harness.Failed(f"ejabberd answers the registration of {name} with {answer}:\n{log}")
                time.sleep(0.1)
        connection.close()

    @staticmethod
    def register(connection, account):
        """The status of the answer, or what went wrong."""
        try:
            connection.request("POST", "/api/register", account, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as problem:
            connection.close()
            return problem
        return answer.status

    @staticmethod
    def beams():
        """Where Debian keeps the program."""
        found = sorted(pathlib.Path("/usr/lib").glob("*/ejabberd-*/ebin"))
        if not found:
            raise tools.Missing("ejabberd is installed, but not the way of Debian")
        return found[-1]

    def version(self):
        return tools.debian_version(self.name)


PEERS = {peer.name: peer for peer in (Prosody, Ejabberd)}


def usage(pid):
    """Sums up a process and all below it."""
    children = collections.defaultdict(list)
    stats = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            # After the name, which may hold anything but a line end and ends with the last parenthesis.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        stats[int(entry.name)] = fields
        children[int(fields[1])].append(int(entry.name))
    tree = [pid]
    for parent in tree:
        tree += children[parent]
    tree = [pid for pid in tree if pid in stats]
    # utime, stime, and the same of children that have ended; then resident pages.
    ticks = sum(int(ticks) for pid in tree for ticks in stats[pid][11:15])
    pages = sum(int(stats[pid][21]) for pid in tree)
    return Usage(len(tree), pages * resource.getpagesize(), ticks / TICKS)


def more_files():
    """Lets the servers hold as many connections as the system grants us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main():
    options = parse()
    settings = Settings(**{field.name: getattr(options, field.name) for field in dataclasses.fields(Settings)})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = pathlib.Path(options.directory or tempfile.mkdtemp(prefix="peers-"))
    peers = [PEERS[name](directory, settings) for name in dict.fromkeys(options.names)]
    try:
        for peer in peers:
            peer.start()
            print(peer, flush=True)
        answer_questions(peers, options.seconds)
    except (tools.Missing, harness.Failed) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        for peer in peers:
            peer.stop()
        if not options.directory:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("names", nargs="+", metavar="PEER", choices=PEERS, help=" or ".join(PEERS))
    for field in dataclasses.fields(Settings):
        parser.add_argument(f"--{field.name}", type=int, default=field.default, metavar="N", help=f"({field.default})")
    parser.add_argument("--seconds", type=float, metavar="N", help="stop after this time, and ask nothing of standard input")
    parser.add_argument("--directory", metavar="DIR", help="where their files go, kept afterwards (a temporary one, removed)")
    return parser.parse_args()


def answer_questions(peers, seconds):
    end = None if seconds is None else time.monotonic() + seconds
    watched = [sys.stdin] if seconds is None else []
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select(watched, [], [], 0.5)
        if ready and not sys.stdin.readline():
            return
        for peer in peers:
            if not peer.server.alive():
                raise harness.Failed(f"{peer.name} ended with status {peer.server.process.returncode}")
            if ready:
                print(peer.name, peer.usage(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
