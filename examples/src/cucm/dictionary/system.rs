//! What the cluster consists of: nodes, their parameters, device pools, locations and regions.

use super::{List, Object, UUID, key, kind, list, number, text};

pub(super) const PROCESS_NODE: Object = Object {
    name: "ProcessNode",
    element: "processNode",
    table: "processnode",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        text("description", "description"),
        text("mac", "mac").left_out_if_empty(),
        text("ipv6Name", "ipv6name"),
        kind("nodeUsage", "tknodeusage", "typenodeusage").or("Subscriber"),
        key("lbmHubGroup", "fklbmhubgroup", "lbmhubgroup"),
        kind(
            "processNodeRole",
            "tkprocessnoderole",
            "typeprocessnoderole",
        )
        .or("CUCM Voice/Video"),
    ],
};

pub(super) const SERVICE_PARAMETER: Object = Object {
    name: "ServiceParameter",
    element: "serviceParameter",
    table: "processconfig",
    only: None,
    keys: &["name", "processNodeName", "service"],
    narrowing: &[],
    fields: &[
        UUID,
        key("processNodeName", "fkprocessnode", "processnode").required(),
        text("name", "paramname").required(),
        kind("service", "tkservice", "typeservice").required(),
        text("value", "paramvalue"),
        kind("valueType", "tkparam", "typeparam").read_only(),
    ],
};

pub(super) const DEVICE_POOL: Object = Object {
    name: "DevicePool",
    element: "devicePool",
    table: "devicepool",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        key(
            "autoSearchSpaceName",
            "fkcallingsearchspace_autoregistration",
            "callingsearchspace",
        ),
        key(
            "dateTimeSettingName",
            "fkdatetimesetting",
            "datetimesetting",
        )
        .or("CMLocal"),
        key(
            "callManagerGroupName",
            "fkcallmanagergroup",
            "callmanagergroup",
        )
        .or("Default"),
        key(
            "mediaResourceListName",
            "fkmediaresourcelist",
            "mediaresourcelist",
        ),
        key("regionName", "fkregion", "region").or("Default"),
        kind("networkLocale", "tkcountry", "typecountry"),
        key("srstName", "fksrst", "srst").or("Disable"),
        number("connectionMonitorDuration", "connectionmonitorduration").or("-1"),
        key(
            "automatedAlternateRoutingCssName",
            "fkcallingsearchspace_aar",
            "callingsearchspace",
        ),
        key(
            "aarNeighborhoodName",
            "fkaarneighborhood",
            "aarneighborhood",
        ),
        key("locationName", "fklocation", "location").or("Hub_None"),
        key(
            "mobilityCssName",
            "fkcallingsearchspace_mobility",
            "callingsearchspace",
        ),
        key(
            "physicalLocationName",
            "fkphysicallocation",
            "physicallocation",
        ),
        key(
            "deviceMobilityGroupName",
            "fkdevicemobilitygroup",
            "devicemobilitygroup",
        ),
        kind("revertPriority", "tkrevertpriority", "typerevertpriority").or("Default"),
        kind("singleButtonBarge", "tkbarge", "typebarge").or("Default"),
        kind("joinAcrossLines", "tkstatus_joinacrosslines", "typestatus").or("Default"),
    ],
};

pub(super) const LOCATION: Object = Object {
    name: "Location",
    element: "location",
    table: "location",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        number("id", "id").read_only(),
        list("relatedLocations", &RELATED_LOCATIONS),
        number("withinAudioBandwidth", "withinaudiobandwidth").or("0"),
        number("withinVideoBandwidth", "withinvideobandwidth").or("0"),
        number("withinImmersiveKbits", "withinimmersivebandwidth").or("0"),
        list("betweenLocations", &BETWEEN_LOCATIONS),
    ],
};

static RELATED_LOCATIONS: List = List::of_records(
    "locationmatrix",
    "fklocation_a",
    "relatedLocation",
    &[
        key("locationName", "fklocation_b", "location").required(),
        kind(
            "rsvpSetting",
            "tkreservationpolicy",
            "typereservationpolicy",
        )
        .or("Use System Default"),
    ],
);

static BETWEEN_LOCATIONS: List = List::of_records(
    "locationlink",
    "fklocation_a",
    "betweenLocation",
    &[
        key("locationName", "fklocation_b", "location").required(),
        number("weight", "weight").or("50"),
        number("audioBandwidth", "audiobandwidth").or("0"),
        number("videoBandwidth", "videobandwidth").or("384"),
        number("immersiveBandwidth", "immersivebandwidth").or("384"),
    ],
);

pub(super) const REGION: Object = Object {
    name: "Region",
    element: "region",
    table: "region",
    only: None,
    keys: &["name"],
    narrowing: &[],
    fields: &[
        UUID,
        text("name", "name").required(),
        list("relatedRegions", &RELATED_REGIONS),
        kind("defaultCodec", "tkcodec", "typecodec"),
    ],
};

static RELATED_REGIONS: List = List::of_records(
    "regionmatrix",
    "fkregion_a",
    "relatedRegion",
    &[
        key("regionName", "fkregion_b", "region").required(),
        kind("bandwidth", "tkbandwidth", "typebandwidth").or("64 kbps"),
        number("videoBandwidth", "videobandwidth").or("-2"),
        kind("lossyNetwork", "tklossynetwork", "typelossynetwork").or("Use System Default"),
        key("codecPreference", "fkcodeclist", "codeclist"),
        number("immersiveVideoBandwidth", "immersivebandwidth").or("-2"),
    ],
);
