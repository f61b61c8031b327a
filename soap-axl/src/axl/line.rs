//! Lines: `addLine`, `getLine`, `listLine`, and what is done to one.

use crate::axl::{
    ForeignKey, Presence, Tags, Uuid,
    macros::{choice, command, operation, record},
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

choice! {
    /// Names a line; a pattern goes with a partition.
    LineKey {
        /// By key.
        Uuid(Uuid) = "uuid",
        /// By directory number.
        Pattern(String) = "pattern",
    }
}

command! {
    /// Adds a line. The schema wants pattern and usage.
    AddLine "addLine" {
        /// The line.
        line: Box<Line> = "line";
    }

    /// Takes a line out of the configuration.
    RemoveLine "removeLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }

    /// Makes changes of the configuration take effect, with as little interruption as possible.
    ApplyLine "applyLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }

    /// Makes the phones of the line start anew.
    ResetLine "resetLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
    }
}

operation! {
    /// Asks for one line.
    GetLine "getLine" {
        /// Which.
        key: LineKey = "uuid | pattern";
        /// Partition of the pattern.
        route_partition_name: Presence<ForeignKey> = "routePartitionName";
        /// What of it; everything when there is no mask.
        returned_tags: Option<Tags> = "returnedTags";
    }
    /// The line.
    -> GetLineReply {
        /// The line, reduced to what was asked.
        line: Line = "line";
    }

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
