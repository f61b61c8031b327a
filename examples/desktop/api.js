// The REST service. GET answers with the object; PUT and POST are accepted with 202, and the truth arrives later as a
// notification that repeats the request's id.

import { build, list, parse } from "./xml.js";

/** A call that failed. `status` is the HTTP status, 0 when the server was not reached. */
export class ApiError extends Error {
  constructor(status, type, message) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export class Api {
  #hub;
  #restPath;
  #callMePath;
  #authorization = "";
  #prefix = randomText();
  #count = 0;
  /** Server's clock minus ours, in milliseconds. */
  #drift = 0;

  constructor(config, hub) {
    this.#restPath = config.restPath;
    this.#callMePath = config.callMePath;
    this.#hub = hub;
  }

  setCredentials(id, password) {
    const bytes = new TextEncoder().encode(`${id}:${password}`);
    this.#authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  }

  forgetCredentials() {
    this.#authorization = "";
  }

  /** The server's time in milliseconds since 1970. */
  now() {
    return Date.now() + this.#drift;
  }

  /** Reads SystemInfo, which needs no credentials, and sets our idea of the server's clock. */
  async systemInfo() {
    const asked = Date.now();
    const { SystemInfo } = await this.get("SystemInfo");
    const answered = Date.now();
    const drift = Date.parse(SystemInfo.currentTimestamp) - (asked + answered) / 2;
    // Below this the measure says more about the round trip than about the clocks.
    this.#drift = Math.abs(drift) < SAME_CLOCK_MS ? 0 : drift;
    return SystemInfo;
  }

  /** Reads an object, for example `get("User/1001")`. */
  async get(path) {
    const answer = await this.#call("GET", path);
    return parse(await answer.text());
  }

  /** Asks for a change. Resolves with the request's id once the server has accepted it. */
  put(path, root, content) {
    return this.#send("PUT", path, build(root, content));
  }

  /** Asks for a new object, for example a call. */
  post(path, root, content) {
    return this.#send("POST", path, build(root, content));
  }

  /** Has a simulated customer call. */
  async callMe() {
    await this.#fetch("POST", this.#callMePath);
  }

  async #send(method, path, body) {
    this.#count += 1;
    const requestId = `${this.#prefix}-${this.#count}`;
    const report = { method, path, body, requestId, sentAt: performance.now() };
    this.#hub.publish("desktop.request.sent", report);
    try {
      const answer = await this.#call(method, path, body, requestId);
      this.#hub.publish("desktop.request.answered", { ...report, status: answer.status, answeredAt: performance.now() });
    } catch (error) {
      this.#hub.publish("desktop.request.answered", { ...report, status: error.status, answeredAt: performance.now() });
      throw error;
    }
    return requestId;
  }

  /** Calls the API. What says that the service is out is told to the page. */
  async #call(method, path, body, requestId) {
    try {
      return await this.#fetch(method, `${this.#restPath}/${path}`, body, requestId);
    } catch (error) {
      if (error.status === 0 || error.status === 503) {
        this.#hub.publish("desktop.service.lost", { status: error.status });
      }
      throw error;
    }
  }

  async #fetch(method, address, body, requestId) {
    const headers = new Headers();
    if (this.#authorization !== "") {
      headers.set("Authorization", this.#authorization);
    }
    if (body !== undefined) {
      headers.set("Content-Type", "application/xml");
      headers.set("requestId", requestId);
    }
    const options = { method, headers, body, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
    let answer;
    try {
      answer = await fetch(address, options);
    } catch {
      throw new ApiError(0, "Unreachable", "The web service does not answer.");
    }
    if (!answer.ok) {
      throw await readError(answer);
    }
    return answer;
  }
}

/** Turns the `apiErrors` of a notification, or `ApiErrors` of an answer, into a sentence. */
export function errorText(errors) {
  const [first] = list(errors?.ApiError ?? errors?.apiError);
  const type = first?.ErrorType ?? first?.errorType ?? "";
  const message = first?.ErrorMessage ?? first?.errorMessage ?? "";
  return [type, message].filter((part) => part !== "").join(": ");
}

async function readError(answer) {
  const fallback = `The web service answered ${answer.status}.`;
  let text = "";
  let type = "";
  try {
    const { ApiErrors } = parse(await answer.text());
    text = errorText(ApiErrors);
    type = list(ApiErrors?.ApiError)[0]?.ErrorType ?? "";
  } catch {
    // A body that is not the documented one adds nothing to the status.
  }
  return new ApiError(answer.status, type, text === "" ? fallback : text);
}

function randomText() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TIMEOUT_MS = 15_000;
const SAME_CLOCK_MS = 250;
