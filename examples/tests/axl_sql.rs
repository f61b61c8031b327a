//! SQL over AXL, changes, roles, versions and what is kept: real sockets, the typed client.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use examples::{
    seed::{AxlRole, Password},
    settings::Settings,
};
use soap_axl::{
    Credentials,
    axl::{self, AxlCallError, AxlCode, ForeignKey, NameKey, Presence, Tags, Version},
};

mod common {
    pub(crate) mod cucm;
}
use common::cucm::{Cucm, start, start_with, status};

async fn query(cucm: &Cucm, sql: &str) -> Vec<axl::Row> {
    cucm.done(&axl::ExecuteSqlQuery::new(sql)).await.rows
}

/// The texts of the rows' columns.
async fn rows(cucm: &Cucm, sql: &str) -> Vec<Vec<String>> {
    let texts = |row: &axl::Row| {
        row.columns()
            .map(|(_, value)| value.value().cloned().unwrap_or_default())
            .collect()
    };
    query(cucm, sql).await.iter().map(texts).collect()
}

fn update(sql: &str) -> axl::ExecuteSqlUpdate {
    axl::ExecuteSqlUpdate {
        sql: sql.to_owned(),
        other: Vec::new(),
    }
}

fn location(name: &str) -> axl::AddLocation {
    axl::AddLocation {
        location: axl::Location {
            name: name.into(),
            ..Default::default()
        },
        other: Vec::new(),
    }
}

fn changes_from(start: Option<axl::StartChangeId>) -> axl::ListChange {
    axl::ListChange {
        start_change_id: start,
        objects: None,
        other: Vec::new(),
    }
}

/// Kind, action and names of tags of each change, and where to go on.
fn told(reply: axl::ListChangeReply) -> (Vec<(String, String, Vec<String>)>, axl::StartChangeId) {
    let queue = reply.queue_info.into_value().unwrap();
    let changes = reply.changes.into_value().unwrap_or_default().changes;
    let changes = changes.into_iter().map(|change| {
        let tags = change.changed_tags.into_value().unwrap_or_default().tags;
        (
            change.kind.unwrap(),
            change.action.value().unwrap().as_str().to_owned(),
            tags.into_iter().map(|tag| tag.name).collect(),
        )
    });
    let next = axl::StartChangeId {
        id: *queue.next_start_change_id.value().unwrap(),
        queue_id: queue.queue_id.into_value().unwrap(),
    };
    (changes.collect(), next)
}

#[tokio::test]
async fn sql_reads_the_tables_of_the_data_dictionary() {
    let cucm = start().await;
    let found = rows(
        &cucm,
        "select name, description from device where name='SEP000001001001'",
    )
    .await;
    assert_eq!(found, [["SEP000001001001", "Alfa Amber 1001001"]]);

    let joined = "SELECT d.name, n.dnorpattern, m.numplanindex FROM device AS d \
        INNER JOIN devicenumplanmap AS m ON m.fkdevice = d.pkid \
        INNER JOIN numplan AS n ON m.fknumplan = n.pkid WHERE n.dnorpattern LIKE '100100_' \
        ORDER BY n.dnorpattern DESC";
    let found = rows(&cucm, joined).await;
    assert_eq!(found.len(), 9);
    assert_eq!(found[0], ["SEP000001001009", "1001009", "1"]);

    let found = query(&cucm, "select count(*) from enduser").await;
    assert_eq!(found[0].text("count"), Some("21"));

    let page = "SELECT SKIP 2 FIRST 3 userid FROM enduser WHERE userid LIKE '1%' ORDER BY userid";
    assert_eq!(
        rows(&cucm, page).await,
        [["1001003"], ["1001004"], ["1001005"]]
    );

    let kinds = "select d.name, t.name as model, p.name as pool, u.userid from device d \
        join typemodel t on t.enum = d.tkmodel join devicepool p on p.pkid = d.fkdevicepool \
        join enduser u on u.pkid = d.fkenduser where d.name = 'SEP000001001002'";
    let found = rows(&cucm, kinds).await;
    assert_eq!(
        found,
        [["SEP000001001002", "Cisco 8841", "Default", "1001002"]]
    );

    // Null is an empty element, and no row an empty return.
    assert_eq!(
        rows(&cucm, "select first 1 fkroutepartition from numplan").await,
        [[""]]
    );
    assert!(
        rows(&cucm, "select name from device where name = 'none'")
            .await
            .is_empty()
    );

    // What is in the dictionary as another table.
    let forward = "select cfadestination from callforwarddynamic c join numplan n \
        on n.pkid = c.fknumplan where n.dnorpattern = '1001001'";
    assert_eq!(rows(&cucm, forward).await, [[""]]);

    let phone = cucm
        .done(&axl::GetPhone::by_name("SEP000001001001"))
        .await
        .phone;
    let pkid = rows(
        &cucm,
        "select pkid from device where name = 'SEP000001001001'",
    )
    .await;
    assert_eq!(pkid, [[phone.uuid.unwrap().to_pkid()]]);
    cucm.stop().await;
}

#[tokio::test]
async fn sql_changes_what_typed_operations_read() {
    let cucm = start().await;
    let reply = cucm
        .done(&update(
            "update device set description='Moved' where name like 'SEP00000100100%'",
        ))
        .await;
    assert_eq!(reply.rows_updated, 9);
    let phone = cucm
        .done(&axl::GetPhone::by_name("SEP000001001009"))
        .await
        .phone;
    assert_eq!(phone.description, "Moved".into());

    let insert = "insert into routepartition (name, description) values ('BySql', 'made')";
    assert_eq!(cucm.done(&update(insert)).await.rows_updated, 1);
    let get = axl::GetRoutePartition {
        key: NameKey::Name("BySql".to_owned()),
        returned_tags: None,
        other: Vec::new(),
    };
    let partition = cucm.done(&get).await.route_partition;
    assert_eq!(partition.uuid.unwrap().as_str().len(), 38);
    let forward = "update callforwarddynamic set cfadestination = '4711' where fknumplan in \
        (select pkid from numplan where dnorpattern = '1001001')";
    cucm.done(&update(forward)).await;
    let found = rows(
        &cucm,
        "select cfadestination from callforwarddynamic c \
        join numplan n on n.pkid = c.fknumplan where n.dnorpattern='1001001'",
    )
    .await;
    assert_eq!(found, [["4711"]]);
    assert_eq!(
        cucm.done(&update("delete from routepartition where name = 'BySql';"))
            .await
            .rows_updated,
        1
    );
    assert_eq!(cucm.fault(&get).await.code, AxlCode::NOT_FOUND);
    let none = update("update device set description = 'x' where name = 'none'");
    assert_eq!(cucm.done(&none).await.rows_updated, 0);
    cucm.stop().await;
}

#[tokio::test]
async fn sql_does_nothing_else() {
    let cucm = start().await;
    for sql in [
        "select * from nowhere",
        "select nothing from device",
        "select * from credential",
        "select * from sqlite_master",
        "select x.hash from (with changed_Phone_insert as (select * from credential) \
         select * from changed_Phone_insert) x",
        "select load_extension('x') from device",
        "delete from device",
        "select name from device; delete from device",
        "",
    ] {
        let error = cucm.fault(&axl::ExecuteSqlQuery::new(sql)).await;
        assert_eq!(error.code, AxlCode::SYNTAX, "{sql}");
    }
    for sql in [
        "select name from device",
        "drop table device",
        "create table x (y)",
        "pragma foreign_keys = off",
        "attach database '/tmp/x' as x",
        "update typemodel set name = 'x'",
        "update credential set hash = null",
        "insert into changed values ('Phone', 'x', 'a')",
        "delete from sqlite_master",
        "update device set description = 'x'; drop table device",
        "update device set description = (select hash from credential)",
    ] {
        let error = cucm.fault(&update(sql)).await;
        assert_eq!(error.code, AxlCode::SYNTAX, "{sql}");
    }
    // Rules of the tables hold, and what fails leaves nothing behind.
    let error = cucm.fault(&update("update device set name = 'same'")).await;
    assert_eq!(error.code, AxlCode::DUPLICATE);
    let error = cucm.fault(&update("delete from devicepool")).await;
    assert_eq!(error.code, AxlCode::REFERENCED);
    let error = cucm
        .fault(&update("update device set fkdevicepool = 'nowhere'"))
        .await;
    assert_eq!(error.code, AxlCode::REFERENCED);
    let found = rows(&cucm, "select count(*) from device where name like 'SEP%'").await;
    assert_eq!(found, [["20"]]);
    cucm.stop().await;
}

#[tokio::test]
async fn a_statement_without_end_is_stopped_and_a_result_too_large_refused() {
    let cucm = start().await;
    let endless = "select count(*) from enduser a, enduser b, enduser c, enduser d, enduser e, \
        enduser f, enduser g, enduser h";
    let error = cucm.fault(&axl::ExecuteSqlQuery::new(endless)).await;
    assert_eq!(error.code, AxlCode::GENERAL);
    let endless = format!("update device set description = ({endless})");
    assert_eq!(cucm.fault(&update(&endless)).await.code, AxlCode::GENERAL);

    let large = "select a.pkid p, b.pkid q, c.pkid r, d.pkid s from enduser a, enduser b, \
        enduser c, enduser d where d.userid < '1001011'";
    let error = cucm.fault(&axl::ExecuteSqlQuery::new(large)).await;
    let numbers = error.too_large().unwrap();
    assert_eq!(numbers.matched, 21 * 21 * 21 * 10);
    assert!(numbers.suggested > 1000 && numbers.suggested < numbers.matched);
    assert_eq!(error.code, AxlCode::GENERAL);
    cucm.stop().await;
}

#[tokio::test]
async fn a_list_over_8_mb_is_refused_with_its_two_numbers_and_paged_instead() {
    let cucm = start().await;
    // 21 * 21 names of 20,000 signs each.
    let insert = format!(
        "insert into location (name) select a.userid || b.userid || '{}' from enduser a, enduser b",
        "x".repeat(20_000)
    );
    assert_eq!(cucm.done(&update(&insert)).await.rows_updated, 441);
    let list = |first| axl::ListLocation {
        criteria: axl::LocationCriteria {
            name: Some("%x".to_owned()),
            ..Default::default()
        },
        returned_tags: Tags::of(["name"]),
        skip: None,
        first,
        other: Vec::new(),
    };
    let error = cucm.fault(&list(None)).await;
    assert_eq!(error.code, AxlCode::GENERAL);
    assert!(
        error
            .message
            .starts_with("Query request too large. Total rows matched: 441 rows. "),
        "{}",
        error.message
    );
    let numbers = error.too_large().unwrap();
    assert_eq!(numbers.matched, 441);
    let page = cucm.done(&list(Some(numbers.suggested))).await.locations;
    assert_eq!(page.len() as u64, numbers.suggested);
    cucm.stop().await;
}

#[tokio::test]
async fn changes_are_told_once_each_and_in_order() {
    let cucm = start().await;
    let (first, next) = told(cucm.done(&changes_from(None)).await);
    assert_eq!(first, []);

    cucm.done(&location("Branch")).await;
    let mut change = axl::UpdateLocation {
        key: NameKey::Name("Branch".to_owned()),
        new_name: "Office".into(),
        related_locations: Presence::Absent,
        within_audio_bandwidth: "64".into(),
        within_video_bandwidth: Presence::Absent,
        within_immersive_kbits: Presence::Absent,
        between_locations: Presence::Absent,
        other: Vec::new(),
    };
    cucm.done(&change).await;
    // What fails is no change, and neither is what only reads.
    change.key = NameKey::Name("Nowhere".to_owned());
    cucm.fault(&change).await;
    cucm.done(&update(
        "update enduser set department = 'Sales' where userid = '1001001'",
    ))
    .await;
    let removal = axl::RemoveLocation {
        key: NameKey::Name("Office".to_owned()),
        other: Vec::new(),
    };
    cucm.done(&removal).await;

    let (changes, end) = told(cucm.done(&changes_from(Some(next))).await);
    let expected = [
        ("Location", "a", vec!["name"]),
        ("Location", "u", vec!["name", "withinAudioBandwidth"]),
        ("User", "u", vec![]),
        ("Location", "r", vec![]),
    ];
    let expected = expected.map(|(kind, action, tags)| {
        let tags: Vec<_> = tags.into_iter().map(str::to_owned).collect();
        (kind.to_owned(), action.to_owned(), tags)
    });
    assert_eq!(changes, expected);
    let (changes, _) = told(cucm.done(&changes_from(Some(end.clone()))).await);
    assert_eq!(changes, []);

    let objects = axl::ChangeObjects {
        objects: vec!["User".to_owned()],
        other: Vec::new(),
    };
    let users = axl::ListChange {
        objects: Some(objects),
        ..changes_from(None)
    };
    assert_eq!(told(cucm.done(&users).await).0.len(), 1);

    // A secret is never told.
    let password: axl::UserSecret = axl::UserSecret::Password("s3cret".into());
    let axl::UserSecret::Password(password) = password else {
        panic!("a password");
    };
    let user = axl::AddAppUser {
        app_user: axl::AppUser {
            userid: "robot".into(),
            password: password.into(),
            ..Default::default()
        },
        other: Vec::new(),
    };
    cucm.done(&user).await;
    let (changes, _) = told(cucm.done(&changes_from(Some(end))).await);
    assert_eq!(changes[0].2, ["userid"]);
    cucm.stop().await;
}

#[tokio::test]
async fn another_process_has_another_queue_and_the_directory_if_it_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::with_data_dir(dir.path().to_owned());
    settings.cucm.keep = true;
    let cucm = start_with(settings.clone()).await;
    cucm.done(&location("Branch")).await;
    let removal = axl::RemovePhone {
        key: NameKey::Name("SEP000001001001".to_owned()),
        other: Vec::new(),
    };
    cucm.done(&removal).await;
    let password =
        "<ns:updateUser><userid>1001002</userid><password>changed</password></ns:updateUser>";
    let response = cucm
        .post("axladmin", "CUCM:DB ver=14.0 updateUser", password)
        .await;
    assert_eq!(status(&response), "200", "{response}");
    let (_, before) = told(cucm.done(&changes_from(None)).await);
    cucm.stop().await;

    let cucm = start_with(settings).await;
    let (changes, after) = told(cucm.done(&changes_from(Some(before.clone()))).await);
    assert_eq!(changes, []);
    assert_ne!(after.queue_id, before.queue_id);
    let found = rows(&cucm, "select name from location where name = 'Branch'").await;
    assert_eq!(found, [["Branch"]]);
    // What was removed does not come back with the seed.
    assert_eq!(cucm.fault(&removal).await.code, AxlCode::NOT_FOUND);
    let right = axl::DoAuthenticateUser::password("1001002", "changed");
    assert!(cucm.done(&right).await.user_authenticated);
    let old = axl::DoAuthenticateUser::password("1001002", "ccx-1001002");
    assert!(!cucm.done(&old).await.user_authenticated);
    cucm.stop().await;

    let files = std::fs::read_dir(dir.path()).unwrap();
    for file in files
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
    {
        let bytes = std::fs::read(&file).unwrap();
        let holds = bytes.windows(7).any(|window| window == b"changed");
        let is_database = file.to_string_lossy().contains("cucm.sqlite");
        // The word stands in the names of triggers; the password would stand alone.
        if is_database && holds {
            let connection = rusqlite::Connection::open(&file).unwrap();
            let hash: Vec<u8> = connection
                .query_row("select hash from credential", [], |row| row.get(0))
                .unwrap();
            assert_eq!(hash.len(), 32);
        }
    }
}

#[tokio::test]
async fn roles_say_who_may_do_what_and_flags_name_their_users() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::with_data_dir(dir.path().to_owned());
    let users = [
        ("boss", AxlRole::Full),
        ("looker", AxlRole::ReadOnly),
        ("outsider", AxlRole::None),
    ];
    for (name, role) in users {
        let password = Password::new("pass:word");
        settings
            .seed
            .set_application_user(name.to_owned(), password, role)
            .unwrap();
    }
    let cucm = start_with(settings).await;
    let as_user = |name: &str| Credentials::new(name, "pass:word").unwrap();
    let version = axl::GetCcmVersion {
        process_node_name: None,
        other: Vec::new(),
    };
    let change = update("update device set description = 'x'");
    let status_of = |error: AxlCallError| {
        error.refusal().is_some() || matches!(error, AxlCallError::Operation { .. })
    };

    for name in ["boss", "looker"] {
        let answer = cucm.call_as(as_user(name), Version::V14_0, &version).await;
        assert!(answer.is_ok(), "{name}");
    }
    assert!(
        cucm.call_as(as_user("boss"), Version::V14_0, &change)
            .await
            .is_ok()
    );
    assert!(
        cucm.call_as(as_user("boss"), Version::V14_0, &location("New"))
            .await
            .is_ok()
    );
    // Read-only: neither SQL nor typed operations write.
    let error = cucm
        .call_as(as_user("looker"), Version::V14_0, &change)
        .await
        .unwrap_err();
    assert!(status_of(error));
    let error = cucm
        .call_as(as_user("looker"), Version::V14_0, &location("More"))
        .await
        .unwrap_err();
    assert!(status_of(error));
    let query = axl::ExecuteSqlQuery::new("select name from location where name = 'More'");
    let reply = cucm
        .call_as(as_user("looker"), Version::V14_0, &query)
        .await
        .unwrap();
    assert!(reply.rows.is_empty());
    // Without a role, and an end user: 403. Nobody of that name: 401.
    for (credentials, expected) in [
        (as_user("outsider"), 403),
        (Credentials::new("1001001", "ccx-1001001").unwrap(), 403),
        (Credentials::new("axladmin", "ccx-axladmin").unwrap(), 401),
        (Credentials::new("boss", "wrong").unwrap(), 401),
    ] {
        match cucm.call_as(credentials, Version::V14_0, &version).await {
            Err(AxlCallError::Call(soap_axl::CallError::Status(refusal))) => {
                assert_eq!(refusal.status, expected);
            }
            other => panic!("{other:?}"),
        }
    }
    cucm.stop().await;
}

#[tokio::test]
async fn an_application_user_has_the_role_of_its_group_as_soon_as_it_is_in_it() {
    let cucm = start().await;
    let group = |name: &str| {
        Presence::Value(axl::AssociatedGroups {
            groups: vec![axl::UserGroup {
                name: name.into(),
                ..Default::default()
            }],
            ..Default::default()
        })
    };
    let user = axl::AddAppUser {
        app_user: axl::AppUser {
            userid: "robot".into(),
            password: soap_axl::Secret::new("oil").into(),
            presence_group_name: ForeignKey::named("Standard Presence group").into(),
            associated_groups: group("Standard CCM Super Users"),
            ..Default::default()
        },
        other: Vec::new(),
    };
    cucm.done(&user).await;
    let robot = || Credentials::new("robot", "oil").unwrap();
    let added = cucm
        .call_as(robot(), Version::V14_0, &location("Robot's"))
        .await;
    assert!(added.is_ok(), "{added:?}");
    let leave = "delete from applicationuserdirgroupmap where fkapplicationuser in \
        (select pkid from applicationuser where name = 'robot')";
    cucm.done(&update(leave)).await;
    let refused = cucm
        .call_as(robot(), Version::V14_0, &location("More"))
        .await;
    assert!(refused.is_err());
    cucm.stop().await;
}

#[tokio::test]
async fn versions_from_11_5_to_15_0_are_served_and_no_others() {
    let cucm = start().await;
    let credentials = || Credentials::new("axlreader", "ccx-axlreader").unwrap();
    let get = axl::GetPhone::by_name("SEP000001001001");
    for version in Version::KNOWN {
        let reply = cucm.call_as(credentials(), *version, &get).await.unwrap();
        assert_eq!(reply.phone.name, "SEP000001001001".into(), "{version}");
        // What 12.5 brought is not in the answers of the versions before it.
        let is_new = *version >= Version::V12_5;
        assert_eq!(
            !reply.phone.enable_activation_id.is_absent(),
            is_new,
            "{version}"
        );
    }
    for (major, minor) in [(10, 5), (11, 0), (15, 5), (99, 0)] {
        let version = Version::new(major, minor);
        match cucm.call_as(credentials(), version, &get).await {
            Err(AxlCallError::Call(soap_axl::CallError::Status(refusal))) => {
                assert_eq!(refusal.status, 599, "{version}");
            }
            other => panic!("{version}: {other:?}"),
        }
    }
    cucm.stop().await;
}
