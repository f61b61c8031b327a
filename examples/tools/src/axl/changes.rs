//! `axl changes`: tells what changes in the configuration.

use std::io::Write;
use std::thread;
use std::time::Duration;

use soap_axl::RefusalKind;
use soap_axl::axl::{
    Change, ChangeAction, ChangeFollower, FollowConfig, FollowEvent, Presence, ResyncReason, Uuid,
};

use super::args::ChangesArgs;
use super::failure::Failure;
use super::json::Inside;
use super::node::Node;
use super::output::{Form, Output, write_csv_line};
use super::session::Session;
use super::table::shown;

/// Asks again and again, and prints a line for each change.
pub(super) fn follow(
    session: &mut Session,
    args: &ChangesArgs,
    output: Output,
) -> Result<(), Failure> {
    let objects: Vec<String> = args.objects.iter().map(|object| capital(object)).collect();
    let config = FollowConfig::default()
        .with_interval(Duration::from_secs(args.interval))
        .with_objects(objects.iter().map(String::as_str))
        .with_back_off(session.back_off);
    let mut follower = ChangeFollower::new(config);
    let mut polls = 0;
    if output.form == Form::Csv {
        let heads = COLUMNS.map(str::to_owned);
        write_csv_line(&mut anstream::stdout(), &heads)?;
    }
    loop {
        if let Some(question) = follower.poll_transmit() {
            let answer = session.once(&question)?;
            follower.handle_answer(session.now(), answer);
            polls += 1;
        }
        while let Some(event) = follower.poll_event() {
            tell(event, output)?;
        }
        if args.polls.is_some_and(|most| polls >= most) {
            return Ok(());
        }
        if let Some(until) = follower.poll_timeout() {
            thread::sleep(until.saturating_sub(session.now()));
            follower.handle_timeout(session.now());
        }
    }
}

fn tell(event: FollowEvent, output: Output) -> Result<(), Failure> {
    match event {
        FollowEvent::Changes(changes) => {
            let mut out = anstream::stdout().lock();
            for change in &changes {
                write(&mut out, change, output)?;
            }
            out.flush()?;
        }
        FollowEvent::Resync(reason) => {
            let text = match reason {
                ResyncReason::Start => "what changes from now on follows",
                ResyncReason::NewQueue => {
                    "the server began to count anew; changes before this may not have been told"
                }
                ResyncReason::Forgotten => {
                    "the server has forgotten changes that were not asked for in time"
                }
            };
            writeln!(anstream::stderr(), "axl: {text}")?;
        }
        FollowEvent::Failed(error) => {
            let passes = error.refusal() == Some(RefusalKind::Throttled);
            if !passes {
                return Err(error.into());
            }
            writeln!(anstream::stderr(), "axl: the server asks to wait")?;
        }
        // Nothing else is told so far.
        _ => {}
    }
    Ok(())
}

fn write(out: &mut dyn Write, change: &Change, output: Output) -> Result<(), Failure> {
    let action = change.action.value().map_or("", ChangeAction::as_str);
    let id = change.id.value().map_or_else(String::new, i64::to_string);
    let tags: Vec<Node> = change
        .changed_tags
        .value()
        .into_iter()
        .flat_map(|tags| &tags.tags)
        .map(|tag| Node::leaf(tag.name.clone(), tag.value.clone()).without_secrets())
        .collect();
    let said = tags.iter().map(|tag| format!("{}={}", tag.name, tag.text));
    let said = said.collect::<Vec<_>>().join(" ");
    let uuid = change.uuid.as_ref().map_or("", Uuid::as_str);
    let kind = change.kind.as_deref().unwrap_or_default();
    match output.form {
        Form::Table => {
            let action = match action {
                "a" => "added",
                "u" => "changed",
                "r" => "removed",
                other => other,
            };
            let line = format!("{id:>8}  {action:<8} {kind} {uuid}  {said}");
            writeln!(out, "{}", shown(line.trim_end()))?;
        }
        Form::Csv => {
            let cells = [&id, action, kind, uuid, &said].map(str::to_owned);
            write_csv_line(out, &cells)?;
        }
        Form::Json | Form::Xml => {
            let mut node = Node::new("change")
                .with(Node::leaf("id", id))
                .with(Node::leaf("action", action))
                .with(Node::leaf("type", kind))
                .with(Node::leaf("uuid", uuid));
            if let Presence::Value(service) = &change.service_type {
                node = node.with(Node::leaf("serviceType", service.clone()));
            }
            if !tags.is_empty() {
                let changed = Node {
                    children: tags,
                    ..Node::new("changed")
                };
                node = node.with(changed);
            }
            if output.form == Form::Json {
                serde_json::to_writer(&mut *out, &Inside(&node)).map_err(std::io::Error::from)?;
                writeln!(out)?;
            } else {
                writeln!(out, "{}", node.to_element())?;
            }
        }
    }
    Ok(())
}

/// AXL names kinds here with a capital: `Phone`.
fn capital(object: &str) -> String {
    let mut characters = object.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

const COLUMNS: [&str; 5] = ["id", "action", "type", "uuid", "changed"];
