//! All servers in one process: up, in service, and down again.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]
use std::{net::SocketAddr, time::Duration};

use examples::{
    contact_center::{ContactCenter, Welcome},
    settings::Settings,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn settings(dir: &tempfile::TempDir) -> Settings {
    let mut settings = Settings::with_data_dir(dir.path().to_owned());
    let addresses = [
        &mut settings.cucm.axl,
        &mut settings.cucm.switch,
        &mut settings.engine.cti,
        &mut settings.notification.xmpp,
        &mut settings.notification.xmpp_tls,
        &mut settings.notification.bosh,
        &mut settings.notification.bosh_tls,
        &mut settings.finesse.http,
        &mut settings.finesse.https,
    ];
    for address in addresses {
        address.set_port(0);
    }
    settings
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_brings_everything_up_and_takes_it_down() {
    let dir = tempfile::tempdir().unwrap();
    let center = ContactCenter::start(settings(&dir)).await.unwrap();
    let web = center.settings.finesse.http;

    let in_service = async {
        while !get(web, "/finesse/api/SystemInfo")
            .await
            .contains("<status>IN_SERVICE</status>")
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), in_service)
        .await
        .unwrap();
    assert!(get(web, "/desktop/").await.contains("<!doctype html>"));

    let welcome = Welcome(&center.settings).to_string();
    assert!(
        welcome.contains(&format!("http://localhost:{}/desktop/", web.port())),
        "{welcome}"
    );

    tokio::time::timeout(Duration::from_secs(20), center.stop())
        .await
        .unwrap();
    assert!(TcpStream::connect(web).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_stops_the_start_with_its_flag() {
    let dir = tempfile::tempdir().unwrap();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = settings(&dir);
    settings.finesse.https = taken.local_addr().unwrap();
    let error = ContactCenter::start(settings)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("--finesse-https"), "{error}");
}
