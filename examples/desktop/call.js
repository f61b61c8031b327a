// The agent's calls: one card each, with the buttons that the server offers, and the box that places a call.

import { errorText } from "./api.js";
import { announce, byId, duration, make, setText, words } from "./dom.js";
import { reader } from "./refresh.js";
import { list } from "./xml.js";

export function mountCalls({ hub, api, config }) {
  const container = byId("call-list");
  /** Dialogs by id, in the order of their arrival. */
  const dialogs = new Map();
  /** Ids of dialogs with a request on its way to the server. */
  const busy = new Set();
  let agent;
  let usable = false;
  let subscription;

  const dialogsReader = reader(
    async () => (await api.get(`User/${agent.id}/Dialogs`)).Dialogs,
    (read) => {
      const fresh = list(read?.Dialog);
      const ids = new Set(fresh.map((dialog) => dialog.id));
      [...dialogs.keys()].filter((id) => !ids.has(id)).forEach((id) => dialogs.delete(id));
      fresh.forEach((dialog) => set(dialog));
      draw();
    },
  );

  hub.subscribe("desktop.signedIn", (_, signedInAgent) => {
    agent = signedInAgent;
    subscription = hub.subscribe(`finesse.api.User.${agent.id}.Dialogs`, (topic, { object }) => changed(object.Update));
  });
  hub.subscribe("desktop.signedOut", () => {
    hub.unsubscribe(subscription);
    dialogs.clear();
    draw();
  });
  hub.subscribe("desktop.usable", (_, news) => {
    usable = news.usable;
    draw();
    if (usable) {
      dialogsReader.run().catch(() => show("The calls could not be read."));
    }
  });
  byId("dial-form").addEventListener("submit", (event) => {
    event.preventDefault();
    dial(byId("number").value.trim());
  });
  byId("call-me").addEventListener("click", () => attempt(() => api.callMe()));
  byId("call-me-box").hidden = config.callMePath === "";
  setInterval(tick, 1000);

  function changed(update) {
    dialogsReader.touched();
    const event = (update.event ?? "").toUpperCase();
    if (update.data?.apiErrors !== undefined) {
      show(`That did not work. ${errorText(update.data.apiErrors)}`);
      return;
    }
    const found = [...list(update.data?.dialogs?.Dialog), ...list(update.data?.dialog)];
    for (const dialog of found) {
      if (event === "DELETE") {
        dialogs.delete(dialog.id);
      } else {
        set(dialog);
      }
    }
    draw();
  }

  function set(dialog) {
    if (mine(dialog)?.state === "ALERTING" && !dialogs.has(dialog.id)) {
      announce(`Incoming call from ${otherParty(dialog)}`);
    }
    dialogs.set(dialog.id, dialog);
  }

  function mine(dialog) {
    return list(dialog.participants?.Participant).find((participant) => participant.mediaAddress === agent.extension);
  }

  function otherParty(dialog) {
    const outgoing = dialog.fromAddress === agent.extension;
    return (outgoing ? dialog.toAddress : dialog.fromAddress) || "unknown number";
  }

  function dial(toAddress) {
    if (toAddress !== "") {
      const content = { requestedAction: "MAKE_CALL", fromAddress: agent.extension, toAddress };
      attempt(() => api.post(`User/${agent.id}/Dialogs`, "Dialog", content));
    }
  }

  async function act(dialog, requestedAction) {
    const content = { targetMediaAddress: agent.extension, requestedAction };
    busy.add(dialog.id);
    draw();
    await attempt(() => api.put(`Dialog/${dialog.id}`, "Dialog", content));
    busy.delete(dialog.id);
    draw();
  }

  async function attempt(work) {
    show("");
    try {
      await work();
    } catch (error) {
      show(error.message);
    }
  }

  function draw() {
    const shown = [...dialogs.values()].filter((dialog) => mine(dialog) !== undefined);
    for (const card of [...container.children]) {
      if (!shown.some((dialog) => dialog.id === card.dataset.dialog)) {
        card.remove();
      }
    }
    for (const dialog of shown) {
      const old = [...container.children].find((card) => card.dataset.dialog === dialog.id);
      const card = old ?? container.appendChild(emptyCard(dialog.id));
      fill(card, dialog);
    }
    byId("no-calls").hidden = shown.length > 0;
    byId("dial-form").querySelectorAll("input, button").forEach((control) => {
      control.disabled = !usable;
    });
    byId("call-me").disabled = !usable;
    const ringing = shown.find((dialog) => mine(dialog).state === "ALERTING");
    document.title = ringing === undefined ? TITLE : `${otherParty(ringing)} is calling`;
    hub.publish("desktop.dialogs", { dialogs: shown, mine });
    tick();
  }

  function fill(card, dialog) {
    const participant = mine(dialog);
    const state = participant.state === "ALERTING" ? "RINGING" : participant.state;
    const [chip, since, number, detail, buttons, variables] = ["chip", "since", "number", "hint", "actions", "variables"]
      .map((name) => card.querySelector(`.${name}`));
    card.dataset.state = state;
    chip.dataset.state = state;
    setText(chip, words(state));
    since.dataset.since = participant.stateChangeTime || participant.startTime || "";
    setText(number, otherParty(dialog));
    setText(detail, describe(dialog));
    drawActions(buttons, dialog, participant);
    variables.replaceChildren(...variablesOf(dialog).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    variables.hidden = variables.childElementCount === 0;
  }

  /** Keeps a button that stays, so that it keeps the focus. */
  function drawActions(buttons, dialog, participant) {
    const offered = list(participant.actions?.action);
    const shown = ACTIONS.filter(([action]) => offered.includes(action));
    const same = shown.length === buttons.childElementCount
      && shown.every(([action], index) => buttons.children[index].dataset.action === action);
    if (!same) {
      buttons.replaceChildren(...shown.map(([action, label, kind]) =>
        make("button", { type: "button", class: kind, "data-action": action, onclick: () => act(dialog, action) }, label)));
    }
    [...buttons.children].forEach((button) => {
      button.disabled = !usable || busy.has(dialog.id);
    });
  }

  function describe(dialog) {
    const queue = dialog.mediaProperties?.queueName ?? "";
    const direction = dialog.fromAddress === agent.extension ? "Outgoing call" : "Incoming call";
    return queue === "" ? direction : `${direction} · ${queue}`;
  }

  function tick() {
    for (const since of container.querySelectorAll(".since")) {
      const start = Date.parse(since.dataset.since);
      setText(since, Number.isNaN(start) ? "" : duration(api.now() - start));
    }
  }

  function show(text) {
    byId("dial-message").hidden = text === "";
    setText(byId("dial-message"), text);
  }
}

function emptyCard(id) {
  return make("article", { class: "card call", "data-dialog": id, "aria-label": "Call" },
    make("p", { class: "state-now" }, make("span", { class: "chip" }), make("span", { class: "since" })),
    make("h3", { class: "number" }),
    make("p", { class: "hint" }),
    make("div", { class: "actions", role: "group", "aria-label": "Call control" }),
    make("dl", { class: "variables", "aria-label": "Call variables" }));
}

/** What is known of the call, without the variables that are empty. */
function variablesOf(dialog) {
  const properties = dialog.mediaProperties ?? {};
  const dialled = properties.dialedNumber || properties.DNIS;
  const named = [["Dialled", dialled], ["Wrap-up", properties.wrapUpReason]];
  const own = list(properties.callvariables?.CallVariable).map((variable) => [variable.name, variable.value]);
  return [...named, ...own].filter(([, value]) => typeof value === "string" && value !== "");
}

const TITLE = "Agent desktop";

/** Action, label, look. */
const ACTIONS = [
  ["ANSWER", "Answer", "primary"],
  ["HOLD", "Hold", ""],
  ["RETRIEVE", "Retrieve", "primary"],
  ["DROP", "Drop", "danger"],
];
