// Tests of single modules of the desktop page. Each runs in the page itself and returns the sentences that do not hold.

/** `*` stands for one part of a topic, `**` for the rest. */
export async function hubTopics() {
  const { Hub, topicOf } = await import("./hub.js");
  const failures = [];
  const matches = (pattern, topic) => {
    const hub = new Hub();
    let heard = 0;
    hub.subscribe(pattern, () => (heard += 1));
    hub.publish(topic, {});
    return heard === 1;
  };
  const table = [
    ["finesse.api.User.1001", "finesse.api.User.1001", true],
    ["finesse.api.User.1001", "finesse.api.User.1001.Dialogs", false],
    ["finesse.api.User.*", "finesse.api.User.1001", true],
    ["finesse.api.User.*", "finesse.api.User.1001.Dialogs", false],
    ["finesse.api.User.*.Dialogs", "finesse.api.User.1001.Dialogs", true],
    ["finesse.**", "finesse.api.User.1001.Dialogs", true],
    ["finesse.**", "finesse", false],
    ["**", "finesse", true],
    ["*", "finesse.info", false],
  ];
  for (const [pattern, topic, expected] of table) {
    if (matches(pattern, topic) !== expected) {
      failures.push(`${pattern} ${expected ? "hears" : "does not hear"} ${topic}`);
    }
  }
  const refused = (work) => {
    try {
      work();
      return false;
    } catch {
      return true;
    }
  };
  const hub = new Hub();
  if (!refused(() => hub.subscribe("a.**.b", () => {}))) failures.push("** inside a topic is refused");
  if (!refused(() => hub.publish("a.*", {}))) failures.push("publishing on a wildcard is refused");
  if (!refused(() => hub.publish("a..b", {}))) failures.push("an empty part is refused");

  const heard = [];
  const first = hub.subscribe("a.b", (topic, data, mine) => {
    heard.push([topic, data, mine]);
    hub.unsubscribe(first);
    hub.unsubscribe(second);
  }, "mine");
  const second = hub.subscribe("a.b", () => heard.push("second"));
  hub.publish("a.b", 1);
  hub.publish("a.b", 2);
  if (JSON.stringify(heard) !== '[["a.b",1,"mine"]]') failures.push("who is unsubscribed hears no more, even during a publication");
  if (topicOf("/finesse/api/User/1001/Dialogs") !== "finesse.api.User.1001.Dialogs") failures.push("a node id becomes a topic");
  return failures;
}

/** One child or several, none at all, special characters, and names that every object has. */
export async function xmlObjects() {
  const { build, list, parse, pretty } = await import("./xml.js");
  const failures = [];
  const same = (sentence, found, expected) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      failures.push(`${sentence}: ${JSON.stringify(found)}`);
    }
  };
  same("text", parse("<a>1 &lt; 2</a>"), { a: "1 < 2" });
  same("an empty element", parse("<a><b/></a>"), { a: { b: "" } });
  same("one child", list(parse("<a><b>1</b></a>").a.b), ["1"]);
  same("several children", list(parse("<a><b>1</b><b>2</b><b>3</b></a>").a.b), ["1", "2", "3"]);
  same("no child", list(parse("<a/>").a.b), []);
  same("names of Object's own", parse("<a><constructor>1</constructor><__proto__>2</__proto__></a>").a.constructor, "1");
  same("nothing reaches Object.prototype", {}.polluted, undefined);
  same("what is built", build("User", { state: "READY", reasonCodeId: undefined, extension: "<&>" }),
    "<User><state>READY</state><extension>&lt;&amp;&gt;</extension></User>");
  same("what is laid out", pretty("<a><b>1</b><c><d/></c></a>"), "<a>\n  <b>1</b>\n  <c>\n    <d/>\n  </c>\n</a>");
  let refused = false;
  try {
    parse("<a>");
  } catch {
    refused = true;
  }
  same("a broken document is refused", refused, true);
  return failures;
}

/** A notification that arrives while the answer is under way is newer than the answer. */
export async function refreshRace() {
  const { reader } = await import("./refresh.js");
  const applied = [];
  const answers = ["old", "new"];
  let overtake = true;
  const under = reader(
    async () => {
      const answer = answers.shift();
      if (overtake) {
        overtake = false;
        under.touched();
      }
      return answer;
    },
    (answer) => applied.push(answer),
  );
  await under.run();
  return applied.join() === "new" ? [] : [`only the second answer counts: ${applied}`];
}
