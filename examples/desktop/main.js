// Puts the parts together, and signs in and out.

import { Api, errorText } from "./api.js";
import { mountBanner } from "./banner.js";
import { mountCalls } from "./call.js";
import { announce, byId, setText } from "./dom.js";
import { mountFlow } from "./flow.js";
import { Hub } from "./hub.js";
import { checkCertificates, mountSignIn } from "./signin.js";
import { mountState } from "./state.js";
import { mountTeam } from "./team.js";
import { Tunnel, reachable, tunnelAddress } from "./tunnel.js";
import { mountWrapUp } from "./wrapup.js";

/** Where this tab keeps the login, so that a refresh does not sign the agent out. The browser drops it with the tab. */
const KEPT = "agent-desktop-login";
const CONNECT_MS = 20_000;
const LOGIN_MS = 5_000;

const config = await readConfig();
/** What happens on the page, for whoever wants to watch it: `(await import("./main.js")).hub` in a console. */
export const hub = new Hub();
export const api = new Api(config, hub);
const tunnel = new Tunnel(config, hub);
const form = mountSignIn(config, signIn);
const parts = { hub, api, config };

mountFlow(parts);
mountState(parts);
mountCalls(parts);
mountWrapUp(parts);
mountTeam(parts);
// Last, so that the others know the agent when it tells them that the desktop is usable.
mountBanner(parts);
hub.subscribe("desktop.ended", (_, end) => ended(end));
hub.subscribe("desktop.user", (_, user) => {
  const name = `${user.firstName ?? ""} ${user.lastName ?? ""}`.trim();
  setText(byId("agent"), `${name || user.loginId} · ${user.extension}`);
});

const kept = sessionStorage.getItem(KEPT);
if (kept === null) {
  form.show();
  await checkCertificates(config);
} else {
  await form.resume(JSON.parse(kept));
}

async function readConfig() {
  try {
    return await (await fetch("config.json", { cache: "no-store" })).json();
  } catch (error) {
    byId("banner").hidden = false;
    setText(byId("banner"), "The web service does not answer. Reload the page in a moment.");
    throw error;
  }
}

async function signIn({ id, password, extension }) {
  api.setCredentials(id, password);
  const { status } = await api.systemInfo();
  if (status !== "IN_SERVICE") {
    throw new Error("The contact centre is out of service. Try again in a moment.");
  }
  // The server's own spelling of the id is the one in node names.
  const login = { id: await checkUser(id), password, extension };
  if (!await reachable(tunnelAddress(config))) {
    throw new Error("The address that events come from cannot be reached.");
  }
  await connect(login);
  try {
    await logIn(login);
  } catch (error) {
    tunnel.disconnect();
    throw error;
  }
  sessionStorage.setItem(KEPT, JSON.stringify(login));
  form.hide();
  show(true);
  hub.publish("desktop.signedIn", { id: login.id, extension: login.extension });
  announce("You are signed in.");
}

/** Checks the password; returns the login id. */
async function checkUser(id) {
  try {
    const { User } = await api.get(`User/${encodeURIComponent(id)}`);
    return User.loginId;
  } catch (error) {
    if (error.status !== 401 && error.status !== 404) {
      throw error;
    }
    sessionStorage.removeItem(KEPT);
    throw new Error("Wrong agent id or password.");
  }
}

/** Opens the tunnel; resolves when events can arrive. */
function connect(login) {
  return new Promise((resolve, reject) => {
    const done = (work) => {
      clearTimeout(timer);
      hub.unsubscribe(id);
      work();
    };
    const fail = (text) => done(() => {
      tunnel.disconnect();
      reject(new Error(text));
    });
    const timer = setTimeout(() => fail("The notification service does not answer."), CONNECT_MS);
    const id = hub.subscribe("finesse.info.connection", (_, { status, condition }) => {
      if (status === "connected") {
        done(resolve);
      } else if (condition === "not-authorized") {
        fail("The notification service refuses this password.");
      }
    });
    tunnel.connect(login);
  });
}

/** Asks for the state LOGIN and waits for the word of the engine. */
async function logIn({ id, extension }) {
  let requestId;
  const early = [];
  let decide;
  const decided = new Promise((resolve, reject) => {
    decide = (update) => {
      if (update.requestId !== requestId) {
        return;
      }
      if (update.data?.apiErrors === undefined) {
        resolve();
      } else {
        reject(new Error(`Signing in was refused. ${errorText(update.data.apiErrors)}`));
      }
    };
  });
  const subscription = hub.subscribe(`finesse.api.User.${id}`, (_, { object }) => {
    if (requestId === undefined) {
      early.push(object.Update);
    } else {
      decide(object.Update);
    }
  });
  try {
    requestId = await api.put(`User/${id}`, "User", { state: "LOGIN", extension });
    early.forEach(decide);
    await Promise.race([decided, late(LOGIN_MS)]);
  } catch (error) {
    // The word may have gone astray; what counts is the state.
    const { User } = await api.get(`User/${id}`);
    if (User.state === "LOGOUT" || User.extension !== extension) {
      throw error;
    }
  } finally {
    hub.unsubscribe(subscription);
  }
}

function late(milliseconds) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error("The engine does not answer.")), milliseconds);
  });
}

function ended({ asked, reason }) {
  sessionStorage.removeItem(KEPT);
  tunnel.disconnect();
  api.forgetCredentials();
  hub.publish("desktop.signedOut", {});
  show(false);
  form.show(asked ? "" : `You were signed out. ${reason}`.trim());
  announce(asked ? "You are signed out." : "You were signed out.");
}

function show(signedIn) {
  byId("desktop").hidden = !signedIn;
  byId("agent").hidden = !signedIn;
  byId("sign-out").hidden = !signedIn;
}
