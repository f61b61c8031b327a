// How long an event takes from the engine's socket to the hub's callback in Chromium.
//
// finesse reaches the engine through a relay here, which notes the time of each AGENT_STATE_EVENT that passes. The page
// asks for READY and NOT_READY in turn; the callback of the agent's topic notes the time in the browser. The two clocks
// are compared before and after. A bare TCP round trip over loopback is measured in the same run, to know the machine.
//
// `INTEROP_EVENTS` (1000) says how many events. Prints medians and 99th percentiles in milliseconds, and `latency.json`
// in `INTEROP_DIR` keeps every value. It fails when an event is missing, never because the machine is slow.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import net from "node:net";

import { Center, address } from "./center.mjs";
import { Desktop, addresses, launch } from "./desktop_page.mjs";

const AGENT = "1001001";
const EVENTS = Number(process.env.INTEROP_EVENTS ?? 1000);
/** Between an event and the next change: the page draws its flow panel then. */
const PAUSE_MS = 150;
const ROUND_TRIPS = 1000;
const PAYLOAD = 1024;
const CLOCK_SAMPLES = 200;
/** GED-188, "AGENT_STATE_EVENT". */
const AGENT_STATE_EVENT = 30;
/** GED-188, "MHDR": length of the body, then the message's type, each in 4 bytes. */
const HEADER_LEN = 8;

/** Milliseconds since 1970 on a clock that does not step during the run. */
const now = () => performance.timeOrigin + performance.now();

const relay = await startRelay(address("engine-cti"));
const center = new Center();
let browser;
try {
  const first = await bareRoundTrips();
  await center.start(["cucm", "engine", "notification"]);
  await center.start(["finesse"], { "engine-cti": relay.address });
  await center.waitInService();
  browser = await launch();
  const desktop = await Desktop.open(browser, addresses().clear);
  await desktop.signIn(AGENT);
  await desktop.waitForState("Not ready");

  const before = await compareClocks(desktop.page);
  relay.sent.length = 0;
  const arrived = await desktop.page.evaluate(changeStates, { agent: AGENT, events: EVENTS, pause: PAUSE_MS });
  const sent = [...relay.sent];
  const after = await compareClocks(desktop.page);
  const second = await bareRoundTrips();

  assert.equal(arrived.length, EVENTS, "every change came back as an event");
  assert.equal(sent.length, EVENTS, "the engine sent one event for each change");
  assert.deepEqual(desktop.complaints, []);
  const drift = after.offset - before.offset;
  const offsetAt = (index) => before.offset + (drift * index) / EVENTS;
  const way = arrived.map(({ at }, index) => at - offsetAt(index) - sent[index]);
  const click = arrived.map(({ asked, at }) => at - asked);
  const bare = [...first, ...second];
  print("engine's socket to hub callback", way);
  print("click (PUT) to hub callback", click);
  print(`bare loopback round trip, ${PAYLOAD} bytes`, bare);
  const uncertainty = Math.max(before.uncertainty, after.uncertainty);
  console.log(`clocks of the two processes known to ${uncertainty.toFixed(2)} ms, drift over the run ${drift.toFixed(2)} ms`);
  writeFileSync(`${process.env.INTEROP_DIR}/latency.json`, JSON.stringify({ way, click, bare, uncertainty, drift }));
} finally {
  await browser?.close();
  await center.stop();
  relay.close();
}

/** Runs in the page: changes the state, waits for the event, and so on. */
async function changeStates({ agent, events, pause }) {
  const clock = () => performance.timeOrigin + performance.now();
  const { hub, api } = await import("./main.js");
  const noted = [];
  const { ReasonCodes } = await api.get(`User/${agent}/ReasonCodes?category=NOT_READY`);
  const [code] = [ReasonCodes?.ReasonCode ?? []].flat();
  const notReady = { state: "NOT_READY", reasonCodeId: code?.uri.split("/").at(-1) };
  for (let count = 0; count < events; count += 1) {
    const content = count % 2 === 0 ? { state: "READY" } : notReady;
    const asked = clock();
    let subscription;
    const event = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no event for change ${count}`)), 10_000);
      subscription = hub.subscribe(`finesse.api.User.${agent}`, (topic, { object }) => {
        const at = clock();
        if (object.Update.data?.user?.state === content.state) {
          clearTimeout(timer);
          resolve(at);
        } else {
          reject(new Error(`change ${count} brought ${JSON.stringify(object.Update)}`));
        }
      });
    });
    const [at] = await Promise.all([event, api.put(`User/${agent}`, "User", content)]);
    hub.unsubscribe(subscription);
    noted.push({ asked, at });
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return noted;
}

/** How far the page's clock is ahead of ours: the middle of the quickest question and answer. */
async function compareClocks(page) {
  let best = { trip: Number.POSITIVE_INFINITY, offset: 0 };
  for (let count = 0; count < CLOCK_SAMPLES; count += 1) {
    const asked = now();
    const theirs = await page.evaluate(() => performance.timeOrigin + performance.now());
    const answered = now();
    if (answered - asked < best.trip) {
      best = { trip: answered - asked, offset: theirs - (asked + answered) / 2 };
    }
  }
  return { offset: best.offset, uncertainty: best.trip / 2 };
}

/** A TCP relay in front of the engine. `sent` holds the time at which each AGENT_STATE_EVENT passed. */
async function startRelay(target) {
  const [host, port] = target.split(":");
  const sent = [];
  const server = net.createServer((client) => {
    const engine = net.connect(Number(port), host);
    client.setNoDelay();
    engine.setNoDelay();
    let rest = Buffer.alloc(0);
    engine.on("data", (bytes) => {
      const at = now();
      client.write(bytes);
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= HEADER_LEN && rest.length >= HEADER_LEN + rest.readUInt32BE(0)) {
        if (rest.readUInt32BE(4) === AGENT_STATE_EVENT) {
          sent.push(at);
        }
        rest = rest.subarray(HEADER_LEN + rest.readUInt32BE(0));
      }
    });
    client.on("data", (bytes) => engine.write(bytes));
    for (const [from, to] of [[client, engine], [engine, client]]) {
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return { sent, address: `127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Round trips of `PAYLOAD` bytes between two sockets, with nothing in between. */
async function bareRoundTrips() {
  const echo = net.createServer((socket) => socket.setNoDelay().pipe(socket));
  echo.listen(0, "127.0.0.1");
  await new Promise((resolve) => echo.once("listening", resolve));
  const socket = net.connect(echo.address().port, "127.0.0.1").setNoDelay();
  await new Promise((resolve) => socket.once("connect", resolve));
  const payload = Buffer.alloc(PAYLOAD, "x");
  const trips = [];
  for (let count = 0; count < ROUND_TRIPS / 2; count += 1) {
    const asked = now();
    await new Promise((resolve) => {
      let missing = PAYLOAD;
      const take = (bytes) => {
        missing -= bytes.length;
        if (missing === 0) {
          socket.off("data", take);
          resolve();
        }
      };
      socket.on("data", take);
      socket.write(payload);
    });
    trips.push(now() - asked);
  }
  socket.destroy();
  echo.close();
  return trips;
}

function print(name, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2);
  console.log(`${name}: n=${sorted.length} median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms`);
}
