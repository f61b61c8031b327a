// Test 2: Strophe.js under Node over BOSH and WebSocket, in clear and over TLS.
//
// PLAIN login, bind, subscribe to the user's own node; a REST PUT changes the state and the event arrives. A wrong
// password is refused with `not-authorized`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.INTEROP_NODE_MODULES + "/from-here.js");
const { XMLHttpRequest: HttpRequest } = require("xhr2");
const { DOMParser } = require("@xmldom/xmldom");

// Strophe wants a browser's XMLHttpRequest: one that parses XML answers.
globalThis.XMLHttpRequest = class extends HttpRequest {
  get responseXML() {
    return this.responseText ? new DOMParser().parseFromString(this.responseText, "text/xml") : null;
  }
};

const strophe = process.env.INTEROP_NODE_MODULES + "/strophe.js/dist/strophe.node.esm.js";
const { Strophe, $iq, $pres } = await import(pathToFileURL(strophe));
Strophe.setLogLevel(Strophe.LogLevel.WARN);

const USER = "1001001";
const NODE = `/finesse/api/User/${USER}`;
const PUBSUB = "http://jabber.org/protocol/pubsub";
const EVENT_LIMIT = 10_000;

/** Connects; resolves with the status that ends the attempt, and the condition or element that came with it. */
function login(service, password) {
  const connection = new Strophe.Connection(service);
  const ends = [Strophe.Status.CONNECTED, Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL, Strophe.Status.ERROR];
  let disconnected;
  const closed = new Promise((resolve) => (disconnected = resolve));
  const outcome = new Promise((resolve) => {
    connection.connect(`${USER}@localhost/interop`, password, (status, condition, element) => {
      if (ends.includes(status)) resolve({ connection, closed, status, condition, element });
      if (status === Strophe.Status.DISCONNECTED) disconnected();
    });
  });
  return within(outcome, `the login at ${service}`);
}

function within(promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`waited ${EVENT_LIMIT / 1000} s for ${what}`)), EVENT_LIMIT).unref();
  });
  return Promise.race([promise, late]);
}

/** Every notification of the connection, and a way to wait for one. */
class Notifications {
  #seen = [];
  #waiting = [];

  constructor(connection) {
    connection.addHandler((message) => {
      for (const items of elements(message, "items")) {
        for (const notification of elements(items, "notification")) {
          this.#take(items.getAttribute("node"), notification.textContent);
        }
      }
      return true; // Strophe drops a handler that returns anything else.
    }, null, "message");
  }

  #take(node, text) {
    const update = new DOMParser().parseFromString(text, "text/xml").documentElement;
    const value = (name) => elements(update, name)[0]?.textContent ?? "";
    this.#seen.push({
      node,
      event: value("event").toUpperCase(),
      requestId: value("requestId"),
      source: value("source"),
      state: value("state"),
      loginId: value("loginId"),
    });
    for (const look of this.#waiting) look();
  }

  of(requestId) {
    const found = new Promise((resolve) => {
      const look = () => {
        const update = this.#seen.find((update) => update.requestId === requestId);
        if (update) resolve(update);
      };
      this.#waiting.push(look);
      look();
    });
    return within(found, `the event of ${requestId}`);
  }
}

function elements(parent, name) {
  return Array.from(parent.getElementsByTagName("*")).filter((element) => element.localName === name);
}

function ask(connection, iq) {
  return within(new Promise((resolve, reject) => connection.sendIQ(iq, resolve, reject)), "the answer of an iq");
}

async function put(body, requestId) {
  const answer = await fetch(`http://${process.env.INTEROP_FINESSE_HTTP}${NODE}`, {
    method: "PUT",
    headers: {
      "Authorization": "Basic " + Buffer.from(`${USER}:ccx-${USER}`).toString("base64"),
      "Content-Type": "application/xml",
      "requestId": requestId,
    },
    body,
  });
  assert.ok([200, 202].includes(answer.status), `PUT ${NODE}: ${answer.status} ${await answer.text()}`);
}

async function wrongPasswordIsRefused(service) {
  const { connection, status, condition, element } = await login(service, "wrong");
  assert.equal(status, Strophe.Status.AUTHFAIL, `a wrong password ended in status ${status} (${condition})`);
  assert.equal(element.localName, "failure");
  assert.equal(elements(element, "not-authorized").length, 1, element.toString());
  connection.disconnect();
}

async function worksADay(service) {
  const { connection, closed, status, condition } = await login(service, `ccx-${USER}`);
  assert.equal(status, Strophe.Status.CONNECTED, `the login ended in status ${status} (${condition})`);
  assert.equal(connection.jid, `${USER}@localhost/interop`);

  const notifications = new Notifications(connection);
  connection.send($pres());
  const subscription = await ask(connection, $iq({ type: "set", to: "pubsub.localhost" })
    .c("pubsub", { xmlns: PUBSUB })
    .c("subscribe", { node: NODE, jid: connection.jid }));
  assert.equal(elements(subscription, "subscription")[0]?.getAttribute("subscription"), "subscribed");

  const steps = [
    ["LOGIN", `<extension>${USER}</extension>`, "NOT_READY"],
    ["READY", "", "READY"],
    ["LOGOUT", "", "LOGOUT"],
  ];
  for (const [state, extension, becomes] of steps) {
    const requestId = `${new URL(service).protocol}${state}`;
    await put(`<User><state>${state}</state>${extension}</User>`, requestId);
    const update = await notifications.of(requestId);
    assert.deepEqual(update, { node: NODE, event: "PUT", requestId, source: NODE, state: becomes, loginId: USER });
  }
  connection.disconnect();
  await within(closed, "the session to end");
}

const services = [
  `http://${process.env.INTEROP_NOTIFICATION_BOSH}/http-bind/`,
  `https://${process.env.INTEROP_NOTIFICATION_BOSH_TLS}/http-bind/`,
  `ws://${process.env.INTEROP_NOTIFICATION_BOSH}/ws/`,
  `wss://${process.env.INTEROP_NOTIFICATION_BOSH_TLS}/ws/`,
];
for (const service of services) {
  console.log(`${service}: wrong password`);
  await wrongPasswordIsRefused(service);
  console.log(`${service}: login, subscribe, events`);
  await worksADay(service);
}
process.exit(0);
