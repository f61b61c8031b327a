//! Load for a publish-subscribe service on this machine: one publisher, and subscribers who are connected, over TCP.
//! `benches/soak/pubsub_load.py` starts the servers and measures them.
//!
//! ```text
//! pubsub-load subscribers --xmpp 127.0.0.1:5222 --publisher agent0 --publisher-password secret-0
//! pubsub-load floor
//! ```
//!
//! With `subscribers` it does what standard input says, one command in a line, and answers each by a line of JSON.
//! Subscriber `n` is `agentN` with the password `secret-N`, from 1 on.
//!
//! | command | what |
//! | --- | --- |
//! | `login N` | brings subscribers online and subscribes them until there are N |
//! | `publish COUNT` | publishes; the next goes out once each subscriber has the one before |
//! | `sink N SIZE` | without XMPP, to a `floor`: N connections take what one more sends, SIZE bytes at a time |
//! | `pour COUNT` | does with those what `publish` does |
//! | `end` | ends |
//!
//! With `floor` it is such a server, a bare loop over blocking sockets: it prints its address, and ends when standard
//! input does.

mod floor;
mod load;
mod subscriber;

use std::{io, net::SocketAddr, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Load for a publish-subscribe service on this machine")]
struct Arguments {
    /// Seconds after which it ends in any case
    #[arg(long, default_value_t = 1800)]
    limit: u64,
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Is the publisher and the subscribers, as standard input says
    Subscribers(Options),
    /// Is a bare server: what the last connection sends goes to all others
    Floor,
}

#[derive(clap::Args)]
struct Options {
    /// Where the server takes XMPP in clear, or the floor connections
    #[arg(long)]
    xmpp: SocketAddr,
    /// Domain to be served by
    #[arg(long, default_value = "localhost")]
    domain: String,
    /// Address of the publish-subscribe service
    #[arg(long, default_value = "pubsub.localhost")]
    service: String,
    /// Who publishes, and may create a node
    #[arg(long, default_value = "agent0")]
    publisher: String,
    /// Its password
    #[arg(long, default_value = "secret-0")]
    publisher_password: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let limit = Duration::from_secs(arguments.limit);
    let ended = match arguments.mode {
        Mode::Subscribers(options) => run(limit, options),
        Mode::Floor => floor::run(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pubsub-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(limit: Duration, options: Options) -> io::Result<()> {
    if !options.xmpp.ip().is_loopback() {
        return Err(io::Error::other("load is for servers on this machine only"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        tokio::time::timeout(limit, load::run(options)).await?
    })
}
