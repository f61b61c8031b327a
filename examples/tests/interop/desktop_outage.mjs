// The desktop page while servers are killed and started again, one after the other, during a call.
//
// The agent is told, keeps the call on the screen, and works on when the server is back, without a sign-in.

import assert from "node:assert/strict";

import { Center } from "./center.mjs";
import { Desktop, addresses, launch } from "./desktop_page.mjs";

const AGENT = "1001001";
const OUT_OF_SERVICE = /out of service/;
const CONNECTION_LOST = /connection to the notification service is lost/;

/** Three missed heartbeats of 5 s, and some. An idle page asks for SystemInfo every half minute at the latest. */
const NOTICED_MS = 40_000;
const BACK_MS = 40_000;

const center = new Center();
await center.start(["cucm", "engine", "notification", "finesse"]);
await center.waitInService();
const browser = await launch();
const desktop = await Desktop.open(browser, addresses().clear);
const banner = desktop.page.locator("#banner");

const steps = [
  ["an agent talks", talk],
  ["the engine is killed: out of service, and back with the call", () => outage("engine", OUT_OF_SERVICE)],
  ["the notification service is killed: reconnecting, and back", () => outage("notification", CONNECTION_LOST)],
  ["the web service is killed: out of service, and back", () => outage("finesse", OUT_OF_SERVICE)],
  ["the call goes on: hold, retrieve, drop", work],
];

try {
  for (const [name, step] of steps) {
    const started = performance.now();
    await step();
    console.log(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
  }
  assert.deepEqual(desktop.complaints, []);
} catch (error) {
  await desktop.keepPicture("outage").catch(() => {});
  console.log(await desktop.flow().catch(() => []), desktop.complaints);
  throw error;
} finally {
  await browser.close();
  await center.stop();
}

async function talk() {
  await desktop.signIn(AGENT);
  await desktop.waitForState("Not ready");
  await desktop.press("Ready");
  await desktop.waitForState("Ready");
  await desktop.press("Call me");
  await desktop.waitForCall("Ringing");
  await desktop.press("Answer");
  await desktop.waitForCall("Active");
  await desktop.waitForState("Talking");
}

/** Kills a server, sees the banner, starts the server, and finds the same call. */
async function outage(name, words) {
  const before = await desktop.page.locator(".call").getAttribute("data-dialog");
  await center.kill(name);
  await banner.filter({ hasText: words }).waitFor({ timeout: NOTICED_MS });
  assert.equal(await desktop.page.locator(".call").count(), 1, "the call stays on the screen");
  assert.ok(await desktop.page.getByRole("button", { name: "Hold" }).isDisabled(), "nothing can be asked for meanwhile");
  await center.start([name]);
  await banner.waitFor({ state: "hidden", timeout: BACK_MS });
  await desktop.waitForConnection("Connected");
  await desktop.waitForState("Talking");
  await desktop.waitForCall("Active");
  assert.equal(await desktop.page.locator(".call").getAttribute("data-dialog"), before, "it is the same call");
}

async function work() {
  await desktop.press("Hold");
  await desktop.waitForCall("Held");
  await desktop.press("Retrieve");
  await desktop.waitForCall("Active");
  await desktop.press("Drop");
  await desktop.waitForState("Wrap-up");
}
