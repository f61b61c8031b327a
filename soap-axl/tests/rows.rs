//! Answers that arrive piece by piece and are read item by item.

#![allow(clippy::unwrap_used, reason = "helpers of a test may do as tests do")]

mod common;

use common::{envelope11, golden};
use proptest::prelude::*;
use soap_axl::{
    CallError, DecodeErrorKind, EnvelopeCodec, RefusalKind, ResponseHead, SoapVersion,
    axl::{
        AxlCallError, AxlCode, Client, ClientConfig, ExecuteSqlQuery, Items, ListPhone, Phone,
        PhoneCriteria, Presence, Rows, Tags, Version,
    },
};

const XML: &str = "text/xml;charset=UTF-8";

fn client() -> Client {
    Client::new(ClientConfig::new(Version::V14_0))
}

fn rows(status: u16, content_type: &str) -> Rows {
    let call = client().call(&ExecuteSqlQuery::new("select name from device"));
    let head = ResponseHead::new(status).header("Content-Type", content_type.as_bytes());
    call.pending.receive_rows(head)
}

fn phones() -> Items<Phone> {
    let call = client().call(&ListPhone {
        criteria: PhoneCriteria::default(),
        returned_tags: Tags::of(["name"]),
        skip: None,
        first: None,
        other: Vec::new(),
    });
    let head = ResponseHead::new(200).header("Content-Type", XML.as_bytes());
    call.pending.receive_items(head)
}

/// What a row says: names and texts of its columns.
type Columns = Vec<(String, String)>;

/// All rows of a body that comes in pieces of this size; and the error, if it ends with one.
fn read(mut rows: Rows, body: &[u8], size: usize) -> (Vec<Columns>, Result<(), AxlCallError>) {
    let mut seen = Vec::new();
    let mut take = |rows: &mut Rows| {
        while let Some(row) = rows.next_row()? {
            let column = |column: soap_axl::TreeNode<'_>| {
                (column.local().to_owned(), column.text().into_owned())
            };
            seen.push(row.children().map(column).collect());
        }
        Ok(())
    };
    let mut result = Ok(());
    for piece in body.chunks(size) {
        result = rows.handle_body(piece).and_then(|()| take(&mut rows));
        if result.is_err() {
            return (seen, result);
        }
    }
    rows.handle_end();
    if result.is_ok() {
        result = take(&mut rows);
    }
    assert!(rows.is_over());
    (seen, result)
}

fn answer(operation: &str, inside: &str) -> String {
    envelope11(&format!(
        "<e:Header/><e:Body><n:{operation}Response xmlns:n='http://www.cisco.com/AXL/API/14.0'>\
         <return>{inside}</return></n:{operation}Response></e:Body>"
    ))
}

fn query(inside: &str) -> String {
    answer("executeSQLQuery", inside)
}

fn columns(columns: &[(&str, &str)]) -> Columns {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    columns.iter().map(owned).collect()
}

#[test]
fn rows_are_the_same_however_the_answer_is_cut() {
    let body = golden("executeSQLQuery.response.xml");
    let expected = [
        columns(&[
            ("name", "SEP001122334455"),
            ("description", ""),
            ("pkid", "0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e42"),
        ]),
        columns(&[
            ("name", "SEP001122334456"),
            ("description", "Lobby & gate"),
            ("pkid", "0d5c1a3b-7e1f-4a55-9c3e-2f6b8a0d1e43"),
        ]),
    ];
    for size in (1..body.len()).chain([usize::MAX]) {
        let (rows, result) = read(rows(200, XML), body.as_bytes(), size);
        assert_eq!(result, Ok(()), "{size}");
        assert_eq!(rows, expected, "{size}");
    }
}

#[test]
fn a_row_comes_out_before_the_answer_is_complete() {
    let body = query("<row><a>1</a></row><row><a>2</a></row>");
    let half = body.find("<row><a>2").unwrap();
    let mut rows = rows(200, XML);
    rows.handle_body(&body.as_bytes()[..half]).unwrap();
    let row = rows.next_row().unwrap().unwrap();
    assert_eq!(row.child("a").unwrap().text(), "1");
    assert!(rows.next_row().unwrap().is_none() && !rows.is_over());
    rows.handle_body(&body.as_bytes()[half..]).unwrap();
    assert!(rows.next_row().unwrap().is_some());
    rows.handle_end();
    assert!(rows.next_row().unwrap().is_none() && rows.is_over());
}

#[test]
fn what_tags_look_like_inside_text_does_not_end_a_row() {
    let body = query(
        "<row k='a>b' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>\
         <!-- </row></return> --><a><![CDATA[</row></return><row>]]></a><b i:nil='true'/>\
         <c>1 > 0</c></row>\n<row/>",
    );
    for size in 1..body.len() {
        let (seen, result) = read(rows(200, XML), body.as_bytes(), size);
        assert_eq!(result, Ok(()), "{size}");
        let first = columns(&[("a", "</row></return><row>"), ("b", ""), ("c", "1 > 0")]);
        assert_eq!(seen, [first, Vec::new()], "{size}");
    }
    let mut one = rows(200, XML);
    one.handle_body(body.as_bytes()).unwrap();
    let row = one.next_row().unwrap().unwrap();
    assert_eq!(row.attr("k"), Some("a>b"));
    assert_eq!(row.presence("b"), Presence::Nil);
}

#[test]
fn objects_of_a_list_come_as_their_type() {
    let body = answer(
        "listPhone",
        "<phone uuid='{1}'><name>SEP1</name><devicePoolName uuid='{2}'>Default</devicePoolName>\
         </phone><addedLater/><phone><name>SEP2</name></phone>",
    );
    for size in [1, 7, 100, body.len()] {
        let mut items = phones();
        let mut names = Vec::new();
        for piece in body.as_bytes().chunks(size) {
            items.handle_body(piece).unwrap();
            while let Some(phone) = items.next_item().unwrap() {
                names.push(phone.name.into_value().unwrap());
            }
        }
        items.handle_end();
        while let Some(phone) = items.next_item().unwrap() {
            names.push(phone.name.into_value().unwrap());
        }
        assert_eq!(names, ["SEP1", "SEP2"], "{size}");
        assert!(items.is_over());
    }
}

#[test]
fn a_wrong_value_in_an_object_is_told_at_once() {
    let body = answer("listPhone", "<phone ctiid='x'/><phone/>");
    let mut items = phones();
    items
        .handle_body(&body.as_bytes()[..body.len() - 50])
        .unwrap();
    let error = items.next_item().unwrap_err();
    assert!(
        matches!(
            &error,
            AxlCallError::Call(CallError::Decode(error))
                if matches!(error.kind, DecodeErrorKind::Value { field: "ctiid", .. })
        ),
        "{error:?}"
    );
    assert!(items.is_over());
}

#[test]
fn an_empty_list_has_no_rows() {
    for inside in ["", " \n "] {
        let (rows, result) = read(rows(200, XML), query(inside).as_bytes(), 10);
        assert_eq!((rows.len(), result), (0, Ok(())));
    }
    let body = query("").replace("<return></return>", "<return/>");
    let (rows, result) = read(rows(200, XML), body.as_bytes(), 10);
    assert_eq!((rows.len(), result), (0, Ok(())));
}

#[test]
fn faults_and_pages_are_what_they_are_elsewhere() {
    let fault = golden("fault.5007.xml");
    for status in [200, 500] {
        let (_, result) = read(rows(status, XML), fault.as_bytes(), 7);
        let error = result.unwrap_err();
        assert!(
            matches!(&error, AxlCallError::Operation { error, .. } if error.code == AxlCode::NOT_FOUND),
            "{error:?}"
        );
    }
    for (status, kind) in [
        (401, RefusalKind::Unauthorized),
        (503, RefusalKind::Throttled),
    ] {
        let (_, result) = read(rows(status, "text/html"), b"<html>", 7);
        assert_eq!(result.unwrap_err().refusal(), Some(kind));
    }
    let (_, result) = read(rows(200, "text/html"), b"<html>", 7);
    assert_eq!(result.unwrap_err().refusal(), Some(RefusalKind::NotSoap));
}

#[test]
fn no_row_of_a_wrong_envelope_comes_out() {
    let good = query("<row/><row/>");
    for wrong in [
        good.replace("http://schemas.xmlsoap.org/soap/envelope/", "urn:other"),
        good.replace(
            "<e:Header/>",
            "<e:Header><h:h xmlns:h='urn:h' e:mustUnderstand='1'/></e:Header>",
        ),
        good.replace("executeSQLQueryResponse", "otherResponse"),
        good.replace("<e:Header/>", "<!DOCTYPE a>"),
        good.replace("<e:Header/>", "<e:Other/>"),
    ] {
        for size in [1, wrong.len()] {
            let (rows, result) = read(rows(200, XML), wrong.as_bytes(), size);
            assert!(rows.is_empty() && result.is_err(), "{wrong}");
        }
    }
    // What is wrong behind the rows is told when it comes.
    for wrong in [
        good.replace("</return>", "</other>"),
        good.replace("</e:Body>", "</e:Body><e:Body/>"),
        good.replace("</return>", "</return></n:executeSQLQueryResponse><b/>"),
        format!("{good}<a/>"),
    ] {
        let (rows, result) = read(rows(200, XML), wrong.as_bytes(), 10);
        assert_eq!(rows.len(), 2, "{wrong}");
        assert!(result.is_err(), "{wrong}");
    }
}

#[test]
fn an_answer_cut_at_any_byte_ends_with_an_error() {
    let body = golden("executeSQLQuery.response.xml");
    for end in 0..body.len() {
        for size in [5, 1000] {
            let (_, result) = read(rows(200, XML), &body.as_bytes()[..end], size);
            assert!(result.is_err(), "{end} in pieces of {size}");
        }
    }
}

#[test]
fn memory_is_bounded_by_the_longest_row_and_not_by_the_answer() {
    let head = query("").split_once("</return>").unwrap().0.to_owned();
    let row = format!("<row><a>{}</a></row>", "x".repeat(1000));
    let piece = row.repeat(16);
    let mut rows = rows(200, XML);
    rows.handle_body(head.as_bytes()).unwrap();
    let (mut count, mut most) = (0, 0);
    // 48 MB, three times what an envelope may have when it is held whole.
    for _ in 0..3000 {
        rows.handle_body(piece.as_bytes()).unwrap();
        most = most.max(rows.buffered());
        while rows.next_row().unwrap().is_some() {
            count += 1;
        }
    }
    assert_eq!(count, 48_000);
    assert!(most < 128 * 1024, "{most}");
}

#[test]
fn a_row_that_never_ends_is_given_up() {
    let head = query("").split_once("</return>").unwrap().0.to_owned();
    for endless in ["<row><a>x</a>", "x", "<row><a>&", "<!-- >", "<a b='>"] {
        let mut rows = rows(200, XML).with_max_item(10_000);
        rows.handle_body(head.as_bytes()).unwrap();
        let mut result = Ok(());
        let mut sent = 0;
        while result.is_ok() && sent < 100_000 {
            rows.handle_body(endless.as_bytes()).unwrap();
            sent += endless.len();
            result = rows.next_row().map(|_| ());
        }
        assert!(result.is_err(), "{endless}: {sent} bytes");
    }
    // Nor does a head, nor a tail.
    for start in ["<?xml version='1.0'?>", &query("")] {
        let mut rows = rows(200, XML).with_max_item(10_000);
        rows.handle_body(start.as_bytes()).unwrap();
        let mut result = Ok(());
        let mut sent = 0;
        while result.is_ok() && sent < 100_000 {
            rows.handle_body(b"<!-- -->").unwrap();
            sent += 8;
            result = rows.next_row().map(|_| ());
        }
        assert!(result.is_err(), "{start}: {sent} bytes");
    }
}

#[test]
fn utf_16_is_transcoded_when_it_is_complete() {
    let message = golden("executeSQLQuery.response.xml").replace("UTF-8", "UTF-16");
    let wide: Vec<u8> = core::iter::once(0xfeff)
        .chain(message.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect();
    for (content_type, size) in [("text/xml", 100), ("text/xml;charset=utf-16", 1)] {
        let (seen, result) = read(rows(200, content_type), &wide, size);
        assert_eq!((seen.len(), result), (2, Ok(())));
    }
    let marked = format!("\u{feff}{}", golden("executeSQLQuery.response.xml"));
    let (seen, result) = read(rows(200, "text/xml"), marked.as_bytes(), 10);
    assert_eq!((seen.len(), result), (2, Ok(())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rows_survive_any_cut(
        expected in prop::collection::vec(prop::collection::vec(("[a-z]{1,5}", "[ -~\r\u{e4}]{0,8}"), 0..4), 0..6),
        size in 1..200_usize,
    ) {
        let body = soap_axl::encode(SoapVersion::V11, &[], |encoder| {
            encoder.open_prefixed("ns", "http://www.cisco.com/AXL/API/14.0", "executeSQLQueryResponse");
            encoder.open("return");
            for row in &expected {
                encoder.open("row");
                for (name, text) in row {
                    encoder.text_element(name, text);
                }
                encoder.close();
            }
            encoder.close();
            encoder.close();
        });
        prop_assert!(EnvelopeCodec::default().decode_element(&body).is_ok());
        let (seen, result) = read(rows(200, XML), &body, size);
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1..50_usize) {
        let (seen, _) = read(rows(200, "text/xml"), &bytes, size);
        prop_assert!(seen.is_empty());
        let (head, tail) = (query(""), bytes);
        let mut body = head.split_once("</return>").unwrap().0.as_bytes().to_vec();
        body.extend_from_slice(&tail);
        let (_, result) = read(rows(200, "text/xml"), &body, size);
        prop_assert!(result.is_err());
    }
}
