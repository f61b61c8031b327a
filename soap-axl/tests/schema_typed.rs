//! Every typed operation as Cisco's schema allows it: request and answer are made from the schema,
//! read into records, written again, and checked.
//!
//! `AXL_TRAFFIC` can name a folder: what was written goes there, one file for each, to be validated
//! by others.
#![cfg(feature = "schema")]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

mod common;
#[path = "common/schema.rs"]
mod source;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use common::{axl_head, envelope11, serve};
use soap_axl::{
    HttpResponse, ResponseHead,
    axl::{
        Client, ClientConfig, Dynamic, Field, Operation, Place, Received, ReplyPlace, Request,
        Version,
        schema::{ElementRef, Primitive, Schema, TypeRef, Violation, ViolationKind},
    },
    ns,
    xml::{Element, Limits, Profile},
};

/// Folders of the versions.
const VERSIONS: [&str; 5] = ["11.5", "12.0", "12.5", "14.0", "15.0"];

/// How much of what may be left out is there.
#[derive(Clone, Copy, Debug)]
enum Fill {
    /// Nothing.
    Required,
    /// All that fits together; of a choice, what comes first.
    First,
    /// All that fits together; of a choice, what comes last.
    Last,
    /// All that fits together; what comes last of choices between the operation's own children, and
    /// what comes first of those further inside.
    LastOutside,
    /// The other way round.
    LastInside,
    /// A part of it, nil here and there; the number chooses.
    Some(u64),
}

/// Makes elements of what table and schema have in common.
struct Maker {
    fill: Fill,
    /// Names from the operation on, as violations have them.
    path: String,
    /// Paths that have to be there, since something else is.
    needed: BTreeSet<String>,
    /// Paths that must not be there, since something else is.
    barred: BTreeSet<String>,
}

impl Maker {
    fn new(fill: Fill) -> Self {
        Self {
            fill,
            path: String::new(),
            needed: BTreeSet::new(),
            barred: BTreeSet::new(),
        }
    }

    /// An element that `check` finds nothing wrong with, or as good a one as can be made.
    fn make(
        mut self,
        name: &str,
        make: impl Fn(&mut Self) -> Element,
        check: impl Fn(&Element) -> Vec<Violation>,
    ) -> Element {
        loop {
            self.path = name.to_owned();
            let element = make(&mut self);
            let mut learnt = false;
            for Violation { path, kind } in check(&element) {
                learnt |= match kind {
                    // What comes behind a second branch of a choice is told as misplaced, too.
                    ViolationKind::Misplaced(_) if learnt => false,
                    ViolationKind::Misplaced(misplaced) => {
                        let before = before(&element, &path, &misplaced);
                        let keeps_last = match self.fill {
                            Fill::Required | Fill::First | Fill::Some(_) => false,
                            Fill::Last => true,
                            Fill::LastOutside => !path.contains('/'),
                            Fill::LastInside => path.contains('/'),
                        };
                        let name = before.filter(|_| keeps_last);
                        let name = name.unwrap_or(misplaced);
                        self.barred.insert(format!("{path}/{name}"))
                    }
                    ViolationKind::Missing(names) => names
                        .split(" | ")
                        .any(|name| self.needed.insert(format!("{path}/{name}"))),
                    _ => false,
                };
            }
            if !learnt {
                return element;
            }
        }
    }

    /// A number below `of` that depends on the place and on what is asked there: FNV-1a.
    fn choice(&self, what: &str, of: u64) -> u64 {
        let Fill::Some(seed) = self.fill else {
            return 0;
        };
        let bytes = self.path.bytes().chain(what.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        (hash >> 32) % of
    }

    fn fill(&mut self, mut element: Element, fields: &[Field], place: TypeRef<'_>) -> Element {
        for field in fields {
            if field.place == Place::Attribute {
                if place.attributes().any(|name| name == field.wire) && self.wants(field.wire) {
                    let value = if field.wire == "uuid" { KEY } else { "1" };
                    element.set_attr("", field.wire, value);
                }
                continue;
            }
            let there: Vec<_> = field
                .wire
                .split(" | ")
                .filter_map(|name| place.child(name))
                .filter(|decl| {
                    !self
                        .barred
                        .contains(&format!("{}/{}", self.path, decl.name()))
                })
                .collect();
            let chosen = self.choice(field.wire, there.len().max(1) as u64);
            let Some(chosen) = there.get(chosen as usize) else {
                continue;
            };
            let outside = self.path.len();
            let path = format!("{}/{}", self.path, chosen.name());
            // One of a choice has to be there.
            let required = chosen.is_required() || field.wire.contains(" | ");
            if required || self.needed.contains(&path) || self.wants(field.wire) {
                self.path = path;
                element.push_child(self.child(*chosen, field));
                self.path.truncate(outside);
            }
        }
        element
    }

    fn wants(&self, name: &str) -> bool {
        match self.fill {
            Fill::Required => false,
            Fill::First | Fill::Last | Fill::LastOutside | Fill::LastInside => true,
            Fill::Some(_) => self.choice(&format!("{name}?"), 2) == 0,
        }
    }

    fn child(&mut self, decl: ElementRef<'_>, field: &Field) -> Element {
        let element = Element::new("", decl.name().to_owned());
        let some = matches!(self.fill, Fill::Some(_));
        if some && decl.is_nillable() && self.choice("nil", 4) == 0 {
            return element.with_attr_ns(ns::XSI, "nil", "true");
        }
        let content = decl.content();
        match content.primitive() {
            Some(primitive) => {
                let mut attributes = content.attributes();
                let key = attributes.find(|name| ["uuid", "queueId"].contains(name));
                let element = match key {
                    Some(name) => element.with_attr(name.to_owned(), KEY),
                    None => element,
                };
                element.with_text(text(primitive, decl))
            }
            None if field.inner.is_empty() => element,
            None => self.fill(element, field.inner, content),
        }
    }
}

/// Name of the element that stands before the first one of a name, where a path leads.
fn before(element: &Element, path: &str, name: &str) -> Option<String> {
    let mut steps = path.split('/').skip(1);
    let parent = steps.try_fold(element, |place, step| place.child("", step))?;
    let children: Vec<_> = parent.children().map(Element::local).collect();
    let at = children.iter().position(|child| *child == name)?;
    Some(children.get(at.checked_sub(1)?)?.to_string())
}

/// A text that is right for every type that a field may have: a number is a word, too.
fn text(primitive: Primitive, decl: ElementRef<'_>) -> String {
    // The schema asks for more of some than `Primitive` tells.
    match (decl.name(), primitive) {
        ("return", _) | (_, Primitive::Uuid) => KEY.to_owned(),
        ("pin", _) => "13579".to_owned(),
        ("mac", _) => "0123456789aB".to_owned(),
        (_, Primitive::Boolean) => "true".to_owned(),
        _ => match decl.content().values().first() {
            Some(value) => value.clone(),
            None => "1".to_owned(),
        },
    }
}

const KEY: &str = "{0A1B2C3D-0000-1111-2222-333344445555}";

fn dynamic(element: &Element) -> Dynamic {
    let mut operation = Dynamic::new(element.local().to_owned());
    for attribute in element.attributes() {
        operation = operation.with_attribute(attribute.name.local(), attribute.value.clone());
    }
    element.children().cloned().fold(operation, Dynamic::with)
}

/// The entry of a message's body.
fn entry(message: &[u8]) -> Element {
    let limits = Limits::default().with_document(1 << 24);
    let envelope = Element::parse(message, Profile::Soap, &limits).unwrap();
    let body = envelope.child(ns::SOAP11, "Body").unwrap();
    body.children().next().unwrap().clone()
}

fn received(message: &str) -> Result<Received, HttpResponse> {
    serve(axl_head(""), message)
}

/// What a server writes for an answer that a client has read.
fn answered<O: Operation>(
    client: &Client,
    operation: &O,
    received: &Received,
    message: &str,
) -> Vec<u8> {
    let pending = client.call(operation).pending;
    let mut incoming = pending.receive(ResponseHead::new(200)).unwrap();
    incoming.handle_body(message.as_bytes()).unwrap();
    let reply = incoming.finish();
    let reply = reply.unwrap_or_else(|error| panic!("{}: {error}: {message}", O::NAME));
    let response = match O::PLACE {
        ReplyPlace::Return => received.answer(&reply),
        ReplyPlace::Answer => received.answer_inside(&reply),
    };
    response.body.to_vec()
}

macro_rules! answers {
    ($($name:ident)+) => {
        const ANSWERED: &[&str] = &[$(<soap_axl::axl::$name as Operation>::NAME,)+];

        /// What a server writes for an answer to whatever operation this is.
        fn answer(client: &Client, received: &Received, message: &str) -> Vec<u8> {
            match received.request() {
                $(Request::$name(operation) => answered(client, operation, received, message),)+
                other => panic!("{} has no type here", other.name()),
            }
        }
    };
}

answers! {
    AddAppUser AddCss AddDevicePool AddDeviceProfile AddLine AddLocation AddPhone AddProcessNode AddRegion
    AddRoutePartition AddRoutePattern AddSipTrunk AddUser
    ApplyDevicePool ApplyLine ApplyPhone ApplyRegion ApplyRoutePartition
    DoAuthenticateUser DoChangeDndStatus DoDeviceLogin DoDeviceLogout DoDeviceReset DoLdapSync
    ExecuteSqlQuery ExecuteSqlUpdate
    GetAppUser GetCcmVersion GetCss GetDevicePool GetDeviceProfile GetLine GetLocation GetPhone GetProcessNode
    GetRegion GetRoutePartition GetRoutePattern GetServiceParameter GetSipTrunk GetUser
    ListAppUser ListChange ListCss ListDevicePool ListDeviceProfile ListLine ListLocation ListPhone
    ListProcessNode ListRegion ListRoutePartition ListRoutePattern ListServiceParameter ListSipTrunk ListUser
    LockPhone
    RemoveAppUser RemoveCss RemoveDevicePool RemoveDeviceProfile RemoveLine RemoveLocation RemovePhone
    RemoveProcessNode RemoveRegion RemoveRoutePartition RemoveRoutePattern RemoveSipTrunk RemoveUser
    ResetDevicePool ResetLine ResetPhone ResetSipTrunk
    RestartDevicePool RestartLine RestartPhone RestartRegion RestartRoutePartition RestartSipTrunk
    UpdateAppUser UpdateCss UpdateDevicePool UpdateDeviceProfile UpdateLine UpdateLocation UpdatePhone
    UpdateProcessNode UpdateRegion UpdateRoutePartition UpdateRoutePattern UpdateServiceParameter
    UpdateSipTrunk UpdateUser
    WipePhone
}

/// Where what was written goes, if anywhere.
fn keep(version: &str, name: &str, message: &[u8]) {
    let Some(folder) = env::var_os("AXL_TRAFFIC").map(PathBuf::from) else {
        return;
    };
    let folder = folder.join(version);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(Path::new(name).with_extension("xml")), message).unwrap();
}

/// Paths of all fields of a table that the schema has at their places.
fn expected(path: &str, fields: &[Field], place: TypeRef<'_>, all: &mut BTreeSet<String>) {
    for field in fields.iter().filter(|field| field.place == Place::Child) {
        for decl in field.wire.split(" | ").filter_map(|name| place.child(name)) {
            let path = format!("{path}/{}", decl.name());
            expected(&path, field.inner, decl.content(), all);
            all.insert(path);
        }
    }
}

/// Takes away the paths that an element has.
fn strike(path: &str, element: &Element, all: &mut BTreeSet<String>) {
    for child in element.children() {
        let path = format!("{path}/{}", child.local());
        strike(&path, child, all);
        all.remove(&path);
    }
}

#[test]
fn what_typed_operations_write_is_good_by_the_schema() {
    let all: BTreeSet<_> = Request::TYPED.iter().collect();
    assert_eq!(ANSWERED.iter().collect::<BTreeSet<_>>(), all);
    let fills = [
        Fill::Required,
        Fill::First,
        Fill::Last,
        Fill::LastOutside,
        Fill::LastInside,
    ];
    let fills: Vec<_> = fills.into_iter().chain((1..6).map(Fill::Some)).collect();
    for folder in VERSIONS {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let schema = Schema::from_xsd(xsd).unwrap();
        let (mut faults, mut unwritten) = (BTreeSet::new(), BTreeSet::new());
        for table in Request::TABLES {
            let name = table.name;
            let answer = schema.answer(name).unwrap();
            let mut left = BTreeSet::new();
            expected(
                name,
                table.request,
                schema.request(name).unwrap(),
                &mut left,
            );
            match (table.place, answer.child("return")) {
                (ReplyPlace::Return, Some(inside)) => {
                    let path = format!("{name}Response/return");
                    expected(&path, table.reply, inside.content(), &mut left);
                }
                _ => expected(&format!("{name}Response"), table.reply, answer, &mut left),
            }
            for (number, fill) in fills.iter().enumerate() {
                let (request, answer) = exchange(&schema, name, *fill);
                keep(folder, &format!("{name}-{number}-request"), &request);
                keep(folder, &format!("{name}-{number}-answer"), &answer);
                let (request, answer) = (entry(&request), entry(&answer));
                let violations = schema.check(&dynamic(&request));
                faults.extend(violations.iter().map(ToString::to_string));
                let violations = schema.check_answer(name, &answer);
                faults.extend(violations.iter().map(ToString::to_string));
                strike(name, &request, &mut left);
                strike(answer.local(), &answer, &mut left);
            }
            unwritten.append(&mut left);
        }
        assert_eq!(faults, BTreeSet::new(), "{folder}");
        assert_eq!(unwritten, BTreeSet::new(), "{folder}: in no message");
    }
}

/// Attributes and children of the schema that a record does not name, and children that it names
/// whole though the schema says what is in them.
fn unnamed(path: &str, fields: &[Field], place: TypeRef<'_>, all: &mut BTreeSet<String>) {
    let named = |name: &str, at: Place| {
        fields
            .iter()
            .find(|field| field.place == at && field.wire.split(" | ").any(|wire| wire == name))
    };
    for name in place.attributes() {
        if named(name, Place::Attribute).is_none() {
            all.insert(format!("{path}/@{name}"));
        }
    }
    for decl in place.children() {
        let path = format!("{path}/{}", decl.name());
        let content = decl.content();
        match named(decl.name(), Place::Child) {
            None => {
                all.insert(path);
            }
            Some(field) if !field.inner.is_empty() => unnamed(&path, field.inner, content, all),
            Some(_) => all.extend(
                content
                    .children()
                    .map(|inner| format!("{path}/{}", inner.name())),
            ),
        }
    }
}

/// What records leave to others than fields, by the end of its path, and why.
const NOT_FIELDS: &[(&str, &str)] = &[
    ("/@sequence", "client and server number messages themselves"),
    ("/returnedTags/*", "a mask of whatever shape: `Tags`"),
];

#[test]
fn records_name_everything_that_the_schema_has() {
    for folder in ["12.5", "14.0", "15.0"] {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let schema = Schema::from_xsd(xsd).unwrap();
        let mut left = BTreeSet::new();
        for table in Request::TABLES {
            let (name, answer) = (table.name, schema.answer(table.name).unwrap());
            unnamed(
                name,
                table.request,
                schema.request(name).unwrap(),
                &mut left,
            );
            let path = format!("{name}Response");
            match (table.place, answer.child("return")) {
                (ReplyPlace::Return, Some(inside)) => {
                    unnamed(&path, table.reply, inside.content(), &mut left);
                }
                _ => unnamed(&path, table.reply, answer, &mut left),
            }
        }
        let is_left_out = |path: &String, (end, _): &(&str, &str)| match end.strip_suffix("/*") {
            Some(parent) => path
                .rsplit_once('/')
                .is_some_and(|(dir, _)| dir.ends_with(parent)),
            None => path.ends_with(end),
        };
        for rule in NOT_FIELDS {
            assert!(left.iter().any(|path| is_left_out(path, rule)), "{rule:?}");
        }
        left.retain(|path| !NOT_FIELDS.iter().any(|rule| is_left_out(path, rule)));
        assert_eq!(left, BTreeSet::new(), "{folder}");
    }
}

/// Request and answer of an operation, each read into its record and written again.
fn exchange(schema: &Schema, name: &str, fill: Fill) -> (Vec<u8>, Vec<u8>) {
    let version: Version = schema.version();
    let client = Client::new(ClientConfig::new(version));
    let table = Request::TABLES.iter().find(|table| table.name == name);
    let table = table.unwrap();

    let element = Maker::new(fill).make(
        name,
        |maker| {
            let element = Element::new(version.namespace(), table.name);
            maker.fill(element, table.request, schema.request(name).unwrap())
        },
        |element| schema.check(&dynamic(element)),
    );
    let message = envelope11(&format!("<e:Body>{element}</e:Body>"));
    let received = received(&message);
    let received = received.unwrap_or_else(|refused| panic!("{name}: {refused:?}: {message}"));
    let request = client.call_request(received.request()).request.body;

    let element = Maker::new(fill).make(
        &format!("{name}Response"),
        |maker| {
            let element = Element::new(version.namespace(), format!("{name}Response"));
            let place = schema.answer(name).unwrap();
            if table.place == ReplyPlace::Answer {
                return maker.fill(element, table.reply, place);
            }
            let decl = place.child("return").unwrap();
            let inside = Element::new("", "return");
            maker.path.push_str("/return");
            element.with_child(match decl.content().primitive() {
                Some(primitive) => inside.with_text(text(primitive, decl)),
                None => maker.fill(inside, table.reply, decl.content()),
            })
        },
        |element| schema.check_answer(name, element),
    );
    let message = envelope11(&format!("<e:Body>{element}</e:Body>"));
    let answer = answer(&client, &received, &message);
    (request.to_vec(), answer)
}
