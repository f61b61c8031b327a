//! The web service over real sockets, with the switch and the engine behind it and no notification
//! service: what REST says of a call from ring to wrap-up, and what it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use examples::{
    cucm, engine, finesse,
    server::Server,
    settings::Settings,
    shutdown::{self, ShutdownTrigger},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

struct Center {
    settings: Settings,
    http: SocketAddr,
    engine: Option<(Server, ShutdownTrigger)>,
    _others: Vec<ShutdownTrigger>,
    _dir: tempfile::TempDir,
}

impl Center {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::with_data_dir(dir.path().to_owned());
        let free = "127.0.0.1:0".parse().unwrap();
        settings.cucm.axl = free;
        settings.cucm.switch = free;
        settings.engine.cti = free;
        settings.finesse.http = free;
        settings.finesse.https = free;
        settings.caller.calls_per_minute = 0;

        let (cucm_trigger, shutdown) = shutdown::channel();
        let cucm = cucm::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        settings.cucm.axl = cucm.address("axl").unwrap();
        settings.cucm.switch = cucm.address("switch").unwrap();

        let engine = start_engine(&settings).await;
        settings.engine.cti = engine.0.address("cti").unwrap();

        let (finesse_trigger, shutdown) = shutdown::channel();
        let finesse = finesse::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap();
        let center = Self {
            settings,
            http: finesse.address("http").unwrap(),
            engine: Some(engine),
            _others: vec![cucm_trigger, finesse_trigger],
            _dir: dir,
        };
        center
            .until("SystemInfo", "<status>IN_SERVICE</status>")
            .await;
        center
    }

    /// Sends a request on a connection of its own; returns status and body.
    async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        timeout(LIMIT, stream.read_to_end(&mut answer))
            .await
            .unwrap()
            .unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let status = answer[9..12].parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, body.to_owned())
    }

    /// A call on the API as agent 1001001.
    async fn api(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.request(method, &format!("/finesse/api/{path}"), AUTHORIZATION, body)
            .await
    }

    async fn put(&self, path: &str, body: &str) {
        let (status, answer) = self.api("PUT", path, body).await;
        assert_eq!(status, 202, "{path} {body}: {answer}");
    }

    async fn action(&self, dialog: &str, action: &str) {
        let body = format!(
            "<Dialog><requestedAction>{action}</requestedAction>\
             <targetMediaAddress>1001001</targetMediaAddress></Dialog>"
        );
        self.put(&format!("Dialog/{dialog}"), &body).await;
    }

    /// Reads the resource until it says so.
    async fn until(&self, path: &str, part: &str) -> String {
        let wait = async {
            loop {
                let (_, body) = self.api("GET", path, "").await;
                if body.contains(part) {
                    return body;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        match timeout(LIMIT, wait).await {
            Ok(body) => body,
            Err(_) => panic!(
                "{path} never says {part}: {:?}",
                self.api("GET", path, "").await
            ),
        }
    }

    async fn sign_in(&self) {
        let login = "<User><state>LOGIN</state><extension>1001001</extension></User>";
        self.put("User/1001001", login).await;
        self.until("User/1001001", "<state>NOT_READY</state>").await;
        self.put("User/1001001", "<User><state>READY</state></User>")
            .await;
        self.until("User/1001001", "<state>READY</state>").await;
    }

    /// Asks for a customer and returns the id of the dialog that rings.
    async fn call_me(&self) -> String {
        let (status, _) = self
            .request("POST", "/desktop/call-me", AUTHORIZATION, "")
            .await;
        assert_eq!(status, 202);
        let dialogs = self
            .until("User/1001001/Dialogs", "<action>ANSWER</action>")
            .await;
        between(&dialogs, "<id>", "</id>").to_owned()
    }
}

async fn start_engine(settings: &Settings) -> (Server, ShutdownTrigger) {
    let (trigger, shutdown) = shutdown::channel();
    (
        engine::start(Arc::new(settings.clone()), shutdown)
            .await
            .unwrap(),
        trigger,
    )
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[tokio::test]
async fn a_call_goes_from_ring_to_wrap_up() {
    let center = Center::start().await;
    center.sign_in().await;
    let dialog = center.call_me().await;
    let path = format!("Dialog/{dialog}");
    center
        .until("User/1001001", "<state>RESERVED</state>")
        .await;

    center.action(&dialog, "ANSWER").await;
    center.until(&path, "<action>HOLD</action>").await;
    center.until("User/1001001", "<state>TALKING</state>").await;
    center.action(&dialog, "HOLD").await;
    center.until(&path, "<state>HELD</state>").await;
    center.action(&dialog, "RETRIEVE").await;
    center.until(&path, "<action>HOLD</action>").await;
    center.action(&dialog, "DROP").await;
    center.until("User/1001001", "<state>WORK</state>").await;

    let reason = "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction>\
        <targetMediaAddress>1001001</targetMediaAddress>\
        <mediaProperties><wrapUpReason>Solved</wrapUpReason></mediaProperties></Dialog>";
    center.put(&path, reason).await;
    center
        .until(&path, "<wrapUpReason>Solved</wrapUpReason>")
        .await;
    center
        .put("User/1001001", "<User><state>READY</state></User>")
        .await;
    center.until("User/1001001", "<state>READY</state>").await;
    center
        .until(&path, "<ErrorType>Dialog Not Found</ErrorType>")
        .await;
}

#[tokio::test]
async fn a_call_outlives_the_engine() {
    let mut center = Center::start().await;
    center.sign_in().await;
    let dialog = center.call_me().await;
    center.action(&dialog, "ANSWER").await;
    center.until("User/1001001", "<state>TALKING</state>").await;

    let (engine, trigger) = center.engine.take().unwrap();
    trigger.request();
    engine.task.await.unwrap();
    center
        .until("SystemInfo", "<status>OUT_OF_SERVICE</status>")
        .await;
    let (status, body) = center.api("GET", "User/1001001", "").await;
    assert_eq!(status, 503);
    assert!(
        body.contains("<ErrorMessage>SERVER_OUT_OF_SERVICE</ErrorMessage>"),
        "{body}"
    );

    center.engine = Some(start_engine(&center.settings).await);
    center
        .until("SystemInfo", "<status>IN_SERVICE</status>")
        .await;
    center.until("User/1001001", "<state>TALKING</state>").await;
    center
        .until(&format!("Dialog/{dialog}"), "<action>HOLD</action>")
        .await;
}

#[tokio::test]
async fn what_the_api_refuses_has_a_status_and_a_body() {
    let center = Center::start().await;
    let user = "/finesse/api/User/1001001";
    let wrong = "Authorization: Basic MTAwMTAwMTp3cm9uZw==\r\n";
    let foreign = &format!("{AUTHORIZATION}Sec-Fetch-Site: cross-site\r\n");
    let login = "<User><state>LOGIN</state><extension>1001001</extension></User>";
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\">]><User><state>&b;</state></User>";
    let large = "x".repeat(70_000);
    let cases = [
        ("GET", user, "", "", 401, "Authorization Failure"),
        ("GET", user, wrong, "", 401, "Authorization Failure"),
        (
            "GET",
            "/finesse/api/Nothing",
            AUTHORIZATION,
            "",
            404,
            "Not Found",
        ),
        ("DELETE", user, AUTHORIZATION, "", 405, "Method Not Allowed"),
        ("PUT", user, foreign, login, 403, "Forbidden"),
        ("PUT", user, AUTHORIZATION, "not XML", 400, "Bad Request"),
        ("PUT", user, AUTHORIZATION, bomb, 400, "Bad Request"),
        ("PUT", user, AUTHORIZATION, &large, 413, "Bad Request"),
        (
            "PUT",
            user,
            AUTHORIZATION,
            "<User/>",
            400,
            "Parameter Missing",
        ),
    ];
    for (method, path, headers, body, status, kind) in cases {
        let (found, answer) = center.request(method, path, headers, body).await;
        assert_eq!(found, status, "{method} {path}: {answer}");
        assert_eq!(
            between(&answer, "<ErrorType>", "</ErrorType>"),
            kind,
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_page_is_served_with_its_policy() {
    let center = Center::start().await;
    let (status, body) = center.request("GET", "/desktop/", "", "").await;
    assert_eq!(status, 200);
    assert!(body.starts_with("<!doctype html>"), "{body}");
    let (status, _) = center.request("GET", "/", "", "").await;
    assert_eq!(status, 302);
    let (status, _) = center.request("GET", "/desktop/CONTRACT.md", "", "").await;
    assert_eq!(status, 404);
    let (status, body) = center.request("GET", "/desktop/config.json", "", "").await;
    assert_eq!(status, 200);
    assert!(body.contains(r#""systemStatus":"IN_SERVICE""#), "{body}");
    assert!(
        body.contains(r#""callMePath":"/desktop/call-me""#),
        "{body}"
    );
    let (status, _) = center.request("POST", "/desktop/call-me", "", "").await;
    assert_eq!(status, 401);
}

/// Agent 1001001 with the password of the default seed.
const AUTHORIZATION: &str = "Authorization: Basic MTAwMTAwMTpjY3gtMTAwMTAwMQ==\r\n";

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(15);
