//! Phones over AXL and real sockets, with the typed client: added, found, changed and removed.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use soap_axl::{
    axl::{self, AxlCode, Blame, ForeignKey, LineKey, NameKey, Presence, Tags},
    xml::Element,
};

mod common {
    pub(crate) mod cucm;
}
use common::cucm::{Cucm, by_name, dynamic, name, named, read, start, text};

/// What a client fills in that knows only the standard names, with one line.
fn phone(name: &str, pattern: &str) -> axl::Phone {
    axl::Phone {
        name: name.into(),
        description: "Reception & lobby".into(),
        product: axl::Product::from("Cisco 8861").into(),
        class: "Phone".into(),
        protocol: axl::DeviceProtocol::SIP.into(),
        protocol_side: "User".into(),
        device_pool_name: ForeignKey::named("Default").into(),
        common_phone_config_name: ForeignKey::named("Standard Common Phone Profile").into(),
        location_name: ForeignKey::named("Hub_None").into(),
        use_trusted_relay_point: "Default".into(),
        phone_template_name: ForeignKey::named("Standard 8861 SIP").into(),
        security_profile_name: ForeignKey::named("Cisco 8861 - Standard SIP Non-Secure Profile")
            .into(),
        primary_phone_name: Presence::Nil,
        built_in_bridge_status: "Default".into(),
        packet_capture_mode: "None".into(),
        certificate_operation: "No Pending Operation".into(),
        device_mobility_mode: "Default".into(),
        lines: axl::PhoneLines {
            lines: vec![line_of_phone(1, pattern)],
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}

fn line_of_phone(index: u32, pattern: &str) -> axl::PhoneLine {
    axl::PhoneLine {
        index: index.to_string().into(),
        label: format!("Line {index}").into(),
        dirn: axl::Dirn {
            pattern: pattern.to_owned().into(),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}

fn add_phone(phone: axl::Phone) -> axl::AddPhone {
    axl::AddPhone {
        phone,
        other: Vec::new(),
    }
}

async fn get_phone(cucm: &Cucm, name: &str) -> axl::Phone {
    cucm.done(&axl::GetPhone::by_name(name)).await.phone
}

/// An update of a phone in which all is absent.
fn update_phone(name: &str) -> axl::UpdatePhone {
    let xml = format!("<updatePhone><name>{name}</name></updatePhone>");
    read(&xml)
}

#[tokio::test]
async fn a_phone_of_standard_names_is_added_found_changed_and_removed() {
    let cucm = start().await;
    let key = cucm
        .done(&add_phone(phone("SEP00AABBCCDDEE", "4001")))
        .await;
    let key = key.uuid().expect("a key");

    let found = get_phone(&cucm, "SEP00AABBCCDDEE").await;
    assert_eq!(found.uuid, Some(key.clone()));
    assert_eq!(found.uuid.as_ref().unwrap().as_str(), key.to_braced());
    assert!(found.ctiid.is_some());
    assert_eq!(text(&found.description), "Reception & lobby");
    assert_eq!(text(&found.model), "Cisco 8861");
    assert_eq!(text(&found.class), "Phone");
    let pool = found.device_pool_name.value().unwrap();
    assert_eq!(pool.name, "Default");
    assert!(pool.uuid.is_some());
    // Defaults of the schema.
    assert_eq!(name(&found.presence_group_name), "Standard Presence group");
    assert_eq!(text(&found.dnd_option), "Ringer Off");
    assert_eq!(found.allow_cti_control_flag, true.into());
    assert_eq!(found.hotline_device, false.into());
    let lines = &found.lines.value().unwrap().lines;
    assert_eq!(lines.len(), 1);
    assert_eq!(text(&lines[0].label), "Line 1");
    assert_eq!(text(&lines[0].max_num_calls), "4");
    assert_eq!(text(&lines[0].dirn.value().unwrap().pattern), "4001");

    // By key, in the spelling of SQL.
    let by_key = axl::GetPhone {
        key: NameKey::Uuid(axl::Uuid::new(key.to_pkid())),
        returned_tags: None,
        other: Vec::new(),
    };
    assert_eq!(cucm.done(&by_key).await.phone, found);

    let mut update = update_phone("SEP00AABBCCDDEE");
    update.new_name = "SEP00AABBCCDDEF".into();
    update.location_name = ForeignKey::named("Shadow").into();
    assert_eq!(cucm.done(&update).await.uuid(), Some(key.clone()));
    let found = get_phone(&cucm, "SEP00AABBCCDDEF").await;
    assert_eq!(found.uuid, Some(key));
    assert_eq!(name(&found.location_name), "Shadow");
    assert_eq!(text(&found.description), "Reception & lobby");

    let removal = axl::RemovePhone {
        key: named("SEP00AABBCCDDEF"),
        other: Vec::new(),
    };
    cucm.done(&removal).await;
    let error = cucm.fault(&removal).await;
    assert_eq!(error.code, AxlCode::NOT_FOUND);
    assert_eq!(
        error.message,
        "Item not valid: The specified Phone was not found"
    );
    assert_eq!(error.request, "removePhone");
    cucm.stop().await;
}

#[tokio::test]
async fn nil_and_empty_clear_and_absent_keeps() {
    let cucm = start().await;
    cucm.done(&add_phone(phone("SEP000000000001", "4001")))
        .await;
    let mut update = update_phone("SEP000000000001");
    update.security_profile_name = Presence::Nil;
    update.retry_video_call_as_audio = false.into();
    cucm.done(&update).await;
    let found = get_phone(&cucm, "SEP000000000001").await;
    assert_eq!(name(&found.security_profile_name), "");
    assert_eq!(text(&found.description), "Reception & lobby");
    assert_eq!(name(&found.phone_template_name), "Standard 8861 SIP");
    assert_eq!(found.retry_video_call_as_audio, false.into());

    let mut update = update_phone("SEP000000000001");
    update.description = "".into();
    update.phone_template_name = ForeignKey::default().into();
    update.lines = Presence::Nil;
    cucm.done(&update).await;
    let found = get_phone(&cucm, "SEP000000000001").await;
    assert_eq!(text(&found.description), "");
    assert_eq!(name(&found.phone_template_name), "");
    assert!(found.lines.is_absent());
    assert_eq!(found.retry_video_call_as_audio, false.into());

    // What is required cannot be cleared.
    let mut update = update_phone("SEP000000000001");
    update.device_pool_name = Presence::Nil;
    assert_eq!(cucm.fault(&update).await.blame, Blame::Client);
    cucm.stop().await;
}

#[tokio::test]
async fn lines_are_put_on_taken_off_and_replaced() {
    let cucm = start().await;
    cucm.done(&add_phone(phone("SEP000000000001", "4001")))
        .await;
    let lines = |lines: Vec<axl::PhoneLine>| {
        Presence::Value(axl::PhoneLines {
            lines,
            ..Default::default()
        })
    };
    let patterns = async || -> Vec<String> {
        let phone = get_phone(&cucm, "SEP000000000001").await;
        let lines = phone.lines.into_value().unwrap_or_default().lines;
        let pattern = |line: &axl::PhoneLine| text(&line.dirn.value().unwrap().pattern).to_owned();
        lines.iter().map(pattern).collect()
    };

    let mut update = update_phone("SEP000000000001");
    update.add_lines = lines(vec![line_of_phone(2, "4002"), line_of_phone(3, "1001001")]);
    cucm.done(&update).await;
    assert_eq!(patterns().await, ["4001", "4002", "1001001"]);

    let mut update = update_phone("SEP000000000001");
    update.remove_lines = lines(vec![line_of_phone(2, "4002")]);
    cucm.done(&update).await;
    assert_eq!(patterns().await, ["4001", "1001001"]);
    assert_eq!(cucm.fault(&update).await.code, AxlCode::NOT_FOUND);

    let mut update = update_phone("SEP000000000001");
    update.lines = lines(vec![line_of_phone(1, "4003")]);
    cucm.done(&update).await;
    assert_eq!(patterns().await, ["4003"]);

    // The two ways exclude each other; nothing of either is done.
    update.remove_lines = lines(vec![line_of_phone(1, "4003")]);
    assert_eq!(cucm.fault(&update).await.code, AxlCode::RULE);
    assert_eq!(patterns().await, ["4003"]);

    // A button holds one line.
    let mut update = update_phone("SEP000000000001");
    update.add_lines = lines(vec![line_of_phone(1, "4004")]);
    assert_eq!(cucm.fault(&update).await.code, AxlCode::DUPLICATE);
    cucm.stop().await;
}

#[tokio::test]
async fn what_is_not_there_or_there_already_has_its_code() {
    let cucm = start().await;
    let mut unknown = phone("SEP000000000001", "4001");
    unknown.device_pool_name = ForeignKey::named("Nowhere").into();
    let error = cucm.fault(&add_phone(unknown)).await;
    assert_eq!(error.code, AxlCode::NOT_FOUND);
    assert_eq!(
        error.message,
        "Item not valid: The specified DevicePool was not found"
    );

    let mut unknown = phone("SEP000000000001", "4001");
    let nowhere = axl::Uuid::new("{00000000-0000-0000-0000-000000000000}");
    unknown.location_name = ForeignKey::new("Hub_None", nowhere).into();
    assert_eq!(
        cucm.fault(&add_phone(unknown)).await.code,
        AxlCode::NOT_FOUND
    );

    let error = cucm
        .fault(&add_phone(phone("SEP000001001001", "4001")))
        .await;
    assert_eq!(error.code, AxlCode::DUPLICATE);
    assert_eq!(error.blame, Blame::Server);

    let mut nameless = phone("", "4001");
    nameless.name = Presence::Absent;
    let error = cucm.fault(&add_phone(nameless)).await;
    assert_eq!(error.blame, Blame::Client);
    assert!(error.message.contains("name"), "{}", error.message);

    // Nothing of those that failed is there.
    let key = LineKey::Pattern("4001".to_owned());
    let line = axl::GetLine {
        key,
        route_partition_name: Presence::Absent,
        returned_tags: None,
        other: Vec::new(),
    };
    assert_eq!(cucm.fault(&line).await.code, AxlCode::NOT_FOUND);

    // A device pool that devices are in stays.
    let removal = axl::RemoveDevicePool {
        key: named("Default"),
        other: Vec::new(),
    };
    assert_eq!(cucm.fault(&removal).await.code, AxlCode::REFERENCED);
    cucm.stop().await;
}

#[tokio::test]
async fn a_foreign_key_is_taken_by_name_and_by_key_and_the_key_wins() {
    let cucm = start().await;
    let shadow = axl::GetLocation {
        key: named("Shadow"),
        returned_tags: None,
        other: Vec::new(),
    };
    let key = cucm.done(&shadow).await.location.uuid.unwrap();
    for (number, name_beside) in ["", "Hub_None"].into_iter().enumerate() {
        let phone_name = format!("SEP00000000000{number}");
        let mut phone = phone(&phone_name, "4001");
        phone.location_name = ForeignKey::new(name_beside, key.clone()).into();
        cucm.done(&add_phone(phone)).await;
        let found = get_phone(&cucm, &phone_name).await;
        assert_eq!(name(&found.location_name), "Shadow");
    }
    cucm.stop().await;
}

#[tokio::test]
async fn lists_are_searched_masked_and_paged() {
    let cucm = start().await;
    let list = |criteria: axl::PhoneCriteria, skip, first| axl::ListPhone {
        criteria,
        returned_tags: Tags::of(["name", "devicePoolName"]),
        skip,
        first,
        other: Vec::new(),
    };
    let named = |pattern: &str| axl::PhoneCriteria {
        name: Some(pattern.to_owned()),
        ..Default::default()
    };
    let all = cucm.done(&list(named("SEP%"), None, None)).await.phones;
    assert_eq!(all.len(), 20);
    // Only what was wanted.
    assert_eq!(name(&all[0].device_pool_name), "Default");
    assert!(all[0].description.is_absent() && all[0].location_name.is_absent());
    assert!(all[0].uuid.is_some() && all[0].lines.is_absent());

    let page = cucm.done(&list(named("%"), Some(15), Some(3))).await.phones;
    assert_eq!(page, all[15..18]);
    let none = cucm
        .done(&list(named("%"), Some(20), Some(20)))
        .await
        .phones;
    assert!(none.is_empty());

    let both = axl::PhoneCriteria {
        name: Some("%1001007".to_owned()),
        device_pool_name: Some("Def%".to_owned()),
        protocol: Some("SIP".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        cucm.done(&list(both.clone(), None, None))
            .await
            .phones
            .len(),
        1
    );
    let neither = axl::PhoneCriteria {
        protocol: Some("SCCP".to_owned()),
        ..both
    };
    assert!(
        cucm.done(&list(neither, None, None))
            .await
            .phones
            .is_empty()
    );
    // An empty column is found by %, and quotes are only text.
    let empty = axl::PhoneCriteria {
        calling_search_space_name: Some("%".to_owned()),
        ..named("%")
    };
    assert_eq!(cucm.done(&list(empty, None, None)).await.phones.len(), 20);
    let quoted = named("' or '1' = '1");
    assert!(cucm.done(&list(quoted, None, None)).await.phones.is_empty());

    // A mask reaches into what is nested.
    let line = Tags::of([]).with_inner("line", Tags::of(["index"]));
    let get = axl::GetPhone {
        returned_tags: Some(Tags::of(["name"]).with_inner("lines", line)),
        ..axl::GetPhone::by_name("SEP000001001001")
    };
    let phone = cucm.done(&get).await.phone;
    let lines = &phone.lines.value().unwrap().lines;
    assert_eq!(text(&lines[0].index), "1");
    assert!(lines[0].label.is_absent() && lines[0].dirn.is_absent());
    assert!(phone.description.is_absent());
    cucm.stop().await;
}

#[tokio::test]
async fn what_no_table_names_is_kept_as_it_came() {
    let cucm = start().await;
    let mut phone = phone("SEP000000000001", "4001");
    let config = Element::new("", "vendorConfig")
        .with_child(Element::new("", "webAccess").with_text("0"))
        .with_child(Element::new("", "sshAccess").with_text("1"));
    phone.vendor_config = Some(config.clone());
    phone.load_information = Some(
        Element::new("", "loadInformation")
            .with_attr("special", "true")
            .with_text("sip88xx.14-1"),
    );
    cucm.done(&add_phone(phone)).await;
    let found = get_phone(&cucm, "SEP000000000001").await;
    assert_eq!(found.vendor_config, Some(config));
    assert_eq!(
        found.load_information.unwrap().attr("special"),
        Some("true")
    );

    // In its place: behind what the schema has before it.
    let raw = by_name(&cucm, &dynamic("getPhone", &[("name", "SEP000000000001")]))
        .await
        .unwrap();
    let place = |tag: &str| raw.find(tag).unwrap();
    assert!(place("<aarNeighborhoodName") < place("<loadInformation"));
    assert!(place("<vendorConfig") < place("<traceFlag"));

    let mut update = update_phone("SEP000000000001");
    update.vendor_config = Some(Element::new("", "vendorConfig"));
    cucm.done(&update).await;
    let found = get_phone(&cucm, "SEP000000000001").await;
    assert_eq!(found.vendor_config, None);
    assert!(found.load_information.is_some());
    cucm.stop().await;
}

#[tokio::test]
async fn a_user_moves_into_a_phone_and_out_again() {
    let cucm = start().await;
    let profile: axl::AddDeviceProfile = read(
        "<addDeviceProfile><deviceProfile><name>Mine</name><product>Cisco 8841</product>\
         </deviceProfile></addDeviceProfile>",
    );
    cucm.done(&profile).await;
    let login = axl::DoDeviceLogin {
        device_name: ForeignKey::named("SEP000001001001"),
        login_duration: 3600,
        profile_name: ForeignKey::named("Mine"),
        user_id: "1001002".to_owned(),
        other: Vec::new(),
    };
    assert_eq!(cucm.done(&login).await.as_str(), "true");
    let phone = get_phone(&cucm, "SEP000001001001").await;
    assert_eq!(text(&phone.login_user_id), "1001002");
    assert_eq!(name(&phone.current_profile_name), "Mine");
    assert_eq!(text(&phone.login_duration), "3600");
    assert_eq!(cucm.fault(&login).await.code, AxlCode::RULE);

    let logout = axl::DoDeviceLogout {
        device_name: ForeignKey::named("SEP000001001001"),
        other: Vec::new(),
    };
    cucm.done(&logout).await;
    let phone = get_phone(&cucm, "SEP000001001001").await;
    assert_eq!(text(&phone.login_user_id), "");
    assert_eq!(cucm.fault(&logout).await.code, AxlCode::RULE);

    let dnd = axl::DoChangeDndStatus {
        user: axl::DndUser::UserId("1001001".to_owned()),
        dnd_status: true,
        other: Vec::new(),
    };
    cucm.done(&dnd).await;
    assert_eq!(
        get_phone(&cucm, "SEP000001001001").await.dnd_status,
        true.into()
    );
    assert_eq!(
        get_phone(&cucm, "SEP000001001002").await.dnd_status,
        false.into()
    );
    cucm.stop().await;
}
