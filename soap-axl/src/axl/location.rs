//! Locations: how much bandwidth calls may take.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A location.
    Location "location" with Default {
        attributes {
            /// Key of the location.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name, as in `Hub_None`.
            name: Presence<String> = "name";
            /// Number in the database; only read.
            id: Presence<String> = "id";
            /// Reservations of bandwidth to other locations.
            related_locations: Presence<RelatedLocations> = "relatedLocations";
            /// Audio bandwidth within it in kbit/s; 0 for no limit.
            within_audio_bandwidth: Presence<String> = "withinAudioBandwidth";
            /// Video bandwidth within it in kbit/s; 0 for no limit, -1 for none.
            within_video_bandwidth: Presence<String> = "withinVideoBandwidth";
            /// Bandwidth of immersive video within it in kbit/s; 0 for no limit, -1 for none.
            within_immersive_kbits: Presence<String> = "withinImmersiveKbits";
            /// Links to its neighbours.
            between_locations: Presence<BetweenLocations> = "betweenLocations";
        }
    }

    /// Reservations of bandwidth.
    RelatedLocations "relatedLocations" with Default {
        children {
            /// One for each other location.
            related_location: Vec<RelatedLocation> = "relatedLocation";
        }
    }

    /// How bandwidth is reserved for calls to another location.
    RelatedLocation "relatedLocation" with Default {
        attributes {
            /// Key of the relation.
            uuid: Uuid = "uuid";
        }
        children {
            /// The other location.
            location_name: Presence<ForeignKey> = "locationName";
            /// How: `Use System Default`, `No Reservation` and others.
            rsvp_setting: Presence<String> = "rsvpSetting";
        }
    }

    /// Links to neighbours.
    BetweenLocations "betweenLocations" with Default {
        children {
            /// One for each neighbour.
            between_location: Vec<BetweenLocation> = "betweenLocation";
        }
    }

    /// A link to a neighbour.
    BetweenLocation "betweenLocation" with Default {
        attributes {
            /// Key of the pair.
            uuid: Uuid = "uuid";
        }
        children {
            /// The neighbour.
            location_name: Presence<ForeignKey> = "locationName";
            /// Weight of the link when the way is chosen, 0 to 100.
            weight: Presence<String> = "weight";
            /// Audio bandwidth in kbit/s; 0 for no limit.
            audio_bandwidth: Presence<String> = "audioBandwidth";
            /// Video bandwidth in kbit/s; 0 for no limit, -1 for none.
            video_bandwidth: Presence<String> = "videoBandwidth";
            /// Bandwidth of immersive video in kbit/s; 0 for no limit, -1 for none.
            immersive_bandwidth: Presence<String> = "immersiveBandwidth";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    LocationCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
        }
    }
}

operation! {
    /// Asks for one location.
    GetLocation "getLocation" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The location.
    -> GetLocationReply {
        /// The location, reduced to what was asked.
        location: Location = "location";
    }

    /// Asks for locations.
    ListLocation "listLocation" {
        /// Which.
        criteria: LocationCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The locations; past the end there are none.
    -> ListLocationReply {
        /// The locations, reduced to what was asked.
        locations: Vec<Location> = "location";
    }
}

command! {
    /// Adds a location. The schema wants name, the three bandwidths within it
    /// and betweenLocations.
    AddLocation "addLocation" {
        /// The location.
        location: Location = "location";
    }

    /// Changes a location. What is absent stays as it is; nil, or an empty value, clears.
    UpdateLocation "updateLocation" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// Reservations of bandwidth to other locations.
        related_locations: Presence<RelatedLocations> = "relatedLocations";
        /// Audio bandwidth within it in kbit/s; 0 for no limit.
        within_audio_bandwidth: Presence<String> = "withinAudioBandwidth";
        /// Video bandwidth within it in kbit/s; 0 for no limit, -1 for none.
        within_video_bandwidth: Presence<String> = "withinVideoBandwidth";
        /// Bandwidth of immersive video within it in kbit/s; 0 for no limit, -1 for none.
        within_immersive_kbits: Presence<String> = "withinImmersiveKbits";
        /// Links to its neighbours.
        between_locations: Presence<BetweenLocations> = "betweenLocations";
    }

    /// Takes a location out of the configuration.
    RemoveLocation "removeLocation" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
