"""ciscoaxl's own calls with `cucm`. It knows versions up to 12.5, looks whether it may log in before anything else, and
hands faults back instead of raising them.
"""

import os
import sys

from agent import expect
from axl_clients import many, text
from axl_script import AGENT, PHONE, PHONES

VERSION = "12.5"
PARTITION, CSS, PATTERN, NEW_PHONE, NEW_USER = "pt-ciscoaxl", "css-ciscoaxl", "7654321", "SEP00C15C0A0001", "ciscoaxl"
PROFILE, REGION, LOCATION = "profile-ciscoaxl", "region-ciscoaxl", "location-ciscoaxl"


def run(recorder, ca_file, checks):
    sys.path.insert(0, os.environ["INTEROP_AXL_PYTHON"])
    # Its session has no other way to trust somebody, and its cache no other to stay in a folder of ours.
    os.environ["REQUESTS_CA_BUNDLE"] = ca_file
    os.environ["XDG_CACHE_HOME"] = os.environ["INTEROP_DIR"]
    from ciscoaxl import axl

    def connect(user, password=None):
        return axl(
            username=user,
            password=password or f"ccx-{user}",
            cucm="127.0.0.1",
            cucm_port=recorder.port,
            cucm_version=VERSION,
            strict_ssl=True,
        )

    with checks.step("ciscoaxl", "login"):
        for user, password, told in (("axladmin", "wrong", "[401 "), ("noaxl", None, "[403 ")):
            try:
                connect(user, password)
            except Exception as problem:
                expect(str(problem).startswith(told), f"{user}: {problem}")
            else:
                raise AssertionError(f"{user} was let in")
    failed, before = len(checks.failures), len(recorder.exchanges)
    with checks.step("ciscoaxl", "connect"):
        ucm = connect("axladmin")
        for step in (reading, queries, adding, updating, faults, removing):
            with checks.step("ciscoaxl", step.__name__):
                step(ucm)
    print(f"ciscoaxl {VERSION}: {len(recorder.exchanges) - before} calls, {len(checks.failures) - failed} failures", flush=True)


def done(answer, what):
    """The key that a call answers with."""
    expect(not isinstance(answer, Exception) and answer, f"{what}: {answer}")
    uuid = text(answer["return"])
    expect(uuid.startswith("{"), f"{what}: {answer}")
    return uuid


def reading(ucm):
    phones = [phone["name"] for phone in ucm.get_phones()]
    expect(len(phones) >= PHONES and len(set(phones)) == len(phones), f"phones: {phones}")
    users = [user["userid"] for user in ucm.get_users()]
    expect(AGENT in users and len(set(users)) == len(users), f"users: {users}")
    phone = ucm.get_phone(name=PHONE)
    expect(ucm.get_phone(uuid=phone["uuid"])["name"] == PHONE, f"the phone by key: {phone}")
    expect(ucm.get_user(AGENT)["userid"] == AGENT, "the user")
    expect(AGENT in [line["pattern"] for line in ucm.get_directory_numbers()], "lines")
    expect("Hub_None" in [location["name"] for location in ucm.get_locations()], "locations")
    expect("Default" in [region["name"] for region in ucm.get_regions()], "regions")


def queries(ucm):
    found = ucm.run_sql_query("select name, description from device where name like 'SEP00000100100%' order by name")
    expect(found["num_rows"] == 9 and found["rows"][0]["name"] == PHONE, f"a query: {found}")
    found = ucm.run_sql_query("select name from device where name = 'none'")
    expect(found["num_rows"] == 0, f"a query without a result: {found}")


def adding(ucm):
    done(ucm.add_partition(PARTITION, "a partition"), "add_partition")
    done(ucm.add_calling_search_space(CSS, "a search space", [PARTITION]), "add_calling_search_space")
    done(ucm.add_directory_number(PATTERN, PARTITION, "a line"), "add_directory_number")
    line = ucm.get_directory_number(pattern=PATTERN, routePartitionName=PARTITION)
    expect(line["description"] == "a line", f"the line: {line}")
    phone = ucm.add_phone(
        NEW_PHONE,
        "a phone",
        product="Cisco 8841",
        protocol="SIP",
        phone_template="Standard 8841 SIP",
        securityProfileName="Cisco 8841 - Standard SIP Non-Secure Profile",
        css=CSS,
        lines=[(PATTERN, PARTITION, "a name", "a name", "a label", "0294127777")],
    )
    uuid = done(phone, "add_phone")
    phone = ucm.get_phone(name=NEW_PHONE)
    expect(phone["uuid"] == uuid, f"the phone: {phone}")
    expect([text(line["dirn"]["pattern"]) for line in many(phone["lines"]["line"])] == [PATTERN], f"its lines: {phone}")
    done(ucm.add_user(NEW_USER, "Axl", "Cisco"), "add_user")
    done(
        ucm.add_device_profile(PROFILE, "a profile", product="Cisco 8841", protocol="SIP", phone_template="Standard 8841 SIP"),
        "add_device_profile",
    )
    done(ucm.add_region(REGION), "add_region")
    done(ucm.add_location(LOCATION), "add_location")


def updating(ucm):
    done(ucm.update_phone(name=NEW_PHONE, description="changed"), "update_phone")
    expect(ucm.get_phone(name=NEW_PHONE)["description"] == "changed", "the phone's description")
    done(ucm.update_user_credentials(NEW_USER, password="secret", pin="24680"), "update_user_credentials")
    answer = ucm.client.doAuthenticateUser(userid=NEW_USER, password="secret")["return"]
    expect(str(answer["userAuthenticated"]) in ("true", "True"), f"the new password: {answer}")
    answer = ucm.client.doAuthenticateUser(userid=NEW_USER, pin="24680")["return"]
    expect(str(answer["userAuthenticated"]) in ("true", "True"), f"the new pin: {answer}")
    done(ucm.update_partition(name=PARTITION, description="changed"), "update_partition")
    expect(ucm.get_partition(name=PARTITION)["description"] == "changed", "the partition's description")
    answer = ucm.sql_update(f"update device set description = 'by SQL' where name = '{NEW_PHONE}'")
    expect(not isinstance(answer, Exception) and str(answer["rowsUpdated"]) == "1", f"sql_update: {answer}")
    expect(not isinstance(ucm.do_device_reset(name=NEW_PHONE), Exception), "do_device_reset")


def faults(ucm):
    fault = ucm.get_phone(name="no such phone")
    expect(getattr(fault, "message", "") == "Item not valid: The specified Phone was not found", f"an unknown phone: {fault}")
    fault = ucm.add_partition(PARTITION)
    expect(isinstance(fault, Exception), f"a partition twice: {fault}")


def removing(ucm):
    done(ucm.delete_location(name=LOCATION), "delete_location")
    done(ucm.delete_region(name=REGION), "delete_region")
    done(ucm.delete_device_profile(name=PROFILE), "delete_device_profile")
    done(ucm.delete_user(userid=NEW_USER), "delete_user")
    done(ucm.delete_phone(name=NEW_PHONE), "delete_phone")
    done(ucm.delete_directory_number(PATTERN, PARTITION), "delete_directory_number")
    done(ucm.delete_calling_search_space(name=CSS), "delete_calling_search_space")
    done(ucm.delete_partition(name=PARTITION), "delete_partition")
