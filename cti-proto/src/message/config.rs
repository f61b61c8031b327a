//! Upload of configuration.

use alloc::vec::Vec;

use crate::code::{
    AgentState, AgentType, ConfigDeviceType, ConfigEndStatus, ConfigKeyStatus, ConfigMask,
    ConfigType, DeskSettingsMask, EnabledService, PeripheralId, RecordType, ServiceId,
    SkillGroupId, SsoEnabled, WrapupDataMode,
};
use crate::codec::{Blob, Text};
use crate::macros::{group, message, record};
use crate::message::AgentSkillGroup;

message! {
    /// Asks for the keys of the present configuration, to compare them with those kept.
    ///
    /// GED-188, "CONFIG_REQUEST_KEY_EVENT".
    event ConfigRequestKeyEvent "CONFIG_REQUEST_KEY_EVENT" = 230, ucce 19, uccx 10,
        read ucce 23 24 25 uccx whole
    {
        fixed {
            /// The switch.
            peripheral_id: PeripheralId, ucce 5, uccx 11;
        }
        floating {
            /// Customer whose records are meant; of hosted systems.
            customer_id: Option<u32> = CUSTOMER_ID, ucce 5;
        }
    }

    /// The keys of the present configuration. A key of zeros means that an upload is needed.
    ///
    /// GED-188, "CONFIG_KEY_EVENT".
    event ConfigKeyEvent(status: ConfigKeyStatus) "CONFIG_KEY_EVENT" = 231, ucce 19, uccx 10,
        read ucce 23 24 25 uccx whole
    {
        fixed {
            /// Whether keys are there.
            status: ConfigKeyStatus;
        }
        floating {
            /// Key of the services; in UCCX of the applications.
            service_config_key: Option<Blob> = SERVICE_CONFIG_KEY, max 8;
            /// Key of the skill groups; in UCCX of the CSQs.
            skill_group_config_key: Option<Blob> = SKILL_GROUP_CONFIG_KEY, max 8;
            /// Key of the agents.
            agent_config_key: Option<Blob> = AGENT_CONFIG_KEY, max 8;
            /// Key of the devices.
            device_config_key: Option<Blob> = DEVICE_CONFIG_KEY, max 8;
            /// Key of the call types.
            call_type_config_key: Option<Blob> = CALL_TYPE_KEY_CONFIG, max 8, ucce 5;
            /// Key of the peripherals.
            peripheral_config_key: Option<Blob> = PERIPHERAL_CONFIG_KEY, max 8, since 22;
            /// Key of the desk settings.
            agent_desk_settings_config_key: Option<Blob> = AGENT_DESK_SETTINGS_CONFIG_KEY, max 8, since 22;
        }
    }

    /// Asks for an upload of configuration records and for updates from then on, even with mask 0.
    ///
    /// Quirk: only the guides of versions 24 and 25 print ConfigMsgMask, without a note of a change. It is
    /// written from version 24 on; UCCE reads a body with it or without it, as the rest comes out even.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CONFIG_REQUEST_EVENT".
    event ConfigRequestEvent(
        config_information: ConfigMask
    ) "CONFIG_REQUEST_EVENT" = 232, ucce 19, uccx 10, read ucce 23 24 25 uccx cut {
        fixed {
            /// Kinds of configuration records meant.
            config_information: ConfigMask;
            /// Kinds of configuration records wanted.
            config_msg_mask: ConfigMask, since 24, perhaps ucce 19;
            /// The switch.
            peripheral_id: PeripheralId, ucce 5, uccx 11;
        }
        floating {
            /// Customer whose records are meant; of hosted systems.
            customer_id: Option<u32> = CUSTOMER_ID;
        }
    }

    /// Opens the upload of one kind of records.
    ///
    /// GED-188, "CONFIG_BEGIN_EVENT".
    event ConfigBeginEvent(
        config_type: ConfigType,
        config_information: ConfigMask
    ) "CONFIG_BEGIN_EVENT" = 233, ucce 19, uccx 10, read ucce 23 24 25 uccx whole {
        fixed {
            /// What brought the upload.
            config_type: ConfigType;
            /// Kinds of configuration records meant.
            config_information: ConfigMask;
        }
        floating {
            /// Key of the services; in UCCX of the applications.
            service_config_key: Option<Blob> = SERVICE_CONFIG_KEY, max 8;
            /// Key of the skill groups; in UCCX of the CSQs.
            skill_group_config_key: Option<Blob> = SKILL_GROUP_CONFIG_KEY, max 8;
            /// Key of the agents.
            agent_config_key: Option<Blob> = AGENT_CONFIG_KEY, max 8;
            /// Key of the devices.
            device_config_key: Option<Blob> = DEVICE_CONFIG_KEY, max 8;
            /// Key of the call types.
            call_type_config_key: Option<Blob> = CALL_TYPE_KEY_CONFIG, max 8, ucce 5;
            /// Key of the peripherals.
            peripheral_config_key: Option<Blob> = PERIPHERAL_CONFIG_KEY, max 8, since 22;
            /// Key of the desk settings.
            agent_desk_settings_config_key: Option<Blob> = AGENT_DESK_SETTINGS_CONFIG_KEY, max 8, since 22;
        }
    }

    /// Closes the upload of one kind of records.
    ///
    /// GED-188, "CONFIG_END_EVENT".
    event ConfigEndEvent(status: ConfigEndStatus) "CONFIG_END_EVENT" = 234, ucce 19, uccx 10,
        read ucce 23 24 25 uccx whole
    {
        fixed {
            /// How the upload ended.
            status: ConfigEndStatus;
        }
        floating {
            /// Text for a human reader.
            text: Option<Text> = TEXT, max 255;
        }
    }

    /// Service records.
    ///
    /// GED-188, "CONFIG_SERVICE_EVENT".
    event ConfigServiceEvent "CONFIG_SERVICE_EVENT" = 235, since 19, read ucce 23 24 25 uccx whole {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: ServiceRecord;
        }
    }

    /// Application records.
    ///
    /// GED-188, "CONFIG_APPLICATION_EVENT".
    event ConfigApplicationEvent "CONFIG_APPLICATION_EVENT" = 235, uccx 10, read uccx whole {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: ApplicationRecord;
        }
    }

    /// Skill group records.
    ///
    /// GED-188, "CONFIG_SKILL_GROUP_EVENT".
    event ConfigSkillGroupEvent "CONFIG_SKILL_GROUP_EVENT" = 236, since 19,
        read ucce 23 24 25 uccx whole
    {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: SkillGroupRecord;
        }
    }

    /// CSQ records.
    ///
    /// GED-188, "CONFIG_CSQ_EVENT".
    event ConfigCsqEvent "CONFIG_CSQ_EVENT" = 236, uccx 10, read uccx whole {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: CsqRecord;
        }
    }

    /// Agent records.
    ///
    /// UCCX: the public table is cut; the rest follows UCCE version 18.
    ///
    /// GED-188, "CONFIG_AGENT_EVENT".
    event ConfigAgentEvent "CONFIG_AGENT_EVENT" = 237, ucce 19, uccx 10,
        read ucce 23 24 25 uccx cut
    {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: AgentRecord;
        }
    }

    /// Device records.
    ///
    /// GED-188, "CONFIG_DEVICE_EVENT".
    event ConfigDeviceEvent "CONFIG_DEVICE_EVENT" = 238, ucce 19, uccx 10,
        read ucce 23 24 25 uccx whole
    {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: DeviceRecord;
        }
    }

    /// Call type records.
    ///
    /// GED-188, "CONFIG_CALL_TYPE_EVENT".
    event ConfigCallTypeEvent "CONFIG_CALL_TYPE_EVENT" = 245, ucce 11, read ucce 23 24 25 {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: CallTypeRecord;
        }
    }

    /// Media routing domain records.
    ///
    /// GED-188, "CONFIG_MRD_EVENT".
    event ConfigMrdEvent "CONFIG_MRD_EVENT" = 254, since 20, read ucce 23 24 25 {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: MrdRecord;
        }
    }

    /// Peripheral records.
    ///
    /// GED-188, "CONFIG_PERIPHERAL_EVENT".
    event ConfigPeripheralEvent "CONFIG_PERIPHERAL_EVENT" = 260, since 22, read ucce 23 24 25 {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: PeripheralRecord;
        }
    }

    /// Desk settings records.
    ///
    /// GED-188, "CONFIG_AGENT_DESK_SETTINGS_EVENT".
    event ConfigAgentDeskSettingsEvent "CONFIG_AGENT_DESK_SETTINGS_EVENT" = 261, since 22,
        read ucce 23 24 25
    {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: DeskSettingsRecord;
        }
    }

    /// Terminal records.
    ///
    /// GED-188, "CONFIG_TERMINAL_EVENT".
    event ConfigTerminalEvent "CONFIG_TERMINAL_EVENT" = 276, ucce 24, uccx 18,
        read ucce 24 25 uccx whole
    {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: TerminalRecord;
        }
    }

    /// Records of the services enabled for agents.
    ///
    /// GED-188, "CONFIG_AGENT_SERVICE_EVENT".
    event ConfigAgentServiceEvent "CONFIG_AGENT_SERVICE_EVENT" = 282, since 24, read ucce 24 25 {
        fixed {}
        counts {
            num_records of records;
        }
        lists {
            /// One to ten records.
            records: AgentServiceRecord;
        }
    }
}

record! {
    /// One record of [`ConfigServiceEvent`].
    ServiceRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The switch.
            peripheral_id: Option<PeripheralId> = PERIPHERAL_ID;
            /// Number the switch gives it.
            peripheral_number: Option<u32> = PERIPHERAL_NUMBER;
            /// Number the switch gave it before.
            old_peripheral_number: Option<u32> = OLD_PERIPHERAL_NUMBER;
            /// Most calls that may wait; for UCCX devices see the message.
            max_queued: Option<u32> = MAX_QUEUED;
            /// Extension.
            extension: Option<Text> = EXTENSION, max 16;
            /// Service as the routing database numbers it.
            service_skill_target_id: Option<u32> = SERVICE_SKILL_TARGET_ID;
            /// Name the switch gives it.
            peripheral_name: Option<Text> = PERIPHERAL_NAME, max 64;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Seconds within which calls should be answered.
            service_level_threshold: Option<u32> = SERVICE_LEVEL_THRESHOLD;
            /// How the service level is counted.
            service_level_type: Option<u32> = SERVICE_LEVEL_TYPE;
            /// Parameter of the configuration.
            config_param: Option<Text> = CONFIG_PARAM, max 255;
            /// Media routing domain.
            mrd_id: Option<u32> = MR_DOMAIN_ID;
            /// Entries of `members`.
            num_service_members: Option<u16> = NUM_SERVICE_MEMBERS, counts members;
        }
        lists {
            /// The skill groups that serve. Quirk: repeated fields, as in
            /// [`skill_groups`](AgentRecord::skill_groups) of a configured agent.
            members: ServiceMember;
        }
    }

    /// One record of [`ConfigApplicationEvent`].
    ApplicationRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The application.
            application_id: Option<u32> = PERIPHERAL_NUMBER;
            /// Most calls that may wait; for UCCX devices see the message.
            max_queued: Option<u32> = MAX_QUEUED;
            /// Id before the change.
            previous_application_id: Option<u32> = SERVICE_SKILL_TARGET_ID;
            /// Its name.
            application_name: Option<Text> = PERIPHERAL_NAME, max 64;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
        }
    }

    /// One record of [`ConfigSkillGroupEvent`].
    SkillGroupRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The switch.
            peripheral_id: Option<PeripheralId> = PERIPHERAL_ID;
            /// Number the switch gives it.
            peripheral_number: Option<u32> = PERIPHERAL_NUMBER;
            /// Number the switch gave it before.
            old_peripheral_number: Option<u32> = OLD_PERIPHERAL_NUMBER;
            /// Priority of the skill group; zero in UCCX.
            skill_group_priority: Option<u16> = SKILL_GROUP_PRIORITY;
            /// Skill group as the routing database numbers it.
            skill_group_skill_target_id: Option<u32> = SKILL_GROUP_SKILL_TARGET_ID;
            /// Whether agents go to work after a call.
            auto_work: Option<bool> = AUTO_WORK;
            /// Extension.
            extension: Option<Text> = EXTENSION, max 16;
            /// Name the switch gives it.
            peripheral_name: Option<Text> = PERIPHERAL_NAME, max 64;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Media routing domain.
            mrd_id: Option<u32> = MR_DOMAIN_ID;
            /// The precision queue.
            precision_queue_id: Option<u32> = FLT_PRECISION_QUEUE_ID, since 22;
            /// Name of the precision queue.
            precision_queue_name: Option<Text> = FLT_PRECISION_QUEUE_NAME, max 32, since 22;
            /// Parameter of the configuration.
            config_param: Option<Text> = CONFIG_PARAM, max 255;
        }
    }

    /// One record of [`ConfigCsqEvent`].
    CsqRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The CSQ.
            csq_id: Option<SkillGroupId> = PERIPHERAL_NUMBER;
            /// Whether agents go to work after a call.
            auto_work: Option<bool> = AUTO_WORK;
            /// Its name.
            csq_name: Option<Text> = PERIPHERAL_NAME, max 64;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Media routing domain.
            mrd_id: Option<u32> = MR_DOMAIN_ID, since 11;
        }
    }

    /// One record of [`ConfigAgentEvent`].
    AgentRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The switch.
            peripheral_id: Option<PeripheralId> = PERIPHERAL_ID;
            /// Terminal the agent is logged in on.
            active_terminal: Option<Text> = FLT_TERM_DEVICE_NAME, max 64, since 24;
            /// Agent or supervisor.
            agent_type: Option<AgentType> = AGENT_TYPE;
            /// The desk settings.
            agent_desk_settings_id: Option<u32> = AGENT_DESK_SETTINGS_ID, since 22;
            /// Login id.
            login_id: Option<Text> = LOGIN_ID, max 64 | 129;
            /// Login id before the change.
            old_login_id: Option<Text> = CUR_LOGIN_ID, max 64;
            /// Login name.
            login_name: Option<Text> = LOGIN_NAME, max 255;
            /// Last name.
            last_name: Option<Text> = LAST_NAME, max 32;
            /// First name.
            first_name: Option<Text> = FIRST_NAME, max 32;
            /// Extension.
            extension: Option<Text> = EXTENSION, max 16;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Agent as the routing database numbers it. Quirk: the tag list gives this name to 141 and 185;
            /// 185 carries AutoWork.
            agent_skill_target_id: Option<u32> = AGENT_SKILL_TARGET_ID;
            /// Entries of `skill_groups`.
            num_skills: Option<u16> = NUM_SKILLS, counts skill_groups;
            /// Whether single sign-on is used.
            sso_enabled: Option<SsoEnabled> = SSO_ENABLED, since 20;
            /// Entries of `media_routing_domains`.
            num_mrds: Option<u16> = NUM_MRDS, counts media_routing_domains, since 21;
            /// State of the agent (UCCX).
            agent_state: Option<AgentState> = MEDIA_CLASS_ID, uccx 10;
            /// Media routing domain.
            mrd_id: Option<u32> = FLT_MRD_ID, uccx 17;
        }
        lists {
            /// Skill groups or CSQs of the agent. Quirk: the guide prints an array of NumSkills entries; it is
            /// taken as that many pairs of fields, as UCCX has it. One field with the data of several entries
            /// is kept in `other`.
            skill_groups: AgentSkillGroup;
            /// Media routing domains of the agent. Quirk: repeated fields, as in `skill_groups`.
            media_routing_domains: AgentMrd, since 21;
        }
    }

    /// One record of [`ConfigDeviceEvent`].
    DeviceRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The switch.
            peripheral_id: Option<PeripheralId> = PERIPHERAL_ID, ucce 5;
            /// Number the switch gives it.
            peripheral_number: Option<u32> = PERIPHERAL_NUMBER;
            /// Kind of the device.
            device_type: Option<ConfigDeviceType> = DEVICE_TYPE;
            /// Most calls that may wait; for UCCX devices see the message.
            max_queued: Option<u32> = MAX_QUEUED;
            /// Service as the routing database numbers it.
            service_id: Option<ServiceId> = SERVICE_ID;
            /// Number that was dialled.
            dialed_number: Option<Text> = DIALED_NUMBER, max 40 | 129;
            /// Number that was dialled, as the network tells.
            dnis: Option<Text> = DNIS, max 32, ucce 5;
            /// Extension.
            extension: Option<Text> = EXTENSION, max 16;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
        }
    }

    /// One record of [`ConfigCallTypeEvent`].
    CallTypeRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// Call type as the routing database numbers it.
            call_type_id: Option<u32> = CALL_TYPE_ID;
            /// Customer that owns the call type.
            customer_definition_id: Option<u32> = CUSTOMER_DEFINITION_ID;
            /// Name in the enterprise.
            enterprise_name: Option<Text> = ENTERPRISE_NAME, max 32;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Seconds within which calls should be answered.
            service_level_threshold: Option<u32> = SERVICE_LEVEL_THRESHOLD;
            /// How the service level is counted.
            service_level_type: Option<u32> = SERVICE_LEVEL_TYPE;
        }
    }

    /// One record of [`ConfigMrdEvent`].
    MrdRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// Media routing domain.
            mrd_id: Option<u32> = MR_DOMAIN_ID;
            /// Name in the enterprise.
            enterprise_name: Option<Text> = ENTERPRISE_NAME, max 32;
            /// Description.
            description: Option<Text> = DESCRIPTION, max 128;
            /// Most seconds a task may last.
            max_task_duration: Option<u32> = MAX_TASK_DURATION;
            /// Whether its tasks can be interrupted.
            interruptible: Option<bool> = INTERRUPTIBLE;
        }
    }

    /// One record of [`ConfigPeripheralEvent`].
    PeripheralRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The switch.
            config_peripheral_id: Option<PeripheralId> = CONFIG_PERIPHERAL_ID;
            /// Desk settings of agents that have none of their own.
            default_agent_desk_settings_id: Option<u32> = DEFAULT_AGENT_DESK_SETTINGS_ID;
        }
    }

    /// One record of [`ConfigAgentDeskSettingsEvent`].
    DeskSettingsRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// The desk settings.
            agent_desk_settings_id: Option<u32> = AGENT_DESK_SETTINGS_ID;
            /// The switches.
            desk_settings_mask: Option<DeskSettingsMask> = FLT_DESK_SETTINGS_MASK;
            /// Wrap-up data after incoming calls.
            wrap_up_data_incoming_mode: Option<WrapupDataMode> = FLT_WRAP_UP_DATA_INCOMING_MODE;
            /// Wrap-up data after outgoing calls.
            wrap_up_data_outgoing_mode: Option<WrapupDataMode> = FLT_WRAP_UP_DATA_OUTGOING_MODE;
            /// Seconds without activity before an agent who is not ready is logged out.
            logout_non_activity_time: Option<u32> = FLT_LOGOUT_NON_ACTIVITY_TIME;
            /// How often a call is recorded.
            quality_recording_rate: Option<u32> = FLT_QUALITY_RECORDING_RATE;
            /// Seconds of ringing before the call goes elsewhere.
            ring_no_answer_time: Option<u32> = FLT_RING_NO_ANSWER_TIME;
            /// Whether a warning is shown while monitored.
            silent_monitor_warning_message: Option<u32> = FLT_SILENT_MONITOR_WARNING_MESSAGE;
            /// Whether a click is heard when monitoring begins.
            silent_monitor_audible_indication: Option<u32> = FLT_SILENT_MONITOR_AUDIBLE_INDICATION;
            /// How a call for help is placed.
            supervisor_assist_call_method: Option<u32> = FLT_SUPERVISOR_ASSIST_CALL_METHOD;
            /// How an emergency call is placed.
            emergency_call_method: Option<u32> = FLT_EMERGENCY_CALL_METHOD;
            /// Whether emergency calls are recorded.
            auto_record_on_emergency: Option<u32> = FLT_AUTO_RECORD_ON_EMERGENCY;
            /// Whether requests to record go through the server.
            recording_mode: Option<u32> = FLT_RECORDING_MODE;
            /// Seconds of wrap-up time.
            work_mode_timer: Option<u32> = FLT_WORK_MODE_TIMER;
            /// Dialled number to which an unanswered call goes.
            ring_no_answer_dn_id: Option<u32> = FLT_RING_NO_ANSWER_DN_ID;
            /// Port of the agent's device.
            default_device_port_address: Option<Text> = FLT_DEFAULT_DEVICE_PORT_ADDRESS, max 4;
            /// Whether a tone announces a call.
            play_zip_tone: Option<u32> = PLAY_ZIP_TONE, since 24;
            /// How shared lines are used.
            acd_shared_line_usage: Option<u32> = ACD_SHARED_LINE_USAGE, since 24;
        }
    }

    /// One record of [`ConfigTerminalEvent`].
    TerminalRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// Number of the kind of terminal.
            terminal_type: Option<u16> = FLT_TERM_TYPE;
            /// Device name of the terminal.
            terminal_device_name: Option<Text> = FLT_TERM_DEVICE_NAME, max 64;
            /// Name of the kind of terminal.
            terminal_type_name: Option<Text> = FLT_TERM_TYPE_NAME, max 100;
            /// Entries of `instruments`.
            num_instruments: Option<u16> = FLT_NUM_INSTRUMENTS, counts instruments;
            /// Telephones of the terminal.
            instruments: Vec<Text> = AGENT_INSTRUMENT, max 64;
        }
    }

    /// One record of [`ConfigAgentServiceEvent`].
    AgentServiceRecord opened by record_type: RecordType = RECORD_TYPE {
        floating {
            /// Agent as the routing database numbers it. Quirk: the tag list gives this name to 141 and 185;
            /// 185 carries AutoWork.
            agent_skill_target_id: Option<u32> = AGENT_SKILL_TARGET_ID;
            /// Entries of `enabled_services`.
            num_enabled_services: Option<u16> = NUM_OF_ENABLED_SERVICES, counts enabled_services;
            /// Services enabled for the agent. Quirk: repeated fields, as in
            /// [`skill_groups`](crate::message::AgentRecord::skill_groups) of a configured agent.
            enabled_services: Vec<EnabledService> = FLT_ENABLED_SERVICES;
        }
    }
}

group! {
    /// A skill group that serves a service.
    ServiceMember {
        /// The skill group.
        member: u32 = SERVICE_MEMBER;
        /// Its priority.
        priority: u16 = SERVICE_PRIORITY;
    }

    /// A media routing domain of a configured agent.
    AgentMrd {
        /// The domain.
        id: u32 = FLT_AGENT_MRD_ID;
        /// State of the agent in it.
        state: u16 = FLT_AGENT_MRD_STATE;
    }
}
