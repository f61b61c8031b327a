// The page's side of the tunnel: a hidden iframe on the notification service's origin holds the BOSH connection and
// talks in messages of `type|text`. What arrives there is published on the hub here.
//
// Lost connections are made again with growing pauses. Subscriptions are counted per node, so that several parts of
// the page cost one XEP-0060 subscription, and are made anew before the hub hears `connected`.

import { topicOf } from "./hub.js";
import { parse } from "./xml.js";

export class Tunnel {
  #hub;
  #config;
  #address;
  #frame;
  /** Set from `connect` to `disconnect`, and while the server does not refuse us. */
  #login;
  #connected = false;
  /** Grows with every connection and loss; what was begun in an older one is stale. */
  #session = 0;
  /** The server's last word before a loss. */
  #condition = "";
  #failures = 0;
  #timer;
  /** Node to number of askers. */
  #nodes = new Map();
  /** Node to those who wait for the answer to its subscription. */
  #waiting = new Map();

  constructor(config, hub) {
    this.#config = config;
    this.#hub = hub;
    this.#address = tunnelAddress(config);
    window.addEventListener("message", (event) => this.#receive(event));
    hub.subscribe("finesse.info.requests", (_, request) => this.#answer(request));
  }

  /** Connects with `{id, password}`. What happens is told on `finesse.info.connection`. */
  connect(login) {
    this.#login = login;
    this.#failures = 0;
    this.#publish("connecting");
    this.#open();
  }

  /** Ends the session and forgets the credentials and the subscriptions. */
  disconnect() {
    clearTimeout(this.#timer);
    this.#login = undefined;
    this.#connected = false;
    this.#nodes.clear();
    this.#post(Type.DISCONNECT_REQ, "");
  }

  #open() {
    this.#frame?.remove();
    this.#frame = document.createElement("iframe");
    this.#frame.src = this.#address.href;
    this.#frame.hidden = true;
    this.#frame.title = "Connection to the notification service";
    document.body.append(this.#frame);
    this.#timer = setTimeout(() => this.#lost(), CONNECT_TIMEOUT_MS);
  }

  #receive(event) {
    const ours = event.source === this.#frame?.contentWindow && event.origin === this.#address.origin;
    if (!ours || this.#login === undefined) {
      return;
    }
    const bar = event.data.indexOf("|");
    const text = event.data.slice(bar + 1);
    switch (Number(event.data.slice(0, bar))) {
      case Type.NOTIFICATION_CONNECTION_TYPE:
        this.#greet();
        break;
      case Type.STATUS:
        this.#status(text);
        break;
      case Type.XMPP_DISCONNECT_PROPERTIES:
        this.#condition = JSON.parse(text).condition;
        break;
      case Type.SUBSCRIBE:
        this.#subscribed(JSON.parse(text));
        break;
      case Type.PRESENCE:
        this.#presence(text);
        break;
      case Type.EVENT:
        this.#event(text);
        break;
      default:
        // Log lines and answers that this page does not ask for.
    }
  }

  /** The iframe has loaded. It connects once it has all of these. */
  #greet() {
    this.#post(Type.RESOURCEID, RESOURCE);
    this.#post(Type.XMPPDOMAIN, this.#config.xmppDomain);
    this.#post(Type.PUBSUBDOMAIN, this.#config.pubsubDomain);
    this.#post(Type.ID, this.#login.id);
    this.#post(Type.PASSWORD, this.#login.password);
  }

  #status(status) {
    if (status === "connected") {
      this.#established();
    } else if (status === "disconnected") {
      this.#lost();
    } else if (status === "reconnecting") {
      this.#connected = false;
      this.#publish(status);
    }
  }

  async #established() {
    clearTimeout(this.#timer);
    this.#condition = "";
    this.#failures = 0;
    this.#session += 1;
    const session = this.#session;
    await Promise.all([...this.#nodes.keys()].map((node) => this.#askForNode(node)));
    if (session === this.#session) {
      this.#connected = true;
      this.#publish("connected");
    }
  }

  #lost() {
    clearTimeout(this.#timer);
    this.#session += 1;
    this.#connected = false;
    for (const node of [...this.#waiting.keys()]) {
      this.#subscribed({ node, error: "connection lost" });
    }
    const condition = this.#condition;
    this.#condition = "";
    if (FINAL_CONDITIONS.has(condition)) {
      this.#login = undefined;
      this.#publish("disconnected", condition);
      return;
    }
    this.#publish("reconnecting", condition);
    const longest = Math.min(RETRY_MS * 2 ** this.#failures, RETRY_MAX_MS);
    this.#failures += 1;
    // Desktops that were cut off together should not come back together.
    const pause = longest * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#retry(), pause);
  }

  /** An iframe does not say that its page could not be had, so we ask first. */
  async #retry() {
    const session = this.#session;
    const there = await reachable(this.#address);
    if (session !== this.#session || this.#login === undefined) {
      return;
    }
    if (there) {
      this.#open();
    } else {
      this.#lost();
    }
  }

  #event(text) {
    const arrivedAt = performance.now();
    const message = new DOMParser().parseFromString(text, "application/xml");
    for (const items of message.getElementsByTagName("items")) {
      const node = items.getAttribute("node") ?? "";
      for (const notification of items.getElementsByTagName("notification")) {
        const content = notification.textContent;
        try {
          this.#hub.publish(topicOf(node), { content, object: parse(content), node, arrivedAt });
        } catch (error) {
          console.error(`notification on ${node} left out`, error);
        }
      }
    }
  }

  #presence(text) {
    const stanza = new DOMParser().parseFromString(text, "application/xml").documentElement;
    const from = stanza.getAttribute("from") ?? "";
    const type = stanza.getAttribute("type") ?? "available";
    this.#hub.publish("finesse.info.presence", { from, type });
  }

  #publish(status, condition = "") {
    this.#hub.publish("finesse.info.connection", { status, resourceID: RESOURCE, condition });
  }

  async #answer({ type, data, invokeID }) {
    const answer = await this.#perform(type, data);
    this.#hub.publish(`finesse.info.responses.${invokeID}`, answer);
  }

  async #perform(type, data) {
    switch (type) {
      case "ConnectionInfoReq":
        return { status: this.#connected ? "connected" : "disconnected", resourceID: RESOURCE };
      case "SubscribeNodeReq": {
        const askers = this.#nodes.get(data.node) ?? 0;
        this.#nodes.set(data.node, askers + 1);
        return askers > 0 ? { node: data.node } : this.#askForNode(data.node);
      }
      case "UnsubscribeNodeReq": {
        const left = (this.#nodes.get(data.node) ?? 0) - 1;
        if (left > 0) {
          this.#nodes.set(data.node, left);
        } else if (this.#nodes.delete(data.node)) {
          this.#post(Type.UNSUBSCRIBE, data.node);
        }
        return { node: data.node };
      }
      default:
        return { error: `unknown request ${type}` };
    }
  }

  #askForNode(node) {
    return new Promise((resolve) => {
      this.#waiting.set(node, [...(this.#waiting.get(node) ?? []), resolve]);
      this.#post(Type.SUBSCRIBE, node);
    });
  }

  #subscribed(answer) {
    const waiting = this.#waiting.get(answer.node) ?? [];
    this.#waiting.delete(answer.node);
    for (const resolve of waiting) {
      resolve(answer);
    }
  }

  #post(type, text) {
    // Naming the origin keeps the password from any other page the frame may show.
    this.#frame?.contentWindow.postMessage(`${type}|${text}`, this.#address.origin);
  }
}

/** Where the tunnel is, seen from this page: the same name and the same kind of connection. */
export function tunnelAddress(config) {
  const { securePort, clearPort, tunnelPath } = config.notification;
  const port = location.protocol === "https:" ? securePort : clearPort;
  return new URL(tunnelPath, `${location.protocol}//${location.hostname}:${port}`);
}

/** Whether the browser gets through to an address. Why not, it tells no script: the certificate may be to blame. */
export async function reachable(address) {
  try {
    await fetch(address, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch {
    return false;
  }
}

let lastInvokeId = 0;

/** Asks the tunnel by way of the hub, and resolves with its answer. */
export function request(hub, type, data) {
  lastInvokeId += 1;
  const invokeID = `page-${lastInvokeId}`;
  return new Promise((resolve) => {
    const id = hub.subscribe(`finesse.info.responses.${invokeID}`, (_, answer) => {
      hub.unsubscribe(id);
      resolve(answer);
    });
    hub.publish("finesse.info.requests", { type, data, invokeID });
  });
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
  DISCONNECT_REQ: 11,
  NOTIFICATION_CONNECTION_TYPE: 12,
  XMPP_DISCONNECT_PROPERTIES: 15,
});

/** Another desktop of the same agent has the connection now, or the password is wrong: trying again cannot help. */
const FINAL_CONDITIONS = new Set(["conflict", "not-authorized"]);
/** The desktop's own resource: a second desktop of the same agent takes the place of the first. */
const RESOURCE = "desktop";
const CONNECT_TIMEOUT_MS = 15_000;
const PROBE_MS = 4_000;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 10_000;
