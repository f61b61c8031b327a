// One npm package that speaks AXL, driven by lines of JSON on standard input; answers are lines that begin with `@`.
//
//     axl_bridge.mjs PACKAGE VERSION WSDL URL
//
// PACKAGE is cisco-axl, which brings its own WSDL, or soap.

import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";

const [name, version, wsdl, url] = process.argv.slice(2);
const load = createRequire(path.join(process.env.INTEROP_AXL_NODE_MODULES, "package.json"));

/** Texts with attributes in a package's own form. */
function shape(value, textKey) {
  if (Array.isArray(value)) return value.map((inner) => shape(inner, textKey));
  if (value === null || typeof value !== "object") return value;
  if ("#" in value) return { attributes: value["@"], [textKey]: value["#"] };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner, textKey)]));
}

function ciscoAxl() {
  const Service = load("cisco-axl");
  return async ({ operation, user, password, arguments: tags }) => {
    const service = new Service("127.0.0.1", user, password, version);
    // The package has a fixed port.
    service._OPTIONS.endpoint = url;
    return { return: await service.executeOperation(operation, shape(tags, "value")) };
  };
}

async function soap() {
  const package_ = load("soap");
  const client = await package_.createClientAsync(wsdl, {}, url);
  return async ({ operation, user, password, arguments: tags }) => {
    client.setSecurity(new package_.BasicAuthSecurity(user, password));
    const [result] = await client[`${operation}Async`](shape(tags, "$value"));
    return result ?? {};
  };
}

/** What a package throws: a fault's body, an error that holds one, or something else. */
function refusal(problem) {
  const fault = problem?.root?.Envelope?.Body?.Fault ?? problem;
  const detail = fault?.detail?.axlError;
  return {
    code: detail?.axlcode === undefined ? null : String(detail.axlcode),
    message: String(fault?.faultstring ?? problem?.message ?? problem),
  };
}

const call = name === "cisco-axl" ? ciscoAxl() : await soap();
// An error that a package throws outside of its promise belongs to the call that runs.
let blame = null;
process.on("uncaughtException", (problem) => (blame ? blame(problem) : process.exit(1)));

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const thrown = new Promise((_, reject) => (blame = reject));
    answer = { result: await Promise.race([call(JSON.parse(line)), thrown]) };
  } catch (problem) {
    answer = refusal(problem);
  }
  process.stdout.write(`@${JSON.stringify(answer)}\n`);
}
