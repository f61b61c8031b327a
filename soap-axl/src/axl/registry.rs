//! Which operation has which type: the one place that ties names to structs.

use std::borrow::Cow;

use crate::{
    DecodeError, Decoder, Encoder, SoapVersion,
    axl::{
        AddAppUser, AddCss, AddDevicePool, AddDeviceProfile, AddLine, AddLocation, AddPhone,
        AddProcessNode, AddRegion, AddRoutePartition, AddRoutePattern, AddSipTrunk, AddUser,
        ApplyDevicePool, ApplyLine, ApplyPhone, ApplyRegion, ApplyRoutePartition, Content,
        DoAuthenticateUser, DoChangeDndStatus, DoDeviceLogin, DoDeviceLogout, DoDeviceReset,
        DoLdapSync, Dynamic, ExecuteSqlQuery, ExecuteSqlUpdate, Field, GetAppUser, GetCcmVersion,
        GetCss, GetDevicePool, GetDeviceProfile, GetLine, GetLocation, GetPhone, GetProcessNode,
        GetRegion, GetRoutePartition, GetRoutePattern, GetServiceParameter, GetSipTrunk, GetUser,
        ListAppUser, ListChange, ListCss, ListDevicePool, ListDeviceProfile, ListLine,
        ListLocation, ListPhone, ListProcessNode, ListRegion, ListRoutePartition, ListRoutePattern,
        ListServiceParameter, ListSipTrunk, ListUser, LockPhone, RemoveAppUser, RemoveCss,
        RemoveDevicePool, RemoveDeviceProfile, RemoveLine, RemoveLocation, RemovePhone,
        RemoveProcessNode, RemoveRegion, RemoveRoutePartition, RemoveRoutePattern, RemoveSipTrunk,
        RemoveUser, ResetDevicePool, ResetLine, ResetPhone, ResetSipTrunk, RestartDevicePool,
        RestartLine, RestartPhone, RestartRegion, RestartRoutePartition, RestartSipTrunk,
        UpdateAppUser, UpdateCss, UpdateDevicePool, UpdateDeviceProfile, UpdateLine,
        UpdateLocation, UpdatePhone, UpdateProcessNode, UpdateRegion, UpdateRoutePartition,
        UpdateRoutePattern, UpdateServiceParameter, UpdateSipTrunk, UpdateUser, WipePhone,
    },
    xml::{Element, Limits, Profile},
};

/// A typed operation.
pub trait Operation: Content {
    /// Name on the wire.
    const NAME: &'static str;
    /// Where the answer holds its reply.
    const PLACE: ReplyPlace = ReplyPlace::Return;
    /// What its answer holds.
    type Reply: Content;
}

/// Where an answer holds what it says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyPlace {
    /// Inside `return`.
    #[default]
    Return,
    /// Right inside the answer's element, as 12 of 1,068 operations have it. Two more have something
    /// there beside `return`.
    Answer,
}

/// What the tables of an operation say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OperationTable {
    /// Name on the wire.
    pub name: &'static str,
    /// Attributes and children of the request.
    pub request: &'static [Field],
    /// Where the answer holds its reply.
    pub place: ReplyPlace,
    /// Children of the reply; none when it is text.
    pub reply: &'static [Field],
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Only reads; a read-only user may do it.
    Read,
    /// Changes configuration or state.
    Write,
}

impl Effect {
    /// The effect of an operation by its name: get, list, SQL queries and `doAuthenticateUser`
    /// read, all others write.
    pub fn of(operation: &str) -> Self {
        let reads = operation.starts_with("get")
            || operation.starts_with("list")
            || operation.starts_with("executeSQLQuery")
            || operation == "doAuthenticateUser";
        if reads { Self::Read } else { Self::Write }
    }
}

/// Reads the open element of one operation.
struct Reader {
    name: &'static str,
    read: fn(&mut Decoder<'_>) -> Result<Box<Request>, DecodeError>,
}

macro_rules! registry {
    ($($name:ident,)+) => {
        /// An operation that came in.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant, reason = "one at a time, in the box of what came in")]
        pub enum Request {
            $(
                #[doc = concat!("See [`", stringify!($name), "`].")]
                $name($name),
            )+
            /// An operation that has no type here.
            Other(Dynamic),
        }

        impl Request {
            /// Names of the operations that have a type.
            pub const TYPED: &'static [&'static str] = &[$(<$name as Operation>::NAME,)+];

            /// What the tables of these operations say, to be compared with the schema.
            pub const TABLES: &'static [OperationTable] = &[$(OperationTable {
                name: <$name as Operation>::NAME,
                request: <$name as Content>::FIELDS,
                place: <$name as Operation>::PLACE,
                reply: <<$name as Operation>::Reply as Content>::FIELDS,
            },)+];

            /// Reads the open operation element, where it stays: requests are large.
            pub(crate) fn read(
                name: &str,
                decoder: &mut Decoder<'_>,
            ) -> Result<Box<Self>, DecodeError> {
                const READERS: &[Reader] = &[$(Reader {
                    name: <$name as Operation>::NAME,
                    read: |decoder| {
                        let mut request = Box::new(Request::$name(<$name as Content>::BLANK));
                        if let Request::$name(operation) = &mut *request {
                            operation.fill(decoder, <$name as Operation>::NAME)?;
                        }
                        Ok(request)
                    },
                },)+];
                if let Some(reader) = READERS.iter().find(|reader| reader.name == name) {
                    return (reader.read)(decoder);
                }
                let mut dynamic = Dynamic::read(decoder, "")?;
                name.clone_into(&mut dynamic.name);
                Ok(Box::new(Self::Other(dynamic)))
            }

            /// Attributes of the operation's element.
            pub(crate) fn attributes(&self) -> Vec<(Cow<'static, str>, String)> {
                match self {
                    $(Self::$name(operation) => operation.attributes(),)+
                    Self::Other(dynamic) => dynamic.attributes(),
                }
            }

            /// Writes what is inside the operation's element.
            pub(crate) fn write_inside(&self, encoder: &mut Encoder) {
                match self {
                    $(Self::$name(operation) => operation.write_inside(encoder),)+
                    Self::Other(dynamic) => dynamic.write_inside(encoder),
                }
            }

            /// Name of the operation.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$name(_) => <$name as Operation>::NAME,)+
                    Self::Other(dynamic) => &dynamic.name,
                }
            }
        }
    };
}

impl Request {
    /// The operation with everything inside it as trees, for those who serve many operations by
    /// one table. What was nil, empty or absent still is. Passwords stand in it in clear.
    ///
    /// # Errors
    ///
    /// It cannot be read back, being deeper than [`Limits::MAX_DEPTH`] or holding what XML does not
    /// allow: it was put together here, not received.
    pub fn to_dynamic(&self) -> Result<Dynamic, DecodeError> {
        let mut encoder = Encoder::new(SoapVersion::V11);
        encoder.open(self.name());
        self.write_inside(&mut encoder);
        encoder.close();
        let element = Element::parse(&encoder.finish(), Profile::Soap, &Limits::MAX)?;
        let mut dynamic = Dynamic::new(self.name());
        let attributes = self.attributes().into_iter();
        dynamic.attributes = attributes
            .map(|(name, value)| (name.into_owned(), value))
            .collect();
        dynamic.children = element.children().cloned().collect();
        Ok(dynamic)
    }
}

/// The tables of an operation that has a type.
impl OperationTable {
    /// By its name on the wire.
    pub fn of(operation: &str) -> Option<&'static Self> {
        Request::TABLES.iter().find(|table| table.name == operation)
    }
}

registry! {
    AddAppUser,
    AddCss,
    AddDevicePool,
    AddDeviceProfile,
    AddLine,
    AddLocation,
    AddPhone,
    AddProcessNode,
    AddRegion,
    AddRoutePartition,
    AddRoutePattern,
    AddSipTrunk,
    AddUser,
    ApplyDevicePool,
    ApplyLine,
    ApplyPhone,
    ApplyRegion,
    ApplyRoutePartition,
    DoAuthenticateUser,
    DoChangeDndStatus,
    DoDeviceLogin,
    DoDeviceLogout,
    DoDeviceReset,
    DoLdapSync,
    ExecuteSqlQuery,
    ExecuteSqlUpdate,
    GetAppUser,
    GetCcmVersion,
    GetCss,
    GetDevicePool,
    GetDeviceProfile,
    GetLine,
    GetLocation,
    GetPhone,
    GetProcessNode,
    GetRegion,
    GetRoutePartition,
    GetRoutePattern,
    GetServiceParameter,
    GetSipTrunk,
    GetUser,
    ListAppUser,
    ListChange,
    ListCss,
    ListDevicePool,
    ListDeviceProfile,
    ListLine,
    ListLocation,
    ListPhone,
    ListProcessNode,
    ListRegion,
    ListRoutePartition,
    ListRoutePattern,
    ListServiceParameter,
    ListSipTrunk,
    ListUser,
    LockPhone,
    RemoveAppUser,
    RemoveCss,
    RemoveDevicePool,
    RemoveDeviceProfile,
    RemoveLine,
    RemoveLocation,
    RemovePhone,
    RemoveProcessNode,
    RemoveRegion,
    RemoveRoutePartition,
    RemoveRoutePattern,
    RemoveSipTrunk,
    RemoveUser,
    ResetDevicePool,
    ResetLine,
    ResetPhone,
    ResetSipTrunk,
    RestartDevicePool,
    RestartLine,
    RestartPhone,
    RestartRegion,
    RestartRoutePartition,
    RestartSipTrunk,
    UpdateAppUser,
    UpdateCss,
    UpdateDevicePool,
    UpdateDeviceProfile,
    UpdateLine,
    UpdateLocation,
    UpdatePhone,
    UpdateProcessNode,
    UpdateRegion,
    UpdateRoutePartition,
    UpdateRoutePattern,
    UpdateServiceParameter,
    UpdateSipTrunk,
    UpdateUser,
    WipePhone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axl::{NameKey, Presence, UserSecret};

    #[test]
    fn an_operation_as_trees_keeps_nil_empty_and_absent_apart() {
        let request = Request::UpdateCss(UpdateCss {
            key: NameKey::Name("Internal & more".to_owned()),
            description: Presence::Nil,
            remove_members: Presence::Absent,
            add_members: Presence::Absent,
            members: Presence::Absent,
            new_name: "".into(),
            other: vec![Element::new("", "clause").with_text("kept")],
        });
        let dynamic = request.to_dynamic().unwrap();
        let names: Vec<_> = dynamic.children.iter().map(Element::local).collect();
        assert_eq!(dynamic.name, "updateCss");
        assert_eq!(names, ["name", "description", "newName", "clause"]);
        assert_eq!(dynamic.child("name").unwrap().text(), "Internal & more");
        let nil = dynamic.child("description").unwrap();
        assert_eq!(nil.attr_ns(crate::ns::XSI, "nil"), Some("true"));
        assert_eq!(dynamic.child("newName").unwrap().attributes(), []);
    }

    #[test]
    fn an_operation_may_be_as_large_as_what_is_received() {
        let long = "x".repeat(Limits::default().document + 1);
        let element = Element::new("", "vendorConfig")
            .with_attr("a", long.as_str())
            .with_text(long.as_str());
        let request = Request::UpdateCss(UpdateCss {
            key: NameKey::Name("Internal".to_owned()),
            description: Presence::Absent,
            remove_members: Presence::Absent,
            add_members: Presence::Absent,
            members: Presence::Absent,
            new_name: Presence::Absent,
            other: vec![element.clone()],
        });
        let dynamic = request.to_dynamic().unwrap();
        assert_eq!(dynamic.child("vendorConfig"), Some(&element));
    }

    #[test]
    fn an_operation_without_a_type_is_its_own_tree() {
        let dynamic = Dynamic::new("getCtiRoutePoint").with(Element::new("", "name"));
        assert_eq!(Request::Other(dynamic.clone()).to_dynamic(), Ok(dynamic));
    }

    #[test]
    fn a_choice_stands_in_the_tree_under_the_name_that_was_chosen() {
        let request = Request::DoAuthenticateUser(DoAuthenticateUser {
            userid: "1001001".to_owned(),
            secret: UserSecret::Pin("12345".into()),
            other: Vec::new(),
        });
        let dynamic = request.to_dynamic().unwrap();
        assert_eq!(dynamic.child("pin").unwrap().text(), "12345");
        assert!(dynamic.child("password").is_none());
    }

    #[test]
    fn a_table_is_found_by_the_name_of_its_operation() {
        let table = OperationTable::of("getCss").unwrap();
        assert_eq!(table.reply[0].wire, "css");
        assert_eq!(OperationTable::of("getGateway"), None);
    }

    #[test]
    fn a_read_only_user_gets_lists_and_queries_and_may_check_passwords() {
        for name in [
            "getUser",
            "listPhone",
            "executeSQLQuery",
            "executeSQLQueryInactive",
            "doAuthenticateUser",
        ] {
            assert_eq!(Effect::of(name), Effect::Read, "{name}");
        }
        for name in [
            "addPhone",
            "updateUser",
            "removeLine",
            "executeSQLUpdate",
            "doDeviceLogin",
            "applyPhone",
            "wipePhone",
        ] {
            assert_eq!(Effect::of(name), Effect::Write, "{name}");
        }
    }
}
