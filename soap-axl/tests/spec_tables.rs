//! The tables of the records against a transcription made apart from them.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of a test may do as tests do"
)]

use soap_axl::axl::{
    AddLine, AddPhone, AddUser, ApplyLine, ApplyPhone, DoAuthenticateUser, DoAuthenticateUserReply,
    DoDeviceLogin, DoDeviceLogout, ExecuteSqlQuery, ExecuteSqlQueryReply, ExecuteSqlUpdate,
    ExecuteSqlUpdateReply, Field, GetAppUser, GetAppUserReply, GetCcmVersion, GetCcmVersionReply,
    GetLine, GetLineReply, GetPhone, GetPhoneReply, GetUser, GetUserReply, LineCriteria,
    ListAppUser, ListAppUserReply, ListLine, ListLineReply, ListPhone, ListPhoneReply, ListUser,
    ListUserReply, LockPhone, PhoneCriteria, Place, Record, RemoveAppUser, RemoveLine, RemovePhone,
    RemoveUser, Request, ResetLine, ResetPhone, RestartPhone, UserCriteria, WipePhone,
};

const TABLE: &str = include_str!("../spec/operations.tsv");

fn children(fields: &[Field]) -> Vec<&'static str> {
    fields
        .iter()
        .filter(|field| field.place == Place::Child)
        .map(|field| field.wire)
        .collect()
}

/// The children of every record that the transcription has, by its name there.
fn records() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    fn request<Q: Record>() -> (&'static str, &'static str, Vec<&'static str>) {
        (Q::NAME, "request", children(Q::FIELDS))
    }
    fn pair<Q: Record, R: Record>() -> [(&'static str, &'static str, Vec<&'static str>); 2] {
        [request::<Q>(), (Q::NAME, "return", children(R::FIELDS))]
    }
    let mut all = Vec::new();
    all.extend(pair::<DoAuthenticateUser, DoAuthenticateUserReply>());
    all.extend(pair::<GetCcmVersion, GetCcmVersionReply>());
    all.extend(pair::<ExecuteSqlQuery, ExecuteSqlQueryReply>());
    all.extend(pair::<GetUser, GetUserReply>());
    all.extend(pair::<ListUser, ListUserReply>());
    all.extend(pair::<GetPhone, GetPhoneReply>());
    all.extend(pair::<ListPhone, ListPhoneReply>());
    all.extend(pair::<ListLine, ListLineReply>());
    all.extend(pair::<GetAppUser, GetAppUserReply>());
    all.extend(pair::<ListAppUser, ListAppUserReply>());
    all.extend(pair::<GetLine, GetLineReply>());
    all.extend(pair::<ExecuteSqlUpdate, ExecuteSqlUpdateReply>());
    all.extend([
        request::<AddLine>(),
        request::<AddPhone>(),
        request::<AddUser>(),
        request::<ApplyLine>(),
        request::<ApplyPhone>(),
        request::<DoDeviceLogin>(),
        request::<DoDeviceLogout>(),
        request::<LockPhone>(),
        request::<RemoveAppUser>(),
        request::<RemoveLine>(),
        request::<RemovePhone>(),
        request::<RemoveUser>(),
        request::<ResetLine>(),
        request::<ResetPhone>(),
        request::<RestartPhone>(),
        request::<WipePhone>(),
    ]);
    all.push(("userCriteria", "record", children(UserCriteria::FIELDS)));
    all.push(("phoneCriteria", "record", children(PhoneCriteria::FIELDS)));
    all.push(("lineCriteria", "record", children(LineCriteria::FIELDS)));
    all
}

#[test]
fn every_table_is_as_transcribed() {
    let lines: Vec<_> = TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let records = records();
    assert_eq!(lines.len(), records.len());
    for line in lines {
        let mut columns = line.split('\t');
        let (name, part) = (columns.next().unwrap(), columns.next().unwrap());
        let expected: Vec<_> = columns.next().unwrap().split(", ").collect();
        let found = records
            .iter()
            .find(|record| (record.0, record.1) == (name, part));
        assert_eq!(found.map(|record| &record.2), Some(&expected), "{line}");
    }
}

#[test]
fn every_typed_operation_is_in_the_transcription() {
    for name in Request::TYPED {
        assert!(TABLE.contains(&format!("\n{name}\trequest\t")), "{name}");
    }
}
