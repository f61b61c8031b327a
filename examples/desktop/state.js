// The agent's own state: shows it, and asks for changes.

import { errorText } from "./api.js";
import { byId, duration, setOptions, setText, words } from "./dom.js";
import { reader } from "./refresh.js";
import { list } from "./xml.js";

export function mountState({ hub, api }) {
  const controls = byId("state-controls");
  let agent;
  let user;
  let usable = false;
  let signedIn = false;
  let subscription;
  let logoutAsked = false;
  /** A request is on its way to the server. */
  let busy = false;

  const userReader = reader(
    async () => (await api.get(`User/${agent.id}`)).User,
    (read) => apply(read),
  );

  hub.subscribe("desktop.signedIn", async (_, signedInAgent) => {
    agent = signedInAgent;
    signedIn = false;
    logoutAsked = false;
    show("");
    subscription = hub.subscribe(`finesse.api.User.${agent.id}`, (topic, { object }) => changed(object.Update));
  });
  hub.subscribe("desktop.signedOut", () => {
    hub.unsubscribe(subscription);
    user = undefined;
  });
  hub.subscribe("desktop.usable", async (_, news) => {
    usable = news.usable;
    draw();
    if (usable) {
      await Promise.allSettled([userReader.run(), readReasons()]);
    }
  });
  byId("ready").addEventListener("click", () => ask({ state: "READY" }));
  byId("not-ready").addEventListener("click", () => {
    const reasonCodeId = byId("reason").value;
    ask({ state: "NOT_READY", reasonCodeId: reasonCodeId === "" ? undefined : reasonCodeId });
  });
  byId("sign-out").addEventListener("click", signOut);
  setInterval(tick, 1000);

  function changed(update) {
    userReader.touched();
    if (update.data?.apiErrors !== undefined) {
      logoutAsked = false;
      show(`That did not work. ${errorText(update.data.apiErrors)}`);
      return;
    }
    if (update.data?.user !== undefined) {
      show("");
      apply(update.data.user);
    }
  }

  function apply(read) {
    user = read;
    if (user.state !== "LOGOUT") {
      signedIn = true;
    } else if (signedIn) {
      hub.publish("desktop.ended", { asked: logoutAsked, reason: reasonOf(user) });
      return;
    }
    hub.publish("desktop.user", user);
    draw();
  }

  async function ask(content) {
    show("");
    busy = true;
    draw();
    try {
      await api.put(`User/${agent.id}`, "User", content);
    } catch (error) {
      logoutAsked = false;
      show(error.message);
    }
    busy = false;
    draw();
  }

  async function signOut() {
    const select = byId("sign-out-reason");
    let reasonCodeId;
    if (select.options.length > 0) {
      const dialog = byId("sign-out-dialog");
      dialog.returnValue = "cancel";
      dialog.showModal();
      await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
      if (dialog.returnValue !== "sign-out") {
        return;
      }
      reasonCodeId = select.value;
    }
    if (usable && signedIn) {
      logoutAsked = true;
      await ask({ state: "LOGOUT", reasonCodeId });
    } else {
      // Nobody answers now; the server signs the agent out when it misses the desktop.
      hub.publish("desktop.ended", { asked: true, reason: "" });
    }
  }

  async function readReasons() {
    const read = async (category) => {
      const { ReasonCodes } = await api.get(`User/${agent.id}/ReasonCodes?category=${category}`);
      return list(ReasonCodes?.ReasonCode).map((reason) => [reason.uri.split("/").at(-1), reason.label]);
    };
    setOptions(byId("reason"), await read("NOT_READY"));
    setOptions(byId("sign-out-reason"), await read("LOGOUT"));
    draw();
  }

  function draw() {
    const state = user?.state ?? "UNKNOWN";
    const onCall = ON_CALL.has(state);
    byId("state").dataset.state = state;
    setText(byId("state"), user === undefined ? "-" : words(state));
    const pending = user?.pendingState ?? "";
    const reason = state === "NOT_READY" ? reasonOf(user) : "";
    setText(byId("state-detail"), pending !== "" ? `Next: ${words(pending)}` : reason);
    controls.disabled = !usable || user === undefined || busy;
    byId("ready").disabled = onCall || state === "READY";
    byId("ready").setAttribute("aria-pressed", String(state === "READY"));
    byId("not-ready").disabled = onCall && pending !== "";
    byId("not-ready").setAttribute("aria-pressed", String(state === "NOT_READY"));
    byId("reason").disabled = byId("reason").options.length === 0;
    byId("sign-out").disabled = onCall;
    tick();
  }

  function tick() {
    const since = Date.parse(user?.stateChangeTime ?? "");
    setText(byId("state-since"), Number.isNaN(since) ? "" : duration(api.now() - since));
  }

  function show(text) {
    byId("state-message").hidden = text === "";
    setText(byId("state-message"), text);
  }
}

/** The reason's label, or why the system changed the state. */
function reasonOf(user) {
  const reason = user.ReasonCode ?? user.reasonCode;
  return SYSTEM_REASONS[reason?.code ?? user.reasonCodeId] ?? reason?.label ?? "";
}

/** While on a call, a change asked for waits for its end. */
const ON_CALL = new Set(["RESERVED", "TALKING", "HOLD"]);

const SYSTEM_REASONS = {
  255: "The desktop was not reachable for too long.",
};
