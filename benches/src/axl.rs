//! What an AXL server answers, and what a client makes of it; a request to be written.

use std::fmt::Write;

use soap_axl::ResponseHead;
use soap_axl::axl::{
    AddPhone, AxlCallError, Client, ClientConfig, DeviceProtocol, Dirn, ForeignKey, ListPhone,
    Operation, Phone, PhoneCriteria, PhoneLine, PhoneLines, Presence, Product, Tags, Version,
};

/// The answer to `listPhone` with this many phones, each with 11 children, of which four refer to
/// other objects.
#[must_use]
pub fn phones(count: usize) -> String {
    let mut body = String::new();
    for number in 0..count {
        let key = |kind: u32| format!("{{{kind:08X}-7803-11D3-BDF0-{number:012X}}}");
        let _ = write!(
            body,
            "<phone ctiid=\"{number}\" uuid=\"{}\"><name>SEP{number:012X}</name>\
             <description>Desk {number}, R&amp;D building</description>\
             <product>Cisco 8841</product><model>Cisco 8841</model><class>Phone</class>\
             <protocol>SIP</protocol><protocolSide>User</protocolSide>\
             <callingSearchSpaceName uuid=\"{}\">Internal</callingSearchSpaceName>\
             <devicePoolName uuid=\"{}\">Default</devicePoolName>\
             <locationName uuid=\"{}\">Hub_None</locationName>\
             <ownerUserName uuid=\"{}\">user{number}</ownerUserName></phone>",
            key(1),
            key(2),
            key(3),
            key(4),
            key(5),
        );
    }
    answer("listPhone", &body)
}

/// The answer to `executeSQLQuery` with this many rows of 6 columns.
#[must_use]
pub fn rows(count: usize) -> String {
    let mut body = String::new();
    for number in 0..count {
        let _ = write!(
            body,
            "<row><pkid>00000001-7803-11d3-bdf0-{number:012x}</pkid><name>SEP{number:012X}</name>\
             <description>Desk {number}, R&amp;D building</description><tkmodel>683</tkmodel>\
             <fkdevicepool>1b1b9eb6-7803-11d3-bdf0-00108302ead1</fkdevicepool><tkclass>1</tkclass>\
             </row>"
        );
    }
    answer("executeSQLQuery", &body)
}

fn answer(operation: &str, body: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>\
         <ns:{operation}Response xmlns:ns=\"http://www.cisco.com/AXL/API/14.0\"><return>{body}</return>\
         </ns:{operation}Response></soapenv:Body></soapenv:Envelope>"
    )
}

/// Asks for all phones.
#[must_use]
pub fn list_phone() -> ListPhone {
    ListPhone {
        criteria: PhoneCriteria::default(),
        returned_tags: Tags::of(["name"]),
        skip: None,
        first: None,
        other: Vec::new(),
    }
}

/// What a client makes of the whole answer.
///
/// # Panics
///
/// The answer is none.
#[must_use]
pub fn typed<O: Operation>(operation: &O, body: &[u8]) -> O::Reply {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml;charset=UTF-8");
    let reply = client.call(operation).pending.receive(head);
    let answer = reply.and_then(|mut reply| {
        reply.handle_body(body)?;
        reply.finish()
    });
    answer.unwrap_or_else(|error| panic!("{error}"))
}

/// The answer in pieces, as a socket gives them, row by row; how many bytes of text it held.
///
/// # Panics
///
/// The answer is none.
#[must_use]
pub fn pulled<O: Operation>(operation: &O, body: &[u8]) -> usize {
    let client = Client::new(ClientConfig::new(Version::V14_0));
    let head = ResponseHead::new(200).header("Content-Type", b"text/xml;charset=UTF-8");
    let read = || {
        let mut rows = client.call(operation).pending.receive_rows(head);
        let mut bytes = 0;
        for piece in body.chunks(16 * 1024) {
            rows.handle_body(piece)?;
            while let Some(row) = rows.next_row()? {
                bytes += row
                    .children()
                    .map(|column| column.text().len())
                    .sum::<usize>();
            }
        }
        rows.handle_end();
        while let Some(row) = rows.next_row()? {
            bytes += row
                .children()
                .map(|column| column.text().len())
                .sum::<usize>();
        }
        Ok::<usize, AxlCallError>(bytes)
    };
    read().unwrap_or_else(|error| panic!("{error}"))
}

/// Adds a phone with one line.
#[must_use]
pub fn add_phone() -> AddPhone {
    AddPhone {
        phone: phone(),
        other: Vec::new(),
    }
}

/// A phone with what the schema wants and some more.
fn phone() -> Phone {
    let key = |name: &str| ForeignKey::named(name).into();
    let line = PhoneLine {
        index: "1".into(),
        label: "Desk 1, R&D".into(),
        dirn: Presence::Value(Dirn {
            pattern: "1001001".into(),
            route_partition_name: key("Internal"),
            ..Dirn::default()
        }),
        ..PhoneLine::default()
    };
    Phone {
        name: "SEP001122334455".into(),
        description: "Desk 1, R&D building".into(),
        product: Product::CISCO_8841.into(),
        class: "Phone".into(),
        protocol: DeviceProtocol::SIP.into(),
        protocol_side: "User".into(),
        calling_search_space_name: key("Internal"),
        device_pool_name: key("Default"),
        common_phone_config_name: key("Standard Common Phone Profile"),
        location_name: key("Hub_None"),
        use_trusted_relay_point: "Default".into(),
        security_profile_name: key("Cisco 8841 - Standard SIP Non-Secure Profile"),
        sip_profile_name: key("Standard SIP Profile"),
        lines: PhoneLines {
            lines: vec![line],
            ..PhoneLines::default()
        }
        .into(),
        phone_template_name: key("Standard 8841 SIP"),
        primary_phone_name: Presence::Nil,
        built_in_bridge_status: "On".into(),
        owner_user_name: key("user1"),
        packet_capture_mode: "None".into(),
        allow_cti_control_flag: true.into(),
        certificate_operation: "No Pending Operation".into(),
        device_mobility_mode: "Default".into(),
        ..Phone::default()
    }
}
