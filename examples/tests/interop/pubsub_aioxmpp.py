"""aioxmpp's PubSubClient does at the notification service what it has methods for.

The web service's account owns a node; an agent subscribes to it. Both come over direct TLS: in the clear aioxmpp sends no
password. Every answer and event is read by aioxmpp, into classes of its own.
"""

import asyncio
import os
import pathlib
import warnings

# Ways of newer libraries that it does not know yet; none concerns what is tested here.
warnings.simplefilter("ignore")

import aioxmpp
import aioxmpp.connector
import aioxmpp.pubsub
import aioxmpp.pubsub.xso as pubsub_xso
import aioxmpp.security_layer
import aioxmpp.xso
import OpenSSL

import agent
from agent import address, expect, run

NODE = "interop-aioxmpp"
SERVICE = aioxmpp.JID.fromstr(agent.PUBSUB)
LIMIT = 5.0


@pubsub_xso.as_payload_class
class Entry(aioxmpp.xso.XSO):
    """A payload with an attribute, text and a child."""

    TAG = ("urn:example:entry", "entry")

    mark = aioxmpp.xso.Attr("mark", default=None)
    title = aioxmpp.xso.ChildText(("urn:example:entry", "title"), default=None)

    def __init__(self, title, mark=None):
        super().__init__()
        self.title, self.mark = title, mark


def told(item):
    payload = item.registered_payload
    return item.id_, payload.title, payload.mark


class User:
    """One session, and what it is told."""

    def __init__(self, user, password):
        self.jid = aioxmpp.JID.fromstr(f"{user}@localhost/aioxmpp")
        host, port = address("notification-xmpp-tls")
        self.client = aioxmpp.PresenceManagedClient(
            self.jid,
            aioxmpp.make_security_layer(password, ssl_context_factory=trusting),
            override_peer=[(host, port, aioxmpp.connector.XMPPOverTLSConnector())],
        )
        self.pubsub = self.client.summon(aioxmpp.PubSubClient)
        self.disco = self.client.summon(aioxmpp.DiscoClient)
        self.events = asyncio.Queue()
        # Who returns something true is called no more.
        for signal, event in (
            (self.pubsub.on_item_published, lambda _, node, item, **__: ("publish", node, *told(item))),
            (self.pubsub.on_item_retracted, lambda _, node, id_, **__: ("retract", node, id_)),
            (self.pubsub.on_node_deleted, lambda _, node, redirect_uri=None, **__: ("delete", node, redirect_uri)),
        ):
            signal.connect(lambda *args, event=event, **kwargs: self.keep(event(*args, **kwargs)))

    def keep(self, event):
        # The web service's own nodes are no matter of this test.
        if event[1] == NODE:
            self.events.put_nowait(event)
        return False

    async def hears(self, *wanted):
        event = await asyncio.wait_for(self.events.get(), LIMIT)
        expect(event == wanted, f"waited for {wanted}, came {event}")


def trusting():
    """TLS that trusts the servers' authority and nobody else."""
    context = aioxmpp.security_layer.default_ssl_context()
    context.load_verify_locations(os.path.join(os.environ["INTEROP_DATA_DIR"], "ca.pem"))
    return context


async def within(request):
    return await asyncio.wait_for(request, LIMIT)


async def refused(request, condition, pubsub=None):
    """That is refused so; `pubsub` is the class of the condition of XEP-0060."""
    try:
        answer = await within(request)
    except aioxmpp.errors.XMPPError as error:
        expect(error.condition == condition, f"refused with {error.condition}, not {condition}")
        if pubsub:
            found = error.application_defined_condition
            expect(isinstance(found, pubsub), f"refused with {found}, not {pubsub}")
        return
    raise AssertionError(f"not refused: {answer}")


async def walk(owner, reader):
    theirs, ours = owner.pubsub, reader.pubsub
    features = await within(ours.get_features(SERVICE))
    for feature in ("PUBLISH", "SUBSCRIBE", "RETRIEVE_ITEMS", "SUBSCRIPTION_OPTIONS", "MODIFY_AFFILIATIONS"):
        expect(pubsub_xso.Feature[feature] in features, f"no feature {feature}")

    # Creating and configuring: the form is filled in as it came.
    await refused(ours.create(SERVICE, NODE), aioxmpp.ErrorCondition.FORBIDDEN)
    expect(await within(theirs.create(SERVICE, NODE)) == NODE, "the name of the new node")
    await refused(theirs.create(SERVICE, NODE), aioxmpp.ErrorCondition.CONFLICT)
    expect(NODE in dict(await within(ours.get_nodes(SERVICE))), "the node is not listed")
    form = aioxmpp.pubsub.NodeConfigForm.from_xso(await within(theirs.get_node_config(SERVICE, NODE)))
    form.access_model.value = "open"
    form.persist_items.value = True
    form.max_items.value = "2"
    form.title.value = "Of aioxmpp & <others>"
    form.notify_delete.value = True
    await within(theirs.set_node_config(SERVICE, form.render_reply(), NODE))
    form = aioxmpp.pubsub.NodeConfigForm.from_xso(await within(theirs.get_node_config(SERVICE, NODE)))
    expect((form.max_items.value, form.title.value) == ("2", "Of aioxmpp & <others>"), "the configuration is another")
    await refused(ours.get_node_config(SERVICE, NODE), aioxmpp.ErrorCondition.FORBIDDEN)

    # Subscribing, and the options of that.
    answer = await within(ours.subscribe(SERVICE, NODE, subscription_jid=reader.client.local_jid))
    expect(answer.payload.subscription == "subscribed", f"the subscription is {answer.payload.subscription}")
    expect(answer.payload.jid == reader.client.local_jid, f"{answer.payload.jid} is subscribed")
    own = (await within(ours.get_subscriptions(SERVICE, NODE))).subscriptions
    expect([str(entry.jid) for entry in own] == [str(reader.client.local_jid)], f"own subscriptions are {own}")
    options = await within(ours.get_subscription_config(SERVICE, NODE, subscription_jid=reader.client.local_jid))
    expect("pubsub#deliver" in {field.var for field in options.fields}, "the options have no pubsub#deliver")

    # Publishing, events, items; the third item pushes the first out.
    for number in (1, 2, 3):
        entry = Entry(f"<{number}> & more", mark=f"'{number}\"")
        expect(await within(theirs.publish(SERVICE, NODE, entry, id_=f"i{number}")) == f"i{number}", "the item's name")
        await reader.hears("publish", NODE, f"i{number}", f"<{number}> & more", f"'{number}\"")
        if number == 3:
            await reader.hears("retract", NODE, "i1")
    made = await within(theirs.publish(SERVICE, NODE, Entry("without a name")))
    expect(made, "the service names an item that has none")
    await reader.hears("publish", NODE, made, "without a name", None)
    await reader.hears("retract", NODE, "i2")

    async def items(request):
        return [item.id_ for item in (await within(request)).payload.items]

    expect(await items(ours.get_items(SERVICE, NODE)) == ["i3", made], "all items")
    expect(await items(ours.get_items(SERVICE, NODE, max_items=1)) == [made], "the newest item")
    (item,) = (await within(ours.get_items_by_id(SERVICE, NODE, ["i3", "i1"]))).payload.items
    expect(told(item) == ("i3", "<3> & more", "'3\""), f"one item: {told(item)}")

    # Affiliations and subscriptions, as the owner has them.
    await refused(ours.publish(SERVICE, NODE, Entry("no")), aioxmpp.ErrorCondition.FORBIDDEN)
    await within(theirs.change_node_affiliations(SERVICE, NODE, [(reader.jid.bare(), "publisher")]))
    listed = (await within(theirs.get_node_affiliations(SERVICE, NODE))).payload.affiliations
    found = {str(entry.jid): entry.affiliation for entry in listed}
    expect(found == {"finesse@localhost": "owner", "1001001@localhost": "publisher"}, f"affiliations are {found}")
    await within(ours.publish(SERVICE, NODE, Entry("yes"), id_="mine"))
    await reader.hears("publish", NODE, "mine", "yes", None)
    await reader.hears("retract", NODE, "i3")
    listed = (await within(theirs.get_node_subscriptions(SERVICE, NODE))).payload.subscriptions
    found = {str(entry.jid): entry.subscription for entry in listed}
    expect(found == {str(reader.client.local_jid): "subscribed"}, f"subscriptions are {found}")

    # What goes.
    await within(theirs.retract(SERVICE, NODE, "mine", notify=True))
    await reader.hears("retract", NODE, "mine")
    await refused(theirs.retract(SERVICE, NODE, "mine", notify=True), aioxmpp.ErrorCondition.ITEM_NOT_FOUND)
    # It has no signal for this event; that nothing is left is what shows.
    await within(theirs.purge(SERVICE, NODE))
    expect(await items(ours.get_items(SERVICE, NODE)) == [], "nothing is left")
    await within(ours.unsubscribe(SERVICE, NODE, subscription_jid=reader.client.local_jid))
    await refused(
        ours.unsubscribe(SERVICE, NODE, subscription_jid=reader.client.local_jid),
        aioxmpp.ErrorCondition.UNEXPECTED_REQUEST,
        pubsub_xso.NotSubscribed,
    )
    await within(ours.subscribe(SERVICE, NODE, subscription_jid=reader.client.local_jid))
    await within(theirs.delete(SERVICE, NODE, redirect_uri="xmpp:pubsub.localhost?;node=elsewhere"))
    await reader.hears("delete", NODE, "xmpp:pubsub.localhost?;node=elsewhere")
    await refused(ours.get_items(SERVICE, NODE), aioxmpp.ErrorCondition.ITEM_NOT_FOUND)
    expect(reader.events.empty(), f"an event more than was due: {reader.events}")


async def main():
    secret = (pathlib.Path(os.environ["INTEROP_DATA_DIR"]) / "finesse.secret").read_text().strip()
    owner, reader = User("finesse", secret), User("1001001", "ccx-1001001")
    available = aioxmpp.PresenceState(available=True)
    async with owner.client.connected(presence=available), reader.client.connected(presence=available):
        await walk(owner, reader)
    print(f"aioxmpp {aioxmpp.__version__}, pyOpenSSL {OpenSSL.__version__}: all done")


run(main)
