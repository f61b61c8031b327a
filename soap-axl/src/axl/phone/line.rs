//! Lines on a phone.

use crate::axl::{ForeignKey, Presence, Uuid, macros::record};

record! {
    /// Lines of a phone.
    PhoneLines "lines" with Default {
        children {
            /// In the order of their index.
            lines: Vec<PhoneLine> = "line";
            /// The lines, named only by number and partition.
            line_identifier: Vec<LineIdentifier> = "lineIdentifier";
        }
    }

    /// One appearance of a line on a phone.
    PhoneLine "line" with Default {
        attributes {
            /// Number of the association in the database.
            ctiid: u64 = "ctiid";
            /// Key of the association.
            uuid: Uuid = "uuid";
        }
        children {
            /// Button, from 1.
            index: Presence<String> = "index";
            /// Label beside the button.
            label: Presence<String> = "label";
            /// Name shown to the called party.
            display: Presence<String> = "display";
            /// The line.
            dirn: Presence<Dirn> = "dirn";
            /// How it rings.
            ring_setting: Presence<String> = "ringSetting";
            /// How it rings while another call is up.
            consecutive_ring_setting: Presence<String> = "consecutiveRingSetting";
            /// How it rings for a call to pick up while the phone is idle.
            ring_setting_idle_pickup_alert: Presence<String> = "ringSettingIdlePickupAlert";
            /// How it rings for a call to pick up while the phone is in use.
            ring_setting_active_pickup_alert: Presence<String> = "ringSettingActivePickupAlert";
            /// Name shown to the called party, without letters beyond ASCII.
            display_ascii: Presence<String> = "displayAscii";
            /// Mask that makes the number one of the public network.
            e164_mask: Presence<String> = "e164Mask";
            /// Number from the dial plan wizard; only read.
            dial_plan_wizard_id: Presence<String> = "dialPlanWizardId";
            /// When the lamp tells of messages.
            mwl_policy: Presence<String> = "mwlPolicy";
            /// Most calls at a time.
            max_num_calls: Presence<String> = "maxNumCalls";
            /// Calls from which on the line is busy.
            busy_trigger: Presence<String> = "busyTrigger";
            /// What is shown of a call.
            call_info_display: Presence<CallInfoDisplay> = "callInfoDisplay";
            /// Recording profile.
            recording_profile_name: Presence<ForeignKey> = "recordingProfileName";
            /// Calling search space of those who listen in.
            monitoring_css_name: Presence<ForeignKey> = "monitoringCssName";
            /// `Call Recording Disabled`, or who starts recording.
            recording_flag: Presence<String> = "recordingFlag";
            /// Whether a tone tells of messages: `On`, `Off` or `Default`.
            audible_mwi: Presence<String> = "audibleMwi";
            /// The number that an intercom line calls.
            speed_dial: Presence<String> = "speedDial";
            /// What the partition of the line is for: `General` or `Intercom`.
            partition_usage: Presence<String> = "partitionUsage";
            /// Users whose presence follows the line.
            associated_endusers: Presence<AssociatedEndusers> = "associatedEndusers";
            /// Whether calls that nobody took are listed.
            missed_call_logging: Presence<bool> = "missedCallLogging";
            /// Where recorded media come from: `Gateway Preferred` or `Phone Preferred`.
            recording_media_source: Presence<String> = "recordingMediaSource";
        }
    }

    /// Users of a line on a phone.
    AssociatedEndusers "associatedEndusers" with Default {
        children {
            /// The users.
            endusers: Vec<Enduser> = "enduser";
        }
    }

    /// A user of a line on a phone.
    Enduser "enduser" with Default {
        children {
            /// Login name.
            user_id: Presence<String> = "userId";
        }
    }

    /// A line by pattern and partition.
    Dirn "dirn" with Default {
        attributes {
            /// Key of the line.
            uuid: Uuid = "uuid";
        }
        children {
            /// Directory number.
            pattern: Presence<String> = "pattern";
            /// Partition.
            route_partition_name: Presence<ForeignKey> = "routePartitionName";
        }
    }

    /// What is shown of a call.
    CallInfoDisplay "callInfoDisplay" with Default {
        children {
            /// Name of the caller.
            caller_name: Presence<bool> = "callerName";
            /// Number of the caller.
            caller_number: Presence<bool> = "callerNumber";
            /// Number that the call was redirected from.
            redirected_number: Presence<bool> = "redirectedNumber";
            /// Number that was dialled.
            dialed_number: Presence<bool> = "dialedNumber";
        }
    }

    /// A line on a phone, named only by number and partition.
    LineIdentifier "lineIdentifier" with Default {
        children {
            /// Directory number.
            directory_number: Presence<String> = "directoryNumber";
            /// Partition.
            route_partition_name: Presence<String> = "routePartitionName";
        }
    }
}
