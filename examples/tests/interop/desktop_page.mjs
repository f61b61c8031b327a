// The agent desktop in headless Chromium, as the tests, the latency measure and the screenshots drive it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

if (process.env.INTEROP_NODE_MODULES === undefined) {
  throw new Error("start this by `python3 examples/tests/interop/run.py`, which names the servers and the browser");
}
const require = createRequire(process.env.INTEROP_NODE_MODULES + "/from-here.js");
const { chromium } = require("playwright-core");

/** Starts the browser. It asks nobody but the pages it is told to open. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** One agent's desktop in a browser context of its own. */
export class Desktop {
  /** Script errors, refused requests, requests to other machines: none may be there at the end. */
  complaints = [];

  static async open(browser, address, options = {}) {
    const context = await browser.newContext({
      // The certificate authority lives in the servers' data directory and is unknown to this browser.
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(LIMIT_MS);
    return new Desktop(address, context, await context.newPage());
  }

  constructor(address, context, page) {
    this.address = address;
    this.context = context;
    this.page = page;
    const host = new URL(address).hostname;
    page.on("pageerror", (error) => this.complaints.push(`script error: ${error.stack ?? error}`));
    page.on("dialog", (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.complaints.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.hostname !== host && url.protocol !== "data:") {
        this.complaints.push(`request to another machine: ${url}`);
      }
    });
  }

  async load() {
    await this.page.goto(this.address);
    await this.page.locator("#sign-in-form").waitFor();
  }

  /** Fills in the form and sends it; what comes of it is for the caller to wait for. */
  async submitSignIn(id, password) {
    await this.page.getByLabel("Agent id").fill(id);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
  }

  async signIn(id) {
    await this.load();
    await this.submitSignIn(id, `ccx-${id}`);
    await this.page.locator("#desktop").waitFor();
    await this.waitForConnection("Connected");
  }

  /** Waits until the state's name on the page is this. */
  waitForState(name) {
    return this.waitForText("#state", name);
  }

  waitForConnection(name) {
    return this.waitForText("#connection", name);
  }

  /** Waits until the only call's card says this, for example `Ringing`. */
  async waitForCall(state) {
    await this.waitForText(".call .chip", state);
    assert.equal(await this.page.locator(".call").count(), 1, "one call is shown");
  }

  async waitForNoCall() {
    await this.page.locator("#no-calls").waitFor();
    assert.equal(await this.page.locator(".call").count(), 0, "no call is shown");
  }

  async waitForText(selector, text) {
    const whole = new RegExp(`^${text}$`);
    try {
      await this.page.locator(selector).filter({ hasText: whole }).first().waitFor();
    } catch {
      const found = await this.page.locator(selector).allTextContents();
      throw new Error(`waited for "${text}" in ${selector}, which says ${JSON.stringify(found)}`);
    }
  }

  press(name) {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  async offered() {
    return this.page.locator(".call .actions button").allTextContents();
  }

  async dial(number) {
    await this.page.getByLabel("Number or extension").fill(number);
    await this.press("Call");
  }

  async signOut() {
    await this.press("Sign out");
    const dialog = this.page.locator("#sign-out-dialog");
    if (await dialog.isVisible()) {
      await dialog.getByRole("button", { name: "Sign out" }).click();
    }
    await this.page.locator("#sign-in-form").waitFor();
  }

  /** The messages shown in the flow panel, newest first. */
  flow() {
    return this.page.locator(".flow-list summary").allTextContents();
  }

  /** For the log of a failed test. */
  async keepPicture(name) {
    await this.page.screenshot({ path: `${process.env.INTEROP_DIR}/${name}.png`, fullPage: true });
  }
}

/** The page's addresses: in clear, and over TLS. */
export function addresses() {
  const port = (name) => process.env[name].split(":").at(-1);
  return {
    clear: `http://localhost:${port("INTEROP_FINESSE_HTTP")}/desktop/`,
    secure: `https://localhost:${port("INTEROP_FINESSE_HTTPS")}/desktop/`,
  };
}

const LIMIT_MS = 15_000;
