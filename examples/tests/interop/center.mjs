// Starts, kills and stops the servers from Node, for tests that put something between them or restart them.
//
// Addresses and directories come from the environment that `run.py` sets.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class Center {
  #servers = new Map();

  constructor() {
    // Whatever ends this process ends the servers.
    process.on("exit", () => this.#servers.forEach((server) => server.kill("SIGKILL")));
  }

  /** Starts servers one after the other; each is up when the next begins. `instead` replaces addresses by flag. */
  async start(names, instead = {}) {
    for (const name of names) {
      const flags = FLAGS.flatMap((flag) => [`--${flag}`, instead[flag] ?? address(flag)]);
      const command = ["--data-dir", process.env.INTEROP_DATA_DIR, "--calls-per-minute", "0", ...flags];
      const log = openSync(`${process.env.INTEROP_DIR}/${name}.log`, "a");
      const server = spawn(`${process.env.INTEROP_BIN_DIR}/${name}`, command, { stdio: ["ignore", log, log] });
      closeSync(log);
      this.#servers.set(name, server);
      for (const flag of FLAGS.filter((found) => found.startsWith(`${name}-`))) {
        await listening(name, server, flag);
      }
    }
  }

  /** Ends a server as a crash does. */
  async kill(name) {
    const server = this.#servers.get(name);
    this.#servers.delete(name);
    await ended(server, "SIGKILL");
  }

  /** Ends all as an operator does, the last started first. */
  async stop() {
    for (const server of [...this.#servers.values()].reverse()) {
      const late = new AbortController();
      sleep(STOP_LIMIT_MS, undefined, { signal: late.signal }).then(() => server.kill("SIGKILL"), () => {});
      await ended(server, "SIGINT");
      late.abort();
    }
    this.#servers.clear();
  }

  /** Waits until the web service says that it is in service. */
  async waitInService() {
    const system = `http://${address("finesse-http")}/finesse/api/SystemInfo`;
    for (const end = Date.now() + START_LIMIT_MS; Date.now() < end; await sleep(100)) {
      const text = await fetch(system).then((answer) => answer.text()).catch(() => "");
      if (text.includes("<status>IN_SERVICE</status>")) {
        return;
      }
    }
    throw new Error("finesse does not get IN_SERVICE; see finesse.log");
  }
}

/** Where the server of a flag listens, `127.0.0.1:PORT`. */
export function address(flag) {
  return process.env[`INTEROP_${flag.replaceAll("-", "_").toUpperCase()}`];
}

async function ended(server, signal) {
  if (server.exitCode === null && server.signalCode === null) {
    const exit = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await exit;
  }
}

async function listening(name, server, flag) {
  const [host, port] = address(flag).split(":");
  for (const end = Date.now() + START_LIMIT_MS; Date.now() < end && server.exitCode === null; await sleep(50)) {
    const reached = await new Promise((resolve) => {
      const socket = net.connect(Number(port), host);
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (reached) {
      return;
    }
  }
  throw new Error(`${name} does not listen on ${host}:${port}; see ${name}.log`);
}

const FLAGS = [
  "cucm-axl",
  "cucm-switch",
  "engine-cti",
  "notification-xmpp",
  "notification-xmpp-tls",
  "notification-bosh",
  "notification-bosh-tls",
  "finesse-http",
  "finesse-https",
];

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
