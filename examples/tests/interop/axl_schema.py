"""What `cucm` answers, validated against Cisco's own schema.

The schema is Cisco's and is not part of this project; it is fetched by the name of the npm package that carries it. Where
that cannot be had, the test says so and is skipped. Faults are not validated: `axlError` travels unqualified.
"""

import os
import subprocess
import sys
import tempfile

import requests
import zeep
from lxml import etree

import axl_schema_source

VERSIONS = ("12.5", "14.0", "15.0")
BINDING = "{http://www.cisco.com/AXLAPIService/}AXLAPIBinding"
BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def calls(axl):
    phone = {"name": "SEP000001001001"}
    yield axl.doAuthenticateUser, {"userid": "1001001", "password": "ccx-1001001"}
    yield axl.getUser, {"userid": "1001001"}
    yield axl.getUser, {"userid": "1001001", "returnedTags": {"firstName": ""}}
    yield axl.listUser, {"searchCriteria": {"userid": "%"}, "returnedTags": {"userid": "", "firstName": ""}}
    yield axl.getPhone, phone
    yield axl.listPhone, {"searchCriteria": {"name": "%"}, "returnedTags": {"name": ""}, "first": 3}
    yield axl.listPhone, {"searchCriteria": {"name": "none"}, "returnedTags": {"name": ""}}
    yield axl.listLine, {"searchCriteria": {"pattern": "%"}, "returnedTags": {"pattern": "", "routePartitionName": ""}}
    yield axl.getLine, {"pattern": "1001001"}
    yield axl.getAppUser, {"userid": "axlreader"}
    yield axl.listAppUser, {"searchCriteria": {"userid": "axl%"}, "returnedTags": {"userid": "", "isStandard": "t"}}
    yield axl.getCCMVersion, {}
    yield axl.executeSQLQuery, {"sql": "select name, fkenduser from device"}


def check(version, folder, session):
    history = zeep.plugins.HistoryPlugin()
    client = zeep.Client(
        str(folder / version / "AXLAPI.wsdl"),
        settings=zeep.Settings(strict=True, xml_huge_tree=True),
        transport=zeep.Transport(session=session, operation_timeout=10),
        plugins=[history],
    )
    axl = client.create_service(BINDING, f"https://{os.environ['INTEROP_CUCM_AXL']}/axl/")
    schema = etree.XMLSchema(etree.parse(folder / version / "AXLSoap.xsd"))
    count = 0
    for call, arguments in calls(axl):
        call(**arguments)
        for direction in (history.last_sent, history.last_received):
            # A copy of its own, so that the body's entry is the root.
            entry = etree.fromstring(etree.tostring(direction["envelope"].find(BODY)[0]))
            schema.assertValid(entry)
        count += 1
    print(f"{version}: {count} answers are valid")


def main():
    session = requests.Session()
    session.trust_env = False
    session.auth = ("axlreader", "ccx-axlreader")
    session.verify = os.path.join(os.environ["INTEROP_DATA_DIR"], "ca.pem")
    with tempfile.TemporaryDirectory() as folder:
        try:
            schemas = axl_schema_source.fetch(folder)
        except (OSError, ValueError, subprocess.SubprocessError) as problem:
            print(f"skipped: the npm package {axl_schema_source.PACKAGE} cannot be had ({problem})")
            sys.exit(0)
        for version in VERSIONS:
            check(version, schemas, session)


if __name__ == "__main__":
    main()
