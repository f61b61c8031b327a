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
        Client, ClientConfig, Dynamic, Field, Operation, Place, Received, ReplyPlace,
        Request, Version,
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
    state: u64,
}

impl Maker {
    fn new(fill: Fill) -> Self {
        let state = match fill {
            Fill::Required | Fill::Everything => 0,
            Fill::Some(seed) => seed,
        };
        Self { fill, state }
    }

    /// A number below `of`, by Knuth's generator for 64 bits.
    fn choice(&mut self, of: u64) -> u64 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % of
    }

    fn fill(&mut self, mut element: Element, fields: &[Field], place: TypeRef<'_>) -> Element {
        for field in fields {
            if field.place == Place::Attribute {
                if place.attributes().any(|name| name == field.wire) && self.wants() {
                    element.set_attr("", field.wire, "1");
                }
                continue;
            }
            let there: Vec<_> = field
                .wire
                .split(" | ")
                .filter_map(|name| place.child(name))
                .collect();
            let Some(chosen) = there.get(self.choice(there.len().max(1) as u64) as usize) else {
                continue;
            };
            // One of a choice has to be there.
            let required = chosen.is_required() || field.wire.contains(" | ");
            if required || self.wants() {
                element.push_child(self.child(*chosen, field));
            }
        }
        element
    }

    fn wants(&mut self) -> bool {
        match self.fill {
            Fill::Required => false,
            Fill::Everything => true,
            Fill::Some(_) => self.choice(2) == 0,
        }
    }

    fn child(&mut self, decl: ElementRef<'_>, field: &Field) -> Element {
        let element = Element::new("", decl.name().to_owned());
        if decl.is_nillable() && matches!(self.fill, Fill::Some(_)) && self.choice(4) == 0 {
            return element.with_attr_ns(ns::XSI, "nil", "true");
        }
        match decl.content().primitive() {
            Some(primitive) => {
                let with_key = decl
                    .content()
                    .attributes()
                    .find(|name| ["uuid", "queueId"].contains(name));
                let element = match with_key {
                    Some(name) => element.with_attr(name.to_owned(), KEY),
                    None => element,
                };
                element.with_text(text(primitive, decl))
            }
            None if field.inner.is_empty() => element,
            None => self.fill(element, field.inner, decl.content()),
        }
    }
}

/// A text that is right for every type that a field may have: a number is a word, too.
fn text(primitive: Primitive, decl: ElementRef<'_>) -> String {
    match primitive {
        Primitive::Uuid => KEY.to_owned(),
        Primitive::Boolean => "true".to_owned(),
        // Shorter ones are no pins.
        _ if decl.name() == "pin" => "13579".to_owned(),
        _ => match decl.content().values().first() {
            Some(value) => value.clone(),
            None => "1".to_owned(),
        },
    }
}

const KEY: &str = "{0A1B2C3D-0000-1111-2222-333344445555}";

/// Takes away what the schema says is too much: a second branch of a choice.
fn prune(element: &mut Element, path: &[&str], name: &str) {
    let mut children: Vec<Element> = element.children().cloned().collect();
    match path.split_first() {
        None => {
            let last = children.iter().rposition(|child| child.local() == name);
            children.remove(last.unwrap());
        }
        Some((step, rest)) => {
            for child in children.iter_mut().filter(|child| child.local() == *step) {
                let found = rest.is_empty() && child.children().all(|inner| inner.local() != name);
                if !found {
                    prune(child, rest, name);
                }
            }
        }
    }
    let mut pruned = Element::new(element.ns().to_owned(), element.local().to_owned());
    for attribute in element.attributes() {
        pruned.set_attr(
            attribute.name.ns().to_owned(),
            attribute.name.local().to_owned(),
            &*attribute.value,
        );
    }
    let text = element.text();
    *element = children.into_iter().fold(pruned, Element::with_child);
    if !text.is_empty() {
        element.push_text(text);
    }
}

/// The element without what is misplaced in it.
fn fitting(mut element: Element, check: impl Fn(&Element) -> Vec<Violation>) -> Element {
    loop {
        let misplaced = check(&element).into_iter().find_map(|violation| {
            let ViolationKind::Misplaced(name) = violation.kind else {
                return None;
            };
            Some((violation.path, name))
        });
        let Some((path, name)) = misplaced else {
            return element;
        };
        let steps: Vec<_> = path.split('/').skip(1).collect();
        prune(&mut element, &steps, &name);
    }
}

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
        let mut faults = Vec::new();
        for table in Request::TABLES {
            for (number, fill) in fills.iter().enumerate() {
                let (request, answer) = exchange(&schema, table.name, *fill);
                for (part, violations, message) in [
                    ("request", schema.check(&dynamic(&entry(&request))), &request),
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
        faults.sort();
        faults.dedup();
        assert_eq!(faults, [""; 0], "{folder}");
    }
}

/// Request and answer of an operation, each read into its record and written again.
fn exchange(schema: &Schema, name: &str, fill: Fill) -> (Vec<u8>, Vec<u8>) {
    let version: Version = schema.version();
    let client = Client::new(ClientConfig::new(version));
    let table = Request::TABLES.iter().find(|table| table.name == name);
    let table = table.unwrap();

    let mut maker = Maker::new(fill);
    let element = Element::new(version.namespace(), table.name);
    let element = maker.fill(element, table.request, schema.request(name).unwrap());
    let element = fitting(element, |element| schema.check(&dynamic(element)));
    let message = envelope11(&format!("<e:Body>{element}</e:Body>"));
    let received = received(&message);
    let received = received.unwrap_or_else(|refused| panic!("{name}: {refused:?}: {message}"));
    let request = client.call_request(received.request()).request.body;

    let element = Element::new(version.namespace(), format!("{name}Response"));
    let place = schema.answer(name).unwrap();
    let element = match table.place {
        ReplyPlace::Answer => maker.fill(element, table.reply, place),
        ReplyPlace::Return => {
            let decl = place.child("return").unwrap();
            let field = Element::new("", "return");
            element.with_child(match decl.content().primitive() {
                Some(primitive) => field.with_text(text(primitive, decl)),
                None => maker.fill(field, table.reply, decl.content()),
            })
        }
    };
    let element = fitting(element, |element| schema.check_answer(name, element));
    let message = envelope11(&format!("<e:Body>{element}</e:Body>"));
    let answer = answer(&client, &received, &message);
    (request.to_vec(), answer)
}
