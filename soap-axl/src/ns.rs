//! Namespace and role URIs.

/// Envelope of SOAP 1.1. SOAP 1.1 §4.
pub const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Envelope of SOAP 1.2. SOAP 1.2 part 1 §5.
pub const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// `actor` of SOAP 1.1 that addresses whoever gets the message first. SOAP 1.1 §4.2.2.
pub const SOAP11_NEXT: &str = "http://schemas.xmlsoap.org/soap/actor/next";
/// `role` of SOAP 1.2 that addresses whoever gets the message first. SOAP 1.2 part 1 §2.2.
pub const SOAP12_NEXT: &str = "http://www.w3.org/2003/05/soap-envelope/role/next";
/// `role` of SOAP 1.2 that nobody acts in. SOAP 1.2 part 1 §2.2.
pub const SOAP12_NONE: &str = "http://www.w3.org/2003/05/soap-envelope/role/none";
/// `role` of SOAP 1.2 that means the same as no role. SOAP 1.2 part 1 §2.2.
pub const SOAP12_ULTIMATE: &str = "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver";
/// Attributes of XML Schema in instances: `xsi:nil`, `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// What every AXL namespace begins with; the version follows, as in `.../API/14.0`.
pub const AXL_PREFIX: &str = "http://www.cisco.com/AXL/API/";
