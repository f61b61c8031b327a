// The agent's team: who is there and in which state.

import { byId, make, setText, words } from "./dom.js";
import { reader } from "./refresh.js";
import { request } from "./tunnel.js";
import { list } from "./xml.js";

export function mountTeam({ hub, api }) {
  /** Users by login id, in the order of the server's list. */
  const users = new Map();
  let teamId = "";
  let subscription;
  let usable = false;

  const teamReader = reader(
    async () => (await api.get(`Team/${teamId}`)).Team,
    (team) => {
      users.clear();
      list(team.users?.User).forEach((user) => users.set(user.loginId, user));
      setText(byId("team-title"), `Team ${team.name ?? ""}`.trim());
      draw();
    },
  );

  hub.subscribe("desktop.user", (_, user) => {
    const id = user.teamId ?? "";
    if (id !== "" && id !== teamId) {
      join(id);
    }
  });
  hub.subscribe("desktop.usable", (_, news) => {
    usable = news.usable;
    if (usable && teamId !== "") {
      read();
    }
  });
  hub.subscribe("desktop.signedOut", () => {
    leave();
    users.clear();
    draw();
  });

  async function join(id) {
    leave();
    teamId = id;
    subscription = hub.subscribe(`finesse.api.Team.${id}.Users`, (topic, { object }) => changed(object.Update));
    const answer = await request(hub, "SubscribeNodeReq", { node: nodeOf(id) });
    show(answer.error === undefined ? "" : "Changes of the team are not shown: the server does not allow it.");
    await read();
  }

  function leave() {
    if (teamId !== "") {
      hub.unsubscribe(subscription);
      request(hub, "UnsubscribeNodeReq", { node: nodeOf(teamId) });
      teamId = "";
    }
  }

  async function read() {
    try {
      await teamReader.run();
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        show("The server shows the team to supervisors only.");
      }
    }
  }

  function changed(update) {
    teamReader.touched();
    const user = update.data?.user;
    if (user?.loginId === undefined) {
      return;
    }
    const old = users.get(user.loginId);
    const fresh = { ...old, ...user };
    users.set(user.loginId, fresh);
    const row = [...byId("team-list").rows].find((found) => found.dataset.user === user.loginId);
    if (row !== undefined && isHere(old) === isHere(fresh)) {
      row.replaceWith(rowOf(fresh));
    } else {
      draw();
    }
  }

  /** Draws the whole list: those who are signed in, then the others. */
  function draw() {
    const all = [...users.values()];
    const rows = [...all.filter(isHere), ...all.filter((user) => !isHere(user))].map(rowOf);
    byId("team-list").replaceChildren(...rows);
  }

  function show(text) {
    byId("team-message").hidden = text === "";
    setText(byId("team-message"), text);
  }
}

function isHere(user) {
  return (user.state ?? "LOGOUT") !== "LOGOUT";
}

function rowOf(user) {
  const name = `${user.firstName ?? ""} ${user.lastName ?? ""}`.trim() || user.loginId;
  const state = user.state || "UNKNOWN";
  return make("tr", { "data-user": user.loginId },
    make("th", { scope: "row" }, name),
    make("td", {}, user.extension || "–"),
    make("td", {}, make("span", { class: "chip", "data-state": state }, words(state))));
}

function nodeOf(teamId) {
  return `/finesse/api/Team/${teamId}/Users`;
}
