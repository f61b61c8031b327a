"""slixmpp's plugin for XEP-0060 does at the notification service what it has methods for.

The web service's account owns a node; an agent subscribes to it. Every answer is read by slixmpp, not by us.
"""

import asyncio
import os
import pathlib
import xml.etree.ElementTree as ElementTree

import slixmpp
from slixmpp.exceptions import IqError

from agent import PUBSUB, Events, address, expect, run

NODE = "interop-slixmpp"
LIMIT = 5.0
ENTRY = "{urn:example:entry}entry"


class Owner(Events):
    """The web service as slixmpp: events of this test are no notifications of Finesse."""

    def __init__(self):
        secret = (pathlib.Path(os.environ["INTEROP_DATA_DIR"]) / "finesse.secret").read_text().strip()
        super().__init__("finesse", secret)


class Agent(Events):
    """An agent who keeps what slixmpp tells of events."""

    def __init__(self, user):
        super().__init__(user)
        self.told = asyncio.Queue()
        for name in ("publish", "retract", "purge", "delete", "subscription"):
            self.add_event_handler(f"pubsub_{name}", lambda message, name=name: self.told.put_nowait((name, message)))

    def on_publish(self, message):
        pass

    async def hears(self, wanted):
        name, message = await asyncio.wait_for(self.told.get(), LIMIT)
        expect(name == wanted, f"waited for {wanted}, came {name}: {message}")
        return message["pubsub_event"]


def entry(text):
    element = ElementTree.Element(ENTRY)
    element.text = text
    return element


def config(owner, **fields):
    form = owner.plugin["xep_0004"].make_form(ftype="submit")
    form.add_field(var="FORM_TYPE", ftype="hidden", value="http://jabber.org/protocol/pubsub#node_config")
    for name, value in fields.items():
        form.add_field(var=f"pubsub#{name}", value=value)
    return form


async def refused(request, condition):
    try:
        answer = await request
    except IqError as error:
        expect(error.condition == condition, f"refused with {error.condition}, not {condition}")
        return
    raise AssertionError(f"not refused: {answer}")


def texts(answer):
    found = []
    for item in answer["pubsub"]["items"]["substanzas"]:
        found.append((item["id"], item["payload"].text))
    return found


async def main():
    owner, agent = Owner(), Agent("1001001")
    for user in (owner, agent):
        why = await user.login(address("notification-xmpp"))
        expect(why is None, f"{user.boundjid}: {why}")
    theirs, ours = owner.plugin["xep_0060"], agent.plugin["xep_0060"]
    limit = {"timeout": LIMIT}

    info = await agent.plugin["xep_0030"].get_info(PUBSUB, **limit)
    for feature in ("publish", "subscribe", "retrieve-items", "subscription-options", "modify-affiliations", "rsm"):
        expect(f"http://jabber.org/protocol/pubsub#{feature}" in info["disco_info"]["features"], f"no feature {feature}")

    await refused(ours.create_node(PUBSUB, NODE, **limit), "forbidden")
    await theirs.create_node(PUBSUB, NODE, config=config(owner, access_model="open", persist_items=True, max_items="2"), **limit)
    await refused(theirs.create_node(PUBSUB, NODE, **limit), "conflict")
    form = (await theirs.get_node_config(PUBSUB, NODE, **limit))["pubsub_owner"]["configure"]["form"]
    expect(form.get_values()["pubsub#max_items"] == "2", f"max_items is {form.get_values()}")
    await theirs.set_node_config(PUBSUB, NODE, config(owner, title="Of slixmpp"), **limit)

    answer = await ours.subscribe(PUBSUB, NODE, bare=False, **limit)
    expect(answer["pubsub"]["subscription"]["subscription"] == "subscribed", f"{answer}")
    subscriptions = (await ours.get_subscriptions(PUBSUB, NODE, **limit))["pubsub"]["subscriptions"]["substanzas"]
    expect([entry["jid"] for entry in subscriptions] == [agent.boundjid], f"{subscriptions}")
    options = (await ours.get_subscription_options(PUBSUB, NODE, agent.boundjid, **limit))["pubsub"]["options"]["options"]
    expect("pubsub#deliver" in options.get_fields(), f"{options}")

    for number, text in enumerate(("one", "two", "three"), 1):
        await theirs.publish(PUBSUB, NODE, id=f"i{number}", payload=entry(text), **limit)
        event = await agent.hears("publish")
        expect(event["items"]["item"]["id"] == f"i{number}", f"{event}")
        if number == 3:
            event = await agent.hears("retract")
            expect(event["items"]["retract"]["id"] == "i1", f"{event}")
    expect(texts(await ours.get_items(PUBSUB, NODE, **limit)) == [("i2", "two"), ("i3", "three")], "all items")
    expect(texts(await ours.get_items(PUBSUB, NODE, max_items=1, **limit)) == [("i3", "three")], "the newest item")
    expect(texts(await ours.get_item(PUBSUB, NODE, "i2", **limit)) == [("i2", "two")], "one item")
    ids = (await ours.get_item_ids(PUBSUB, NODE, **limit))["disco_items"]["items"]
    expect({name for _, _, name in ids} == {"i2", "i3"}, f"items in discovery are {ids}")

    await refused(ours.publish(PUBSUB, NODE, payload=entry("no"), **limit), "forbidden")
    await theirs.modify_affiliations(PUBSUB, NODE, [(agent.boundjid.bare, "publisher")], **limit)
    await ours.publish(PUBSUB, NODE, id="mine", payload=entry("yes"), **limit)
    await agent.hears("publish")
    await agent.hears("retract")
    affiliations = (await theirs.get_node_affiliations(PUBSUB, NODE, **limit))["pubsub_owner"]["affiliations"]["substanzas"]
    found = {str(entry["jid"]): entry["affiliation"] for entry in affiliations}
    expect(found == {"finesse@localhost": "owner", "1001001@localhost": "publisher"}, f"affiliations are {found}")

    await theirs.retract(PUBSUB, NODE, "mine", notify=True, **limit)
    expect((await agent.hears("retract"))["items"]["retract"]["id"] == "mine", "which was retracted")
    await theirs.purge(PUBSUB, NODE, **limit)
    await agent.hears("purge")
    expect(texts(await ours.get_items(PUBSUB, NODE, **limit)) == [], "nothing is left")
    await ours.unsubscribe(PUBSUB, NODE, bare=False, **limit)
    await refused(ours.unsubscribe(PUBSUB, NODE, bare=False, **limit), "unexpected-request")
    await ours.subscribe(PUBSUB, NODE, bare=False, **limit)
    await theirs.delete_node(PUBSUB, NODE, **limit)
    expect((await agent.hears("delete"))["delete"]["node"] == NODE, "which was deleted")
    await refused(ours.get_items(PUBSUB, NODE, **limit), "item-not-found")
    await asyncio.gather(owner.logout(), agent.logout())
    print(f"slixmpp {slixmpp.__version__}: all done")


run(main)
