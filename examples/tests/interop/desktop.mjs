// Test 1: two agents work with the desktop page in headless Chromium, one in clear and one over TLS.
//
// 1001001 signs in, goes READY, gets a simulated call, answers, holds, retrieves, drops, wraps up; 1001002, in a second
// browser context, receives a call that the first places.

import assert from "node:assert/strict";

import { Desktop, addresses, launch } from "./desktop_page.mjs";
import * as parts from "./desktop_parts.mjs";

const ONE = "1001001";
const TWO = "1001002";

const { clear, secure } = addresses();
const browser = await launch();
const one = await Desktop.open(browser, clear);
const two = await Desktop.open(browser, secure);

const steps = [
  ["hub topics match as the OpenAjax Hub's do", () => part(parts.hubTopics)],
  ["XML becomes objects, whatever its elements are called", () => part(parts.xmlObjects)],
  ["what is read by GET never overwrites a newer notification", () => part(parts.refreshRace)],
  ["a wrong password is refused in words", wrongPassword],
  ["an unknown extension is refused by the engine", wrongExtension],
  ["1001001 signs in and is not ready", () => signIn(one, ONE)],
  ["1001001 takes a simulated call from ring to wrap-up", takeCall],
  ["1001002 signs in over TLS", () => signIn(two, TWO)],
  ["1001001 sees 1001002 in the team list", teamList],
  ["1001002 answers a call that 1001001 places", callColleague],
  ["a refreshed page has the call still", refreshed],
  ["both sign out", signOut],
  ["no script error, no foreign request", clean],
];

try {
  for (const [name, step] of steps) {
    const started = performance.now();
    await step();
    console.log(`ok ${name} (${Math.round(performance.now() - started)} ms)`);
  }
} catch (error) {
  await Promise.allSettled([one.keepPicture("one"), two.keepPicture("two")]);
  console.log("one:", await one.flow().catch(() => []), one.complaints);
  console.log("two:", await two.flow().catch(() => []), two.complaints);
  throw error;
} finally {
  await browser.close();
}

/** Runs a test of one of the page's modules in a page of its own; it returns what did not hold. */
async function part(check) {
  const desktop = await Desktop.open(browser, clear);
  await desktop.load();
  assert.deepEqual(await desktop.page.evaluate(check), []);
  await desktop.context.close();
}

async function wrongPassword() {
  await one.load();
  await one.submitSignIn(ONE, "wrong");
  await one.waitForText("#sign-in-message", "Wrong agent id or password.");
}

async function wrongExtension() {
  await one.page.getByLabel("Extension", { exact: true }).fill("999");
  await one.submitSignIn(ONE, `ccx-${ONE}`);
  const message = one.page.locator("#sign-in-message").filter({ hasText: "Signing in was refused." });
  await message.filter({ hasText: "Invalid Device" }).waitFor();
}

async function signIn(desktop, id) {
  await desktop.signIn(id);
  await desktop.waitForState("Not ready");
  const shown = await desktop.page.locator("#agent").textContent();
  assert.ok(shown.endsWith(id), `the page shows the extension: ${shown}`);
}

async function takeCall() {
  await one.press("Ready");
  await one.waitForState("Ready");
  await one.press("Call me");
  await one.waitForCall("Ringing");
  await one.waitForState("Reserved");
  assert.deepEqual(await one.offered(), ["Answer"], "a ringing call can be answered");
  const caller = await one.page.locator(".call .number").textContent();
  assert.match(caller, /\d/, "the caller is shown");
  assert.ok(await one.page.locator(".call .variables dd").count() > 0, "call variables are shown");

  await one.press("Answer");
  await one.waitForCall("Active");
  await one.waitForState("Talking");
  assert.deepEqual(await one.offered(), ["Hold", "Drop"]);

  await one.press("Hold");
  await one.waitForCall("Held");
  assert.ok((await one.offered()).includes("Retrieve"), "a held call can be retrieved");

  await one.press("Retrieve");
  await one.waitForCall("Active");

  await one.press("Drop");
  await one.waitForState("Wrap-up");
  await one.page.locator("#wrap-up").waitFor();
  const reason = await one.page.locator("#wrap-up-reason option").first().textContent();
  await one.page.getByLabel("What was the call about?").selectOption({ label: reason });
  await one.press("Save");
  await one.waitForText("#wrap-up-message", `Saved: ${reason}.`);

  await one.press("Not ready");
  await one.waitForState("Not ready");
  await one.waitForNoCall();
  const flow = await one.flow();
  assert.ok(flow.some((line) => line.includes("round trip")), "the flow panel shows round trips");
}

async function teamList() {
  const row = one.page.locator("#team-list tr").filter({ hasText: TWO });
  await row.filter({ hasText: "Not ready" }).waitFor();
  await two.press("Ready");
  await two.waitForState("Ready");
  await row.filter({ hasText: /Ready$/ }).waitFor();
  await two.press("Not ready");
  await row.filter({ hasText: "Not ready" }).waitFor();
}

async function callColleague() {
  await one.dial(TWO);
  await two.waitForCall("Ringing");
  await two.waitForText(".call .number", ONE);
  await one.waitForText(".call .number", TWO);
  await two.press("Answer");
  await two.waitForCall("Active");
  await one.waitForCall("Active");
}

async function refreshed() {
  await two.page.reload();
  await two.waitForConnection("Connected");
  await two.waitForCall("Active");
  await one.press("Drop");
  await Promise.all([endOfCall(one), endOfCall(two)]);
}

/** The call is gone, at once or after wrap-up, as the engine is set up. */
async function endOfCall(desktop) {
  const chip = desktop.page.locator("#state");
  await desktop.page.locator("#no-calls:not([hidden]), #wrap-up:not([hidden])").first().waitFor();
  if (await chip.textContent() === "Wrap-up") {
    await desktop.press("Not ready");
  }
  await desktop.waitForNoCall();
  await desktop.waitForState("Not ready");
}

async function signOut() {
  await one.signOut();
  await two.signOut();
}

function clean() {
  assert.deepEqual(one.complaints, []);
  assert.deepEqual(two.complaints, []);
}
