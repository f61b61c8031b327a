"""Test 4: zeep drives `cucm` over TLS with `doAuthenticateUser`, `getUser`, `listPhone`.

The WSDL beside this file is our own and says only what these operations need. zeep builds each request from it and
checks each answer against it.
"""

import os
import pathlib

import requests
import zeep

from agent import expect

WSDL = pathlib.Path(__file__).with_name("axl.wsdl")
BINDING = "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding"
USER = "1001001"
PHONES = 20


def service(user, password=None):
    session = requests.Session()
    session.trust_env = False
    session.auth = (user, password or "ccx-" + user)
    session.verify = os.path.join(os.environ["INTEROP_DATA_DIR"], "ca.pem")
    # Not strict, as every AXL client has it: answers hold elements that a small WSDL does not name.
    client = zeep.Client(
        str(WSDL),
        settings=zeep.Settings(strict=False),
        transport=zeep.Transport(session=session, timeout=10, operation_timeout=10),
    )
    return client.create_service(BINDING, f"https://{os.environ['INTEROP_CUCM_AXL']}/axl/")


def fault(call, **arguments):
    try:
        answer = call(**arguments)
    except zeep.exceptions.Fault as problem:
        return problem
    raise AssertionError(f"no fault but {answer}")


def refused(axl):
    """HTTP status of a call that is turned away before SOAP, with a page instead of an envelope."""
    statuses = []
    session = axl._client.transport.session
    session.hooks["response"].append(lambda response, **_: statuses.append(response.status_code))
    try:
        answer = axl.doAuthenticateUser(userid=USER, password=f"ccx-{USER}")
    except (zeep.exceptions.TransportError, zeep.exceptions.Fault):
        # When not strict, zeep reads the page as a fault that says nothing.
        return statuses[-1]
    raise AssertionError(f"not refused but {answer}")


def passwords(axl):
    answer = axl.doAuthenticateUser(userid=USER, password=f"ccx-{USER}")["return"]
    expect(answer["userAuthenticated"] in ("true", "t", "1", True), f"right password: {answer}")
    expect(int(answer["code"]) == 0, f"right password: {answer}")
    # A wrong password is an answer, not a fault; so is an unknown user, so that nobody can find out who exists.
    for userid, password in ((USER, "wrong"), ("nobody", "wrong")):
        answer = axl.doAuthenticateUser(userid=userid, password=password)["return"]
        expect(answer["userAuthenticated"] in ("false", "f", "0", False), f"{userid}, wrong password: {answer}")
        expect(int(answer["code"]) != 0, f"{userid}, wrong password: {answer}")


def users(axl):
    # Without tags the answer has elements that this WSDL does not name, and zeep stops at the first of them.
    tags = {"firstName": "", "lastName": "", "userid": ""}
    user = axl.getUser(userid=USER, returnedTags=tags)["return"]["user"]
    expect(user["userid"] == USER, f"getUser: {user}")
    expect(user["lastName"], f"getUser: {user}")
    problem = fault(axl.getUser, userid="nobody")
    code = problem.detail.find(".//axlcode")
    expect(code is not None and code.text == "5007", f"unknown user: {problem.message} {code}")
    expect("was not found" in problem.message, f"unknown user: {problem.message}")


def phones(axl):
    def names(**page):
        answer = axl.listPhone(searchCriteria={"name": "%"}, returnedTags={"name": ""}, **page)["return"]
        return [phone["name"] for phone in answer["phone"] or []] if answer else []

    everything = names()
    expect(len(everything) >= PHONES, f"{len(everything)} phones for {PHONES} agents")
    expect(len(set(everything)) == len(everything), f"a phone is listed twice: {everything}")
    expect(names(first=7) == everything[:7], "first=7 is not the first seven")
    expect(names(skip=7, first=5) == everything[7:12], "skip=7 first=5 is not the five after the first seven")
    # A client that pages until the answer is empty must come to an end.
    expect(names(skip=len(everything), first=5) == [], "phones beyond the last one")
    answer = axl.listPhone(searchCriteria={"name": "no such phone"}, returnedTags={"name": ""})["return"]
    expect(not answer or not answer["phone"], f"a phone of another name: {answer}")


def main():
    for user in ("axladmin", "axlreader"):
        print(f"as {user}")
        axl = service(user)
        passwords(axl)
        users(axl)
        phones(axl)
    print("without the role, or with a wrong password")
    expect(refused(service("noaxl")) == 403, "an application user without the AXL role was let in")
    expect(refused(service("axladmin", "wrong")) == 401, "a wrong password was let in")
    expect(refused(service("nobody", "wrong")) == 401, "an unknown application user was let in")


main()
