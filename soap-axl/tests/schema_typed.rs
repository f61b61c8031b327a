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
    /// All that fits together.
    Everything,
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
                    ViolationKind::Misplaced(name) => self.barred.insert(format!("{path}/{name}")),
                    ViolationKind::Missing(names) => names.split(" | ").fold(false, |new, name| {
                        self.needed.insert(format!("{path}/{name}")) || new
                    }),
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
                .collect();
            let chosen = self.choice(field.wire, there.len().max(1) as u64);
            let Some(chosen) = there.get(chosen as usize) else {
                continue;
            };
            let outside = self.path.len();
            let path = format!("{}/{}", self.path, chosen.name());
            // One of a choice has to be there.
            let required = chosen.is_required() || field.wire.contains(" | ");
            let wanted = required || self.needed.contains(&path) || self.wants(field.wire);
            if wanted && !self.barred.contains(&path) {
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
            Fill::Everything => true,
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
    let operation = Dynamic::new(element.local().to_owned());
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

#[test]
fn what_typed_operations_write_is_good_by_the_schema() {
    let all: BTreeSet<_> = Request::TYPED.iter().collect();
    assert_eq!(ANSWERED.iter().collect::<BTreeSet<_>>(), all);
    let fills = [Fill::Required, Fill::Everything];
    let fills: Vec<_> = fills.into_iter().chain((1..7).map(Fill::Some)).collect();
    for folder in VERSIONS {
        let Some(xsd) = source::xsd(folder) else {
            return;
        };
        let schema = Schema::from_xsd(xsd).unwrap();
        let mut faults = BTreeSet::new();
        for table in Request::TABLES {
            for (number, fill) in fills.iter().enumerate() {
                let (request, answer) = exchange(&schema, table.name, *fill);
                for (part, violations, message) in [
                    (
                        "request",
                        schema.check(&dynamic(&entry(&request))),
                        &request,
                    ),
                    (
                        "answer",
                        schema.check_answer(table.name, &entry(&answer)),
                        &answer,
                    ),
                ] {
                    keep(folder, &format!("{}-{number}-{part}", table.name), message);
                    faults.extend(violations.iter().map(ToString::to_string));
                }
            }
        }
        assert_eq!(faults, BTreeSet::new(), "{folder}");
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
