"""One script of publish-subscribe operations, and what XEP-0060 says to each: for any server that speaks XMPP.

Three users run it: `owner`, who may create nodes, and `first` and `second`, who may not. Each step is one request. Its
answer and the events that it causes are reduced to a line of text, so that servers can be compared. `{n}`, `{o}`, `{w}`,
`{t}` are nodes of the run: open and persistent, whitelist, authorize, transient.
"""

import dataclasses

PUBSUB = "http://jabber.org/protocol/pubsub"
OWNER = PUBSUB + "#owner"
ERRORS = PUBSUB + "#errors"
EVENT = PUBSUB + "#event"
DATA = "jabber:x:data"
RSM = "http://jabber.org/protocol/rsm"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"

# What an answer looks like that has nothing to tell.
DONE = ("done",)
NOT_FOUND = ("error cancel item-not-found",)
FORBIDDEN = ("error auth forbidden",)


@dataclasses.dataclass(frozen=True)
class Step:
    """One request: who sends it, and which answers the specification allows."""

    name: str
    who: str
    kind: str
    payload: str
    answers: tuple
    # Who gets which event of it: user to line. Users who are not named get none.
    events: dict = dataclasses.field(default_factory=dict)
    # The same, where a service may also send more.
    or_events: dict | None = None
    # The requirement that it holds against.
    rule: str = ""


def form(kind, form_type, **fields):
    """A data form that is submitted."""
    lines = [f"<field var='FORM_TYPE' type='hidden'><value>{PUBSUB}#{form_type}</value></field>"]
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        lines.append(f"<field var='pubsub#{name}'>" + "".join(f"<value>{value}</value>" for value in values) + "</field>")
    return f"<x xmlns='{DATA}' type='{kind}'>{''.join(lines)}</x>"


def pubsub(content):
    return f"<pubsub xmlns='{PUBSUB}'>{content}</pubsub>"


def owner(content):
    return f"<pubsub xmlns='{OWNER}'>{content}</pubsub>"


def create(node, **fields):
    configure = f"<configure>{form('submit', 'node_config', **fields)}</configure>" if fields else ""
    return pubsub(f"<create node='{node}'/>{configure}")


def configure(node, **fields):
    return owner(f"<configure node='{node}'>{form('submit', 'node_config', **fields)}</configure>")


def subscribe(node, jid, options=""):
    return pubsub(f"<subscribe node='{node}' jid='{jid}'/>{options}")


def unsubscribe(node, jid, subid=""):
    return pubsub(f"<unsubscribe node='{node}' jid='{jid}'{subid and f' subid={chr(39)}{subid}{chr(39)}'}/>")


def publish(node, item, text="one", options=""):
    """`text` None means an item without payload, `item` None no item at all, "" one without id."""
    if item is None:
        return pubsub(f"<publish node='{node}'/>{options}")
    payload = "" if text is None else f"<entry xmlns='urn:example:entry'>{text}</entry>"
    identity = f" id='{item}'" if item else ""
    return pubsub(f"<publish node='{node}'><item{identity}>{payload}</item></publish>{options}")


def publish_options(**fields):
    return f"<publish-options>{form('submit', 'publish-options', **fields)}</publish-options>"


def items(node, *ids, attributes="", beside=""):
    return pubsub(f"<items node='{node}'{attributes}>" + "".join(f"<item id='{id}'/>" for id in ids) + f"</items>{beside}")


def retract(node, item, notify=""):
    item = "" if item is None else f"<item id='{item}'/>"
    return pubsub(f"<retract node='{node}'{notify}>{item}</retract>")


def affiliations(node, *pairs):
    return owner(
        f"<affiliations node='{node}'>"
        + "".join(f"<affiliation jid='{jid}' affiliation='{affiliation}'/>" for jid, affiliation in pairs)
        + "</affiliations>"
    )


def page(**parts):
    return f"<set xmlns='{RSM}'>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items()) + "</set>"


STEPS = [
    # Nodes.
    Step("a user without the right creates a node", "first", "set", create("{n}"), FORBIDDEN, rule="PS-8.1-03"),
    Step("the owner creates a node with its configuration", "owner", "set",
         create("{n}", access_model="open", persist_items="1", max_items="3", deliver_payloads="1", notify_retract="1"),
         ("done", "create {n}"), rule="PS-8.1-09"),
    Step("the same name again", "owner", "set", create("{n}"), ("error cancel conflict",), rule="PS-8.1-03"),
    Step("an access model that is none", "owner", "set", create("{x}", access_model="nobody"),
         ("error modify not-acceptable unsupported-access-model", "error modify not-acceptable",
          "error modify bad-request"), rule="PS-8.1-07"),
    Step("that node is not there", "owner", "get", items("{x}"), NOT_FOUND, rule="PS-8.1-07"),
    Step("configuration of a node by somebody else", "first", "get", owner("<configure node='{n}'/>"), FORBIDDEN, rule="PS-8.2-04"),
    Step("configuration without a node", "owner", "get", owner("<configure/>"),
         ("error modify bad-request nodeid-required",), rule="PS-8.2-04"),
    Step("configuration of no node", "owner", "get", owner("<configure node='{x}'/>"), NOT_FOUND, rule="PS-8.2-04"),
    Step("configuration", "owner", "get", owner("<configure node='{n}'/>"), ("configure {n} form node_config",), rule="PS-8.2-03"),
    Step("default configuration", "owner", "get", owner("<default/>"), ("default form node_config",), rule="PS-8.3-03"),
    Step("a configuration is given up", "owner", "set",
         owner("<configure node='{n}'><x xmlns='jabber:x:data' type='cancel'/></configure>"), DONE, rule="PS-8.2-06"),
    # Subscribing.
    Step("subscribing somebody else", "first", "set", subscribe("{n}", "{second}"),
         ("error modify bad-request invalid-jid",), rule="PS-6.1-03"),
    Step("subscribing to no node", "first", "set", subscribe("{x}", "{first}"), NOT_FOUND, rule="PS-6.1-13"),
    Step("subscribing", "first", "set", subscribe("{n}", "{first}"), ("subscription {n} {first} subscribed",), rule="PS-6.1-02"),
    Step("subscribing a second time", "first", "set", subscribe("{n}", "{first}"), ("subscription {n} {first} subscribed",),
         rule="PS-6.1-22"),
    Step("a second user subscribes a session", "second", "set", subscribe("{n}", "{second_full}"),
         ("subscription {n} {second_full} subscribed",), rule="PS-6.1-24"),
    Step("own subscriptions", "first", "get", pubsub("<subscriptions/>"), ("subscriptions [{n} {first} subscribed]",), rule="PS-5.6-03"),
    Step("own subscriptions at one node", "first", "get", pubsub("<subscriptions node='{n}'/>"),
         ("subscriptions {n} [{n} {first} subscribed]", "subscriptions [{n} {first} subscribed]",
          "subscriptions {n} [{first} subscribed]"), rule="PS-5.6-06"),
    Step("own affiliations of somebody who has none", "first", "get", pubsub("<affiliations node='{n}'/>"),
         ("affiliations {n} []", "affiliations []"), rule="PS-5.7-03"),
    Step("own affiliations of the owner", "owner", "get", pubsub("<affiliations node='{n}'/>"),
         ("affiliations {n} [{n} owner]", "affiliations [{n} owner]", "affiliations {n} [owner]"), rule="PS-5.7-04"),
    Step("unsubscribing somebody else", "first", "set", unsubscribe("{n}", "{second}"), FORBIDDEN, rule="PS-6.2-05"),
    Step("unsubscribing from no node", "first", "set", unsubscribe("{x}", "{first}"), NOT_FOUND, rule="PS-6.2-06"),
    # Publishing.
    Step("publishing without the right", "first", "set", publish("{n}", "i1"), FORBIDDEN, rule="PS-7.1-18"),
    Step("publishing to no node", "first", "set", publish("{x}", "i1"), NOT_FOUND, rule="PS-7.1-18"),
    Step("publishing", "owner", "set", publish("{n}", "i1"), ("done", "publish {n} [i1]"),
         {"first": "items {n} [i1 entry:one]", "second": "items {n} [i1 entry:one]"}, rule="PS-7.1-07"),
    Step("publishing the same id again", "owner", "set", publish("{n}", "i1", "two"), ("done", "publish {n} [i1]"),
         {"first": "items {n} [i1 entry:two]", "second": "items {n} [i1 entry:two]"}, rule="PS-7.1-06"),
    Step("publishing without an item", "owner", "set", publish("{n}", None),
         ("error modify bad-request item-required",), rule="PS-7.1-31"),
    Step("publishing without a payload", "owner", "set", publish("{n}", "i9", None),
         ("error modify bad-request payload-required",), rule="PS-7.1-32"),
    Step("publishing two payloads in an item", "owner", "set",
         pubsub("<publish node='{n}'><item id='i9'><a xmlns='urn:example:a'/><b xmlns='urn:example:b'/></item></publish>"),
         ("error modify bad-request invalid-payload",), rule="PS-7.1-18"),
    Step("publishing with a condition that holds", "owner", "set",
         publish("{n}", "i2", "three", publish_options(access_model="open")), ("done", "publish {n} [i2]"),
         {"first": "items {n} [i2 entry:three]", "second": "items {n} [i2 entry:three]"}, rule="PS-7.1-44"),
    Step("publishing with a condition that does not", "owner", "set",
         publish("{n}", "i3", "four", publish_options(access_model="whitelist")),
         ("error cancel conflict precondition-not-met",), rule="PS-7.1-44"),
    # Retrieving.
    Step("all items", "first", "get", items("{n}"), ("items {n} [i1 entry:two, i2 entry:three]",), rule="PS-6.5-05"),
    Step("the newest item", "first", "get", items("{n}", attributes=" max_items='1'"),
         ("items {n} [i2 entry:three]", "items {n} [i2 entry:three] set of 2"), rule="PS-6.5-11"),
    Step("items by id", "first", "get", items("{n}", "i2", "i1"),
         ("items {n} [i2 entry:three, i1 entry:two]", "items {n} [i1 entry:two, i2 entry:three]"), rule="PS-6.5-10"),
    Step("no such item", "first", "get", items("{n}", "i7"), ("items {n} []",), rule="PS-6.5-15"),
    Step("items of no node", "first", "get", items("{x}"), NOT_FOUND, rule="PS-6.5-14"),
    Step("a page of one", "first", "get", items("{n}", beside=page(max=1)),
         ("items {n} [i1 entry:two] set of 2", "items {n} [i2 entry:three] set of 2"), rule="RS-01"),
    Step("a page behind an item that is not there", "first", "get", items("{n}", beside=page(max=1, after="i7")), NOT_FOUND,
         rule="RS-03"),
    Step("a third and a fourth item push the oldest out: the third", "owner", "set", publish("{n}", "i3", "five"),
         ("done", "publish {n} [i3]"), {"first": "items {n} [i3 entry:five]", "second": "items {n} [i3 entry:five]"}, rule="PS-7.1-05"),
    Step("the fourth", "owner", "set", publish("{n}", "i4", "six"), ("done", "publish {n} [i4]"),
         {"first": "items {n} [i4 entry:six]", "second": "items {n} [i4 entry:six]"},
         {name: "items {n} [i4 entry:six] + items {n} [retract i1]" for name in ("first", "second")}, rule="PS-7.1-16"),
    Step("what is left", "first", "get", items("{n}"), ("items {n} [i2 entry:three, i3 entry:five, i4 entry:six]",), rule="PS-7.1-16"),
    # Retracting and purging.
    Step("retracting without the right", "first", "set", retract("{n}", "i2"), FORBIDDEN, rule="PS-7.2-06"),
    Step("retracting from no node", "owner", "set", retract("{x}", "i2"), NOT_FOUND, rule="PS-7.2-06"),
    Step("retracting no such item", "owner", "set", retract("{n}", "i7"), NOT_FOUND, rule="PS-7.2-06"),
    Step("retracting without an item", "owner", "set", retract("{n}", None), ("error modify bad-request item-required",), rule="PS-7.2-06"),
    Step("retracting", "owner", "set", retract("{n}", "i2", " notify='true'"), DONE,
         {"first": "items {n} [retract i2]", "second": "items {n} [retract i2]"}, rule="PS-7.2-03"),
    Step("purging without the right", "first", "set", owner("<purge node='{n}'/>"), FORBIDDEN, rule="PS-8.5-03"),
    Step("purging no node", "owner", "set", owner("<purge node='{x}'/>"), NOT_FOUND, rule="PS-8.5-03"),
    Step("purging", "owner", "set", owner("<purge node='{n}'/>"), DONE, {"first": "purge {n}", "second": "purge {n}"}, rule="PS-8.5-02"),
    Step("nothing is left", "first", "get", items("{n}"), ("items {n} []",), rule="PS-6.5-12"),
    # Options.
    Step("options of a subscription that is not there", "owner", "get", pubsub("<options node='{n}' jid='{owner}'/>"),
         ("error modify unexpected-request not-subscribed", "error cancel unexpected-request not-subscribed"), rule="PS-6.3-07"),
    Step("options without an address", "first", "get", pubsub("<options node='{n}'/>"),
         ("error modify bad-request jid-required",), rule="PS-6.3-07"),
    Step("options", "first", "get", pubsub("<options node='{n}' jid='{first}'/>"),
         ("options {n} {first} form subscribe_options",), rule="PS-6.3-04"),
    Step("options of somebody else", "first", "get", pubsub("<options node='{n}' jid='{second_full}'/>"), FORBIDDEN, rule="PS-6.3-06"),
    Step("deliveries are turned off", "first", "set",
         pubsub("<options node='{n}' jid='{first}'>" + form("submit", "subscribe_options", deliver="0") + "</options>"), DONE,
         rule="PS-6.3-09"),
    Step("who turned them off gets nothing", "owner", "set", publish("{n}", "i5", "seven"), ("done", "publish {n} [i5]"),
         {"second": "items {n} [i5 entry:seven]"}, rule="PS-4.2-03"),
    Step("default options", "first", "get", pubsub("<default node='{n}'/>"),
         ("default {n} form subscribe_options", "default form subscribe_options"), rule="PS-6.4-03"),
    # Subscriptions and affiliations, as the owner sees them.
    Step("subscriptions by somebody else", "first", "get", owner("<subscriptions node='{n}'/>"), FORBIDDEN, rule="PS-8.8-04"),
    Step("subscriptions of a node", "owner", "get", owner("<subscriptions node='{n}'/>"),
         ("subscriptions {n} [{first} subscribed, {second_full} subscribed]",), rule="PS-8.8-03"),
    Step("a subscriber is removed", "owner", "set",
         owner("<subscriptions node='{n}'><subscription jid='{first}' subscription='none'/></subscriptions>"), DONE,
         {"first": "subscription {n} {first} none"}, rule="PS-8.8-09"),
    Step("unsubscribing who is not subscribed", "first", "set", unsubscribe("{n}", "{first}"),
         ("error cancel unexpected-request not-subscribed",), rule="PS-6.2-04"),
    Step("affiliations by somebody else", "first", "get", owner("<affiliations node='{n}'/>"), FORBIDDEN, rule="PS-8.9-04"),
    Step("affiliations of a node", "owner", "get", owner("<affiliations node='{n}'/>"), ("affiliations {n} [{owner} owner]",), rule="PS-8.9-03"),
    Step("a publisher is named", "owner", "set", affiliations("{n}", ("{first}", "publisher")), DONE, rule="PS-8.9-05"),
    Step("the publisher publishes", "first", "set", publish("{n}", "i6", "eight"), ("done", "publish {n} [i6]"),
         {"second": "items {n} [i6 entry:eight]"}, rule="PS-4.1-03"),
    Step("an outcast is named", "owner", "set", affiliations("{n}", ("{second}", "outcast")), DONE,
         {"second": "subscription {n} {second_full} none"}, rule="PS-8.9-05"),
    Step("the outcast subscribes", "second", "set", subscribe("{n}", "{second}"), FORBIDDEN, rule="PS-6.1-09"),
    Step("the outcast retrieves", "second", "get", items("{n}"), FORBIDDEN, rule="PS-6.5-14"),
    Step("the outcast gets no events", "first", "set", publish("{n}", "i7", "nine"), ("done", "publish {n} [i7]"), rule="PS-4.1-03"),
    Step("the last owner goes", "owner", "set", affiliations("{n}", ("{owner}", "none")),
         ("error modify not-acceptable", "error modify not-acceptable affiliations {n} [{owner} owner]"), rule="PS-8.9-08"),
    # Whitelist.
    Step("a closed node", "owner", "set", create("{w}", access_model="whitelist", persist_items="1"), ("done", "create {w}"), rule="PS-4.5-01"),
    Step("who is not listed subscribes", "first", "set", subscribe("{w}", "{first}"), ("error cancel not-allowed closed-node",),
         rule="PS-6.1-05"),
    Step("who is not listed retrieves", "first", "get", items("{w}"), ("error cancel not-allowed closed-node",), rule="PS-6.5-14"),
    Step("a member is named", "owner", "set", affiliations("{w}", ("{first}", "member")), DONE, rule="PS-4.5-02"),
    Step("the member subscribes", "first", "set", subscribe("{w}", "{first}"), ("subscription {w} {first} subscribed",), rule="PS-4.5-02"),
    Step("the member publishes", "first", "set", publish("{w}", "i1"), FORBIDDEN, rule="PS-4.1-03"),
    Step("the member gets the event", "owner", "set", publish("{w}", "i1"), ("done", "publish {w} [i1]"),
         {"first": "items {w} [i1 entry:one]"}, rule="PS-14.3-01"),
    Step("the member is one no more", "owner", "set", affiliations("{w}", ("{first}", "none")), DONE,
         {"first": "subscription {w} {first} none"}, rule="PS-12.14-01"),
    Step("and gets no more events", "owner", "set", publish("{w}", "i1"), ("done", "publish {w} [i1]"), rule="PS-14.3-01"),
    # Approval.
    Step("a node whose owner approves", "owner", "set", create("{o}", access_model="authorize", persist_items="1"),
         ("done", "create {o}"), rule="PS-4.5-01"),
    Step("somebody asks", "first", "set", subscribe("{o}", "{first}"), ("subscription {o} {first} pending",),
         {"owner": "form subscribe_authorization"}, rule="PS-6.1-14"),
    Step("and asks again", "first", "set", subscribe("{o}", "{first}"), ("error auth not-authorized pending-subscription",), rule="PS-6.1-08"),
    Step("nothing comes before the approval", "owner", "set", publish("{o}", "i1"), ("done", "publish {o} [i1]"), rule="PS-4.2-01"),
    Step("retrieving before the approval", "first", "get", items("{o}"), ("error auth not-authorized not-subscribed",), rule="PS-6.5-14"),
    Step("the owner approves", "owner", "set",
         owner("<subscriptions node='{o}'><subscription jid='{first}' subscription='subscribed'/></subscriptions>"), DONE,
         {"first": "subscription {o} {first} subscribed"}, rule="PS-8.6-04"),
    Step("the approved gets events", "owner", "set", publish("{o}", "i2"), ("done", "publish {o} [i2]"),
         {"first": "items {o} [i2 entry:one]"}, rule="PS-4.2-03"),
    # Transient.
    Step("a node for events alone", "owner", "set",
         create("{t}", access_model="open", persist_items="0", deliver_payloads="0"), ("done", "create {t}"), rule="PS-4.3-01"),
    Step("subscribing to it", "first", "set", subscribe("{t}", "{first}"), ("subscription {t} {first} subscribed",), rule="PS-6.1-02"),
    Step("an event without an item", "owner", "set", publish("{t}", None), DONE, {"first": "items {t} []"}, rule="PS-4.3-04"),
    Step("an item is refused", "owner", "set", publish("{t}", "i1"), ("error modify bad-request item-forbidden",), rule="PS-7.1-33"),
    Step("nothing is kept to be retrieved", "first", "get", items("{t}"),
         ("error cancel feature-not-implemented unsupported:persistent-items",), rule="PS-6.5-14"),
    Step("nothing is kept to be purged", "owner", "set", owner("<purge node='{t}'/>"),
         ("error cancel feature-not-implemented unsupported:persistent-items",), rule="PS-8.5-03"),
    Step("a node is set to have no subscribers", "owner", "set", configure("{t}", subscribe="0"), DONE, rule="PS-8.2-07"),
    Step("subscribing to that", "second", "set", subscribe("{t}", "{second}"),
         ("error cancel feature-not-implemented unsupported:subscribe",), rule="PS-6.1-11"),
    # The end.
    Step("deleting without the right", "first", "set", owner("<delete node='{t}'/>"), FORBIDDEN, rule="PS-8.4-05"),
    Step("deleting no node", "owner", "set", owner("<delete node='{x}'/>"), NOT_FOUND, rule="PS-8.4-05"),
    Step("deleting", "owner", "set", owner("<delete node='{t}'/>"), DONE, {"first": "delete {t}"}, rule="PS-8.4-03"),
    Step("it is gone", "first", "get", items("{t}"), NOT_FOUND, rule="PS-8.4-01"),
    Step("deleting with a successor", "owner", "set",
         owner("<delete node='{o}'><redirect uri='xmpp:{service}?;node={n}'/></delete>"), DONE,
         {"first": "delete {o} redirect"}, rule="PS-8.4-03"),
    Step("subscribing to what moved", "first", "set", subscribe("{o}", "{first}"),
         ("error modify gone", "error modify redirect", "error cancel gone"), rule="PS-8.4-04"),
    Step("the closed node goes", "owner", "set", owner("<delete node='{w}'/>"), DONE, rule="PS-8.4-03"),
    Step("the open node goes", "owner", "set", owner("<delete node='{n}'/>"), DONE, rule="PS-8.4-03"),
]
