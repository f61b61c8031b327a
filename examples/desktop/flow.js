// The messages of the flow as they arrive: each PUT and POST, and each notification, with what it took.
//
// Round trip: from our request to the notification that repeats its id, by the browser's monotonic clock.
// Age: from the change at the server (`stateChangeTime`) to its arrival here, by two clocks; millisecond steps.

import { byId, make, setText, words } from "./dom.js";
import { list, pretty } from "./xml.js";

export function mountFlow({ hub, api }) {
  const container = byId("flow-list");
  /** Our requests by id, until their notification has come. */
  const sent = new Map();
  /** The last change time seen, by node and object: an update that only adds something repeats it. */
  const changes = new Map();
  /** Round trips in milliseconds, the latest last. */
  const trips = [];
  let paused = false;

  hub.subscribe("desktop.request.sent", (_, report) => {
    const row = add("out", `${report.method} ${report.path}`, summaryOfRequest(report.body), report.body);
    sent.set(report.requestId, { ...report, row });
    if (sent.size > ROWS) {
      sent.delete(sent.keys().next().value);
    }
  });
  hub.subscribe("desktop.request.answered", (_, report) => {
    const row = sent.get(report.requestId)?.row;
    if (row !== undefined) {
      addTime(row, `${report.status || "no answer"} in ${milliseconds(report.answeredAt - report.sentAt)}`);
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
    const row = add("in", `${(update.event ?? "").toUpperCase()} ${node.replace("/finesse/api/", "")}`, summaryOfUpdate(update), content);
    const request = sent.get(update.requestId);
    if (request !== undefined) {
      sent.delete(update.requestId);
      const trip = arrivedAt - request.sentAt;
      trips.push(trip);
      trips.splice(0, trips.length - TRIPS);
      addTime(row, `round trip ${milliseconds(trip)}`);
      summarize();
    }
    const changedAt = changeTime(update);
    const key = `${node} ${update.source}`;
    const age = api.now() - changedAt;
    if (changes.get(key) !== changedAt && age >= 0 && age < OLD_MS) {
      addTime(row, `${Math.round(age)} ms after the change`);
    }
    changes.set(key, changedAt);
    light();
  }

  function add(direction, title, summary, content) {
    const time = make("time", {}, clock(new Date()));
    const row = make("details", { class: direction },
      make("summary", {},
        make("span", { class: "arrow", "aria-label": direction === "in" ? "received" : "sent" }, direction === "in" ? "◀" : "▶"),
        time,
        make("span", { class: "title" }, title),
        make("span", { class: "what" }, summary),
        make("span", { class: "times" })));
    // A body is laid out only for those who look.
    row.addEventListener("toggle", () => row.append(make("pre", { tabindex: "0" }, pretty(content))), { once: true });
    if (!paused) {
      container.prepend(make("li", {}, row));
      while (container.childElementCount > ROWS) {
        container.lastElementChild.remove();
      }
    }
    return row;
  }

  function summarize() {
    const sorted = [...trips].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    const count = trips.length === 1 ? "request" : `${trips.length} requests`;
    setText(byId("flow-summary"), `Click to event, last ${count}: median ${milliseconds(median)}, slowest ${milliseconds(sorted.at(-1))}`);
  }

  function light() {
    const hops = byId("hops");
    hops.classList.remove("lit");
    // Reading a size makes the browser see the class gone, so that the animation starts anew.
    void hops.offsetWidth;
    hops.classList.add("lit");
  }

  function clear() {
    container.replaceChildren();
    trips.length = 0;
    changes.clear();
    setText(byId("flow-summary"), "");
  }
}

function addTime(row, text) {
  row.querySelector(".times").append(make("span", { class: "took" }, text));
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
/** An update about something older (a team list after a refresh) says nothing about the way it came. */
const OLD_MS = 5_000;
