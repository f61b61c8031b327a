// Wrap-up: while the agent is in state WORK, says how long it lasts and saves what the call was about.

import { byId, duration, setOptions, setText } from "./dom.js";
import { list } from "./xml.js";

export function mountWrapUp({ hub, api }) {
  const section = byId("wrap-up");
  let agent;
  let user;
  let dialog;

  hub.subscribe("desktop.signedIn", (_, signedInAgent) => {
    agent = signedInAgent;
  });
  hub.subscribe("desktop.signedOut", () => {
    user = undefined;
    draw();
  });
  hub.subscribe("desktop.usable", async (_, { usable }) => {
    if (usable) {
      await readReasons();
    }
  });
  hub.subscribe("desktop.user", (_, news) => {
    user = news;
    draw();
  });
  hub.subscribe("desktop.dialogs", (_, { dialogs, mine }) => {
    const offers = (found) => list(mine(found).actions?.action).includes("UPDATE_CALL_DATA");
    const finished = dialogs.filter((found) => ["WRAP_UP", "DROPPED"].includes(mine(found).state));
    dialog = finished.find(offers) ?? dialogs.find(offers);
    draw();
  });
  byId("wrap-up-form").addEventListener("submit", (event) => {
    event.preventDefault();
    save(byId("wrap-up-reason").value);
  });
  setInterval(tick, 1000);

  async function readReasons() {
    try {
      const { WrapUpReasons } = await api.get(`User/${agent.id}/WrapUpReasons`);
      const labels = list(WrapUpReasons?.WrapUpReason).map((reason) => [reason.label, reason.label]);
      setOptions(byId("wrap-up-reason"), labels);
    } catch {
      setOptions(byId("wrap-up-reason"), []);
    }
    draw();
  }

  async function save(wrapUpReason) {
    const content = {
      targetMediaAddress: agent.extension,
      requestedAction: "UPDATE_CALL_DATA",
      mediaProperties: { wrapUpReason },
    };
    try {
      await api.put(`Dialog/${dialog.id}`, "Dialog", content);
    } catch (error) {
      setText(byId("wrap-up-message"), error.message);
    }
  }

  function draw() {
    const active = user?.state === "WORK";
    section.hidden = !active;
    const reasons = byId("wrap-up-reason").options.length > 0;
    byId("wrap-up-form").hidden = !reasons;
    byId("wrap-up-save").disabled = dialog === undefined;
    const saved = dialog?.mediaProperties?.wrapUpReason ?? "";
    setText(byId("wrap-up-message"), messageFor(reasons, saved));
    tick();
  }

  function messageFor(reasons, saved) {
    if (saved !== "") {
      return `Saved: ${saved}.`;
    }
    return reasons && dialog === undefined ? "The call is closed; a reason can no longer be saved." : "";
  }

  function tick() {
    if (section.hidden) {
      return;
    }
    const total = Number(user.wrapUpTimer) * 1000;
    const left = Date.parse(user.stateChangeTime) + total - api.now();
    const timed = total > 0 && !Number.isNaN(left);
    byId("wrap-up-bar").hidden = !timed;
    if (timed) {
      byId("wrap-up-bar").value = Math.max(0, Math.min(1, left / total));
    }
    setText(byId("wrap-up-time"), `${timed ? `${duration(left)} left. ` : ""}Choose Ready or Not ready when you are done.`);
  }
}
