"""Test 3: slixmpp over TCP, in clear and over TLS.

Login with SASL PLAIN, bind, subscribe to the user's own node; a REST PUT changes the state and the event arrives. A
wrong password is refused with `not-authorized`. Roster, ping and service discovery are asked for as real clients do.
"""

import asyncio
import os

from agent import PUBSUB, Events, Rest, address, expect, run

USER = "1001001"
NODE = f"/finesse/api/User/{USER}"


async def works_a_day(where, tls_ca):
    rest = Rest(USER, os.environ["INTEROP_FINESSE_HTTP"])
    events = Events(USER, tls_ca=tls_ca)
    why = await events.login(where)
    expect(why is None, f"login of {USER}: {why}")
    expect(events.boundjid.full == f"{USER}@localhost/interop", f"bound to {events.boundjid}")

    await events.get_roster(timeout=5)
    await events.plugin["xep_0199"].ping("localhost", timeout=5)
    info = await events.plugin["xep_0030"].get_info(PUBSUB, timeout=5)
    identities = {(category, kind) for category, kind, *_ in info["disco_info"]["identities"]}
    expect(("pubsub", "service") in identities, f"{PUBSUB} says it is {identities}")
    await events.subscribe(NODE)

    # Sign in, become ready, sign out: each request is confirmed by one event that carries its id.
    for state, extension, becomes in (("LOGIN", USER, "NOT_READY"), ("READY", None, "READY"), ("LOGOUT", None, "LOGOUT")):
        request_id = await asyncio.to_thread(rest.state, state, extension)
        update = await events.until(lambda update: update.request_id == request_id, f"the event of PUT {state}")
        expect(update.node == NODE and update.source == NODE, f"event of {update.source} on {update.node}")
        expect(update.event == "PUT", f"event is {update.event}")
        expect(update.data[0].tag == "user", f"data holds <{update.data[0].tag}>")
        expect(update.text("state") == becomes, f"after PUT {state} the state is {update.text('state')}")
        expect(update.text("loginId") == USER, f"loginId is {update.text('loginId')}")
    await events.logout()


async def wrong_password_is_refused(where, tls_ca):
    events = Events(USER, password="wrong", tls_ca=tls_ca)
    why = await events.login(where)
    expect(why is not None, "a wrong password was taken")
    expect(why["condition"] == "not-authorized", f"a wrong password was refused with {why}")
    await events.logout()


async def main():
    ca = os.path.join(os.environ["INTEROP_DATA_DIR"], "ca.pem")
    for name, tls_ca in (("notification-xmpp", None), ("notification-xmpp-tls", ca)):
        print(f"{name}: wrong password", flush=True)
        await wrong_password_is_refused(address(name), tls_ca)
        print(f"{name}: login, subscribe, events", flush=True)
        await works_a_day(address(name), tls_ca)


run(main)
