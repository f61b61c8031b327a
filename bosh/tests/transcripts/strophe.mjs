// Strophe.js logs in at the URL named, sends itself a message, and leaves when that has come and a request is held.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.INTEROP_NODE_MODULES + "/from-here.js");
const { XMLHttpRequest: HttpRequest } = require("xhr2");
const { DOMParser } = require("@xmldom/xmldom");

// Strophe wants a browser's XMLHttpRequest: one that parses XML answers.
globalThis.XMLHttpRequest = class extends HttpRequest {
  get responseXML() {
    return this.responseText ? new DOMParser().parseFromString(this.responseText, "text/xml") : null;
  }
};

const strophe = process.env.INTEROP_NODE_MODULES + "/strophe.js/dist/strophe.node.esm.js";
const { Strophe, $msg, $pres } = await import(pathToFileURL(strophe));
Strophe.setLogLevel(Strophe.LogLevel.WARN);
const jid = "1001001@localhost/desk";
const connection = new Strophe.Connection(process.argv[2]);

setTimeout(() => process.exit(1), 30_000).unref();
connection.connect(jid, "ccx-1001001", (status, condition) => {
  if (status === Strophe.Status.CONNECTED) {
    connection.addHandler(() => void setTimeout(() => connection.disconnect("done"), 500), null, "message");
    connection.send($pres());
    connection.send($msg({ to: jid, type: "chat", id: "one" }).c("body").t("one"));
  }
  if (status === Strophe.Status.DISCONNECTED) process.exit(0);
  if ([Strophe.Status.AUTHFAIL, Strophe.Status.CONNFAIL].includes(status)) {
    console.error(`ended in status ${status} (${condition})`);
    process.exit(2);
  }
});
