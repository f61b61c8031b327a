//! Objects of AXL other than phones, over real sockets with the typed client.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use soap_axl::{
    axl::{self, AxlCode, Dynamic, ForeignKey, LineKey, Presence, UserKey},
    xml::Element,
};

mod common {
    pub(crate) mod cucm;
}
use common::cucm::{by_name, dynamic, name, named, read, start, text};

#[tokio::test]
async fn a_user_has_devices_groups_and_an_extension_and_signs_in() {
    let cucm = start().await;
    let user = axl::User {
        userid: "newcomer".into(),
        last_name: "Sienna".into(),
        password: soap_axl::Secret::new("first").into(),
        pin: soap_axl::Secret::new("12345").into(),
        presence_group_name: ForeignKey::named("Standard Presence group").into(),
        associated_devices: axl::AssociatedDevices {
            devices: vec!["SEP000001001001".to_owned(), "SEP000001001002".to_owned()],
            ..Default::default()
        }
        .into(),
        associated_groups: axl::AssociatedGroups {
            groups: vec![axl::UserGroup {
                name: "Standard CCM End Users".into(),
                ..Default::default()
            }],
            ..Default::default()
        }
        .into(),
        primary_extension: axl::PrimaryExtension {
            pattern: "1001003".into(),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    };
    let user = axl::AddUser {
        user,
        other: Vec::new(),
    };
    cucm.done(&user).await;

    let found = cucm.done(&axl::GetUser::by_userid("newcomer")).await.user;
    let devices = &found.associated_devices.value().unwrap().devices;
    assert_eq!(devices, &["SEP000001001001", "SEP000001001002"]);
    let group = &found.associated_groups.value().unwrap().groups[0];
    assert_eq!(text(&group.name), "Standard CCM End Users");
    assert_eq!(
        group.roles.value().unwrap().roles,
        ["Standard CCM End Users"]
    );
    assert_eq!(
        text(&found.primary_extension.value().unwrap().pattern),
        "1001003"
    );
    assert!(found.password.is_absent() && found.pin.is_absent());

    let signs_in = async |secret: axl::UserSecret| {
        let check = axl::DoAuthenticateUser {
            userid: "newcomer".to_owned(),
            secret,
            other: Vec::new(),
        };
        let reply = cucm.done(&check).await;
        assert_eq!(reply.user_authenticated, reply.code == 0);
        reply.user_authenticated
    };
    let password = |text: &str| axl::UserSecret::Password(text.into());
    assert!(signs_in(password("first")).await);
    assert!(!signs_in(password("12345")).await);
    assert!(signs_in(axl::UserSecret::Pin("12345".into())).await);

    let update: axl::UpdateUser = read(
        "<updateUser><userid>newcomer</userid><newUserid>oldtimer</newUserid>\
         <password>second</password><associatedDevices/></updateUser>",
    );
    cucm.done(&update).await;
    assert!(!signs_in(password("first")).await);
    let found = cucm.done(&axl::GetUser::by_userid("oldtimer")).await.user;
    assert!(found.associated_devices.is_absent());
    assert_eq!(text(&found.last_name), "Sienna");
    let check = axl::DoAuthenticateUser::password("oldtimer", "second");
    assert!(cucm.done(&check).await.user_authenticated);

    let removal = axl::RemoveUser {
        key: UserKey::Userid("oldtimer".to_owned()),
        other: Vec::new(),
    };
    cucm.done(&removal).await;
    assert!(!cucm.done(&check).await.user_authenticated);
    cucm.stop().await;
}

#[tokio::test]
async fn lines_with_one_pattern_are_told_apart_by_their_partitions() {
    let cucm = start().await;
    let partition: axl::AddRoutePartition = read(
        "<addRoutePartition><routePartition><name>Internal</name></routePartition>\
         </addRoutePartition>",
    );
    cucm.done(&partition).await;
    let add = |partition: &str, description: &str| -> axl::AddLine {
        read(&format!(
            "<addLine><line><pattern>4001</pattern><description>{description}</description>\
             <usage>Device</usage><routePartitionName>{partition}</routePartitionName>\
             <callForwardAll><forwardToVoiceMail>false</forwardToVoiceMail>\
             <destination>4009</destination></callForwardAll></line></addLine>"
        ))
    };
    cucm.done(&add("", "without")).await;
    cucm.done(&add("Internal", "within")).await;
    assert_eq!(
        cucm.fault(&add("Internal", "again")).await.code,
        AxlCode::DUPLICATE
    );
    assert_eq!(cucm.fault(&add("", "again")).await.code, AxlCode::DUPLICATE);

    let get = |partition: Presence<ForeignKey>| axl::GetLine {
        key: LineKey::Pattern("4001".to_owned()),
        route_partition_name: partition,
        returned_tags: None,
        other: Vec::new(),
    };
    let line = cucm
        .done(&get(ForeignKey::named("Internal").into()))
        .await
        .line;
    assert_eq!(text(&line.description), "within");
    assert_eq!(text(&line.usage), "Device");
    assert_eq!(
        text(&line.call_forward_all.value().unwrap().destination),
        "4009"
    );
    let line = cucm.done(&get(Presence::Absent)).await.line;
    assert_eq!(text(&line.description), "without");

    // What a forward does not say stays.
    let update: axl::UpdateLine = read(
        "<updateLine><pattern>4001</pattern><routePartitionName>Internal</routePartitionName>\
         <newPattern>4002</newPattern><callForwardAll><forwardToVoiceMail>t</forwardToVoiceMail>\
         </callForwardAll></updateLine>",
    );
    cucm.done(&update).await;
    let moved = axl::GetLine {
        key: LineKey::Pattern("4002".to_owned()),
        ..get(ForeignKey::named("Internal").into())
    };
    let line = cucm.done(&moved).await.line;
    let forward = line.call_forward_all.value().unwrap();
    assert_eq!(text(&forward.destination), "4009");
    assert_eq!(forward.forward_to_voice_mail, true.into());
    let gone = cucm.fault(&get(ForeignKey::named("Internal").into())).await;
    assert_eq!(gone.code, AxlCode::NOT_FOUND);
    cucm.stop().await;
}

#[tokio::test]
async fn a_search_space_has_its_partitions_in_order() {
    let cucm = start().await;
    for name in ["Internal", "National", "World"] {
        let add: axl::AddRoutePartition = read(&format!(
            "<addRoutePartition><routePartition><name>{name}</name></routePartition>\
             </addRoutePartition>"
        ));
        cucm.done(&add).await;
    }
    let member = |name: &str, index: &str| {
        format!(
            "<member><routePartitionName>{name}</routePartitionName><index>{index}</index></member>"
        )
    };
    let add: axl::AddCss = read(&format!(
        "<addCss><css><members>{}{}</members><name>Staff</name></css></addCss>",
        member("National", "2"),
        member("Internal", "1")
    ));
    cucm.done(&add).await;
    let clause = async || {
        let get = axl::GetCss {
            key: named("Staff"),
            returned_tags: None,
            other: Vec::new(),
        };
        let css = cucm.done(&get).await.css;
        let members = css.members.value().unwrap().members.len();
        (text(&css.clause).to_owned(), members)
    };
    assert_eq!(clause().await, ("Internal:National".to_owned(), 2));
    let update: axl::UpdateCss = read(&format!(
        "<updateCss><name>Staff</name><removeMembers>{}</removeMembers>\
         <addMembers>{}</addMembers></updateCss>",
        member("Internal", "1"),
        member("World", "3")
    ));
    cucm.done(&update).await;
    assert_eq!(clause().await, ("National:World".to_owned(), 2));
    cucm.stop().await;
}

/// Each object that has a name: added with the least, changed, listed, touched and removed.
#[tokio::test]
async fn every_object_goes_from_add_to_remove() {
    let cucm = start().await;
    let pool = ("devicePoolName", "Default");
    #[expect(
        clippy::type_complexity,
        reason = "name, element, what it wants, what can be done"
    )]
    let objects: [(&str, &str, &[(&str, &str)], &[&str]); 10] = [
        (
            "RoutePartition",
            "routePartition",
            &[],
            &["apply", "restart"],
        ),
        ("Css", "css", &[], &[]),
        (
            "DevicePool",
            "devicePool",
            &[],
            &["apply", "reset", "restart"],
        ),
        (
            "Location",
            "location",
            &[("withinAudioBandwidth", "64")],
            &[],
        ),
        ("Region", "region", &[], &["apply", "restart"]),
        ("ProcessNode", "processNode", &[], &[]),
        (
            "DeviceProfile",
            "deviceProfile",
            &[("product", "Cisco 8841"), ("protocol", "SIP")],
            &[],
        ),
        ("SipTrunk", "sipTrunk", &[pool], &["reset", "restart"]),
        (
            "Phone",
            "phone",
            &[("product", "Cisco 7841"), pool],
            PHONE_VERBS,
        ),
        ("CtiRoutePoint", "ctiRoutePoint", &[pool], &[]),
    ];
    for (object, element, texts, verbs) in objects {
        let mut inside =
            Element::new("", element).with_child(Element::new("", "name").with_text("One"));
        for (tag, value) in texts {
            inside.push_child(Element::new("", *tag).with_text(value));
        }
        let add = Dynamic::new(format!("add{object}")).with(inside);
        let key = by_name(&cucm, &axl::Request::Other(add)).await.unwrap();
        let update = dynamic(
            &format!("update{object}"),
            &[("name", "One"), ("newName", "Two")],
        );
        assert_eq!(by_name(&cucm, &update).await.unwrap(), key, "{object}");
        for verb in verbs {
            let touch = dynamic(&format!("{verb}{object}"), &[("name", "Two")]);
            assert_eq!(by_name(&cucm, &touch).await.unwrap(), key, "{verb}{object}");
            let missing = dynamic(&format!("{verb}{object}"), &[("name", "One")]);
            let error = by_name(&cucm, &missing).await.unwrap_err();
            assert!(error.contains("<axlcode>5007</axlcode>"), "{error}");
        }
        let list = axl::Request::Other(
            Dynamic::new(format!("list{object}"))
                .with(
                    Element::new("", "searchCriteria")
                        .with_child(Element::new("", "name").with_text("T_o")),
                )
                .with(Element::new("", "returnedTags").with_child(Element::new("", "name"))),
        );
        let listed = by_name(&cucm, &list).await.unwrap();
        let key_attribute = key
            .trim_start_matches("<return>")
            .trim_end_matches("</return>");
        assert!(
            listed.contains(&format!("uuid=\"{key_attribute}\""))
                && listed.contains("<name>Two</name>"),
            "{listed}"
        );
        let remove = dynamic(&format!("remove{object}"), &[("name", "Two")]);
        assert_eq!(by_name(&cucm, &remove).await.unwrap(), key, "{object}");
        let error = by_name(&cucm, &remove).await.unwrap_err();
        assert!(
            error.contains(&format!("The specified {object} was not found")),
            "{error}"
        );
    }
    cucm.stop().await;
}

const PHONE_VERBS: &[&str] = &["apply", "reset", "restart", "wipe", "lock"];

#[tokio::test]
async fn patterns_trunks_and_parameters_keep_what_they_are_told() {
    let cucm = start().await;
    let trunk: axl::AddSipTrunk = read(
        "<addSipTrunk><sipTrunk><name>ToWorld</name><devicePoolName>Default</devicePoolName>\
         <destinations><destination><addressIpv4>192.0.2.1</addressIpv4><port>5061</port>\
         <sortOrder>1</sortOrder></destination></destinations></sipTrunk></addSipTrunk>",
    );
    cucm.done(&trunk).await;
    let get = axl::GetSipTrunk {
        key: named("ToWorld"),
        returned_tags: None,
        other: Vec::new(),
    };
    let trunk = cucm.done(&get).await.sip_trunk;
    let destination = &trunk.destinations.value().unwrap().destination[0];
    assert_eq!(text(&destination.address_ipv4), "192.0.2.1");
    assert_eq!(text(&destination.port), "5061");
    assert_eq!(
        name(&trunk.security_profile_name),
        "Non Secure SIP Trunk Profile"
    );

    let pattern: axl::AddRoutePattern = read(
        "<addRoutePattern><routePattern><pattern>9.@</pattern><blockEnable>false</blockEnable>\
         <destination><gatewayName>ToWorld</gatewayName></destination></routePattern>\
         </addRoutePattern>",
    );
    cucm.done(&pattern).await;
    let get = axl::GetRoutePattern {
        key: LineKey::Pattern("9.@".to_owned()),
        route_partition_name: Presence::Absent,
        dial_plan_name: Presence::Absent,
        route_filter_name: Presence::Absent,
        returned_tags: None,
        other: Vec::new(),
    };
    let pattern = cucm.done(&get).await.route_pattern;
    assert_eq!(
        name(&pattern.destination.value().unwrap().gateway_name),
        "ToWorld"
    );
    assert_eq!(text(&pattern.usage), "Route");

    let update: axl::UpdateServiceParameter = read(
        "<updateServiceParameter><processNodeName>localhost</processNodeName>\
         <name>CdrEnabled</name><service>Cisco CallManager</service><value>T</value>\
         </updateServiceParameter>",
    );
    cucm.done(&update).await;
    let get = axl::GetServiceParameter {
        uuid: None,
        process_node_name: Some(ForeignKey::named("localhost")),
        name: Some("CdrEnabled".to_owned()),
        service: Some("Cisco CallManager".to_owned()),
        returned_tags: None,
        other: Vec::new(),
    };
    let parameter = cucm.done(&get).await.service_parameter;
    assert_eq!(text(&parameter.value), "T");
    let elsewhere = axl::GetServiceParameter {
        service: Some("Cisco Tftp".to_owned()),
        ..get
    };
    assert_eq!(cucm.fault(&elsewhere).await.code, AxlCode::NOT_FOUND);

    let region: axl::UpdateRegion = read(
        "<updateRegion><name>Default</name><relatedRegions><relatedRegion>\
         <regionName>Default</regionName><bandwidth>256 kbps</bandwidth></relatedRegion>\
         </relatedRegions></updateRegion>",
    );
    cucm.done(&region).await;
    let get = axl::GetRegion {
        key: named("Default"),
        returned_tags: None,
        other: Vec::new(),
    };
    let region = cucm.done(&get).await.region;
    let related = &region.related_regions.value().unwrap().related_region[0];
    assert_eq!(text(&related.bandwidth), "256 kbps");
    cucm.stop().await;
}
