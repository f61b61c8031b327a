// Small helpers to build the page. Text always goes in as text, never as markup.

/** Finds the one element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Makes an element: `make("button", {class: "primary", onclick: f}, "Answer")`.
 * Properties named `on...` become listeners, the others attributes; `false` and `undefined` leave one out.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, content] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), content);
    } else if (content !== false && content !== undefined) {
      element.setAttribute(name, content === true ? "" : content);
    }
  }
  element.append(...children);
  return element;
}

/** Changes a text only when it differs, so that screen readers are not told the same twice. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Fills a select with `[value, label]` pairs and keeps the choice when it is still there. */
export function setOptions(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, label]) => make("option", { value }, label)));
  if (options.some(([value]) => value === chosen)) {
    select.value = chosen;
  }
}

/** Reads a sentence to screen readers at once. */
export function announce(text) {
  setText(byId("announce"), text);
}

/** `1:07`, or `1:02:07` from an hour on. */
export function duration(milliseconds) {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const start = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${start}:${two(total % 60)}`;
}

/** `NOT_READY` as `Not ready`, and two states by the names that agents use. */
export function words(constant) {
  if (constant in NAMES) {
    return NAMES[constant];
  }
  const text = (constant ?? "").replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const NAMES = Object.freeze({ LOGOUT: "Signed out", WORK: "Wrap-up", WRAP_UP: "Wrap-up" });
