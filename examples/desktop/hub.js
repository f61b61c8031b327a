// A hub in the manner of the OpenAjax Hub: the page's parts meet on dotted topics and know nothing of each other.
//
// `*` in a subscription stands for one part of a topic, `**` at its end for all the rest.

export class Hub {
  #subscriptions = new Map();
  #lastId = 0;

  /** Calls `callback(topic, data, subscriberData)` for each publication that matches. Returns an id. */
  subscribe(topic, callback, subscriberData) {
    const pattern = split(topic);
    const rest = pattern.indexOf("**");
    if (rest !== -1 && rest !== pattern.length - 1) {
      throw new TypeError(`** must be the last part of a topic: ${topic}`);
    }
    this.#lastId += 1;
    const id = String(this.#lastId);
    this.#subscriptions.set(id, { pattern, callback, subscriberData });
    return id;
  }

  /** Ends a subscription. An unknown id is left alone. */
  unsubscribe(id) {
    this.#subscriptions.delete(id);
  }

  /** Hands `data` to every subscriber of `topic`, in the order of subscription. */
  publish(topic, data) {
    const parts = split(topic);
    if (parts.includes("*") || parts.includes("**")) {
      throw new TypeError(`cannot publish on a wildcard: ${topic}`);
    }
    for (const [id, subscription] of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(id) || !matches(subscription.pattern, parts)) {
        continue;
      }
      try {
        subscription.callback(topic, data, subscription.subscriberData);
      } catch (error) {
        // One broken subscriber must not keep the others from the news.
        console.error(`subscriber of ${topic} failed`, error);
      }
    }
  }
}

/** `/finesse/api/User/1001/Dialogs` as `finesse.api.User.1001.Dialogs`. */
export function topicOf(node) {
  return node.replace(/^\//, "").replaceAll("/", ".");
}

function split(topic) {
  const parts = topic.split(".");
  if (parts.some((part) => part === "")) {
    throw new TypeError(`a topic has no empty parts: ${topic}`);
  }
  return parts;
}

function matches(pattern, parts) {
  const open = pattern.at(-1) === "**";
  const fixed = open ? pattern.slice(0, -1) : pattern;
  const fits = open ? parts.length > fixed.length : parts.length === fixed.length;
  return fits && fixed.every((part, index) => part === "*" || part === parts[index]);
}
