// The messages of the flow as they arrive: each PUT and POST, and each notification, with what it took.
//
// Round trip: from our request to the notification that repeats its id, by the browser's monotonic clock.
// Age: from the change at the server (`stateChangeTime`) to its arrival here, by two clocks; millisecond steps.

import { byId, make, setText, words } from "./dom.js";
import { list, pretty } from "./xml.js";

export function mountFlow({ hub, api }) {
  const container = byId("flow-list");
  /** Our requests by id, the oldest first. An answer may come after the notification. */
  const sent = new Map();
  /** The last change time seen, by node and object: an update that only adds something repeats it. */
  const changes = new Map();
  /** Round trips in milliseconds, the latest last. */
  const trips = [];
  /** Entries that are new or have changed since they were last drawn. */
  const fresh = new Set();
  let paused = false;

  hub.subscribe("desktop.request.sent", (_, report) => {
    const entry = add("out", `${report.method} ${report.path}`, summaryOfRequest(report.body), report.body);
    sent.set(report.requestId, { sentAt: report.sentAt, entry });
    if (sent.size > ROWS) {
      sent.delete(sent.keys().next().value);
    }
  });
  hub.subscribe("desktop.request.answered", (_, report) => {
    const entry = sent.get(report.requestId)?.entry;
    if (entry !== undefined) {
      addTime(entry, `${report.status || "no answer"} in ${milliseconds(report.answeredAt - report.sentAt)}`);
    }
  });
  hub.subscribe("finesse.api.**", (_, news) => arrived(news));
  hub.subscribe("desktop.signedOut", clear);
  byId("flow-clear").addEventListener("click", clear);
  byId("flow-pause").addEventListener("click", () => {
    paused = !paused;
    byId("flow-pause").setAttribute("aria-pressed", String(paused));
    setText(byId("flow-pause"), paused ? "Go on" : "Pause");
  });

  function arrived({ content, object, node, arrivedAt }) {
    const update = object.Update ?? {};
    const title = `${(update.event ?? "").toUpperCase()} ${node.replace("/finesse/api/", "")}`;
    const entry = add("in", title, summaryOfUpdate(update), content);
    const request = sent.get(update.requestId);
    if (request !== undefined && !request.done) {
      request.done = true;
      const trip = arrivedAt - request.sentAt;
      trips.push(trip);
      trips.splice(0, trips.length - TRIPS);
      addTime(entry, `round trip ${milliseconds(trip)}`);
    }
    const changedAt = changeTime(update);
    const key = `${node} ${update.source}`;
    const age = api.now() - changedAt;
    if (changes.get(key) !== changedAt && age >= 0 && age < OLD_MS) {
      addTime(entry, `${Math.round(age)} ms after the change`);
    }
    changes.set(key, changedAt);
  }

  function add(direction, title, summary, content) {
    const entry = { direction, title, summary, content, time: new Date(), times: [], row: undefined };
    if (!paused) {
      refresh(entry);
    }
    return entry;
  }

  function addTime(entry, text) {
    entry.times.push(text);
    if (!paused || entry.row !== undefined) {
      refresh(entry);
    }
  }

  /** Drawing waits a little: an event is often on its way when the click that caused it is noted, and should find us idle. */
  function refresh(entry) {
    if (fresh.size === 0) {
      setTimeout(draw, DRAW_MS);
    }
    fresh.add(entry);
    if (fresh.size > ROWS) {
      fresh.delete(fresh.values().next().value);
    }
  }

  function draw() {
    for (const entry of fresh) {
      if (entry.row === undefined) {
        entry.row = rowOf(entry);
        container.prepend(make("li", {}, entry.row));
      }
      entry.row.querySelector(".times").replaceChildren(...entry.times.map((text) => make("span", { class: "took" }, text)));
    }
    fresh.clear();
    while (container.childElementCount > ROWS) {
      container.lastElementChild.remove();
    }
    setText(byId("flow-summary"), summaryOfTrips(trips));
  }

  function clear() {
    container.replaceChildren();
    fresh.clear();
    changes.clear();
    trips.length = 0;
    setText(byId("flow-summary"), "");
  }
}

function rowOf(entry) {
  const incoming = entry.direction === "in";
  const row = make("details", { class: entry.direction },
    make("summary", {},
      make("span", { class: "arrow", role: "img", "aria-label": incoming ? "received" : "sent" }, incoming ? "◀" : "▶"),
      make("time", {}, clock(entry.time)),
      make("span", { class: "title" }, entry.title),
      make("span", { class: "what" }, entry.summary),
      make("span", { class: "times" })));
  // A body is laid out only for those who look.
  row.addEventListener("toggle", () => row.append(make("pre", { tabindex: "0" }, pretty(entry.content))), { once: true });
  return row;
}

function summaryOfTrips(trips) {
  if (trips.length === 0) {
    return "";
  }
  const sorted = [...trips].sort((a, b) => a - b);
  const count = trips.length === 1 ? "request" : `${trips.length} requests`;
  const median = milliseconds(sorted[Math.floor(sorted.length / 2)]);
  return `Click to event, last ${count}: median ${median}, slowest ${milliseconds(sorted.at(-1))}`;
}

function summaryOfRequest(body) {
  const read = new DOMParser().parseFromString(body, "application/xml");
  const found = read.querySelector("state, requestedAction");
  return words(found?.textContent);
}

function summaryOfUpdate({ data }) {
  if (data?.user !== undefined) {
    return words(data.user.state);
  }
  if (data?.systemInfo !== undefined) {
    return words(data.systemInfo.status);
  }
  if (data?.apiErrors !== undefined) {
    return "Error";
  }
  const [dialog] = [...list(data?.dialogs?.Dialog), ...list(data?.dialog)];
  return dialog === undefined ? "" : `${words(dialog.state)}, ${list(dialog.participants?.Participant).map((participant) =>
    `${participant.mediaAddress || "caller"} ${words(participant.state).toLowerCase()}`).join(", ")}`;
}

/** When the newest part of the object changed, in milliseconds since 1970, or NaN. */
function changeTime({ data }) {
  if (data?.user !== undefined) {
    return Date.parse(data.user.stateChangeTime);
  }
  const dialogs = [...list(data?.dialogs?.Dialog), ...list(data?.dialog)];
  const participants = dialogs.flatMap((dialog) => list(dialog.participants?.Participant));
  const times = participants.map((participant) => Date.parse(participant.stateChangeTime)).filter(Number.isFinite);
  return times.length === 0 ? Number.NaN : Math.max(...times);
}

/** Local time with milliseconds. */
function clock(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(11, 23);
}

function milliseconds(duration) {
  return `${duration < 100 ? duration.toFixed(1) : Math.round(duration)} ms`;
}

const ROWS = 200;
const TRIPS = 100;
const DRAW_MS = 100;
/** An update about something older (a team list after a refresh) says nothing about the way it came. */
const OLD_MS = 5_000;
