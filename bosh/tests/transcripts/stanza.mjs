// stanza logs in at the URL named, sends itself a message, and leaves when that has come and a request is held.

import { createRequire } from "node:module";

const require = createRequire(process.env.INTEROP_NODE_MODULES + "/from-here.js");
const { createClient } = require("stanza");

const jid = "1001001@localhost";
const client = createClient({
  jid,
  resource: "desk",
  credentials: { username: "1001001", password: "ccx-1001001" },
  server: "localhost",
  transports: { bosh: process.argv[2], websocket: false },
  autoReconnect: false,
});

setTimeout(() => process.exit(1), 30_000).unref();
client.on("session:started", () => {
  client.sendPresence();
  client.sendMessage({ to: `${jid}/desk`, type: "chat", id: "one", body: "one" });
});
client.on("message", () => void setTimeout(() => client.disconnect(), 500));
client.on("disconnected", () => process.exit(0));
client.on("auth:failed", () => {
  console.error("not authenticated");
  process.exit(2);
});
client.connect();
