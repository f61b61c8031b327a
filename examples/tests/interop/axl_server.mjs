// npm's soap serves AXL from Cisco's own WSDL: a few operations on phones in memory, for our client to call.
//
//     axl_server.mjs WSDL
//
// Prints its port, then each operation that it does. It serves on loopback, in clear, and ends with its standard input.

import { readFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const wsdl = process.argv[2];
const load = createRequire(path.join(process.env.INTEROP_AXL_NODE_MODULES, "package.json"));
const soap = load("soap");
const credentials = `Basic ${Buffer.from("axladmin:ccx-axladmin").toString("base64")}`;

const phones = new Map();
const uuid = () => `{${crypto.randomUUID().toUpperCase()}}`;

function add({ name, description, devicePoolName }) {
  const phone = { attributes: { uuid: uuid() }, name, description, model: "Cisco 8841", devicePoolName };
  phones.set(name, phone);
  return phone.attributes.uuid;
}

for (let n = 1; n <= 25; n++) add({ name: `SEP${String(n).padStart(12, "0")}`, description: `<phone> & ${n}`, devicePoolName: "Default" });

/** Text of an element that may have attributes. */
const text = (value) => value?.$value ?? value;

function fault(operation, axlcode, axlmessage) {
  const detail = { axlError: { axlcode, axlmessage, request: operation } };
  return { Fault: { faultcode: "soap:Server", faultstring: axlmessage, detail, statusCode: 500 } };
}

function find(operation, { name, uuid: key }) {
  for (const phone of phones.values()) if (text(key) ? phone.attributes.uuid === text(key) : phone.name === text(name)) return phone;
  throw fault(operation, 5007, "Item not valid: The specified Phone was not found");
}

const operations = {
  getCCMVersion: () => ({ componentVersion: { version: "14.0.1.10000-20" } }),
  doAuthenticateUser: ({ password }) => ({ userAuthenticated: String(text(password) === "right"), code: text(password) === "right" ? 0 : 1 }),
  getPhone: (asked) => ({ phone: find("getPhone", asked) }),
  listPhone({ searchCriteria, skip, first }) {
    const pattern = new RegExp(`^${text(searchCriteria.name).replaceAll("%", ".*")}$`);
    const found = [...phones.values()].filter((phone) => pattern.test(phone.name));
    const from = Number(text(skip) ?? 0);
    const page = found.slice(from, from + Number(text(first) ?? found.length));
    // A page behind the last one is an empty answer.
    return page.length ? { phone: page.map(({ attributes, name, description }) => ({ attributes, name, description })) } : "";
  },
  addPhone({ phone }) {
    if (phones.has(text(phone.name))) throw fault("addPhone", -239, "Could not insert new row - duplicate value in a UNIQUE INDEX column");
    return add({ name: text(phone.name), description: text(phone.description), devicePoolName: phone.devicePoolName });
  },
  updatePhone(asked) {
    const phone = find("updatePhone", asked);
    if (asked.description !== undefined) phone.description = text(asked.description);
    return phone.attributes.uuid;
  },
  removePhone(asked) {
    const phone = find("removePhone", asked);
    phones.delete(phone.name);
    return phone.attributes.uuid;
  },
  executeSQLQuery: ({ sql }) => (/from none/.test(text(sql)) ? "" : { row: [...phones.values()].slice(0, 3).map(({ name, description }) => ({ name, description })) }),
};

const port = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [
    name,
    (asked) => {
      console.log(name);
      return { return: operation(asked ?? {}) };
    },
  ]),
);

const server = http.createServer((_, response) => response.writeHead(404).end("Not Found"));
const listening = soap.listen(server, {
  path: "/axl/",
  services: { AXLAPIService: { AXLPort: port } },
  xml: readFileSync(wsdl, "utf8"),
  uri: wsdl,
  callback: () => server.listen(0, "127.0.0.1", () => console.log(server.address().port)),
});
listening.authorizeConnection = (request, response) => {
  if (request.headers.authorization === credentials) return true;
  response.writeHead(401, { "WWW-Authenticate": 'Basic realm="axl"', "Content-Type": "text/html" });
  response.write("<html><body>Unauthorized</body></html>");
  return false;
};
process.stdin.resume().on("end", () => process.exit());
