// Is the desktop usable? It is when the tunnel is connected and the web service is in service. Shows a banner while it
// is not, and tells the other parts on `desktop.usable`; on each `true` they read everything again, since whatever
// happened meanwhile was not delivered.

import { announce, byId, setText } from "./dom.js";

export function mountBanner({ hub, api, config }) {
  const banner = byId("banner");
  const pill = byId("connection");
  let active = false;
  let connection = { status: "disconnected", condition: "" };
  let service = "IN_SERVICE";
  let notifier = "available";
  let usable = false;
  let poll;
  let failures = 0;

  hub.subscribe("finesse.info.connection", (_, news) => {
    connection = news;
    // The next connection brings the web service's presence anew.
    notifier = "available";
    update();
  });
  hub.subscribe("finesse.info.presence", (_, { from, type }) => {
    if (from.split("/")[0] === `finesse@${config.xmppDomain}`) {
      notifier = type === "unavailable" ? "unavailable" : "available";
      update();
      check();
    }
  });
  hub.subscribe("finesse.api.SystemInfo", (_, { object }) => {
    const info = object.Update?.data?.systemInfo;
    if (info?.status !== undefined) {
      setService(info.status);
    }
  });
  hub.subscribe("desktop.service.lost", () => {
    setService("OUT_OF_SERVICE");
  });
  hub.subscribe("desktop.signedIn", () => {
    active = true;
    update();
    check();
  });
  hub.subscribe("desktop.signedOut", () => {
    active = false;
    usable = false;
    clearTimeout(poll);
    connection = { status: "disconnected", condition: "" };
    update();
  });

  /** Asks for SystemInfo now, and again later: soon and then less often while the service is out, rarely while it is in. */
  async function check() {
    clearTimeout(poll);
    if (!active) {
      return;
    }
    try {
      const info = await api.systemInfo();
      failures = info.status === "IN_SERVICE" ? 0 : failures + 1;
      setService(info.status);
    } catch {
      failures += 1;
      setService("OUT_OF_SERVICE");
    }
    clearTimeout(poll);
    const longest = service === "IN_SERVICE" ? POLL_MS : Math.min(RETRY_MS * 2 ** failures, RETRY_MAX_MS);
    poll = setTimeout(check, longest * (0.5 + Math.random() / 2));
  }

  function setService(status) {
    const lost = service === "IN_SERVICE" && status !== "IN_SERVICE";
    service = status;
    update();
    if (lost) {
      failures = 0;
      clearTimeout(poll);
      poll = setTimeout(check, RETRY_MS);
    }
  }

  function update() {
    const now = active && connection.status === "connected" && service === "IN_SERVICE" && notifier === "available";
    const text = active ? trouble() : "";
    const returned = text === "" && !banner.hidden;
    banner.hidden = text === "";
    setText(banner, text);
    pill.dataset.status = active && !now && connection.status === "connected" ? "out-of-service" : connection.status;
    setText(pill, PILL[pill.dataset.status] ?? connection.status);
    if (returned && active) {
      announce("The desktop works again.");
    }
    if (now !== usable) {
      usable = now;
      hub.publish("desktop.usable", { usable });
    }
  }

  function trouble() {
    if (connection.condition === "conflict") {
      return "You have signed in on another desktop. This one gets no more events. Reload the page to take over again.";
    }
    if (connection.condition === "not-authorized") {
      return "The notification service refuses your password. Sign out and in again.";
    }
    if (connection.status !== "connected" && connection.status !== "connecting") {
      return "The connection to the notification service is lost. Trying again; your calls go on.";
    }
    if (service !== "IN_SERVICE" || notifier !== "available") {
      return "The contact centre is out of service. Your calls go on; buttons work again when it is back.";
    }
    return "";
  }

  update();
}

const PILL = {
  connected: "Connected",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  disconnected: "Not connected",
  "out-of-service": "Out of service",
};

const POLL_MS = 30_000;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 8_000;
