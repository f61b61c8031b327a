//! Answers of an AXL server, to be read.

use std::fmt::Write;

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
