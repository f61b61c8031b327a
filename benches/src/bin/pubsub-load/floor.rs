//! What writing to sockets takes by itself.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// Serves until standard input ends.
///
/// Each connection says in its first line whether it is a sink, or with `pour SIZE` that what it sends, SIZE bytes at a
/// time, goes to every sink.
pub(super) fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    thread::spawn(move || {
        if let Err(error) = serve(&listener) {
            eprintln!("floor: {error}");
        }
    });
    for line in io::stdin().lines() {
        line?;
    }
    Ok(())
}

fn serve(listener: &TcpListener) -> io::Result<()> {
    let mut sinks: Vec<TcpStream> = Vec::new();
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some(size) = line.strip_prefix("pour ") else {
            sinks.push(reader.into_inner());
            continue;
        };
        let size = size.trim().parse().map_err(io::Error::other)?;
        let mut bytes = vec![0; size];
        while reader.read_exact(&mut bytes).is_ok() {
            for sink in &mut sinks {
                sink.write_all(&bytes)?;
            }
        }
    }
    Ok(())
}
