//! What the HTTP library takes by itself.

use std::{future::pending, io};

use axum::{Router, body::Bytes, routing::post};
use tokio::net::TcpListener;

/// Serves until standard input ends.
pub(super) async fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let router = Router::new()
        .route("/echo", post(|body: Bytes| async { body }))
        .route(
            "/hold",
            post(|body: Bytes| async move {
                let () = pending().await;
                body
            }),
        );
    let mut lines = super::lines();
    tokio::select! {
        ended = async { axum::serve(listener, router).await } => ended,
        () = async { while lines.recv().await.is_some() {} } => Ok(()),
    }
}
