//! Which operation has which type: the one place that ties names to structs.

use bytes::BytesMut;

use crate::{
    DecodeError, Decoder, Encoder,
    axl::{
        AddLine, AddPhone, AddUser, ApplyLine, ApplyPhone, Content, DoAuthenticateUser,
        DoDeviceLogin, DoDeviceLogout, Dynamic, ExecuteSqlQuery, ExecuteSqlUpdate, GetAppUser,
        GetCcmVersion, GetLine, GetPhone, GetUser, ListAppUser, ListLine, ListPhone, ListUser,
        LockPhone, RemoveAppUser, RemoveLine, RemovePhone, RemoveUser, ResetLine, ResetPhone,
        RestartPhone, WipePhone,
    },
    xml::Tag,
};

/// A typed operation.
pub trait Operation: Content {
    /// Name on the wire.
    const NAME: &'static str;
    /// Where the answer holds its reply.
    const PLACE: ReplyPlace = ReplyPlace::Return;
    /// What its answer holds.
    type Reply: Content;

    /// Writes the attributes of the operation's element, of which few have any.
    fn write_attributes<'w>(&self, tag: Tag<'w, BytesMut>) -> Tag<'w, BytesMut> {
        tag
    }

    /// Writes what is inside the operation's element.
    fn write_children(&self, encoder: &mut Encoder);
}

/// Where an answer holds what it says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ReplyPlace {
    /// Inside `return`.
    #[default]
    Return,
    /// Right inside the answer's element, as 12 operations have it.
    Answer,
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

macro_rules! registry {
    ($($name:ident,)+) => {
        /// An operation that came in.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
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

            /// Reads the open operation element.
            pub(crate) fn read(
                name: &str,
                decoder: &mut Decoder<'_>,
            ) -> Result<Self, DecodeError> {
                $(if name == <$name as Operation>::NAME {
                    let wire = <$name as Operation>::NAME;
                    return Ok(Self::$name(<$name as Content>::read(decoder, wire)?));
                })+
                let mut dynamic = Dynamic::read(decoder, "")?;
                dynamic.name = name.to_owned();
                Ok(Self::Other(dynamic))
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

registry! {
    AddLine,
    AddPhone,
    AddUser,
    ApplyLine,
    ApplyPhone,
    DoAuthenticateUser,
    DoDeviceLogin,
    DoDeviceLogout,
    ExecuteSqlQuery,
    ExecuteSqlUpdate,
    GetAppUser,
    GetCcmVersion,
    GetLine,
    GetPhone,
    GetUser,
    ListAppUser,
    ListLine,
    ListPhone,
    ListUser,
    LockPhone,
    RemoveAppUser,
    RemoveLine,
    RemovePhone,
    RemoveUser,
    ResetLine,
    ResetPhone,
    RestartPhone,
    WipePhone,
}

#[cfg(test)]
mod tests {
    use super::*;

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
