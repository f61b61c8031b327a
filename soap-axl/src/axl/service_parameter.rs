//! Service parameters.

use crate::axl::{
    ForeignKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A service parameter.
    ServiceParameter "serviceParameter" with Default {
        attributes {
            /// Key of the parameter.
            uuid: Uuid = "uuid";
        }
        children {
            /// Node that it is for; `EnterpriseWideData` for all.
            process_node_name: Presence<ForeignKey> = "processNodeName";
            /// Name of the parameter.
            name: Presence<String> = "name";
            /// Service, as in `Cisco CallManager`.
            service: Presence<String> = "service";
            /// Value.
            value: Presence<String> = "value";
            /// What the value is.
            value_type: Presence<String> = "valueType";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    ServiceParameterCriteria "searchCriteria" with Default {
        children {
            /// Node.
            process_node_name: Option<String> = "processNodeName";
            /// Service.
            service: Option<String> = "service";
        }
    }
}

operation! {
    /// Asks for one service parameter.
    GetServiceParameter "getServiceParameter" {
        /// Which, by key; or by the three behind.
        uuid: Option<Uuid> = "uuid";
        /// Node.
        process_node_name: Option<ForeignKey> = "processNodeName";
        /// Name of the parameter.
        name: Option<String> = "name";
        /// Service.
        service: Option<String> = "service";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The service parameter.
    -> GetServiceParameterReply {
        /// The service parameter, reduced to what was asked.
        service_parameter: ServiceParameter = "serviceParameter";
    }

    /// Asks for service parameters.
    ListServiceParameter "listServiceParameter" {
        /// Which.
        criteria: ServiceParameterCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The service parameters; past the end there are none.
    -> ListServiceParameterReply {
        /// The service parameters, reduced to what was asked.
        service_parameters: Vec<ServiceParameter> = "serviceParameter";
    }
}

command! {
    /// Changes a service parameter.
    UpdateServiceParameter "updateServiceParameter" {
        /// Which, by key; or by the three behind.
        uuid: Option<Uuid> = "uuid";
        /// Node.
        process_node_name: Option<ForeignKey> = "processNodeName";
        /// Name of the parameter.
        name: Option<String> = "name";
        /// Service.
        service: Option<String> = "service";
        /// New value; nil for the default.
        value: Presence<String> = "value";
    }
}
