//! Regions: which codecs calls may use.

use crate::axl::{
    ForeignKey, NameKey, Presence, Tags, Uuid,
    macros::{command, operation, record},
};

record! {
    /// A region.
    Region "region" with Default {
        attributes {
            /// Key of the region.
            uuid: Uuid = "uuid";
        }
        children {
            /// Name.
            name: Presence<String> = "name";
            /// What calls to other regions may take.
            related_regions: Presence<RelatedRegions> = "relatedRegions";
            /// Codec within it.
            default_codec: Presence<String> = "defaultCodec";
        }
    }

    /// Relations to other regions.
    RelatedRegions "relatedRegions" with Default {
        children {
            /// One for each other region.
            related_region: Vec<RelatedRegion> = "relatedRegion";
        }
    }

    /// What calls to another region may take.
    RelatedRegion "relatedRegion" with Default {
        attributes {
            /// Key of the relation.
            uuid: Uuid = "uuid";
        }
        children {
            /// The other region.
            region_name: Presence<ForeignKey> = "regionName";
            /// Most bandwidth of audio, as in `64 kbps`.
            bandwidth: Presence<String> = "bandwidth";
            /// Most bandwidth of video in kbit/s; -1 for none.
            video_bandwidth: Presence<String> = "videoBandwidth";
            /// Whether codecs are preferred that bear losses.
            lossy_network: Presence<String> = "lossyNetwork";
            /// List of codecs in order of preference.
            codec_preference: Presence<ForeignKey> = "codecPreference";
            /// Most bandwidth of immersive video in kbit/s; -1 for none.
            immersive_video_bandwidth: Presence<String> = "immersiveVideoBandwidth";
        }
    }

    /// Which to list: `LIKE` patterns with `%`, all of which must match.
    RegionCriteria "searchCriteria" with Default {
        children {
            /// Name.
            name: Option<String> = "name";
        }
    }
}

operation! {
    /// Asks for one region.
    GetRegion "getRegion" {
        /// Which.
        key: NameKey = "name | uuid";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The region.
    -> GetRegionReply {
        /// The region, reduced to what was asked.
        region: Region = "region";
    }

    /// Asks for regions.
    ListRegion "listRegion" {
        /// Which.
        criteria: RegionCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The regions; past the end there are none.
    -> ListRegionReply {
        /// The regions, reduced to what was asked.
        regions: Vec<Region> = "region";
    }
}

command! {
    /// Adds a region. The schema wants the name.
    AddRegion "addRegion" {
        /// The region.
        region: Region = "region";
    }

    /// Changes a region. What is absent stays as it is; nil, or an empty value, clears.
    UpdateRegion "updateRegion" {
        /// Which.
        key: NameKey = "name | uuid";
        /// New name.
        new_name: Presence<String> = "newName";
        /// What calls to other regions may take.
        related_regions: Presence<RelatedRegions> = "relatedRegions";
    }

    /// Takes a region out of the configuration.
    RemoveRegion "removeRegion" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes changes of a region take effect, with as little interruption as possible.
    ApplyRegion "applyRegion" {
        /// Which.
        key: NameKey = "name | uuid";
    }

    /// Makes the devices of a region register anew.
    RestartRegion "restartRegion" {
        /// Which.
        key: NameKey = "name | uuid";
    }
}
