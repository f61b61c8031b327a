// XML in and out of plain objects.
//
// An element with text only becomes a string, an element with children an object; children of one name that come
// more than once become an array. The servers' lists have one entry as often as several, so readers ask `list()`.

/** Parses a document. Returns `{RootName: value}`. */
export function parse(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  if (parsed.getElementsByTagName("parsererror").length > 0) {
    throw new SyntaxError("not well-formed XML");
  }
  const root = parsed.documentElement;
  return dictionary([[root.localName, value(root)]]);
}

/** Writes `{state: "READY"}` as `<User><state>READY</state></User>` when `name` is `User`. */
export function build(name, content) {
  const built = document.implementation.createDocument(null, name);
  append(built, built.documentElement, content);
  return new XMLSerializer().serializeToString(built);
}

/** Reads a list that may be absent, empty (""), one value, or several. */
export function list(found) {
  if (found === undefined || found === null || found === "") {
    return [];
  }
  return Array.isArray(found) ? found : [found];
}

/** Indents a document for reading. Text that is no XML is returned as it is. */
export function pretty(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  if (parsed.getElementsByTagName("parsererror").length > 0) {
    return text;
  }
  const lines = [];
  indent(parsed.documentElement, "", lines);
  return lines.join("\n");
}

function value(element) {
  if (element.childElementCount === 0) {
    return element.textContent;
  }
  const entries = dictionary([]);
  for (const child of element.children) {
    const key = child.localName;
    const read = value(child);
    if (!(key in entries)) {
      entries[key] = read;
    } else if (Array.isArray(entries[key])) {
      entries[key].push(read);
    } else {
      entries[key] = [entries[key], read];
    }
  }
  return entries;
}

/** An object without a prototype: a peer's element may be called `constructor`. */
function dictionary(entries) {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

function append(built, parent, content) {
  if (typeof content !== "object") {
    parent.textContent = String(content);
    return;
  }
  for (const [name, inner] of Object.entries(content)) {
    if (inner === undefined) {
      continue;
    }
    const child = built.createElement(name);
    append(built, child, inner);
    parent.append(child);
  }
}

function indent(element, margin, lines) {
  const shell = element.cloneNode(false);
  const empty = new XMLSerializer().serializeToString(shell);
  if (element.childElementCount === 0) {
    const text = element.textContent;
    shell.textContent = text;
    lines.push(margin + (text === "" ? empty : new XMLSerializer().serializeToString(shell)));
    return;
  }
  lines.push(margin + empty.replace(/\/>$/, ">"));
  for (const child of element.children) {
    indent(child, `${margin}  `, lines);
  }
  lines.push(`${margin}</${element.nodeName}>`);
}
