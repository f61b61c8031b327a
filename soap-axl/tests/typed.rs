//! Every typed operation, made from its table: what is written is what was read.

#![allow(clippy::unwrap_used, reason = "helpers of a test may do as tests do")]

mod common;

use common::{axl_head, envelope11, serve};
use proptest::{prelude::*, sample::Index, test_runner::Config};
use soap_axl::{
    axl::{Client, ClientConfig, Field, Place, Request, UpdatePhone, UpdateUser, Version},
    ns,
    xml::{Element, Limits, Profile},
};

/// Makes elements from tables, by choices that proptest makes.
struct Maker<'c> {
    choices: &'c [u8],
    next: usize,
}

impl Maker<'_> {
    fn choice(&mut self, of: usize) -> usize {
        let choice = self.choices[self.next % self.choices.len()];
        self.next += 1;
        usize::from(choice) % of
    }

    /// A text that is right for every type: a number is a boolean and a key too.
    fn text(&mut self) -> &'static str {
        ["0", "1"][self.choice(2)]
    }

    fn fill(&mut self, mut element: Element, fields: &[Field]) -> Element {
        for field in fields {
            if field.place == Place::Attribute {
                if self.choice(2) == 0 {
                    element.set_attr("", field.wire, self.text());
                }
                continue;
            }
            let names: Vec<_> = field.wire.split(" | ").collect();
            let child = Element::new("", names[self.choice(names.len())]);
            element.push_child(match self.choice(4) {
                0 => child.with_attr_ns(ns::XSI, "nil", "true"),
                // What a mask holds does not count.
                _ if field.wire == "returnedTags" => child,
                // The attribute is required.
                _ if field.wire == "startChangeId" => {
                    child.with_attr("queueId", "1").with_text(self.text())
                }
                _ if field.inner.is_empty() => child.with_text(self.text()),
                _ => self.fill(child, field.inner),
            });
        }
        element
    }
}

fn request(element: &Element) -> Result<Request, soap_axl::HttpResponse> {
    let body = envelope11(&format!("<e:Body>{element}</e:Body>"));
    serve(axl_head(""), &body).map(|received| received.request().clone())
}

/// What a client sends for a request that came in.
fn sent(request: &Request) -> Element {
    let call = Client::new(ClientConfig::new(Version::V14_0)).call_request(request);
    let envelope = Element::parse(
        &call.request.body,
        Profile::Soap,
        &Limits::default().with_document(1 << 24),
    );
    let envelope = envelope.unwrap();
    let body = envelope.child(ns::SOAP11, "Body").unwrap();
    body.children().next().unwrap().clone()
}

/// Booleans are written in words.
fn without_booleans(element: &Element) -> String {
    element
        .to_string()
        .replace(">true<", ">1<")
        .replace(">false<", ">0<")
        .replace("isMGCP=\"true\"", "isMGCP=\"1\"")
        .replace("isMGCP=\"false\"", "isMGCP=\"0\"")
}

proptest! {
    #![proptest_config(Config::with_cases(256))]

    #[test]
    fn what_is_written_is_what_was_read(
        table in any::<Index>(),
        choices in prop::collection::vec(any::<u8>(), 1..600),
    ) {
        let table = table.get(Request::TABLES);
        let namespace = Version::V14_0.namespace();
        let mut maker = Maker { choices: &choices, next: 0 };
        let element = maker.fill(Element::new(namespace, table.name), table.request);
        // A required value that says nil is text to some types and wrong to others.
        let Ok(first) = request(&element) else {
            return Ok(());
        };
        prop_assert!(!matches!(first, Request::Other(_)), "{}", table.name);
        let again = sent(&first);
        let second = request(&again);
        prop_assert!(second.is_ok(), "{again}");
        prop_assert_eq!(second.as_ref().ok(), Some(&first));
        // Required values that said nil have become empty ones.
        if !element.to_string().contains("nil=") {
            prop_assert_eq!(without_booleans(&again), without_booleans(&element));
        }
    }
}

#[test]
fn every_operation_with_everything_in_it_survives() {
    for table in Request::TABLES {
        // Never 0 of 4: a value everywhere.
        let mut maker = Maker {
            choices: &[1],
            next: 0,
        };
        let namespace = Version::V14_0.namespace();
        let element = maker.fill(Element::new(namespace, table.name), table.request);
        let read = request(&element);
        let read = read.unwrap_or_else(|refused| panic!("{}: {refused:?}", table.name));
        assert_eq!(
            without_booleans(&sent(&read)),
            without_booleans(&element),
            "{}",
            table.name
        );
    }
}

#[test]
fn an_update_keeps_clears_and_replaces() {
    let body = envelope11(
        "<e:Body><n:updatePhone xmlns:n='http://www.cisco.com/AXL/API/14.0' \
         xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><name>SEP001122334455</name>\
         <description>Lobby</description><callingSearchSpaceName i:nil='true'/>\
         <devicePoolName uuid='{1}'/></n:updatePhone></e:Body>",
    );
    let received = serve(axl_head(""), &body).unwrap();
    let Request::UpdatePhone(update) = received.request() else {
        panic!("{:?}", received.request());
    };
    let UpdatePhone {
        description,
        calling_search_space_name,
        device_pool_name,
        location_name,
        ..
    } = update;
    assert_eq!(description.value().unwrap(), "Lobby");
    assert!(calling_search_space_name.is_nil() && location_name.is_absent());
    let pool = device_pool_name.value().unwrap();
    assert_eq!(
        (pool.name.as_str(), pool.uuid.as_ref().unwrap().as_str()),
        ("", "{1}")
    );
    let written = sent(received.request()).to_string();
    let written = written.replace(" xmlns=\"\"", "");
    assert!(
        written.contains("<name>SEP001122334455</name><description>Lobby</description>")
            && written.contains(":nil=\"true\"/><devicePoolName uuid=\"{1}\"/></"),
        "{written}"
    );
}

#[test]
fn secrets_of_updates_print_nothing() {
    let body = envelope11(
        "<e:Body><n:updateUser xmlns:n='http://www.cisco.com/AXL/API/14.0'><userid>u</userid>\
         <password>hunter2</password><pin>24680</pin>\
         <digestCredentials>hunter3</digestCredentials><mlppPassword>hunter4</mlppPassword>\
         <attendeesAccessCode>13579</attendeesAccessCode></n:updateUser></e:Body>",
    );
    let received = serve(axl_head(""), &body).unwrap();
    let Request::UpdateUser(UpdateUser { password, pin, .. }) = received.request() else {
        panic!("another operation");
    };
    assert_eq!(password.value().unwrap().expose(), "hunter2");
    assert_eq!(pin.value().unwrap().expose(), "24680");
    let printed = format!("{received:?}");
    for secret in ["hunter2", "24680", "hunter3", "hunter4", "13579"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
