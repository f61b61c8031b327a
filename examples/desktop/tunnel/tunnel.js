// Runs in an iframe on the notification service's own origin and holds one BOSH connection for the page around it.
// Speaks `type|text` by postMessage, only with a parent whose origin the service has named.

import { Strophe, $iq, $pres } from "./vendor/strophe.esm.js";

const settings = await (await fetch("config.json", { cache: "no-store" })).json();
const { Status } = Strophe;
Strophe.setLogLevel(Strophe.LogLevel.FATAL);
/** What the parent must have said before we connect, by message type. */
const login = new Map();
let parentOrigin = "";
let connection;
let networkErrors = 0;
const again = new MessageChannel();
again.port1.onmessage = () => connection?.flush();

window.addEventListener("message", (event) => {
  const known = event.source === window.parent && settings.parentOrigins.includes(event.origin);
  if (!known || typeof event.data !== "string") {
    return;
  }
  parentOrigin = event.origin;
  const bar = event.data.indexOf("|");
  receive(Number(event.data.slice(0, bar)), event.data.slice(bar + 1));
});

function receive(type, text) {
  switch (type) {
    case Type.ID:
    case Type.PASSWORD:
    case Type.RESOURCEID:
    case Type.XMPPDOMAIN:
    case Type.PUBSUBDOMAIN:
      login.set(type, text);
      connectWhenComplete();
      break;
    case Type.CONNECT_REQ:
      connectWhenComplete();
      break;
    case Type.DISCONNECT_REQ:
      connection?.disconnect();
      break;
    case Type.SUBSCRIBE:
      subscribe(text);
      break;
    case Type.UNSUBSCRIBE:
      unsubscribe(text);
      break;
    case Type.SUBSCRIPTIONS_REQ:
      subscriptions();
      break;
    default:
      say(Type.LOGGING, `unknown message type ${type}`);
  }
}

function connectWhenComplete() {
  if (connection !== undefined || !NEEDED.every((needed) => login.has(needed))) {
    return;
  }
  const bare = `${login.get(Type.ID)}@${login.get(Type.XMPPDOMAIN)}`;
  connection = new Strophe.Connection(settings.boshPath, { mechanisms: [Strophe.SASLPlain] });
  connection.disconnection_timeout = CLOSE_TIMEOUT_MS;
  connection.addProtocolErrorHandler("HTTP", 0, onNetworkError);
  connection.xmlInput = onAnswer;
  connection.connect(`${bare}/${login.get(Type.RESOURCEID) ?? "desktop"}`, login.get(Type.PASSWORD), onStatus, WAIT_S, HOLD);
}

function onStatus(status, condition) {
  switch (status) {
    case Status.CONNECTING:
      say(Type.STATUS, "connecting");
      break;
    case Status.CONNECTED:
      connection.addHandler(onMessage, null, "message");
      connection.addHandler(onPresence, null, "presence");
      connection.send($pres().tree());
      // Stanzas are taken in order: what answers the ping has taken our presence, and sends events from then on.
      ask($iq({ type: "get", to: login.get(Type.XMPPDOMAIN) }).c("ping", { xmlns: PING }), onAvailable, onAvailable);
      break;
    case Status.AUTHFAIL:
      say(Type.XMPP_DISCONNECT_PROPERTIES, JSON.stringify({ condition: "not-authorized" }));
      connection.disconnect();
      break;
    case Status.CONNFAIL:
      say(Type.XMPP_DISCONNECT_PROPERTIES, JSON.stringify({ condition: String(condition ?? "") }));
      break;
    case Status.DISCONNECTED:
      connection = undefined;
      say(Type.STATUS, "disconnected");
      break;
    default:
  }
}

function onAvailable() {
  if (connection?.authenticated) {
    say(Type.STATUS, "connected");
  }
}

/** Strophe would look after the connection every 100 ms. Asking again soon keeps a request at the server. */
function onAnswer() {
  if (networkErrors === 1 && connection.authenticated) {
    say(Type.STATUS, "connected");
  }
  networkErrors = 0;
  // Behind the events of this answer, which go to the page when Strophe has called the handlers.
  queueMicrotask(() => again.port2.postMessage(""));
}

/** Strophe tries a failed request again at once, then after ever longer pauses. After the second failure we give up. */
function onNetworkError() {
  networkErrors += 1;
  if (networkErrors === 1) {
    say(Type.STATUS, "reconnecting");
  } else if (networkErrors === 2) {
    connection?.disconnect("network");
  }
}

function onMessage(message) {
  say(Type.EVENT, Strophe.serialize(message));
  return true;
}

function onPresence(presence) {
  say(Type.PRESENCE, Strophe.serialize(presence));
  return true;
}

function subscribe(node) {
  const answer = (result) => {
    const [subscription] = result?.getElementsByTagName("subscription") ?? [];
    say(Type.SUBSCRIBE, JSON.stringify({ node, subid: subscription?.getAttribute("subid") ?? "" }));
  };
  const refuse = (error) => say(Type.SUBSCRIBE, JSON.stringify({ node, error: conditionOf(error) }));
  ask($iq({ type: "set", to: login.get(Type.PUBSUBDOMAIN) })
    .c("pubsub", { xmlns: PUBSUB })
    .c("subscribe", { node, jid: connection?.jid }), answer, refuse);
}

function unsubscribe(text) {
  const [node, subid] = text.split("|");
  const attributes = { node, jid: connection?.jid, ...(subid ? { subid } : {}) };
  const answer = () => say(Type.UNSUBSCRIBE, JSON.stringify({ node }));
  const refuse = (error) => say(Type.UNSUBSCRIBE, JSON.stringify({ node, error: conditionOf(error) }));
  ask($iq({ type: "set", to: login.get(Type.PUBSUBDOMAIN) })
    .c("pubsub", { xmlns: PUBSUB })
    .c("unsubscribe", attributes), answer, refuse);
}

function subscriptions() {
  const answer = (result) => {
    const found = [...result.getElementsByTagName("subscription")];
    const nodes = found.map((subscription) => subscription.getAttribute("node"));
    say(Type.SUBSCRIPTIONS_REQ, JSON.stringify({ nodes }));
  };
  const refuse = (error) => say(Type.SUBSCRIPTIONS_REQ, JSON.stringify({ error: conditionOf(error) }));
  ask($iq({ type: "get", to: login.get(Type.PUBSUBDOMAIN) })
    .c("pubsub", { xmlns: PUBSUB })
    .c("subscriptions"), answer, refuse);
}

function ask(stanza, answer, refuse) {
  if (!connection?.authenticated) {
    refuse(null);
    return;
  }
  connection.sendIQ(stanza.tree(), answer, refuse, IQ_TIMEOUT_MS);
  connection.flush();
}

/** The name of the first child of `error`, or of the lack of an answer. */
function conditionOf(stanza) {
  return stanza?.getElementsByTagName("error")[0]?.firstElementChild?.localName ?? "no-answer";
}

function say(type, text) {
  if (parentOrigin !== "") {
    window.parent.postMessage(`${type}|${text}`, parentOrigin);
  }
}

const Type = Object.freeze({
  EVENT: 0,
  ID: 1,
  PASSWORD: 2,
  RESOURCEID: 3,
  STATUS: 4,
  XMPPDOMAIN: 5,
  PUBSUBDOMAIN: 6,
  SUBSCRIBE: 7,
  UNSUBSCRIBE: 8,
  PRESENCE: 9,
  CONNECT_REQ: 10,
  DISCONNECT_REQ: 11,
  NOTIFICATION_CONNECTION_TYPE: 12,
  LOGGING: 13,
  SUBSCRIPTIONS_REQ: 14,
  XMPP_DISCONNECT_PROPERTIES: 15,
});

const NEEDED = [Type.ID, Type.PASSWORD, Type.XMPPDOMAIN, Type.PUBSUBDOMAIN];
const PING = "urn:xmpp:ping";
const PUBSUB = "http://jabber.org/protocol/pubsub";
const WAIT_S = 30;
const HOLD = 1;
const IQ_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 1_000;

// Says that the tunnel is there. It goes to whoever embeds us, as the origin is not known yet, and holds no secret.
window.parent.postMessage(`${Type.NOTIFICATION_CONNECTION_TYPE}|bosh`, "*");
