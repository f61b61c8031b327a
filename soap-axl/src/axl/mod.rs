//! AXL, the provisioning API of Cisco CUCM, on top of SOAP 1.1.
//!
//! | module's items | what they are |
//! | --- | --- |
//! | [`Client`], [`Call`], [`Pending`] | the client half: operation to HTTP request, response to answer |
//! | [`Server`], [`Incoming`], [`Received`] | the server half: HTTP request to operation, answer to response |
//! | [`Request`] | every operation that has a type here, and [`Dynamic`] for the others |
//! | [`User`], [`Phone`], [`Line`], [`Row`] | objects, stated in tables |
//! | [`Rows`], [`Items`] | an answer of any size, item by item, while it arrives |
//! | [`Pager`] | a list of any length, page by page |
//! | [`AxlError`], [`AxlCode`] | the detail of a fault |
//! | [`Version`], [`Action`] | version of the schema, a value at run time |
//!
//! Elements inside an operation are unqualified and come in the order of the schema. Three states
//! are kept apart everywhere: absent, nil and a value ([`Presence`]). Lists that the schema calls
//! closed take any text, so they are open strings with constants. What a table does not name is
//! kept in `other`.

mod app_user;
mod client;
mod content;
mod dynamic;
mod error;
mod line;
#[doc(hidden)]
pub mod macros;
mod pager;
mod phone;
mod registry;
mod rows;
#[cfg(feature = "schema")]
pub mod schema;
mod server;
mod sql;
mod system;
mod user;
mod uuid;
mod version;

pub use app_user::{
    AppUser, AppUserCriteria, GetAppUser, GetAppUserReply, ListAppUser, ListAppUserReply,
    RemoveAppUser,
};
pub use client::{AxlCallError, Call, Client, Config as ClientConfig, Pending, Reply};
pub use content::{AttributeValue, Content, ForeignKey, Presence, Returned, Slot, Tags};
pub use dynamic::Dynamic;
pub use error::{AxlCode, AxlError, Blame, TooLarge};
pub use line::{
    AddLine, ApplyLine, GetLine, GetLineReply, Line, LineCriteria, LineKey, ListLine,
    ListLineReply, RemoveLine, ResetLine,
};
pub use pager::{Listed, PageError, PageEvent, Paged, Pager, PagerConfig};
pub use phone::{
    AddPhone, ApplyPhone, DeviceProtocol, Dirn, DoDeviceLogin, DoDeviceLogout, GetPhone,
    GetPhoneReply, ListPhone, ListPhoneReply, LockPhone, NameKey, Phone, PhoneCriteria, PhoneLine,
    PhoneLines, Product, RemovePhone, ResetPhone, RestartPhone, WipePhone,
};
pub use registry::{Effect, Operation, ReplyPlace, Request};
pub use rows::{Items, Rows};
pub use server::{Config as ServerConfig, Incoming, Received, Server};
pub use sql::{
    ExecuteSqlQuery, ExecuteSqlQueryReply, ExecuteSqlUpdate, ExecuteSqlUpdateReply, Row,
};
pub use system::{ComponentVersion, GetCcmVersion, GetCcmVersionReply};
pub use user::{
    AddUser, AssociatedDevices, AssociatedGroups, DoAuthenticateUser, DoAuthenticateUserReply,
    GetUser, GetUserReply, ListUser, ListUserReply, PrimaryExtension, RemoveUser, User,
    UserCriteria, UserGroup, UserKey, UserRoles, UserSecret,
};
pub use uuid::Uuid;
pub use version::{Action, Version, VersionError};

/// What the table of a record says, to be compared with the schema.
pub trait Record: Content {
    /// Name of the element in the schema.
    const NAME: &'static str;
    /// Attributes, then children in the order they are written.
    const FIELDS: &'static [Field];
}

/// One line of a record's table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// Name on the wire; names of a choice are parted by ` | `.
    pub wire: &'static str,
    /// Where it stands.
    pub place: Place,
}

/// Where a field of a record stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// An attribute.
    Attribute,
    /// A child.
    Child,
}

impl Field {
    /// A field that is an attribute.
    #[doc(hidden)]
    pub const fn attribute(wire: &'static str) -> Self {
        Self {
            wire,
            place: Place::Attribute,
        }
    }

    /// A field that is a child.
    #[doc(hidden)]
    pub const fn child(wire: &'static str) -> Self {
        Self {
            wire,
            place: Place::Child,
        }
    }
}
