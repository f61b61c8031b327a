// stanza under Node over BOSH, in clear and over TLS.
//
// PLAIN login, bind, ping, subscribe to the user's own node; a REST PUT changes the state and the event arrives.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.env.INTEROP_NODE_MODULES + "/from-here.js");
const { createClient } = require("stanza");

const USER = "1001001";
const NODE = `/finesse/api/User/${USER}`;
const PUBSUB = "pubsub.localhost";
const LIMIT = 10_000;

function within(promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`waited ${LIMIT / 1000} s for ${what}`)), LIMIT).unref();
  });
  return Promise.race([promise, late]);
}

function once(client, event, test = () => true) {
  const found = new Promise((resolve) => {
    const look = (data) => {
      if (!test(data)) return;
      client.off(event, look);
      resolve(data);
    };
    client.on(event, look);
  });
  return within(found, event);
}

function connect(service, password) {
  const client = createClient({
    jid: `${USER}@localhost`,
    resource: "interop",
    credentials: { username: USER, password },
    server: "localhost",
    transports: { bosh: service, websocket: false },
    autoReconnect: false,
  });
  client.connect();
  return client;
}

async function put(state, extension, requestId) {
  const answer = await fetch(`http://${process.env.INTEROP_FINESSE_HTTP}${NODE}`, {
    method: "PUT",
    headers: {
      "Authorization": "Basic " + Buffer.from(`${USER}:ccx-${USER}`).toString("base64"),
      "Content-Type": "application/xml",
      "requestId": requestId,
    },
    body: `<User><state>${state}</state>${extension}</User>`,
  });
  assert.ok([200, 202].includes(answer.status), `PUT ${NODE}: ${answer.status} ${await answer.text()}`);
}

/** Text of the notification in an event, which stanza itself has no type for. */
function bodies(raw) {
  return [...raw.matchAll(/&lt;requestId&gt;(.*?)&lt;\/requestId&gt;/g)].map((match) => match[1]);
}

async function wrongPasswordIsRefused(service) {
  const client = connect(service, "wrong");
  await once(client, "auth:failed");
  client.disconnect();
  await once(client, "disconnected");
}

async function worksADay(service) {
  const client = connect(service, `ccx-${USER}`);
  await once(client, "session:started");
  assert.equal(client.jid, `${USER}@localhost/interop`);
  client.sendPresence();
  await within(client.ping("localhost"), "the answer to a ping");
  const subscription = await within(client.subscribeToNode(PUBSUB, NODE), "the subscription");
  assert.equal(subscription.state, "subscribed");

  for (const [state, extension] of [["LOGIN", `<extension>${USER}</extension>`], ["LOGOUT", ""]]) {
    const requestId = `stanza-${new URL(service).protocol}${state}`;
    const raw = [];
    const listen = (direction, xml) => direction === "incoming" && raw.push(...bodies(xml));
    client.on("raw", listen);
    const event = once(client, "pubsub:published", (message) => message.pubsub.items.node === NODE);
    await put(state, extension, requestId);
    const message = await event;
    assert.equal(message.from, PUBSUB);
    await within(until(() => raw.includes(requestId)), `the event of ${requestId}, got ${raw}`);
    client.off("raw", listen);
  }
  const gone = once(client, "disconnected");
  client.disconnect();
  await gone;
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

for (const service of [
  `http://${process.env.INTEROP_NOTIFICATION_BOSH}/http-bind/`,
  `https://${process.env.INTEROP_NOTIFICATION_BOSH_TLS}/http-bind/`,
]) {
  console.log(`${service}: wrong password`);
  await wrongPasswordIsRefused(service);
  console.log(`${service}: login, ping, subscribe, events, disconnect`);
  await worksADay(service);
}
process.exit(0);
