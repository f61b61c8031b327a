//! Load for a BOSH server on this machine: the same sessions, messages and pushes for every server, so that what they
//! cost can be compared. `benches/soak/bosh_load.py` starts the servers and measures them.
//!
//! ```text
//! bosh-load sessions --url http://127.0.0.1:5280/http-bind --profile prosody --pusher 127.0.0.1:5222 agent0 secret-0
//! bosh-load floor
//! ```
//!
//! With `sessions` it does what standard input says, one command in a line, and answers each by a line of JSON. Session
//! `n` is `agentN` with the password `secret-N`. Presence is never sent, so that nobody is told of anybody.
//!
//! | command | what |
//! | --- | --- |
//! | `login N` | brings sessions online until there are N, 64 at a time |
//! | `exchange N SECONDS` | the first N sessions each write to themselves and wait until it is back, over and over, at most 900 times |
//! | `hold SECONDS` | leaves the sessions alone; they renew their held requests |
//! | `push COUNT RATE` | somebody else, over TCP, writes to each session in turn, RATE times a second |
//! | `check` | each session writes to itself once; one that does not hear it within 30 s is wedged |
//! | `post N SECONDS BYTES` | without BOSH: N connections post bytes to `/echo` over and over |
//! | `holdpost N` | without BOSH: N connections each post to `/hold`, which is never answered |
//! | `end` | ends |
//!
//! With `floor` it is such a server, on bare axum: it prints its address, and ends when standard input does.

mod floor;
mod http;
mod load;
mod pusher;
mod session;

use std::{io, net::SocketAddr, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};

use bosh::session::Profile;

#[derive(Parser)]
#[command(about = "Load for a BOSH server on this machine")]
struct Arguments {
    /// Seconds after which it ends in any case
    #[arg(long, default_value_t = 1800)]
    limit: u64,
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Is the clients, as standard input says
    Sessions(Options),
    /// Is a bare server: POST /echo answers the body at once, POST /hold never
    Floor,
}

#[derive(clap::Args)]
struct Options {
    /// `http://ADDRESS:PORT/PATH` of the connection manager, on a loopback address
    #[arg(long)]
    url: String,
    /// The server, of which some things are known
    #[arg(long, value_enum, default_value = "xep")]
    profile: Server,
    /// Domain to be served by
    #[arg(long, default_value = "localhost")]
    domain: String,
    /// Where the pusher connects: XMPP in clear
    #[arg(long)]
    pusher: Option<SocketAddr>,
    /// Its account
    #[arg(long, default_value = "agent0")]
    pusher_user: String,
    /// Its password
    #[arg(long, default_value = "secret-0")]
    pusher_password: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Server {
    Xep,
    Prosody,
    Ejabberd,
}

impl Server {
    const fn profile(self) -> &'static Profile {
        match self {
            Self::Xep => &Profile::XEP,
            Self::Prosody => &Profile::PROSODY,
            Self::Ejabberd => &Profile::EJABBERD,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let limit = Duration::from_secs(arguments.limit);
    let ended = match arguments.mode {
        Mode::Sessions(options) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.and_then(|runtime| {
                let tasks = tokio::task::LocalSet::new();
                let ended = tasks.block_on(&runtime, async {
                    tokio::time::timeout(limit, load::run(options)).await
                });
                ended.map_err(io::Error::from).flatten()
            })
        }
        // As the servers have it.
        Mode::Floor => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .and_then(|runtime| {
                let served = runtime
                    .block_on(async { tokio::time::timeout(limit, floor::run()).await })
                    .map_err(io::Error::from)
                    .flatten();
                runtime.shutdown_background();
                served
            }),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bosh-load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Lines of standard input, until it ends.
fn lines() -> tokio::sync::mpsc::UnboundedReceiver<String> {
    let (sender, lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
