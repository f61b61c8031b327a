// The sign-in form, and the check that the browser trusts the address the events come from.

import { byId, setText } from "./dom.js";
import { reachable, tunnelAddress } from "./tunnel.js";

/** Calls `signIn({id, password, extension})` on submit; what it throws is shown. */
export function mountSignIn(config, signIn) {
  const form = byId("sign-in-form");
  const inputs = ["id", "password", "extension"].map((name) => byId(name));
  let extensionTyped = false;

  byId("extension").addEventListener("input", () => {
    extensionTyped = byId("extension").value !== "";
  });
  byId("id").addEventListener("input", () => {
    if (!extensionTyped) {
      byId("extension").value = byId("id").value;
    }
  });
  byId("check-certificates").addEventListener("click", () => checkCertificates(config));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [id, password, extension] = inputs.map((input) => input.value);
    await attempt({ id: id.trim(), password, extension: extension.trim() });
  });

  async function attempt(login) {
    message("");
    busy(true);
    try {
      await signIn(login);
      byId("password").value = "";
    } catch (error) {
      message(error.message);
      if (!await checkCertificates(config)) {
        byId("certificates").scrollIntoView({ block: "nearest" });
      }
      show();
    } finally {
      busy(false);
    }
  }

  function busy(yes) {
    byId("sign-in-button").disabled = yes;
    setText(byId("sign-in-button"), yes ? "Signing in" : "Sign in");
  }

  function message(text) {
    byId("sign-in-message").hidden = text === "";
    setText(byId("sign-in-message"), text);
  }

  function show(text) {
    byId("sign-in").hidden = false;
    if (text !== undefined) {
      message(text);
    }
    inputs.find((input) => input.value === "")?.focus();
  }

  return {
    show,
    hide() {
      byId("sign-in").hidden = true;
    },
    /** Signs in with what a former life of this tab has left. */
    resume(login) {
      byId("id").value = login.id;
      byId("extension").value = login.extension;
      return attempt(login);
    },
  };
}

/** Shows a link to the tunnel when the browser does not get through to it, and tells whether it does. */
export async function checkCertificates(config) {
  const address = tunnelAddress(config);
  const trusted = await reachable(address);
  const link = byId("certificate-link");
  link.href = address.href;
  setText(link, address.origin);
  const { title, text } = address.protocol === "https:" ? UNTRUSTED : UNREACHABLE;
  setText(byId("certificates-title"), title);
  setText(byId("certificates-text"), text);
  byId("certificates").hidden = trusted;
  return trusted;
}

const UNTRUSTED = {
  title: "One more certificate to accept",
  text: "Events reach this page through a second address of the same machine. Your browser does not trust its certificate "
    + "yet, or cannot reach it. Open the link, accept the certificate there, and come back.",
};

const UNREACHABLE = {
  title: "Events cannot reach this page",
  text: "They come through a second address of the same machine, which does not answer. Is the notification service running?",
};
