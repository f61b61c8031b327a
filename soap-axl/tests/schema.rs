//! Cisco's schema read, made a table, and used.
#![cfg(feature = "schema")]
#![allow(clippy::unwrap_used, reason = "helpers of a test may do as tests do")]

#[path = "common/schema.rs"]
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use soap_axl::{
    ResponseHead,
    axl::{
        Client, ClientConfig, Dynamic, Field, Place, ReplyPlace, Request, Version,
        schema::{Primitive, RenderError, Schema, SchemaError, TableError, TypeRef, ViolationKind},
    },
    xml::{Element, Str},
};

/// Versions with the number of their operations.
const VERSIONS: [(&str, Version, usize); 5] = [
    ("11.5", Version::V11_5, 1026),
    ("12.0", Version::V12_0, 1037),
    ("12.5", Version::V12_5, 1068),
    ("14.0", Version::V14_0, 1068),
    ("15.0", Version::V15_0, 1068),
];

fn schema() -> Option<Schema> {
    source::xsd("14.0").map(|xsd| Schema::from_xsd(xsd).unwrap())
}

/// A schema of one operation, in the manner of AXL's.
const SMALL: &str = include_str!("golden/small.xsd");

fn small() -> Schema {
    Schema::from_xsd(SMALL).unwrap()
}

fn text(name: impl Into<Str<'static>>, text: &str) -> Element {
    Element::new("", name).with_text(text)
}

fn thing(children: impl IntoIterator<Item = Element>) -> Dynamic {
    let thing = children
        .into_iter()
        .fold(Element::new("", "thing"), Element::with_child);
    Dynamic::new("addThing").with(thing)
}

fn complaints(operation: &Dynamic) -> Vec<(String, ViolationKind)> {
    let found = small().check(operation);
    found
        .into_iter()
        .map(|violation| (violation.path, violation.kind))
        .collect()
}

#[test]
fn elements_know_their_place_and_type() {
    let schema = small();
    assert_eq!(schema.version(), Version::V14_0);
    assert_eq!(
        schema.operations().collect::<Vec<_>>(),
        ["addThing", "listThing"]
    );
    let thing = schema.request("addThing").unwrap().child("thing").unwrap();
    assert!(thing.is_required() && !thing.repeats() && !thing.is_nillable());
    let names: Vec<_> = thing
        .content()
        .children()
        .map(|child| child.name())
        .collect();
    assert_eq!(
        names,
        [
            "name",
            "uuid",
            "type",
            "pool",
            "lines",
            "removeLines",
            "addLines",
            "vendorConfig",
            "password"
        ]
    );
    let kind = thing.content().child("type").unwrap();
    assert_eq!((kind.default(), kind.is_required()), (Some("Small"), false));
    assert_eq!(kind.content().values(), ["Small", "Small +"]);
    assert_eq!(kind.content().primitive(), Some(Primitive::Text));
    assert!(thing.content().child("pool").unwrap().is_nillable());
    // One of a choice need not be there.
    assert!(!thing.content().child("name").unwrap().is_required());
    assert_eq!(thing.content().attributes().collect::<Vec<_>>(), ["ctiid"]);
    assert!(
        schema
            .answer("listThing")
            .unwrap()
            .child("thing")
            .unwrap()
            .repeats()
    );
}

#[test]
fn children_are_put_in_the_order_of_the_schema_and_others_behind() {
    let vendor = Element::new("", "vendorConfig")
        .with_child(text("b", "1"))
        .with_child(text("a", "2"));
    let mut operation = thing([
        text("addedLater", ""),
        vendor.clone(),
        text("pool", "Default"),
        text("name", "x"),
    ]);
    small().order(&mut operation);
    let expected = thing([
        text("name", "x"),
        text("pool", "Default"),
        vendor,
        text("addedLater", ""),
    ]);
    assert_eq!(operation, expected);
}

#[test]
fn what_is_required_is_filled_in_where_the_schema_says_what_then_holds() {
    let nil = || Element::new("", "pool").with_attr_ns(soap_axl::ns::XSI, "nil", "true");
    // Not `name | uuid`, which is a choice, and not `type`, whose default the server takes.
    let mut operation = thing([text("name", "x"), text("password", "y")]);
    small().fill(&mut operation);
    assert_eq!(
        operation,
        thing([text("name", "x"), nil(), text("password", "y")])
    );
    let full = operation.clone();
    small().fill(&mut operation);
    assert_eq!(operation, full);
    let mut nothing = Dynamic::new("addThing");
    small().fill(&mut nothing);
    assert_eq!(nothing, Dynamic::new("addThing"));
    let Some(schema) = schema() else { return };
    let phone = [
        ("name", "SEP001122334455"),
        ("product", "Cisco 8841"),
        ("class", "Phone"),
        ("protocol", "SIP"),
        ("devicePoolName", "Default"),
        ("commonPhoneConfigName", "Standard Common Phone Profile"),
        ("locationName", "Hub_None"),
    ];
    let phone = phone
        .into_iter()
        .fold(Element::new("", "phone"), |phone, (name, value)| {
            phone.with_child(text(name, value))
        });
    let dirn = Element::new("", "dirn").with_child(text("pattern", "1001"));
    let line = Element::new("", "line").with_child(text("index", "1"));
    let lines = Element::new("", "lines").with_child(line.with_child(dirn));
    let mut operation = Dynamic::new("addPhone").with(phone.with_child(lines));
    schema.order(&mut operation);
    schema.fill(&mut operation);
    assert_eq!(schema.check(&operation), []);
    let phone = operation.child("phone").unwrap();
    let side = phone.child("", "protocolSide").unwrap();
    assert_eq!(side.text(), "User");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let good = || [text("name", "x"), text("pool", "Default")];
    assert_eq!(complaints(&thing(good())), []);
    let mut twice = thing(good())
        .with_attribute("sequence", "1")
        .with_attribute("sequence", "2");
    assert_eq!(complaints(&twice), [], "the second takes the place");
    twice
        .attributes
        .push(("sequence".to_owned(), "3".to_owned()));
    let repeated = ViolationKind::Repeated("sequence".to_owned());
    assert_eq!(complaints(&twice), [("addThing".to_owned(), repeated)]);
    let path = || "addThing/thing".to_owned();
    let inner = |name: &str| format!("addThing/thing/{name}");
    let word = str::to_owned;
    for (children, expected) in [
        (
            vec![text("pool", "")],
            (path(), ViolationKind::Missing(word("name | uuid"))),
        ),
        (
            vec![text("name", "x")],
            (path(), ViolationKind::Missing(word("pool"))),
        ),
        (
            vec![text("pool", ""), text("name", "x")],
            (path(), ViolationKind::Missing(word("name | uuid"))),
        ),
        (
            vec![text("name", "x"), text("pool", ""), text("nope", "")],
            (path(), ViolationKind::Unknown(word("nope"))),
        ),
        (
            vec![text("name", "x"), text("pool", ""), text("type", "any")],
            (path(), ViolationKind::Misplaced(word("type"))),
        ),
        (
            vec![text("name", "toolong"), text("pool", "")],
            (inner("name"), ViolationKind::TooLong(5)),
        ),
        (
            vec![text("name", "x"), text("pool", ""), text("lines", "maybe")],
            (inner("lines"), ViolationKind::Text(Primitive::Boolean)),
        ),
        (
            vec![text("name", "x").with_attr("k", ""), text("pool", "")],
            (inner("name"), ViolationKind::Attribute(word("k"))),
        ),
        (
            vec![
                text("name", "").with_attr_ns(soap_axl::ns::XSI, "nil", "true"),
                text("pool", ""),
            ],
            (inner("name"), ViolationKind::Nil),
        ),
    ] {
        let found = complaints(&thing(children));
        assert!(
            found.contains(&expected),
            "{expected:?} is not in {found:?}"
        );
    }
    let nil = Element::new("", "pool").with_attr_ns(soap_axl::ns::XSI, "nil", "true");
    assert_eq!(complaints(&thing([text("uuid", "{1}"), nil])), []);
    let lists = [text("removeLines", "t"), text("addLines", "f")];
    assert_eq!(complaints(&thing(good().into_iter().chain(lists))), []);
    let both = [text("lines", "t"), text("addLines", "f")];
    assert_eq!(
        complaints(&thing(good().into_iter().chain(both))),
        [(path(), ViolationKind::Misplaced(word("addLines")))]
    );
    assert_eq!(
        complaints(&Dynamic::new("addNothing")),
        [(word("addNothing"), ViolationKind::NoOperation)]
    );
}

#[test]
fn a_path_is_completed_with_what_can_stand_there() {
    let schema = small();
    let names = |path: &str| -> Vec<_> {
        let found = schema.complete("addThing", path).into_iter();
        found.map(|child| child.name().to_owned()).collect()
    };
    assert_eq!(names(""), ["thing"]);
    assert_eq!(names("thing").len(), 9);
    assert_eq!(names("thing/none"), [""; 0]);
    assert!(schema.complete("none", "").is_empty());
}

#[test]
fn a_table_says_the_same_and_damage_is_told() {
    let schema = small();
    let table = schema.to_table();
    assert_eq!(Schema::from_table(&table).as_ref(), Ok(&schema));
    for end in 0..table.len() {
        assert!(Schema::from_table(&table[..end]).is_err(), "{end}");
    }
    for at in 0..table.len() {
        for byte in [0, 0x7f, 0xff] {
            let mut changed = table.clone();
            changed[at] = byte;
            // Whatever it says now, asking it ends.
            if let Ok(schema) = Schema::from_table(&changed) {
                let mut operation = thing([text("pool", ""), text("name", "")]);
                schema.order(&mut operation);
                let _ = schema.check(&operation);
                let _ = schema.complete("addThing", "thing");
            }
        }
    }
    assert_eq!(Schema::from_table(b"<schema/>"), Err(TableError::Format));
}

#[test]
fn what_is_no_schema_is_refused() {
    assert!(matches!(Schema::from_xsd("<a"), Err(SchemaError::Xml(_))));
    let other = SMALL.replace("http://www.cisco.com/AXL/API/14.0", "urn:x");
    assert_eq!(
        Schema::from_xsd(other),
        Err(SchemaError::NotAxl("urn:x".to_owned()))
    );
    let group = SMALL.replace("x:simpleContent", "x:group");
    assert!(matches!(
        Schema::from_xsd(group),
        Err(SchemaError::Unsupported { element, .. }) if element == "group"
    ));
    let missing = SMALL.replace("type=\"a:XFkType\"", "type=\"a:XNone\"");
    assert_eq!(
        Schema::from_xsd(missing),
        Err(SchemaError::NoType("a:XNone".to_owned()))
    );
}

#[test]
fn records_are_written_as_a_person_would() {
    let source = small().render(&["addThing", "listThing"]).unwrap();
    for expected in [
        "AddThing \"addThing\" {\n        /// Element `thing`, required.\n        thing: XThing = \"thing\";",
        "key: XThingKey = \"name | uuid\";",
        "Uuid(soap_axl::axl::Uuid) = \"uuid\",",
        "pool: soap_axl::axl::Presence<soap_axl::axl::ForeignKey> = \"pool\";",
        "r#type: soap_axl::axl::Presence<XKind> = \"type\";",
        "SMALL_PLUS = \"Small +\",",
        "vendor_config: Option<soap_axl::xml::Element> = \"vendorConfig\";",
        "password: soap_axl::axl::Presence<soap_axl::Secret> = \"password\";",
        "-> ListThingReply in Answer {",
        "ctiid: u64 = \"ctiid\";",
    ] {
        assert!(source.contains(expected), "{expected} is not in {source}");
    }
    // What stands beside `return` is a field, and so is `return` then.
    let detail = "<x:element name=\"return\" type=\"x:string\"/><x:element name=\"detail\" type=\"x:string\"/>";
    let more = SMALL.replace("<x:element name=\"return\" type=\"x:string\"/>", detail);
    let source = Schema::from_xsd(more)
        .unwrap()
        .render(&["addThing"])
        .unwrap();
    for expected in [
        "-> AddThingReply in Answer {",
        "r#return: soap_axl::axl::Presence<String> = \"return\";",
        "detail: soap_axl::axl::Presence<String> = \"detail\";",
    ] {
        assert!(source.contains(expected), "{expected} is not in {source}");
    }
    // A flag or a number about a secret is none.
    let about = SMALL.replace("name=\"lines\"", "name=\"hasPassword\"");
    let source = Schema::from_xsd(about)
        .unwrap()
        .render(&["addThing"])
        .unwrap();
    let flag = "has_password: soap_axl::axl::Presence<bool> = \"hasPassword\";";
    assert!(source.contains(flag), "{source}");
    assert_eq!(
        small().render(&["none"]),
        Err(RenderError::NoOperation("none".to_owned()))
    );
}

#[test]
fn every_version_of_cisco_is_read_whole() {
    for (folder, version, operations) in VERSIONS {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let len = xsd.len();
        let schema = Schema::from_xsd(xsd).unwrap();
        assert_eq!(schema.version(), version);
        assert_eq!(schema.operations().count(), operations, "{version}");
        let table = schema.to_table();
        assert!(table.len() * 10 < len, "{version}: {} bytes", table.len());
        assert_eq!(Schema::from_table(&table), Ok(schema));
    }
}

#[test]
fn the_operations_are_those_of_the_facts() {
    let Some(schema) = schema() else { return };
    let names = include_str!("../spec/operation_names.txt").lines();
    assert!(schema.operations().eq(names));
    let mut verbs = BTreeMap::new();
    for name in schema.operations() {
        let end = name.find(|c: char| c.is_ascii_uppercase()).unwrap();
        *verbs.entry(&name[..end]).or_insert(0) += 1;
    }
    for (verb, count) in [
        ("get", 213),
        ("update", 201),
        ("list", 180),
        ("add", 174),
        ("remove", 174),
        ("apply", 37),
        ("reset", 35),
        ("restart", 30),
        ("do", 17),
        ("execute", 3),
    ] {
        assert_eq!(verbs.get(verb), Some(&count), "{verb}");
    }
    let phone = schema.request("addPhone").unwrap().child("phone").unwrap();
    assert_eq!(phone.content().children().count(), 126);
    let user = schema.request("addUser").unwrap().child("user").unwrap();
    assert_eq!(user.content().children().count(), 59);
    let line = schema.request("addLine").unwrap().child("line").unwrap();
    assert_eq!(line.content().children().count(), 57);
    let required: Vec<_> = line
        .content()
        .children()
        .filter(|child| child.is_required())
        .map(|child| child.name())
        .collect();
    assert_eq!(required, ["pattern", "usage"]);
}

/// Operations whose answers have other children than `return`, in every version.
const WITHOUT_RETURN: [&str; 12] = [
    "addSNMPCommunityString",
    "addSNMPUser",
    "doUpdateRemoteCluster",
    "getPhoneTypeDisplayInstance",
    "listChange",
    "removeSNMPCommunityString",
    "removeSNMPUser",
    "updateCcdFeatureConfig",
    "updateSNMPCommunityString",
    "updateSNMPMIB2List",
    "updateSNMPUser",
    "updateSyslogConfiguration",
];
/// Two more of 12.0 alone.
const WITHOUT_RETURN_IN_12_0: [&str; 2] = ["getAuthzKey", "listAuthzKeys"];
/// Operations of 12.5 and later whose answers have something beside `return`.
const BESIDE_RETURN: [&str; 2] = ["getSmartLicenseStatus", "getTransportSettings"];

#[test]
fn answers_without_return_and_with_more_are_known_and_had_whole() {
    for (folder, version, _) in VERSIONS {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let schema = Schema::from_xsd(xsd).unwrap();
        let client = Client::new(ClientConfig::new(version));
        let (mut without, mut beside) = (BTreeSet::new(), BTreeSet::new());
        for name in schema.operations() {
            let children = schema.answer(name).unwrap().children();
            let names: Vec<_> = children.map(|child| child.name()).collect();
            match names.as_slice() {
                ["return"] => {}
                names if names.contains(&"return") => _ = beside.insert(name),
                _ => _ = without.insert(name),
            }
            // One text in each child: whole it comes, and whole it goes on.
            let inside: String = names
                .iter()
                .map(|name| format!("<{name}>x</{name}>"))
                .collect();
            let message = format!(
                "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>\
                 <n:{name}Response xmlns:n=\"{}\">{inside}</n:{name}Response></e:Body></e:Envelope>",
                version.namespace()
            );
            let call = client.call_dynamic(&Dynamic::new(name));
            let mut reply = call.pending.receive(ResponseHead::new(200)).unwrap();
            reply.handle_body(message.as_bytes()).unwrap();
            let answer = reply.finish().unwrap();
            let expected: Vec<_> = names
                .iter()
                .map(|name| text((*name).to_owned(), "x"))
                .collect();
            assert_eq!(answer.children, expected, "{folder}: {name}");
            assert_eq!(
                answer.returned().is_some(),
                names.contains(&"return"),
                "{folder}: {name}"
            );
        }
        let mut expected = BTreeSet::from(WITHOUT_RETURN);
        if version == Version::V12_0 {
            expected.extend(WITHOUT_RETURN_IN_12_0);
        }
        assert_eq!(without, expected, "{folder}");
        let is_later = !matches!(folder, "11.5" | "12.0");
        let expected = BESIDE_RETURN.into_iter().filter(|_| is_later).collect();
        assert_eq!(beside, expected, "{folder}");
    }
}

/// A field of a record. A record serves several places, of which not all have all of it: it is told
/// from others by the names in it.
type Known = (Vec<&'static str>, &'static str);

fn known(fields: &'static [Field], wire: &'static str) -> Known {
    (fields.iter().map(|field| field.wire).collect(), wire)
}

/// Compares a record with what the schema has at its place: whether its children come in that
/// order. Those that are there are noted.
fn compare(
    path: &str,
    fields: &'static [Field],
    place: TypeRef<'_>,
    there: &mut BTreeSet<Known>,
    faults: &mut Vec<String>,
) {
    let names: Vec<_> = place.children().map(|child| child.name()).collect();
    let mut last = 0;
    for field in fields {
        let mut first = None;
        for wire in field.wire.split(" | ") {
            if field.place == Place::Attribute {
                if place.attributes().any(|name| name == wire) {
                    there.insert(known(fields, wire));
                }
                continue;
            }
            let Some(at) = names.iter().position(|name| *name == wire) else {
                continue;
            };
            there.insert(known(fields, wire));
            first = Some(first.map_or(at, |first: usize| first.min(at)));
            if let Some(child) = place.child(wire).filter(|_| !field.inner.is_empty()) {
                let path = format!("{path}/{wire}");
                compare(&path, field.inner, child.content(), there, faults);
            }
        }
        if let Some(first) = first {
            if first < last {
                faults.push(format!("{path}: {} stands too late", field.wire));
            }
            last = first;
        }
    }
}

/// Every field of a record and of those in it.
fn places(fields: &'static [Field], all: &mut BTreeSet<Known>) {
    for field in fields {
        places(field.inner, all);
        all.extend(field.wire.split(" | ").map(|wire| known(fields, wire)));
    }
}

#[test]
fn typed_operations_fit_the_schema_of_every_version() {
    let mut there = BTreeSet::new();
    let mut faults = Vec::new();
    for (folder, version, _) in VERSIONS {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let schema = Schema::from_xsd(xsd).unwrap();
        for table in Request::TABLES {
            let request = schema.request(table.name).unwrap();
            compare(table.name, table.request, request, &mut there, &mut faults);
            let answer = schema.answer(table.name).unwrap();
            let reply = match table.place {
                ReplyPlace::Return => answer.child("return").unwrap().content(),
                ReplyPlace::Answer => answer,
            };
            compare(table.name, table.reply, reply, &mut there, &mut faults);
        }
        assert_eq!(faults, [""; 0], "{version}");
    }
    let mut all = BTreeSet::new();
    for table in Request::TABLES {
        places(table.request, &mut all);
        places(table.reply, &mut all);
    }
    let unknown: Vec<_> = all.difference(&there).map(|(_, wire)| wire).collect();
    assert_eq!(unknown, [&""; 0]);
    assert!(all.len() > 800, "{}", all.len());
}

/// Rows of the table of the most used operations, and two whose answers have something beside `return`.
const MOST_USED: [&str; 42] = [
    "getCCMVersion",
    "doAuthenticateUser",
    "addPhone",
    "updatePhone",
    "getPhone",
    "listPhone",
    "removePhone",
    "applyPhone",
    "resetPhone",
    "restartPhone",
    "addUser",
    "updateUser",
    "getUser",
    "removeUser",
    "listUser",
    "addAppUser",
    "updateAppUser",
    "getAppUser",
    "listAppUser",
    "addLine",
    "updateLine",
    "getLine",
    "removeLine",
    "listLine",
    "getDevicePool",
    "listDevicePool",
    "addCss",
    "getCss",
    "addRoutePartition",
    "getRoutePartition",
    "getDeviceProfile",
    "getSipTrunk",
    "addRoutePattern",
    "getServiceParameter",
    "updateServiceParameter",
    "executeSQLQuery",
    "executeSQLUpdate",
    "listChange",
    "doDeviceLogin",
    "doDeviceReset",
    "getSmartLicenseStatus",
    "getTransportSettings",
];

#[test]
fn every_operation_of_cisco_becomes_a_record() {
    let Some(schema) = schema() else { return };
    let all: Vec<_> = schema.operations().collect();
    let mut structs = 0;
    for piece in all.chunks(100) {
        let source = schema.render(piece).unwrap();
        for name in piece {
            assert!(source.contains(&format!("Request of `{name}`")), "{name}");
        }
        structs += source.matches("    /// ").count();
    }
    assert!(structs > 20_000, "{structs}");
}

/// A crate of the records, checked by the compiler that builds this test.
#[test]
fn records_of_the_most_used_operations_compile() {
    let Some(schema) = schema() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axl-records");
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"axl-records\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nsoap-axl = {{ path = {:?} }}\n\n[workspace]\n",
        env!("CARGO_MANIFEST_DIR")
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).unwrap();
    let records = schema.render(&MOST_USED).unwrap();
    let library = format!("//! Records.\n#![deny(warnings, missing_docs)]\n{records}");
    fs::write(folder.join("src/lib.rs"), library).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.join("target"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
