"""What every AXL client does with `cucm`, step by step. A step's failure is noted, and the next one runs.

Names of objects carry the client's tag, so that several clients can work on one server.
"""

import contextlib
import hashlib
import traceback

from agent import expect
from axl_clients import NIL, attribute, attributed, dig, key, many, rows, text, true

AGENT = "1001001"
PHONE = "SEP000001001001"
PHONES = 20
# What a fresh CUCM has and a phone wants.
PHONE_BASICS = {
    "product": "Cisco 8841",
    "class": "Phone",
    "protocol": "SIP",
    "protocolSide": "User",
}
EVERYTHING = {"name": "%"}


class Checks:
    """What failed."""

    def __init__(self):
        self.count = 0
        self.failures = []

    @contextlib.contextmanager
    def step(self, who, what):
        self.count += 1
        try:
            yield
        except Exception as problem:
            self.failures.append(f"{who}: {what}: {type(problem).__name__}: {problem}")
            traceback.print_exc()


class Script:
    def __init__(self, client):
        self.client = client
        self.call = client.call
        self.refused = client.refused
        self.tag = f"{client.name.replace(' ', '-')}-{client.version}"
        digest = hashlib.sha1(self.tag.encode()).hexdigest()
        self.phone = "SEP" + digest[:12].upper()
        self.other_phone = "SEP" + digest[-12:].upper()
        self.pattern = f"7{int(digest[:8], 16) % 10**6:06}"
        self.user = f"user-{digest[:8]}"
        self.partition = f"pt-{self.tag}"
        self.css = f"css-{self.tag}"
        # Of what was added, by operation.
        self.added = {}

    def run(self, checks, steps=None):
        who = f"{self.client.name} {self.client.version}"
        for step in steps or STEPS:
            with checks.step(who, step.__name__):
                step(self)

    # Small helpers.

    def get(self, operation, **arguments):
        """The one object that a get answers with."""
        name = operation.removeprefix("get")
        return dig(self.call(operation, **arguments), "return", name[0].lower() + name[1:])

    def list(self, operation, criteria, *tags, **page):
        answer = self.call(operation, searchCriteria=criteria, returnedTags={tag: "" for tag in tags}, **page)
        name = operation.removeprefix("list")
        return many(dig(answer, "return", name[0].lower() + name[1:]))

    def add(self, operation, **arguments):
        uuid = text(dig(self.call(operation, **arguments), "return"))
        expect(uuid.startswith("{") and uuid.endswith("}") and uuid == uuid.upper(), f"{operation} answered {uuid!r}")
        self.added[operation] = uuid
        return uuid

    def sql(self, statement):
        return rows(self.call("executeSQLQuery", sql=statement))

    # Who may ask.

    def passwords(self):
        right = dig(self.call("doAuthenticateUser", userid=AGENT, password=f"ccx-{AGENT}"), "return")
        expect(true(right["userAuthenticated"]) and text(right["code"]) == "0", f"the right password: {right}")
        for userid in (AGENT, "nobody"):
            wrong = dig(self.call("doAuthenticateUser", userid=userid, password="wrong"), "return")
            expect(not true(wrong["userAuthenticated"]) and text(wrong["code"]) != "0", f"a wrong password: {wrong}")

    def wrong_credentials(self):
        for user, password, status in (("axladmin", "wrong", 401), ("nobody", "wrong", 401), ("noaxl", None, 403)):
            with self.client.signed_in(user, password):
                refusal = self.refused("getCCMVersion")
                expect(refusal.status == status, f"{user}: {refusal}")

    def read_only(self):
        with self.client.signed_in("axlreader"):
            expect(len(self.list("listPhone", EVERYTHING, "name", first=1)) == 1, "a reader cannot list")
            expect(len(self.sql("select first 1 name from device")) == 1, "a reader cannot query")
            partition = {"name": f"no-{self.partition}"}
            refusal = self.refused("addRoutePartition", routePartition=partition)
            expect(refusal.status == 403, f"a reader adds: {refusal}")
            refusal = self.refused("executeSQLUpdate", sql="update device set description = 'x'")
            expect(refusal.status == 403, f"a reader writes by SQL: {refusal}")
        expect(self.list("listRoutePartition", partition, "name") == [], "a reader has added a partition")

    def version(self):
        found = text(dig(self.call("getCCMVersion"), "return", "componentVersion", "version"))
        expect(found[:1].isdigit() and "." in found, f"getCCMVersion: {found!r}")

    # Reading.

    def pages(self):
        everything = [text(phone["name"]) for phone in self.list("listPhone", EVERYTHING, "name")]
        expect(len(everything) >= PHONES and len(set(everything)) == len(everything), f"phones: {everything}")
        part = [text(phone["name"]) for phone in self.list("listPhone", EVERYTHING, "name", skip=7, first=5)]
        expect(part == everything[7:12], f"skip 7, first 5: {part}")
        paged, skip = [], 0
        while page := self.list("listPhone", EVERYTHING, "name", skip=skip, first=6):
            paged += [text(phone["name"]) for phone in page]
            skip += 6
            expect(skip < 1000, "pages have no end")
        expect(paged == everything, f"by pages: {paged}")

    def criteria(self):
        some = self.list("listUser", {"userid": "100100%"}, "userid", "lastName")
        expect({text(user["userid"]) for user in some} == {f"100100{n}" for n in range(1, 10)}, f"100100%: {some}")
        expect(all(text(user["lastName"]) for user in some), f"last names: {some}")
        both = self.list("listUser", {"lastName": "%", "userid": AGENT}, "userid")
        expect(len(both) == 1, f"two criteria: {both}")
        expect(self.list("listUser", {"userid": "no such user"}, "userid") == [], "a user who is not there")

    def keys(self):
        by_name = self.get("getPhone", name=PHONE)
        uuid = attribute(by_name, "uuid")
        for spelling in (uuid, uuid.lower()):
            expect(self.get("getPhone", uuid=spelling) == by_name, f"the phone by {spelling}")
        user = self.get("getUser", userid=AGENT)
        expect(self.get("getUser", uuid=attribute(user, "uuid")) == user, "the user by key")
        line = self.get("getLine", pattern=AGENT, routePartitionName="")
        expect(self.get("getLine", uuid=attribute(line, "uuid")) == line, "the line by key")
        expect(text(line["pattern"]) == AGENT, f"the line: {line}")
        reader = self.get("getAppUser", userid="axlreader")
        expect(self.get("getAppUser", uuid=attribute(reader, "uuid")) == reader, "the application user by key")

    def parts(self):
        whole = self.get("getUser", userid=AGENT)
        part = self.get("getUser", userid=AGENT, returnedTags={"firstName": ""})
        expect(text(part["firstName"]) == text(whole["firstName"]) != "", f"the first name: {part}")
        expect(text(dig(part, "lastName")) == "" and text(whole["lastName"]), f"the last name was not asked for: {part}")
        expect(attribute(part, "uuid") == attribute(whole, "uuid"), f"the key: {part}")
        dirn = dig(many(dig(self.get("getPhone", name=PHONE), "lines", "line"))[0], "dirn")
        expect(text(dirn["pattern"]) == AGENT, f"the phone's line: {dirn}")

    def standard_objects(self):
        for operation, name in (
            ("listDevicePool", "Default"),
            ("listLocation", "Hub_None"),
            ("listRegion", "Default"),
            ("listProcessNode", "EnterpriseWideData"),
        ):
            found = self.list(operation, {"name": name}, "name")
            expect([text(one["name"]) for one in found] == [name], f"{operation} of {name}: {found}")
        for operation in ("listCss", "listRoutePartition", "listSipTrunk", "listDeviceProfile"):
            self.list(operation, EVERYTHING, "name")
        self.list("listRoutePattern", {"pattern": "%"}, "pattern")
        names = {text(user["userid"]) for user in self.list("listAppUser", {"userid": "%"}, "userid", "isStandard")}
        expect({"axladmin", "axlreader", "noaxl"} <= names, f"application users: {names}")
        patterns = {text(line["pattern"]) for line in self.list("listLine", {"pattern": "100100%"}, "pattern", "routePartitionName")}
        expect(patterns == {f"100100{n}" for n in range(1, 10)}, f"lines: {patterns}")

    def service_parameters(self):
        if not self.client.knows_value:
            return
        parameters = self.list("listServiceParameter", {"processNodeName": "%"}, "processNodeName", "name", "service", "value")
        one = next((parameter for parameter in parameters if text(dig(parameter, "value"))), None)
        expect(one, f"there are no service parameters with a value: {parameters}")
        where = {"processNodeName": text(one["processNodeName"]), "name": text(one["name"]), "service": text(one["service"])}
        before = text(self.get("getServiceParameter", **where)["value"])
        try:
            self.call("updateServiceParameter", **where, value="1234")
            by_key = self.get("getServiceParameter", uuid=attribute(one, "uuid"))
            expect(text(by_key["value"]) == "1234", f"the value that was set: {by_key}")
        finally:
            self.call("updateServiceParameter", **where, value=before)

    # Writing.

    def add_objects(self):
        self.add("addRoutePartition", routePartition={"name": self.partition, "description": "for <tests> & more"})
        found = self.get("getRoutePartition", uuid=self.added["addRoutePartition"])
        expect(text(found["description"]) == "for <tests> & more", f"the partition: {found}")
        member = {"routePartitionName": self.partition, "index": 1}
        self.add("addCss", css={"description": "calls", "members": {"member": [member]}, "name": self.css})
        members = many(dig(self.get("getCss", name=self.css), "members", "member"))
        expect([text(one["routePartitionName"]) for one in members] == [self.partition], f"members: {members}")
        self.add(
            "addLine",
            line={
                "pattern": self.pattern,
                "description": "a line",
                "usage": "Device",
                "routePartitionName": self.partition,
            },
        )
        line = self.get("getLine", pattern=self.pattern, routePartitionName=self.partition)
        expect(attribute(line, "uuid") == self.added["addLine"], f"the line: {line}")
        self.add("addPhone", phone=self.phone_of(self.phone))
        phone = self.get("getPhone", name=self.phone)
        expect(attribute(phone, "uuid") == self.added["addPhone"], f"the phone: {phone}")
        expect(text(phone["callingSearchSpaceName"]) == self.css, f"the phone's search space: {phone}")
        lines = many(dig(phone, "lines", "line"))
        expect([text(dig(line, "dirn", "pattern")) for line in lines] == [self.pattern], f"the phone's lines: {lines}")
        self.add(
            "addUser",
            user={
                "firstName": "Añdré",
                "lastName": "Tester",
                "userid": self.user,
                "password": "a <secret> & more",
                "department": "tests",
                "associatedDevices": {"device": [self.phone]},
                "presenceGroupName": "Standard Presence group",
            },
        )
        user = self.get("getUser", userid=self.user)
        expect((text(user["firstName"]), text(user["department"])) == ("Añdré", "tests"), f"the user: {user}")
        devices = many(dig(user, "associatedDevices", "device"))
        expect([text(device) for device in devices] == [self.phone], f"the user's devices: {devices}")
        signed = dig(self.call("doAuthenticateUser", userid=self.user, password="a <secret> & more"), "return")
        expect(true(signed["userAuthenticated"]), f"the new user's password: {signed}")

    def phone_of(self, name):
        line = {
            "index": 1,
            "label": "a label",
            "display": "a name",
            "dirn": {"pattern": self.pattern, "routePartitionName": self.partition},
        }
        return {
            "name": name,
            "description": "a phone",
            **PHONE_BASICS,
            "callingSearchSpaceName": self.css,
            "devicePoolName": "Default",
            "commonPhoneConfigName": "Standard Common Phone Profile",
            "locationName": "Hub_None",
            "useTrustedRelayPoint": "Default",
            "securityProfileName": "Cisco 8841 - Standard SIP Non-Secure Profile",
            "sipProfileName": "Standard SIP Profile",
            "lines": {"line": [line]},
            "phoneTemplateName": "Standard 8841 SIP",
            "primaryPhoneName": NIL,
            "builtInBridgeStatus": "Default",
            "packetCaptureMode": "None",
            "certificateOperation": "No Pending Operation",
            "deviceMobilityMode": "Default",
        }

    def twice_or_to_nowhere(self):
        refusal = self.refused("addRoutePartition", routePartition={"name": self.partition})
        expect((refusal.status, refusal.code) == (500, "-239"), f"a name twice: {refusal}")
        refusal = self.refused("addPhone", phone=self.phone_of(self.phone))
        expect((refusal.status, refusal.code) == (500, "-239"), f"a phone twice: {refusal}")
        phone = self.phone_of(self.other_phone) | {"devicePoolName": "no such pool"}
        refusal = self.refused("addPhone", phone=phone)
        expect(refusal.status == 500 and refusal.code, f"a pool that is not there: {refusal}")
        expect(self.list("listPhone", {"name": phone["name"]}, "name") == [], "a phone of a pool that is not there")

    def update(self):
        """Absent keeps, nil clears, a value replaces; references by name and by key."""
        uuid = self.added["addPhone"]
        answered = text(dig(self.call("updatePhone", name=self.phone, description="changed"), "return"))
        expect(answered.upper() == uuid, f"updatePhone answered {answered}")
        phone = self.get("getPhone", uuid=uuid)
        expect(text(phone["description"]) == "changed", f"the new description: {phone}")
        expect(text(phone["callingSearchSpaceName"]) == self.css, f"the search space was not named: {phone}")
        self.call("updatePhone", uuid=uuid, callingSearchSpaceName=NIL)
        phone = self.get("getPhone", uuid=uuid)
        expect(text(dig(phone, "callingSearchSpaceName")) == "", f"nil clears: {phone}")
        expect(text(phone["description"]) == "changed", f"the description was not named: {phone}")
        self.call("updatePhone", name=self.phone, callingSearchSpaceName=key(self.added["addCss"]))
        phone = self.get("getPhone", uuid=uuid)
        expect(text(phone["callingSearchSpaceName"]) == self.css, f"the search space by key: {phone}")
        self.call("updateUser", userid=self.user, firstName="André", department="")
        user = self.get("getUser", userid=self.user)
        expect((text(user["firstName"]), text(user["lastName"])) == ("André", "Tester"), f"the user's names: {user}")
        expect(text(dig(user, "department")) == "" or not self.client.sends_empty, f"empty clears: {user}")

    def rename(self):
        new = f"{self.partition}-new"
        self.call("updateRoutePartition", name=self.partition, newName=new)
        try:
            expect(self.refused("getRoutePartition", name=self.partition).code == "5007", "the old name is still there")
            line = self.get("getLine", uuid=self.added["addLine"])
            expect(text(line["routePartitionName"]) == new, f"the line's partition: {line}")
        finally:
            self.call("updateRoutePartition", uuid=self.added["addRoutePartition"], newName=self.partition)

    def members(self):
        """A list of an update: what goes, what comes, or the whole anew."""
        member = {"member": [{"routePartitionName": self.partition, "index": 1}]}
        for arguments, expected in (
            ({"removeMembers": member}, []),
            ({"addMembers": member}, [self.partition]),
            ({"members": member}, [self.partition]),
        ):
            self.call("updateCss", name=self.css, **arguments)
            found = [text(one["routePartitionName"]) for one in many(dig(self.get("getCss", name=self.css), "members", "member"))]
            expect(found == expected, f"{arguments}: {found}")

    def commands(self):
        for operation in ("applyPhone", "resetPhone", "restartPhone"):
            answered = text(dig(self.call(operation, name=self.phone), "return"))
            expect(answered.upper() in (self.added["addPhone"], "TRUE"), f"{operation} answered {answered}")

    def not_found(self):
        for operation, arguments, what in (
            ("getPhone", {"name": "SEPFFFFFFFFFFFF"}, "Phone"),
            ("getUser", {"userid": "nobody"}, "User"),
            ("getLine", {"pattern": "99999"}, "Line"),
            ("getPhone", {"uuid": "{00000000-0000-0000-0000-000000000000}"}, "Phone"),
            ("updatePhone", {"name": "SEPFFFFFFFFFFFF", "description": "x"}, "Phone"),
            ("removePhone", {"name": "SEPFFFFFFFFFFFF"}, "Phone"),
            ("removeUser", {"userid": "nobody"}, "User"),
        ):
            refusal = self.refused(operation, **arguments)
            expect((refusal.status, refusal.code) == (500, "5007"), f"{operation}: {refusal}")
            wanted = f"Item not valid: The specified {what} was not found"
            expect(refusal.message == wanted, f"{operation}: {refusal.message!r}")

    # Thin AXL.

    def queries(self):
        joined = self.sql(
            "select d.name, n.dnorpattern from device as d "
            "inner join devicenumplanmap as m on m.fkdevice = d.pkid "
            "inner join numplan as n on m.fknumplan = n.pkid where n.dnorpattern = '1001007'"
        )
        expect(joined == [{"name": "SEP000001001007", "dnorpattern": "1001007"}], f"a join: {joined}")
        ordered = self.sql("select userid from enduser where userid like '100100%' order by userid")
        page = self.sql("SELECT SKIP 2 FIRST 3 userid FROM enduser WHERE userid LIKE '100100%' ORDER BY userid")
        expect(len(ordered) == 9 and page == ordered[2:5], f"SKIP 2 FIRST 3: {page} of {ordered}")
        count = self.sql("select count(*) from enduser where userid like '100100%'")
        expect([list(row.values()) for row in count] == [["9"]], f"count(*): {count}")
        expect(self.sql("select name from device where name = 'none'") == [], "a query without a result")
        empty = self.sql("select name, fkenduser from device where name like 'RP_%'")
        expect(empty and all(row.get("fkenduser", "") == "" for row in empty), f"null: {empty}")
        # Not every client tells an empty element from none.
        expect(b"<fkenduser" in self.client.recorder.last().answer, "null is an empty element")
        refusal = self.refused("executeSQLQuery", sql="select from where")
        expect((refusal.status, refusal.code) == (500, "-201"), f"no SQL: {refusal}")

    def updates(self):
        statement = f"update device set description = 'by SQL' where name = '{self.phone}'"
        updated = dig(self.call("executeSQLUpdate", sql=statement), "return", "rowsUpdated")
        expect(text(updated) == "1", f"rows updated: {updated}")
        expect(text(self.get("getPhone", name=self.phone)["description"]) == "by SQL", "the description by SQL")
        updated = dig(self.call("executeSQLUpdate", sql=statement + " and name = 'none'"), "return", "rowsUpdated")
        expect(text(updated) == "0", f"rows updated: {updated}")
        expect(self.refused("executeSQLUpdate", sql="drop table device").status == 500, "a table can be dropped")

    # Changes.

    def changes(self):
        if not self.client.takes_other_answers:
            return
        queue = dig(self.call("listChange"), "queueInfo")
        start = text(queue["nextStartChangeId"])
        name = f"change-{self.partition}"
        uuid = text(dig(self.call("addRoutePartition", routePartition={"name": name}), "return"))
        self.call("updateRoutePartition", uuid=uuid, description="changed")
        self.call("removeRoutePartition", uuid=uuid)
        since = attributed(start, queueId=text(queue["queueId"]))
        answer = self.call("listChange", startChangeId=since, objectList={"object": ["RoutePartition"]})
        # Other clients work at the same time.
        mine = [change for change in many(dig(answer, "changes", "change")) if same(attribute(change, "uuid"), uuid)]
        expect([text(change["action"]) for change in mine] == ["a", "u", "r"], f"the changes: {mine}")
        expect(all(attribute(change, "type") == "RoutePartition" for change in mine), f"the changes' type: {mine}")
        ids = [int(text(change["id"])) for change in mine]
        expect(int(start) <= ids[0] < ids[1] < ids[2], f"the changes' numbers from {start} on: {ids}")
        after = int(text(dig(answer, "queueInfo", "nextStartChangeId")))
        expect(after > ids[-1], f"the next number is {after}, behind {ids}")

    # And everything away again.

    def remove(self):
        for operation, arguments in (
            ("removeUser", {"userid": self.user}),
            ("removePhone", {"name": self.phone}),
            ("removeLine", {"uuid": self.added["addLine"]}),
            ("removeCss", {"name": self.css}),
            ("removeRoutePartition", {"uuid": self.added["addRoutePartition"]}),
        ):
            answered = text(dig(self.call(operation, **arguments), "return"))
            expect(answered.upper() == self.added["add" + operation.removeprefix("remove")], f"{operation}: {answered}")
            expect(self.refused(operation, **arguments).code == "5007", f"{operation} works twice")


def same(one, other):
    return one is not None and one.strip("{}").lower() == other.strip("{}").lower()


STEPS = [
    Script.passwords,
    Script.wrong_credentials,
    Script.read_only,
    Script.version,
    Script.pages,
    Script.criteria,
    Script.keys,
    Script.parts,
    Script.standard_objects,
    Script.service_parameters,
    Script.add_objects,
    Script.twice_or_to_nowhere,
    Script.update,
    Script.rename,
    Script.members,
    Script.commands,
    Script.not_found,
    Script.queries,
    Script.updates,
    Script.changes,
    Script.remove,
]
