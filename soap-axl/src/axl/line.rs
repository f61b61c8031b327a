//! Lines: `listLine`.

use crate::axl::{
    ForeignKey, Presence, Tags, Uuid,
    macros::{operation, record},
};

record! {
    /// A line: a directory number in a partition.
    #[derive(Default)]
    Line "line" {
        attributes {
            /// Key of the line.
            uuid: Uuid = "uuid";
        }
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Free text.
            description: Presence<String> = "description";
            /// `Device` for a line of a phone.
            usage: Presence<String> = "usage";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
            /// Name shown to the caller while it rings.
            alerting_name: Presence<String> = "alertingName";
            /// The same without letters beyond ASCII.
            ascii_alerting_name: Presence<String> = "asciiAlertingName";
        }
    }

    /// What lines to list: `LIKE` patterns with `%`, all of which must match.
    #[derive(Default)]
    LineCriteria "searchCriteria" {
        children {
            /// Directory number.
            pattern: Option<String> = "pattern";
            /// Description.
            description: Option<String> = "description";
            /// Usage.
            usage: Option<String> = "usage";
            /// Partition.
            route_partition_name: Option<String> = "routePartitionName";
        }
    }
}

operation! {
    /// Asks for lines.
    ListLine "listLine" {
        /// Which.
        criteria: LineCriteria = "searchCriteria";
        /// What of each.
        returned_tags: Tags = "returnedTags";
        /// How many to leave out at the front.
        skip: Option<u64> = "skip";
        /// How many to answer at most.
        first: Option<u64> = "first";
    }
    /// The lines; past the end there are none.
    -> ListLineReply {
        /// The lines, reduced to what was asked.
        lines: Vec<Line> = "line";
    }
}
