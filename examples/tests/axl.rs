//! AXL over real sockets: the CUCM stand-in, asked with bytes typed by hand, and the realm.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::time::Duration;

use examples::realm::{Realm, RealmError, RealmLimits, Verdict};

mod common {
    pub(crate) mod cucm;
}
use common::cucm::{start, status};

#[tokio::test]
async fn prefixes_and_sequence_stand_as_clients_expect_them() {
    let cucm = start().await;
    let response = cucm
        .post(
            "axlreader",
            "CUCM:DB ver=14.0 listUser",
            "<ns:listUser sequence=\"7\"><searchCriteria><userid>1001002</userid></searchCriteria>\
             <returnedTags><userid/><firstName/></returnedTags></ns:listUser>",
        )
        .await;
    assert_eq!(status(&response), "200", "{response}");
    assert!(
        response.contains("<soapenv:Envelope xmlns:soapenv="),
        "{response}"
    );
    assert!(
        response.contains(
            "<ns:listUserResponse xmlns:ns=\"http://www.cisco.com/AXL/API/14.0\" sequence=\"7\">\
         <return><user uuid=\"{"
        ),
        "{response}"
    );
    assert!(
        response.contains("<firstName>Bravo</firstName><userid>1001002</userid></user></return>"),
        "{response}"
    );
    cucm.stop().await;
}

#[tokio::test]
async fn past_the_end_of_a_list_the_return_is_empty() {
    let cucm = start().await;
    let response = cucm
        .post(
            "axlreader",
            "CUCM:DB ver=14.0 listPhone",
            "<ns:listPhone><searchCriteria><name>%</name></searchCriteria>\
             <returnedTags><name/></returnedTags><skip>20</skip><first>20</first></ns:listPhone>",
        )
        .await;
    assert_eq!(status(&response), "200", "{response}");
    assert!(
        response.contains("<return/></ns:listPhoneResponse>"),
        "{response}"
    );
    cucm.stop().await;
}

#[tokio::test]
async fn who_may_not_is_told_so_before_soap_or_by_a_fault() {
    let cucm = start().await;
    let operation = "<ns:getUser><userid>1001001</userid></ns:getUser>";
    let action = "CUCM:DB ver=14.0 getUser";

    let response = cucm.post("wrong password", action, operation).await;
    assert_eq!(status(&response), "401", "{response}");
    assert!(
        response
            .to_lowercase()
            .contains("www-authenticate: basic realm="),
        "{response}"
    );
    assert!(response.contains("text/html"), "{response}");

    let response = cucm.post("noaxl", action, operation).await;
    assert_eq!(status(&response), "403", "{response}");
    assert!(response.contains("<html>"), "{response}");

    let write = "<ns:removePhone><name>SEP000001001001</name></ns:removePhone>";
    let response = cucm
        .post("axlreader", "CUCM:DB ver=14.0 removePhone", write)
        .await;
    assert_eq!(status(&response), "403", "{response}");
    assert!(
        response.contains("<request>removePhone</request></axlError>"),
        "{response}"
    );
    cucm.stop().await;
}

#[tokio::test]
async fn another_version_and_a_missing_object_have_their_own_answers() {
    let cucm = start().await;
    let operation = "<ns:getUser><userid>nobody</userid></ns:getUser>";

    let response = cucm
        .post("axladmin", "CUCM:DB ver=99.0 getUser", operation)
        .await;
    assert_eq!(status(&response), "599", "{response}");
    assert!(response.contains("Incorrect axl version"), "{response}");

    let response = cucm.post("axladmin", "", operation).await;
    assert_eq!(status(&response), "500", "{response}");
    assert!(
        response.contains(
            "<detail><axlError><axlcode>5007</axlcode>\
         <axlmessage>Item not valid: The specified User was not found</axlmessage>"
        ),
        "{response}"
    );
    cucm.stop().await;
}

#[tokio::test]
async fn a_get_with_credentials_is_a_login_probe() {
    let cucm = start().await;
    let get =
        |extra: &str| format!("GET /axl/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{extra}\r\n");
    let response = cucm
        .exchange(&get(
            "Authorization: Basic YXhscmVhZGVyOmNjeC1heGxyZWFkZXI=\r\n",
        ))
        .await;
    assert_eq!(status(&response), "200", "{response}");
    assert_eq!(status(&cucm.exchange(&get("")).await), "401");
    cucm.stop().await;
}

#[tokio::test]
async fn the_realm_tells_right_from_wrong_and_locks_after_five() {
    let cucm = start().await;
    let realm = Realm::new(&cucm.settings).unwrap();
    assert_eq!(
        realm.check("1001001", "ccx-1001001").await.unwrap(),
        Verdict::Accepted
    );
    assert_eq!(
        realm.check("nobody", "ccx-1001001").await.unwrap(),
        Verdict::Refused
    );
    assert_eq!(realm.check("1001001", "").await.unwrap(), Verdict::Refused);
    for _ in 0..5 {
        assert_eq!(
            realm.check("1001001", "wrong").await.unwrap(),
            Verdict::Refused
        );
    }
    let verdict = realm.check("1001001", "ccx-1001001").await.unwrap();
    assert!(matches!(verdict, Verdict::Locked { .. }), "{verdict:?}");
    assert_eq!(
        realm.check("1001002", "ccx-1001002").await.unwrap(),
        Verdict::Accepted
    );
    cucm.stop().await;
}

#[tokio::test]
async fn guesses_side_by_side_are_counted_one_by_one() {
    let cucm = start().await;
    let realm = Realm::new(&cucm.settings).unwrap();
    let guesses = (0..20).map(|number| {
        let realm = realm.clone();
        tokio::spawn(async move { realm.check("1001003", &format!("guess{number}")).await })
    });
    let mut refused = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap().unwrap() {
            Verdict::Refused => refused += 1,
            Verdict::Locked { .. } => {}
            Verdict::Accepted => panic!("a guess was taken"),
        }
    }
    assert_eq!(refused, 5);
    cucm.stop().await;
}

#[tokio::test]
async fn without_cucm_there_is_no_verdict() {
    let cucm = start().await;
    let settings = cucm.settings.clone();
    let limits = RealmLimits {
        timeout: Duration::from_secs(2),
        ..RealmLimits::default()
    };
    let realm = Realm::with_limits(&settings, limits).unwrap();
    assert_eq!(
        realm.check("1001001", "ccx-1001001").await.unwrap(),
        Verdict::Accepted
    );
    cucm.stop().await;
    // What is remembered still counts; what is not cannot be known.
    assert_eq!(
        realm.check("1001001", "ccx-1001001").await.unwrap(),
        Verdict::Accepted
    );
    let error = realm.check("1001002", "ccx-1001002").await.unwrap_err();
    assert!(matches!(error, RealmError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn an_application_user_without_a_role_is_the_operators_fault() {
    let cucm = start().await;
    let mut settings = cucm.settings.clone();
    settings
        .seed
        .application_users
        .retain(|user| user.name == "axlreader");
    settings.seed.application_users[0].name = "unknown".to_owned();
    let realm = Realm::new(&settings).unwrap();
    let error = realm.check("1001001", "ccx-1001001").await.unwrap_err();
    assert!(
        matches!(error, RealmError::ApplicationUser { status: 401 }),
        "{error}"
    );
    cucm.stop().await;
}
