"""Cisco's schema by lxml.

The schema is Cisco's and is not part of this project; the npm package that carries it is fetched by its name.
"""

import pathlib

from lxml import etree

VERSIONS = ("12.5", "14.0", "15.0")
NAMESPACE = "http://www.cisco.com/AXL/API/"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


class Schemas:
    """Schemas by version, each read when it is first asked."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.read = {}

    def complaints(self, entry):
        """What the schema of its version says against an entry of a body."""
        version = etree.QName(entry).namespace.removeprefix(NAMESPACE)
        if version not in self.read:
            self.read[version] = etree.XMLSchema(etree.parse(self.folder / version / "AXLSoap.xsd"))
        schema = self.read[version]
        if schema.validate(entry):
            return []
        return [error.message.replace(f"{{{NAMESPACE}{version}}}", "") for error in schema.error_log]


def entry(message):
    """The entry of a message's body, as a document of its own; `None` for a fault."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    body = etree.fromstring(message, parser).find(f"{SOAP}Body")
    (found,) = body.iterchildren(etree.Element)
    return None if found.tag == f"{SOAP}Fault" else etree.fromstring(etree.tostring(found, with_tail=False))
