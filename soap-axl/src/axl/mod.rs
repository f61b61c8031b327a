//! AXL, the provisioning API of Cisco CUCM, on top of SOAP 1.1.
//!
//! | module's items | what they are |
//! | --- | --- |
//! | [`Client`], [`Call`], [`Pending`] | the client half: operation to HTTP request, response to answer |
//! | [`Server`], [`Incoming`], [`Received`] | the server half: HTTP request to operation, answer to response |
//! | [`Request`] | every operation that has a type here, and [`Dynamic`] for the others |
//! | [`User`], [`Phone`], [`Line`], [`Css`], [`Row`] ... | objects, stated in tables |
//! | [`Rows`], [`Items`] | an answer of any size, item by item, while it arrives |
//! | [`Pager`] | a list of any length, page by page |
//! | [`Queue`] | many calls, as many at a time as the server bears |
//! | [`ChangeFollower`] | what changes in the configuration |
//! | [`AxlError`], [`AxlCode`] | the detail of a fault |
//! | [`Version`], [`Action`] | version of the schema, a value at run time |
//! | [`coverage`] | every operation, and whether it has a type |
//!
//! Elements inside an operation are unqualified and come in the order of the schema. Three states
//! are kept apart everywhere: absent, nil and a value ([`Presence`]). Lists that the schema calls
//! closed take any text, so they are open strings with constants. What a table does not name is
//! kept in `other`.

mod app_user;
mod back_off;
mod change;
mod client;
mod content;
mod css;
mod device_pool;
mod device_profile;
mod dynamic;
mod error;
mod follower;
mod line;
mod location;
#[doc(hidden)]
pub mod macros;
mod pager;
mod partition;
mod phone;
mod process_node;
mod queue;
#[doc(hidden)]
pub mod record;
mod region;
mod registry;
mod route_pattern;
mod rows;
#[cfg(feature = "schema")]
pub mod schema;
mod secret;
mod server;
mod service_parameter;
mod sip_trunk;
mod slot;
mod sql;
mod system;
mod tags;
mod user;
mod uuid;
mod version;

pub use app_user::{
    AddAppUser, AppUser, AppUserCriteria, DeviceProfileNames, GetAppUser, GetAppUserReply,
    ListAppUser, ListAppUserReply, RemoveAppUser, UpdateAppUser,
};
pub use back_off::BackOff;
pub use change::{
    Change, ChangeAction, ChangeObjects, ChangedTag, ChangedTags, Changes, ListChange,
    ListChangeReply, QueueInfo, StartChangeId,
};
pub use client::{AxlCallError, Call, Client, Config as ClientConfig, Pending, Reply};
pub use content::{AttributeValue, Content, ForeignKey, Returned};
pub use css::{
    AddCss, Css, CssCriteria, CssMember, CssMembers, GetCss, GetCssReply, ListCss, ListCssReply,
    RemoveCss, UpdateCss,
};
pub use device_pool::{
    AddDevicePool, ApplyDevicePool, DevicePool, DevicePoolCriteria, GetDevicePool,
    GetDevicePoolReply, ListDevicePool, ListDevicePoolReply, LocalRouteGroup, RemoveDevicePool,
    ResetDevicePool, RestartDevicePool, UpdateDevicePool,
};
pub use device_profile::{
    AddDeviceProfile, DeviceProfile, DeviceProfileCriteria, GetDeviceProfile,
    GetDeviceProfileReply, ListDeviceProfile, ListDeviceProfileReply, RemoveDeviceProfile,
    UpdateDeviceProfile,
};
pub use dynamic::Dynamic;
pub use error::{AxlCode, AxlError, Blame, TooLarge};
pub use follower::{ChangeFollower, FollowConfig, FollowEvent, ResyncReason};
pub use line::{
    AddLine, AlternateNumber, ApplyLine, CallForward, DirectoryUri, DirectoryUris,
    ExternalPresentationInfo, GetLine, GetLineReply, Line, LineCriteria, LineKey, ListLine,
    ListLineReply, PresentationInfo, RemoveLine, ResetLine, RestartLine, UpdateLine,
};
pub use location::{
    AddLocation, BetweenLocation, BetweenLocations, GetLocation, GetLocationReply, ListLocation,
    ListLocationReply, Location, LocationCriteria, RelatedLocation, RelatedLocations,
    RemoveLocation, UpdateLocation,
};
pub use pager::{Listed, PageError, PageEvent, Paged, Pager, PagerConfig};
pub use partition::{
    AddRoutePartition, ApplyRoutePartition, GetRoutePartition, GetRoutePartitionReply,
    ListRoutePartition, ListRoutePartitionReply, RemoveRoutePartition, RestartRoutePartition,
    RoutePartition, RoutePartitionCriteria, UpdateRoutePartition,
};
pub use phone::{
    AddOnModule, AddOnModules, AddPhone, ApplyPhone, AssociatedEndusers, BlfDirectedCallPark,
    BlfDirectedCallParks, BlfFeatures, BusyLampField, BusyLampFields, CallInfoDisplay,
    CallParkPattern, ConfidentialAccess, CurrentConfig, DeviceProtocol, DeviceReset, Dirn, DndUser,
    DoChangeDndStatus, DoDeviceLogin, DoDeviceLogout, DoDeviceReset, Enduser, GetPhone,
    GetPhoneReply, LineIdentifier, ListPhone, ListPhoneReply, LockPhone, NameKey, Phone,
    PhoneCriteria, PhoneLine, PhoneLines, PhoneService, PhoneServices, Product, RemovePhone,
    ResetPhone, RestartPhone, SpeedDial, SpeedDials, UpdatePhone, WipePhone,
};
pub use process_node::{
    AddProcessNode, GetProcessNode, GetProcessNodeReply, ListProcessNode, ListProcessNodeReply,
    ProcessNode, ProcessNodeCriteria, RemoveProcessNode, UpdateProcessNode,
};
pub use queue::{CallId, Queue, QueueConfig, QueueFull, Verdict};
pub use record::{AnyRecord, Parts, PartsMut, Record};
pub use region::{
    AddRegion, ApplyRegion, GetRegion, GetRegionReply, ListRegion, ListRegionReply, Region,
    RegionCriteria, RelatedRegion, RelatedRegions, RemoveRegion, RestartRegion, UpdateRegion,
};
pub use registry::{Effect, Operation, OperationTable, ReplyPlace, Request};
pub use route_pattern::{
    AddRoutePattern, GetRoutePattern, GetRoutePatternReply, IsdnNsfInfo, ListRoutePattern,
    ListRoutePatternReply, RemoveRoutePattern, RouteDestination, RoutePattern,
    RoutePatternCriteria, UpdateRoutePattern,
};
pub use rows::{Items, Rows};
pub use secret::is_secret;
pub use server::{Config as ServerConfig, Incoming, Received, Server};
pub use service_parameter::{
    GetServiceParameter, GetServiceParameterReply, ListServiceParameter, ListServiceParameterReply,
    ServiceParameter, ServiceParameterCriteria, UpdateServiceParameter,
};
pub use sip_trunk::{
    AddSipTrunk, GetSipTrunk, GetSipTrunkReply, ListSipTrunk, ListSipTrunkReply, RemoveSipTrunk,
    ResetSipTrunk, RestartSipTrunk, SipTrunk, SipTrunkCriteria, SipTrunkDestination,
    SipTrunkDestinations, UpdateSipTrunk,
};
pub use slot::{AttributeSlot, Occurs, Presence, Same, Slot, SlotType};
pub use sql::{
    ExecuteSqlQuery, ExecuteSqlQueryReply, ExecuteSqlUpdate, ExecuteSqlUpdateReply, Row,
};
pub use system::{ComponentVersion, DoLdapSync, GetCcmVersion, GetCcmVersionReply};
pub use tags::Tags;
pub use user::{
    AddUser, AssociatedCapfProfiles, AssociatedDevices, AssociatedGroups, AssociatedHeadsets,
    CustomUserField, CustomUserFields, DoAuthenticateUser, DoAuthenticateUserReply, Extension,
    Extensions, GetUser, GetUserReply, LineAppearance, LineAppearances, ListUser, ListUserReply,
    PasswordCredentials, PinCredentials, PrimaryExtension, ProfileNames, RemoteDestinationProfiles,
    RemoveUser, TodAccesses, UpdateUser, User, UserCriteria, UserGroup, UserKey, UserRoles,
    UserSecret,
};
pub use uuid::Uuid;
pub use version::{Action, Version, VersionError};

#[doc = include_str!("../../spec/coverage.md")]
pub mod coverage {}

/// One line of a record's table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Field {
    /// Name on the wire; names of a choice are parted by ` | `.
    pub wire: &'static str,
    /// Name in the record.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// How often it comes.
    pub occurs: Occurs,
    /// The table of the record that it holds; empty when it holds none.
    pub inner: &'static [Self],
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
    pub const fn attribute(wire: &'static str, name: &'static str) -> Self {
        Self {
            wire,
            name,
            place: Place::Attribute,
            occurs: Occurs::Optional,
            inner: &[],
        }
    }

    /// A field that is a child.
    #[doc(hidden)]
    pub const fn child<T: SlotType>(wire: &'static str, name: &'static str) -> Self {
        Self {
            wire,
            name,
            place: Place::Child,
            occurs: T::OCCURS,
            inner: T::FIELDS,
        }
    }

    /// Whether an element of this name is the field's.
    pub fn is_named(&self, local: &str) -> bool {
        match self.occurs {
            Occurs::Choice => self.wire.split(" | ").any(|name| name == local),
            Occurs::Once | Occurs::Optional | Occurs::Any => self.wire == local,
        }
    }

    /// Whether it has to come.
    pub fn is_required(&self) -> bool {
        matches!(self.occurs, Occurs::Once | Occurs::Choice)
    }
}
