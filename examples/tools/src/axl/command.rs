//! What the commands do.

use std::io::{self, Read as _, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Parser as _;
use soap_axl::axl::{
    AxlCallError, Dynamic, ExecuteSqlQuery, ExecuteSqlUpdate, GetCcmVersion, PageEvent, Paged,
    Pager, PagerConfig, Presence, Row, Version,
};
use soap_axl::{Credentials, TreeNode};

use super::args::{
    AddArgs, Args, Command, DoArgs, GetArgs, ListArgs, RemoveArgs, SendArgs, ServerArgs, SqlArgs,
    UpdateArgs,
};
use super::catalog::Catalog;
use super::changes;
use super::failure::{Context, Failure};
use super::node::Node;
use super::output::{Answer, Form, Output};
use super::progress::Progress;
use super::request;
use super::session::{self, Session, tell_wait};
use crate::net::{Target, Trust};
use crate::schema_file;
use crate::terminal;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let args = Args::parse();
    anstream::ColorChoice::from(args.show.color).write_global();
    let mut app = App {
        server: args.server.clone(),
        output: Output {
            form: args.show.output,
            width: args.show.width.map(usize::from).or_else(columns),
        },
        catalog: Catalog { schema: None },
        context: None,
    };
    let outcome = app.load_schema(&args).and_then(|()| app.run(&args.command));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let mut stderr = anstream::stderr().lock();
            let room = terminal::width() - INDENT.len();
            let lines = failure.lines(app.context.as_ref());
            let lines = lines
                .iter()
                .flat_map(|line| terminal::wrap(line, room, room));
            for (number, line) in lines.enumerate() {
                let before = if number == 0 { HEAD } else { INDENT };
                // Nothing is left to do when this cannot be written either.
                let _ = writeln!(stderr, "{before}{line}");
            }
            ExitCode::from(failure.status())
        }
    }
}

/// Columns of the terminal, if that is where the output goes.
fn columns() -> Option<usize> {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map(|(width, _)| usize::from(width.0))
}

struct App {
    server: ServerArgs,
    output: Output,
    catalog: Catalog,
    /// Known once there is somebody to ask.
    context: Option<Context>,
}

impl App {
    fn load_schema(&mut self, args: &Args) -> Result<(), Failure> {
        if let Some(path) = &args.show.schema {
            self.catalog.schema = Some(schema_file::load(path)?);
        }
        Ok(())
    }

    fn run(&mut self, command: &Command) -> Result<(), Failure> {
        match command {
            Command::Check => self.check(),
            Command::Get(args) => self.get(args),
            Command::List(args) => self.list(args),
            Command::Add(args) => self.add(args),
            Command::Update(args) => self.update(args),
            Command::Remove(args) => self.remove(args),
            Command::Do(args) => self.do_any(args),
            Command::Sql(args) => self.sql(args),
            Command::Changes(args) => {
                let mut session = self.connect()?;
                changes::follow(&mut session, args, self.output)
            }
        }
    }

    /// Makes a session; the server is asked for nothing yet.
    fn connect(&mut self) -> Result<Session, Failure> {
        let server = &self.server;
        let host = server.host.as_deref();
        let host = host.ok_or_else(|| Failure::usage("no server: --host or AXL_HOST names it"))?;
        let user = server.user.clone();
        let user = user.ok_or_else(|| Failure::usage("no user: --user or AXL_USER names one"))?;
        let trust = match (&server.ca_file, server.pin) {
            (_, Some(pin)) => Trust::Pin(pin),
            (Some(file), None) => Trust::File(file.clone()),
            (None, None) => Trust::System,
        };
        let mut target = Target::new(&url_of(host), &trust)?;
        if target.path == "/" {
            AXL_PATH.clone_into(&mut target.path);
        }
        if !target.is_secure() && !target.is_local() && !server.i_accept_clear_http {
            return Err(Failure::usage(format!(
                "the password would go to {target} for all on the way to read; \
                 --i-accept-clear-http says that this is as it should be"
            )));
        }
        let of_schema = self.catalog.schema.as_ref().map(|schema| schema.version());
        let version = server.version.or(of_schema).unwrap_or(Version::V14_0);
        self.context = Some(session::context(&target, &user, version));
        let prompt = format!("Password of {user}: ");
        let password = terminal::password(server.password_file.as_deref(), PASSWORD, &prompt)
            .map_err(Failure::Password)?;
        let credentials =
            Credentials::new(user, password).map_err(|error| Failure::usage(error.to_string()))?;
        let timeout = Duration::from_secs(server.timeout);
        Ok(Session::new(
            target,
            version,
            credentials,
            timeout,
            server.tries,
        ))
    }

    fn print(&self, answer: &Answer) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        self.output.write(&mut out, answer)?;
        out.flush()?;
        Ok(())
    }

    fn check(&mut self) -> Result<(), Failure> {
        let mut session = self.connect()?;
        session.probe()?;
        let version = session.typed(&GetCcmVersion {
            process_node_name: None,
            other: Vec::new(),
        })?;
        let release = version.component_version.version.into_value();
        let context = self.context.as_ref();
        let mut record = Node::new("server")
            .with(Node::leaf("host", session.target.authority.clone()))
            .with(Node::leaf("release", release.unwrap_or_default()))
            .with(Node::leaf(
                "axl",
                context.map_or_else(String::new, |context| context.version.to_string()),
            ))
            .with(Node::leaf(
                "user",
                context.map_or("", |context| &context.user),
            ));
        if let Some(fingerprint) = session.target.fingerprint() {
            record = record.with(Node::leaf("certificate", fingerprint.to_string()));
        }
        self.print(&Answer::Record(record))
    }

    fn get(&mut self, args: &GetArgs) -> Result<(), Failure> {
        let operation = self.catalog.operation("get", &args.object)?;
        let (keys, fields) = request::split(&args.keys);
        let mut operations = Vec::new();
        for key in keys {
            let mut request = request::of_key(&operation, key, &self.catalog);
            request::add_fields(&mut request, &fields)?;
            if !args.tags.is_empty() {
                request = request.with(request::mask(&args.tags)?);
            }
            operations.push(request::finish(&request, None, &self.catalog)?);
        }
        let mut session = self.connect()?;
        let mut objects = Vec::new();
        for operation in &operations {
            let answer = session.tree(operation)?;
            let inside = returned(answer.root());
            let object = inside
                .children
                .first()
                .filter(|_| inside.children.len() == 1);
            objects.push(object.cloned().unwrap_or(inside));
        }
        if self.output.form == Form::Table || objects.len() == 1 {
            for (number, object) in objects.into_iter().enumerate() {
                if number > 0 {
                    writeln!(anstream::stdout())?;
                }
                self.print(&Answer::Record(object))?;
            }
            return Ok(());
        }
        self.print(&Answer::Rows(args.tags.clone(), objects))
    }

    fn list(&mut self, args: &ListArgs) -> Result<(), Failure> {
        let operation = self.catalog.operation("list", &args.object)?;
        let columns = if args.tags.is_empty() {
            self.catalog.columns(&operation)
        } else {
            args.tags.clone()
        };
        let request = request::of_list(&operation, args, &columns, &self.catalog)?;
        let operation = request::finish(&request, None, &self.catalog)?;
        let mut session = self.connect()?;
        let page = args.limit.unwrap_or(args.page).min(args.page);
        let progress = Progress::new(&args.object, args.limit);
        let items = fetch(
            &mut session,
            Pager::new(PagerConfig::default().with_page(page), operation),
            |session, operation: &Dynamic| session.page(operation),
            args.limit,
            &progress,
        )?;
        drop(progress);
        let items: Vec<Node> = items.iter().map(Node::of).collect();
        self.print_rows(columns, items)
    }

    fn print_rows(&self, columns: Vec<String>, items: Vec<Node>) -> Result<(), Failure> {
        if items.is_empty() && self.output.form == Form::Table {
            writeln!(anstream::stderr(), "axl: nothing matches")?;
            return Ok(());
        }
        self.print(&Answer::Rows(columns, items))
    }

    fn add(&mut self, args: &AddArgs) -> Result<(), Failure> {
        let operation = self.catalog.operation("add", &args.object)?;
        let request = request::of_add(&operation, &args.fields, &self.catalog)?;
        self.send(&[request], args.send)
    }

    fn update(&mut self, args: &UpdateArgs) -> Result<(), Failure> {
        let operation = self.catalog.operation("update", &args.object)?;
        let (keys, fields) = request::split(&args.words);
        if fields.is_empty() {
            return Err(Failure::usage("nothing to change: FIELD=VALUE says what"));
        }
        // Asked for, or read from standard input, once.
        let mut changes = Node::new(&operation);
        request::add_fields(&mut changes, &fields)?;
        let requests: Vec<Node> = keys
            .into_iter()
            .map(|key| {
                let mut request = request::of_key(&operation, key, &self.catalog);
                request.attributes.clone_from(&changes.attributes);
                request.children.extend(changes.children.iter().cloned());
                request
            })
            .collect();
        self.send(&requests, args.send)
    }

    fn remove(&mut self, args: &RemoveArgs) -> Result<(), Failure> {
        let operation = self.catalog.operation("remove", &args.object)?;
        let (keys, fields) = request::split(&args.keys);
        let mut requests = Vec::new();
        for key in keys {
            let mut request = request::of_key(&operation, key, &self.catalog);
            request::add_fields(&mut request, &fields)?;
            requests.push(request);
        }
        self.send(&requests, args.send)
    }

    fn do_any(&mut self, args: &DoArgs) -> Result<(), Failure> {
        let operation = self.catalog.named(&args.operation)?;
        let mut request = Node::new(operation);
        let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
        request::add_fields(&mut request, &fields)?;
        self.send(&[request], args.send)
    }

    /// Sends requests one after the other, or prints them.
    fn send(&mut self, requests: &[Node], send: SendArgs) -> Result<(), Failure> {
        let mut operations = Vec::new();
        for request in requests {
            operations.push(request::finish(request, Some(send), &self.catalog)?);
        }
        if send.dry_run {
            for operation in &operations {
                let children = operation.children.iter().map(Node::of).collect();
                let node = Node {
                    attributes: operation.attributes.clone(),
                    children,
                    ..Node::new(operation.name.clone())
                };
                if self.output.form == Form::Json {
                    let named = Node::new("").with(node);
                    self.print(&Answer::Record(named))?;
                } else {
                    anstream::stdout().write_all(node.to_xml().as_bytes())?;
                }
            }
            return Ok(());
        }
        let mut session = self.connect()?;
        for operation in &operations {
            let answer = session.tree(operation)?;
            self.print(&shape(&operation.name, returned(answer.root())))?;
        }
        Ok(())
    }

    fn sql(&mut self, args: &SqlArgs) -> Result<(), Failure> {
        let statement = if args.statement == "-" {
            let mut text = String::new();
            io::stdin()
                .lock()
                .read_to_string(&mut text)
                .map_err(Failure::Input)?;
            text
        } else {
            args.statement.clone()
        };
        let statement = statement.trim();
        let starts = |word: &str| {
            let first = statement.split_whitespace().next();
            first.is_some_and(|first| first.eq_ignore_ascii_case(word))
        };
        if !starts("select") {
            if !args.write {
                return Err(Failure::usage(
                    "this is no SELECT: --write lets it change the database",
                ));
            }
            let mut session = self.connect()?;
            let reply = session.typed(&ExecuteSqlUpdate {
                sql: statement.to_owned(),
                other: Vec::new(),
            })?;
            let rows = Node::leaf("rowsUpdated", reply.rows_updated.to_string());
            return self.print(&Answer::Record(Node::new("return").with(rows)));
        }
        let query = ExecuteSqlQuery::new(statement);
        let mut session = self.connect()?;
        let rows = match args.page {
            Some(page) => pages(&mut session, &query, page)?,
            None => match session.typed(&query) {
                Ok(reply) => reply.rows,
                Err(Failure::Call(error)) => {
                    let suggested = suggested(&error).filter(|_| is_ordered(statement));
                    let page = suggested.ok_or(Failure::Call(error))?;
                    pages(&mut session, &query, page)?
                }
                Err(failure) => return Err(failure),
            },
        };
        self.print_rows(Vec::new(), rows.iter().map(of_row).collect())
    }
}

/// Takes all pages of a list, and waits when the server asks for it.
fn fetch<O: Paged>(
    session: &mut Session,
    mut pager: Pager<O>,
    mut ask: impl FnMut(&mut Session, &O) -> Result<Result<O::Answer, AxlCallError>, Failure>,
    limit: Option<u64>,
    progress: &Progress,
) -> Result<Vec<O::Item>, Failure> {
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let mut all = Vec::new();
    while !pager.is_over() {
        if let Some(operation) = pager.poll_transmit() {
            let answer = ask(session, &operation)?;
            pager.handle_answer(session.now(), answer);
        } else if let Some(until) = pager.poll_timeout() {
            let wait = until.saturating_sub(session.now());
            tell_wait(wait);
            thread::sleep(wait);
            pager.handle_timeout(session.now());
        }
        while let Some(event) = pager.poll_event() {
            match event {
                PageEvent::Items(items) => {
                    progress.add(items.len());
                    all.extend(items);
                }
                PageEvent::Failed(error) => return Err(Failure::Page(error)),
                PageEvent::Done { .. } | _ => {}
            }
        }
        if all.len() >= limit {
            all.truncate(limit);
            break;
        }
    }
    Ok(all)
}

fn pages(session: &mut Session, query: &ExecuteSqlQuery, page: u64) -> Result<Vec<Row>, Failure> {
    let progress = Progress::new("rows", None);
    let config = PagerConfig::default().with_page(page);
    let pager = Pager::new(config, query.clone());
    let ask = |session: &mut Session, operation: &ExecuteSqlQuery| session.once(operation);
    fetch(session, pager, ask, None, &progress)
}

/// How many rows at a time the server wants to send.
fn suggested(error: &AxlCallError) -> Option<u64> {
    let AxlCallError::Operation { error, .. } = error else {
        return None;
    };
    let numbers = error.too_large()?;
    Some(numbers.suggested.saturating_sub(1).max(1))
}

/// Whether pages of this statement fit together, as far as words tell.
fn is_ordered(statement: &str) -> bool {
    let words: Vec<String> = statement
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    let is_own = |word: &String| matches!(word.as_str(), "skip" | "first" | "limit");
    words.windows(2).any(|pair| pair == ["order", "by"]) && !words.iter().take(6).any(is_own)
}

fn of_row(row: &Row) -> Node {
    let mut node = Node::new("row");
    for (name, value) in row.columns() {
        let column = match value {
            Presence::Value(text) => Node::leaf(name, text.clone()),
            Presence::Absent | Presence::Nil => Node {
                nil: true,
                ..Node::new(name)
            },
        };
        node.children.push(column);
    }
    node
}

/// What an answer says: inside `return`, or where that is not all there is, in the answer itself.
fn returned(root: TreeNode<'_>) -> Node {
    let is_all = root.children().all(|child| child.local() == "return");
    let inside = root.child("return").filter(|_| is_all);
    Node::of(&inside.unwrap_or(root).to_element())
}

/// Text, a list or a record, whatever it looks like.
fn shape(operation: &str, inside: Node) -> Answer {
    let is_list = operation.starts_with("list") || operation.starts_with("executeSQLQuery");
    match inside.children.as_slice() {
        [] if is_list => Answer::Rows(Vec::new(), Vec::new()),
        [] => Answer::Text(inside.text),
        [first, others @ ..] => {
            let alike = others.iter().all(|other| other.name == first.name);
            if alike && (is_list || !others.is_empty()) && !first.children.is_empty() {
                Answer::Rows(Vec::new(), inside.children)
            } else if others.is_empty() && !first.children.is_empty() {
                Answer::Record(first.clone())
            } else {
                Answer::Record(inside)
            }
        }
    }
}

/// `cucm.example.com` as a URL: HTTPS, port 8443.
fn url_of(host: &str) -> String {
    if host.contains("://") {
        return host.to_owned();
    }
    let bare = host.split_once(']').map_or(host, |(_, rest)| rest);
    match bare.matches(':').count() {
        0 => format!("https://{host}:{PORT}{AXL_PATH}"),
        1 => format!("https://{host}{AXL_PATH}"),
        // An IPv6 address without its brackets.
        _ => format!("https://[{host}]:{PORT}{AXL_PATH}"),
    }
}

const AXL_PATH: &str = "/axl/";
const PORT: u16 = 8443;
const PASSWORD: &str = "AXL_PASSWORD";
const HEAD: &str = "axl: ";
const INDENT: &str = "     ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_meant_with_https_and_the_port_of_axl() {
        for (host, url) in [
            ("cucm.example.com", "https://cucm.example.com:8443/axl/"),
            ("10.0.0.1:443", "https://10.0.0.1:443/axl/"),
            ("::1", "https://[::1]:8443/axl/"),
            ("[::1]", "https://[::1]:8443/axl/"),
            ("[::1]:9443", "https://[::1]:9443/axl/"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ] {
            assert_eq!(url_of(host), url);
        }
    }

    #[test]
    fn answers_are_shown_as_what_they_look_like() {
        let leaf = |name: &str| Node::leaf(name, "x");
        let object = |name: &str| Node::new(name).with(leaf("name"));
        let shaped = |operation, inside| shape(operation, inside);
        let empty = Node::leaf("return", "{1}");
        assert_eq!(shaped("addCss", empty), Answer::Text("{1}".to_owned()));
        let one = Node::new("return").with(object("phone"));
        assert_eq!(
            shaped("getPhone", one.clone()),
            Answer::Record(object("phone"))
        );
        let rows = Answer::Rows(Vec::new(), vec![object("phone")]);
        assert_eq!(shaped("listPhone", one), rows);
        let flat = Node::new("return").with(leaf("a")).with(leaf("b"));
        assert_eq!(
            shaped("doAuthenticateUser", flat.clone()),
            Answer::Record(flat)
        );
    }

    #[test]
    fn only_statements_in_an_order_are_fetched_in_pages_unasked() {
        assert!(is_ordered("select name from device\nORDER  BY name"));
        assert!(!is_ordered("select name from device"));
        assert!(!is_ordered(
            "select first 10 name from device order by name"
        ));
    }
}
