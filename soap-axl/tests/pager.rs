//! Lists page by page, against servers of several kinds, in a time that only the test moves.

mod common;

use std::time::Duration;

use common::{failed, throttled};
use soap_axl::{
    CallError, DecodeErrorKind,
    axl::{
        AxlCallError, AxlCode, AxlError, Dynamic, ExecuteSqlQuery, ExecuteSqlQueryReply, ListUser,
        ListUserReply, PageError, PageEvent, Paged, Pager, PagerConfig, Row, Tags, User,
        UserCriteria,
    },
    xml::Element,
};

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn list() -> ListUser {
    ListUser {
        criteria: UserCriteria::default(),
        returned_tags: Tags::of(["userid"]),
        skip: None,
        first: None,
        other: Vec::new(),
    }
}

/// The users `skip..` of a list of `total`, at most `first`.
fn users(total: u64, operation: &ListUser) -> ListUserReply {
    let (skip, first) = (
        operation.skip.unwrap_or(0),
        operation.first.unwrap_or(total),
    );
    let range = skip.min(total)..skip.saturating_add(first).min(total);
    let user = |number: u64| User {
        userid: number.to_string().into(),
        ..Default::default()
    };
    ListUserReply {
        users: range.map(user).collect(),
        other: Vec::new(),
    }
}

/// What a pager did until it was over.
#[derive(Default)]
struct Run {
    /// `skip` and `first` of each request.
    asked: Vec<(u64, u64)>,
    /// User ids, in the order they came out.
    names: Vec<String>,
    /// The last event.
    end: Option<PageEvent<User>>,
}

/// Runs a pager against a server.
fn run(
    pager: &mut Pager<ListUser>,
    mut server: impl FnMut(&ListUser) -> Result<ListUserReply, AxlCallError>,
) -> Run {
    let mut now = Duration::ZERO;
    let mut run = Run::default();
    while !pager.is_over() {
        if let Some(operation) = pager.poll_transmit() {
            run.asked
                .push((operation.skip.unwrap_or(0), operation.first.unwrap_or(0)));
            assert_eq!(pager.poll_transmit(), None, "two requests at a time");
            pager.handle_answer(now, server(&operation));
        } else {
            now = pager.poll_timeout().expect("neither a request nor a timer");
            pager.handle_timeout(now);
        }
        while let Some(event) = pager.poll_event() {
            if let PageEvent::Items(items) = event {
                let name = |user: User| user.userid.into_value().unwrap_or_default();
                run.names.extend(items.into_iter().map(name));
            } else {
                run.end = Some(event);
            }
        }
    }
    run
}

#[test]
fn a_list_ends_with_the_empty_answer() {
    let mut pager = Pager::new(PagerConfig::default().with_page(3), list());
    let Run { asked, names, end } = run(&mut pager, |operation| Ok(users(7, operation)));
    assert_eq!(asked, [(0, 3), (3, 3), (6, 3), (7, 3)]);
    assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(end, Some(PageEvent::Done { items: 7 }));
    assert_eq!(pager.poll_transmit(), None);
}

#[test]
fn an_empty_list_is_done_at_once() {
    let mut pager = Pager::new(PagerConfig::default(), list());
    let Run { asked, names, end } = run(&mut pager, |operation| Ok(users(0, operation)));
    assert_eq!((asked.len(), names.len()), (1, 0));
    assert_eq!(end, Some(PageEvent::Done { items: 0 }));
}

#[test]
fn a_page_that_is_too_large_shrinks_below_what_the_server_suggests() {
    let mut pager = Pager::new(PagerConfig::default().with_page(1000), list());
    let Run { asked, names, end } = run(&mut pager, |operation| {
        if operation.first > Some(150) {
            let error = AxlError::query_too_large(400, 200);
            return Err(AxlCallError::Operation { status: 500, error });
        }
        Ok(users(400, operation))
    });
    // By the numbers, then by half.
    assert_eq!(asked[..4], [(0, 1000), (0, 199), (0, 99), (99, 99)]);
    assert_eq!(names.len(), 400);
    assert_eq!(end, Some(PageEvent::Done { items: 400 }));
}

#[test]
fn an_item_that_is_too_large_alone_ends_the_list() {
    let mut pager = Pager::new(PagerConfig::default().with_page(4), list());
    let Run { asked, end, .. } = run(&mut pager, |_| {
        let error = AxlError::query_too_large(9, u64::MAX);
        Err(AxlCallError::Operation { status: 500, error })
    });
    assert_eq!(asked, [(0, 4), (0, 2), (0, 1)]);
    assert_eq!(
        end,
        Some(PageEvent::Failed(PageError::ItemTooLarge { skip: 0 }))
    );
}

#[test]
fn a_server_that_does_not_page_ends_the_list_with_everything() {
    let mut pager = Pager::new(PagerConfig::default().with_page(3), list());
    let Run { asked, names, end } = run(&mut pager, |_| Ok(users(7, &list())));
    assert_eq!((asked.len(), names.len()), (1, 7));
    assert_eq!(end, Some(PageEvent::Done { items: 7 }));
}

#[test]
fn a_server_that_ignores_skip_is_given_up() {
    let config = PagerConfig::default().with_page(10).with_max_items(100);
    let mut pager = Pager::new(config, list());
    let Run { asked, end, .. } = run(&mut pager, |operation| {
        Ok(users(
            1000,
            &ListUser {
                skip: None,
                ..operation.clone()
            },
        ))
    });
    assert_eq!(asked.len(), 11);
    assert_eq!(end, Some(PageEvent::Failed(PageError::Endless(100))));
}

#[test]
fn a_busy_server_is_asked_again_after_longer_and_longer_waits() {
    let mut pager = Pager::new(PagerConfig::default().with_max_tries(4), list());
    let mut now = Duration::ZERO;
    for wait in [1, 2, 4] {
        assert!(pager.poll_transmit().is_some());
        pager.handle_answer(now, Err(throttled(None)));
        assert_eq!(pager.poll_timeout(), Some(now + seconds(wait)));
        // Early is harmless.
        pager.handle_timeout(now + seconds(wait) - Duration::from_nanos(1));
        assert_eq!(pager.poll_transmit(), None);
        now += seconds(wait);
        pager.handle_timeout(now);
    }
    assert!(pager.poll_transmit().is_some());
    pager.handle_answer(now, Err(throttled(None)));
    let event = pager.poll_event();
    assert!(
        matches!(
            event,
            Some(PageEvent::Failed(PageError::Call(AxlCallError::Call(
                CallError::Status(_)
            ))))
        ),
        "{event:?}"
    );
}

#[test]
fn the_server_says_how_long_to_wait_within_reason() {
    for (value, wait) in [("7", 7), ("86400", 60), ("never", 1)] {
        let mut pager = Pager::new(PagerConfig::default(), list());
        assert!(pager.poll_transmit().is_some());
        pager.handle_answer(seconds(10), Err(throttled(Some(value))));
        assert_eq!(pager.poll_timeout(), Some(seconds(10 + wait)), "{value}");
    }
}

#[test]
fn success_makes_the_next_wait_short_again() {
    let mut pager = Pager::new(
        PagerConfig::default().with_page(5).with_max_tries(2),
        list(),
    );
    let mut busy = true;
    let Run { names, end, .. } = run(&mut pager, |operation| {
        busy = !busy;
        if busy {
            Ok(users(20, operation))
        } else {
            Err(throttled(None))
        }
    });
    assert_eq!(names.len(), 20);
    assert_eq!(end, Some(PageEvent::Done { items: 20 }));
}

#[test]
fn another_error_ends_the_list_and_late_answers_do_nothing() {
    let mut pager = Pager::new(PagerConfig::default(), list());
    let error = failed(AxlCode::SYNTAX, "no");
    let Run { asked, end, .. } = run(&mut pager, |_| Err(error.clone()));
    assert_eq!(asked.len(), 1);
    assert_eq!(end, Some(PageEvent::Failed(PageError::Call(error))));
    pager.handle_answer(seconds(1), Ok(users(3, &list())));
    assert_eq!(pager.poll_event(), None);
}

#[test]
fn statements_are_paged_as_informix_has_it() {
    let query = ExecuteSqlQuery::new(" Select name from device order by name");
    assert_eq!(
        query.page(20, 10).sql,
        "Select SKIP 20 FIRST 10 name from device order by name"
    );
    let mut pager = Pager::new(PagerConfig::default(), query);
    assert!(pager.poll_transmit().is_some());
    let reply = ExecuteSqlQueryReply {
        rows: vec![Row::new().with("name", "x")],
        other: Vec::new(),
    };
    pager.handle_answer(Duration::ZERO, Ok(reply));
    assert!(matches!(pager.poll_event(), Some(PageEvent::Items(rows)) if rows.len() == 1));
    assert_eq!(
        pager
            .poll_transmit()
            .map(|query| query.sql.contains("SKIP 1 ")),
        Some(true)
    );
}

#[test]
fn a_list_without_a_type_is_paged_by_its_name() {
    let text = |name: &'static str, text: &str| Element::new("", name).with_text(text);
    let criteria = Element::new("", "searchCriteria").with_child(text("name", "%"));
    let list = Dynamic::new("listSipProfile")
        .with(criteria.clone())
        .with(text("first", "9"));
    let config = PagerConfig::default().with_page(2);
    let mut pager = Pager::new(config, list);
    let names = ["a", "b", "c"];
    let mut found = Vec::new();
    while let Some(page) = pager.poll_transmit() {
        assert_eq!(page.name, "listSipProfile");
        // As the schema has it: behind the criteria, `skip` before `first`.
        assert_eq!(
            page.children,
            [
                criteria.clone(),
                text("skip", &found.len().to_string()),
                text("first", "2")
            ]
        );
        let rest = names.iter().skip(found.len()).take(2);
        let list = rest.map(|name| text("name", name));
        let list = list.fold(Element::new("", "return"), Element::with_child);
        // What a later release says beside the list is no part of it.
        let answer = Dynamic::default().with(text("note", "x")).with(list);
        pager.handle_answer(seconds(0), Ok(answer));
        while let Some(event) = pager.poll_event() {
            match event {
                PageEvent::Items(items) => {
                    found.extend(items.iter().map(|item| item.text().into_owned()));
                }
                PageEvent::Done { items } => assert_eq!(items, 3),
                other @ (PageEvent::Failed(_) | _) => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(found, names);
    assert!(pager.is_over());
}

#[test]
fn an_answer_that_is_no_list_does_not_end_one_well() {
    let mut pager = Pager::new(PagerConfig::default(), Dynamic::new("listChange"));
    assert!(pager.poll_transmit().is_some());
    let answer = Dynamic::default().with(Element::new("", "queueInfo"));
    pager.handle_answer(seconds(0), Ok(answer));
    let Some(PageEvent::Failed(PageError::Call(AxlCallError::Call(CallError::Decode(error))))) =
        pager.poll_event()
    else {
        panic!("no failure");
    };
    assert_eq!(error.kind, DecodeErrorKind::Missing("return"));
    assert!(pager.is_over());
}
