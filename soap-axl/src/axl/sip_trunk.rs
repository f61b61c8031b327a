//! SIP trunks.

use crate::axl::{
    DeviceProtocol, ForeignKey, NameKey, Presence, Product, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A SIP trunk.
    #[derive(Default)]
    SipTrunk "sipTrunk" {
        attributes {
            /// Number of the trunk in the database.
            ctiid: u64 = "ctiid";
            /// Key of the trunk.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// Free text.
            description: Presence<String> = "description";
            /// `SIP Trunk`.
            product: Presence<Product> = "product";
            /// Model; only read.
            model: Presence<String> = "model";
            /// `Trunk`.
            class: Presence<String> = "class";
            /// `SIP`.
            protocol: Presence<DeviceProtocol> = "protocol";
            /// `Network`.
            protocol_side: Presence<String> = "protocolSide";
            /// Calling search space of calls that come in.
            calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Presence<ForeignKey> = "devicePoolName";
            /// Common device configuration.
            common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
            /// Whether calls over it are inside: `OnNet`, `OffNet`, `Use System Default`.
            network_location: Presence<String> = "networkLocation";
            /// Location.
            location_name: Presence<ForeignKey> = "locationName";
            /// Media resource group list.
            media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
            /// Security profile.
            security_profile_name: Presence<ForeignKey> = "securityProfileName";
            /// SIP profile.
            sip_profile_name: Presence<ForeignKey> = "sipProfileName";
            /// Calling search space of presence requests.
            subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
            /// Calling search space of calls that are rerouted.
            reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
            /// Whether media pass a termination point.
            mtp_required: Presence<bool> = "mtpRequired";
            /// Presence group.
            presence_group_name: Presence<ForeignKey> = "presenceGroupName";
            /// Whether the destination is an SRV record.
            dest_addr_is_srv: Presence<bool> = "destAddrIsSrv";
            /// Whether media may be encrypted.
            srtp_allowed: Presence<bool> = "srtpAllowed";
            /// How digits are sent: `No Preference`, `RFC 2833` and others.
            dtmf_signaling_method: Presence<String> = "dtmfSignalingMethod";
            /// Whether every node serves it.
            run_on_every_node: Presence<bool> = "runOnEveryNode";
            /// Where it leads.
            destinations: Presence<SipTrunkDestinations> = "destinations";
            /// Whether numbers or URIs tell the parties.
            calling_and_called_party_info_format: Presence<String> = "callingAndCalledPartyInfoFormat";
        }
    }

    /// Destinations of a SIP trunk.
    #[derive(Default)]
    SipTrunkDestinations "destinations" {
        children {
            /// In the order they are tried.
            destination: Vec<SipTrunkDestination> = "destination";
        }
    }

    /// A destination of a SIP trunk.
    #[derive(Default)]
    SipTrunkDestination "destination" {
        children {
            /// Address or host name.
            address_ipv4: Presence<String> = "addressIpv4";
            /// Address of IPv6.
            address_ipv6: Presence<String> = "addressIpv6";
            /// Port, 5060 most often.
            port: Presence<String> = "port";
            /// Place in the order, from 1.
            sort_order: Presence<String> = "sortOrder";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    #[derive(Default)]
    SipTrunkCriteria "searchCriteria" {
        children {
            /// Name.
            name: Option<String> = "name";
            /// Description.
            description: Option<String> = "description";
            /// Calling search space.
            calling_search_space_name: Option<String> = "callingSearchSpaceName";
            /// Device pool.
            device_pool_name: Option<String> = "devicePoolName";
        }
    }
}

operation! {
    /// Asks for one SIP trunk.
    GetSipTrunk "getSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The SIP trunk.
    -> GetSipTrunkReply {
        /// The SIP trunk, reduced to what was asked.
        sip_trunk: SipTrunk = "sipTrunk";
    }

    /// Asks for SIP trunks.
    ListSipTrunk "listSipTrunk" {
        /// Which.
        criteria: SipTrunkCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The SIP trunks; past the end there are none.
    -> ListSipTrunkReply {
        /// The SIP trunks, reduced to what was asked.
        sip_trunks: Vec<SipTrunk> = "sipTrunk";
    }
}

command! {
    /// Adds a SIP trunk. The schema wants name, product, class, protocol, protocolSide,
    /// devicePoolName, locationName, securityProfileName, sipProfileName, presenceGroupName and
    /// callingAndCalledPartyInfoFormat.
    AddSipTrunk "addSipTrunk" {
        /// The SIP trunk.
        sip_trunk: Box<SipTrunk> = "sipTrunk";
    }

    /// Changes a SIP trunk. What is absent stays as it is; nil, or an empty value, clears.
    UpdateSipTrunk "updateSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Free text.
        description: Presence<String> = "description";
        /// Calling search space of calls that come in.
        calling_search_space_name: Presence<ForeignKey> = "callingSearchSpaceName";
        /// Device pool.
        device_pool_name: Presence<ForeignKey> = "devicePoolName";
        /// Common device configuration.
        common_device_config_name: Presence<ForeignKey> = "commonDeviceConfigName";
        /// Whether calls over it are inside: `OnNet`, `OffNet`, `Use System Default`.
        network_location: Presence<String> = "networkLocation";
        /// Location.
        location_name: Presence<ForeignKey> = "locationName";
        /// Media resource group list.
        media_resource_list_name: Presence<ForeignKey> = "mediaResourceListName";
        /// Security profile.
        security_profile_name: Presence<ForeignKey> = "securityProfileName";
        /// SIP profile.
        sip_profile_name: Presence<ForeignKey> = "sipProfileName";
        /// Calling search space of presence requests.
        subscribe_calling_search_space_name: Presence<ForeignKey> = "subscribeCallingSearchSpaceName";
        /// Calling search space of calls that are rerouted.
        reroute_calling_search_space_name: Presence<ForeignKey> = "rerouteCallingSearchSpaceName";
        /// Whether media pass a termination point.
        mtp_required: Presence<bool> = "mtpRequired";
        /// Presence group.
        presence_group_name: Presence<ForeignKey> = "presenceGroupName";
        /// Whether the destination is an SRV record.
        dest_addr_is_srv: Presence<bool> = "destAddrIsSrv";
        /// Whether media may be encrypted.
        srtp_allowed: Presence<bool> = "srtpAllowed";
        /// How digits are sent: `No Preference`, `RFC 2833` and others.
        dtmf_signaling_method: Presence<String> = "dtmfSignalingMethod";
        /// Whether every node serves it.
        run_on_every_node: Presence<bool> = "runOnEveryNode";
        /// Destinations to take out.
        remove_destinations: Presence<SipTrunkDestinations> = "removeDestinations";
        /// Destinations to put in.
        add_destinations: Presence<SipTrunkDestinations> = "addDestinations";
        /// All destinations, instead of what there is; not together with the two above.
        destinations: Presence<SipTrunkDestinations> = "destinations";
        /// Whether numbers or URIs tell the parties.
        calling_and_called_party_info_format: Presence<String> = "callingAndCalledPartyInfoFormat";
    }

    /// Takes a SIP trunk out of the configuration.
    RemoveSipTrunk "removeSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a SIP trunk start anew from their power on.
    ResetSipTrunk "resetSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a SIP trunk register anew.
    RestartSipTrunk "restartSipTrunk" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
