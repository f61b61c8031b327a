//! Objects of the API as XML: the same for answers and notifications.

use bytes::BytesMut;
use wire_xml::Writer;

use super::{
    ApiError, Config, Core, Service,
    dialog::{Dialog, Participant},
    engine::Failure,
    model::{Agent, AgentState, Role, Team, World},
    pending::Object,
    reason::{Category, ReasonCode, WrapUpReason},
    time::{Moment, UtcMillis},
};

/// What happened to the object of a notification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    /// Added.
    Post,
    /// Changed.
    Put,
    /// Removed.
    Delete,
}

/// Writes elements of the API, which are in no namespace.
pub(super) struct Doc {
    writer: Writer<BytesMut>,
}

impl Doc {
    /// The text of one document, without an XML declaration.
    pub(super) fn write(content: impl FnOnce(&mut Self)) -> String {
        let mut doc = Self {
            writer: Writer::new(BytesMut::new()),
        };
        content(&mut doc);
        // The writer only takes `&str`, so that what it wrote is UTF-8.
        String::from_utf8_lossy(&doc.writer.into_inner()).into_owned()
    }

    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.writer.start("", name);
        content(self);
        self.writer.end();
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.writer.text_element("", name, text);
    }

    fn list(&mut self, name: &str, attribute: (&str, &str), content: impl FnOnce(&mut Self)) {
        self.writer.start("", name).attr(attribute.0, attribute.1);
        content(self);
        self.writer.end();
    }
}

/// An `Update` document, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Update {
    /// The document.
    pub text: String,
    /// Whether it says no more than how an object stands.
    pub is_state: bool,
}

/// Writes an `Update` document.
pub(super) fn update(
    verb: Verb,
    request_id: &str,
    source: &str,
    data: impl FnOnce(&mut Doc),
) -> Update {
    let event = match verb {
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Delete => "DELETE",
    };
    let text = Doc::write(|doc| {
        doc.element("Update", |doc| {
            doc.element("data", data);
            doc.text("event", event);
            doc.text("requestId", request_id);
            doc.text("source", source);
        });
    });
    Update {
        text,
        is_state: verb == Verb::Put && request_id.is_empty(),
    }
}

/// The body of an error answer.
pub fn error_body(error: &ApiError) -> String {
    Doc::write(|doc| {
        doc.element("ApiErrors", |doc| {
            doc.element("ApiError", |doc| {
                doc.text("ErrorType", error.kind);
                doc.text("ErrorData", &error.data);
                doc.text("ErrorMessage", &error.message);
            });
        });
    })
}

/// An error that the engine reported, for the `data` of an `Update`.
pub(super) fn failure(doc: &mut Doc, object: &Object, failure: &Failure) {
    let kind = match object {
        Object::Dialogs(_) | Object::Dialog(_) => "Call Operation Failure",
        Object::User(_) => state_failure(failure.code),
    };
    doc.element("apiErrors", |doc| {
        doc.element("apiError", |doc| {
            doc.text("errorType", kind);
            doc.text("errorMessage", &failure.name);
            doc.text("errorData", &failure.code.to_string());
            if failure.peripheral != 0 {
                doc.text("peripheralErrorCode", &failure.peripheral.to_string());
            }
        });
    });
}

/// Type of the error when a state change was refused, by the GED-188 control failure code.
fn state_failure(code: u16) -> &'static str {
    match code {
        // CF_GENERIC_STATE_INCOMPATIBILITY, CF_INVALID_OBJECT_STATE, CF_INVALID_AGENT_WORKMODE.
        21 | 22 | 265 => "Invalid State",
        // CF_RESOURCE_BUSY, CF_SPECIFIED_EXTENSION_ALREADY_IN_USE.
        33 | 283 => "Device Busy",
        // CF_RESOURCE_OUT_OF_SERVICE, CF_INVALID_LOGON_DEVICE_SPECIFIED.
        34 | 260 => "Invalid Device",
        _ => "Generic Error",
    }
}

pub(super) fn user_uri(login_id: &str) -> String {
    format!("{API}/User/{login_id}")
}

pub(super) fn dialogs_uri(login_id: &str) -> String {
    format!("{API}/User/{login_id}/Dialogs")
}

pub(super) fn team_users_uri(id: u32) -> String {
    format!("{API}/Team/{id}/Users")
}

pub(super) fn system_info_uri() -> String {
    format!("{API}/SystemInfo")
}

pub(super) fn object_uri(object: &Object) -> String {
    match object {
        Object::User(login_id) => user_uri(login_id),
        Object::Dialogs(login_id) => dialogs_uri(login_id),
        Object::Dialog(id) => format!("{API}/Dialog/{id}"),
    }
}

/// A user, whole.
pub(super) fn user(doc: &mut Doc, name: &str, config: &Config, world: &World, agent: &Agent) {
    let login_id = &agent.record.login_id;
    let team = world.team_of(login_id);
    doc.element(name, |doc| {
        doc.text("dialogs", &dialogs_uri(login_id));
        doc.text("extension", &agent.extension);
        doc.text("firstName", &agent.record.first_name);
        doc.text("lastName", &agent.record.last_name);
        doc.text("loginId", login_id);
        doc.text("loginName", login_id);
        doc.text("mediaType", VOICE);
        doc.text(
            "pendingState",
            agent.pending.map_or("", |state| state.as_str()),
        );
        reason_of(doc, config, agent);
        doc.element("roles", |doc| {
            doc.text("role", "Agent");
            if agent.record.role == Role::Supervisor {
                doc.text("role", "Supervisor");
            }
        });
        doc.element("settings", |doc| {
            let wraps_up = world.queues.values().any(|queue| queue.wrap_up);
            let incoming = if wraps_up { "REQUIRED" } else { "NOT_ALLOWED" };
            doc.text("wrapUpOnIncoming", incoming);
            doc.text("wrapUpOnOutgoing", "NOT_ALLOWED");
        });
        doc.text("state", agent.state.as_str());
        doc.text("stateChangeTime", &agent.state_changed.to_text());
        doc.text(
            "teamId",
            &team.map_or_else(String::new, |(id, _)| id.to_string()),
        );
        doc.text("teamName", team.map_or("", |(_, team)| &team.name));
        if agent.record.role == Role::Supervisor {
            doc.element("teams", |doc| {
                for (id, team) in world.supervised_by(login_id) {
                    doc.element("Team", |doc| {
                        doc.text("id", &id.to_string());
                        doc.text("name", &team.name);
                        doc.text("uri", &format!("{API}/Team/{id}"));
                    });
                }
            });
        }
        doc.text("uri", &user_uri(login_id));
        doc.text("wrapUpTimer", &config.wrap_up_seconds.to_string());
    });
}

/// A user as the team sees it.
pub(super) fn user_summary(
    doc: &mut Doc,
    name: &str,
    config: &Config,
    world: &World,
    agent: &Agent,
) {
    let login_id = &agent.record.login_id;
    doc.element(name, |doc| {
        doc.text("uri", &user_uri(login_id));
        doc.text("loginId", login_id);
        doc.text("firstName", &agent.record.first_name);
        doc.text("lastName", &agent.record.last_name);
        doc.text("dialogs", &dialogs_uri(login_id));
        doc.text("extension", &agent.extension);
        doc.text(
            "mediaState",
            if world.is_busy(login_id) {
                "BUSY"
            } else {
                "IDLE"
            },
        );
        doc.text(
            "pendingState",
            agent.pending.map_or("", |state| state.as_str()),
        );
        reason_of(doc, config, agent);
        doc.text("state", agent.state.as_str());
        doc.text("stateChangeTime", &agent.state_changed.to_text());
    });
}

fn reason_of(doc: &mut Doc, config: &Config, agent: &Agent) {
    let signed_out = agent.state == AgentState::Logout;
    let category = if signed_out {
        Category::Logout
    } else {
        Category::NotReady
    };
    let known = agent.reason.and_then(|number| {
        config
            .reason_codes
            .iter()
            .find(|code| code.code == number && code.category == category)
    });
    let id = known.map_or_else(|| NO_REASON.to_owned(), |code| code.id.to_string());
    doc.text("reasonCodeId", &id);
    if let Some(number) = agent.reason {
        doc.element("ReasonCode", |doc| {
            doc.text("category", category.as_str());
            doc.text("code", &number.to_string());
            doc.text("label", known.map_or("", |code| &code.label));
            doc.text("id", &id);
            doc.text(
                "uri",
                &known.map_or_else(String::new, |code| reason_code_uri(code.id)),
            );
        });
    }
}

/// A team with its users.
pub(super) fn team(config: &Config, world: &World, id: u32, team: &Team) -> String {
    Doc::write(|doc| {
        doc.element("Team", |doc| {
            doc.text("uri", &format!("{API}/Team/{id}"));
            doc.text("id", &id.to_string());
            doc.text("name", &team.name);
            doc.element("users", |doc| {
                for agent in team
                    .members
                    .iter()
                    .filter_map(|member| world.agents.get(member))
                {
                    user_summary(doc, "User", config, world, agent);
                }
            });
        });
    })
}

/// The reason codes that a user can choose from.
pub(super) fn reason_codes<'a>(
    category: Category,
    codes: impl Iterator<Item = &'a ReasonCode>,
) -> String {
    Doc::write(|doc| {
        doc.list("ReasonCodes", ("category", category.as_str()), |doc| {
            for code in codes {
                doc.element("ReasonCode", |doc| {
                    doc.text("uri", &reason_code_uri(code.id));
                    doc.text("category", code.category.as_str());
                    doc.text("code", &code.code.to_string());
                    doc.text("label", &code.label);
                    doc.text("forAll", "true");
                    doc.text("systemCode", if code.system { "true" } else { "false" });
                });
            }
        });
    })
}

/// The wrap-up reasons that a user can choose from.
pub(super) fn wrap_up_reasons(reasons: &[WrapUpReason]) -> String {
    Doc::write(|doc| {
        doc.element("WrapUpReasons", |doc| {
            for reason in reasons {
                doc.element("WrapUpReason", |doc| {
                    doc.text("uri", &format!("{API}/WrapUpReason/{}", reason.id));
                    doc.text("label", &reason.label);
                    doc.text("forAll", "true");
                });
            }
        });
    })
}

/// A dialog.
pub(super) fn dialog(doc: &mut Doc, name: &str, world: &World, dialog: &Dialog) {
    let queue = dialog.queue.and_then(|id| world.queues.get(&id));
    let data = &dialog.data;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    doc.element(name, |doc| {
        doc.text("associatedDialogUri", "");
        doc.text("fromAddress", &dialog.from);
        doc.text("id", &dialog.id.to_string());
        doc.element("mediaProperties", |doc| {
            doc.text("mediaId", VOICE);
            doc.text("DNIS", &given(&data.dnis));
            doc.text("callType", &given(&data.call_type));
            doc.text("dialedNumber", &given(&data.dialed_number));
            doc.text("outboundClassification", "");
            doc.text(
                "queueNumber",
                &dialog.queue.map_or_else(String::new, |id| id.to_string()),
            );
            doc.text("queueName", queue.map_or("", |queue| &queue.name));
            doc.text("callKeyCallId", &dialog.id.to_string());
            doc.text("callKeySequenceNum", "");
            doc.text("callKeyPrefix", "");
            doc.text("wrapUpReason", &given(&data.wrap_up));
            doc.element("callvariables", |doc| {
                for (name, value) in &data.variables {
                    doc.element("CallVariable", |doc| {
                        doc.text("name", name);
                        doc.text("value", value);
                    });
                }
            });
        });
        doc.text("mediaType", "Voice");
        doc.element("participants", |doc| {
            for party in &dialog.participants {
                participant(doc, party);
            }
        });
        doc.text("secondaryId", "");
        doc.text("state", dialog.state.as_str());
        doc.text("toAddress", &dialog.to);
        doc.text("uri", &object_uri(&Object::Dialog(dialog.id)));
    });
}

fn participant(doc: &mut Doc, party: &Participant) {
    doc.element("Participant", |doc| {
        doc.element("actions", |doc| {
            // Only an agent can ask for anything.
            let actions = if party.is_agent {
                party.state.actions()
            } else {
                &[]
            };
            for action in actions {
                doc.text("action", action);
            }
        });
        doc.text("mediaAddress", &party.address);
        doc.text(
            "mediaAddressType",
            if party.is_agent { "AGENT_DEVICE" } else { "" },
        );
        doc.text("startTime", &party.joined.to_text());
        doc.text("state", party.state.as_str());
        doc.text("stateCause", party.cause.map_or("", |cause| cause.as_str()));
        doc.text("stateChangeTime", &party.state_changed.to_text());
    });
}

/// A list of dialogs.
pub(super) fn dialogs<'a>(
    doc: &mut Doc,
    name: &str,
    world: &World,
    list: impl Iterator<Item = &'a Dialog>,
) {
    doc.element(name, |doc| {
        for item in list {
            dialog(doc, "Dialog", world, item);
        }
    });
}

impl Core {
    /// Writes SystemInfo.
    pub(super) fn write_system_info(&self, doc: &mut Doc, name: &str, now: Moment) {
        let config = &self.config;
        let (in_service, since, heard) = match &self.service {
            Service::Out { since, heard } | Service::Rebuilding { since, heard, .. } => {
                (false, *since, *heard)
            }
            Service::In { since, heard } => (true, *since, Some(*heard)),
        };
        let heartbeat = if in_service { "success" } else { "failure" };
        doc.element(name, |doc| {
            doc.text(
                "ctiHeartbeatInterval",
                &config.heartbeat_interval.as_secs().to_string(),
            );
            doc.text("ctiMMode", "false");
            doc.element("ctiServers", |doc| {
                doc.element("ctiServer", |doc| {
                    doc.text("host", &config.cti_host);
                    let connected = if in_service {
                        now.utc.0.saturating_sub(since.0) / 1000
                    } else {
                        0
                    };
                    doc.text("connectedDuration", &connected.to_string());
                    doc.text("active", if in_service { "true" } else { "false" });
                });
            });
            doc.text("ctiTimeInMMode", "0");
            doc.text("ctiVersion", &config.cti_version.to_string());
            doc.text("currentTimestamp", &now.utc.to_text());
            doc.text("deploymentType", "UCCX");
            doc.text("finesseMMode", "false");
            doc.text("finesseTimeInMMode", "0");
            doc.text("lastCTIHeartbeatStatus", heartbeat);
            doc.text(
                "lastSuccessCTIHeartbeatTime",
                &heard.map_or_else(String::new, UtcMillis::to_text),
            );
            doc.text("license", "");
            doc.text("peripheralId", PERIPHERAL_ID);
            doc.element("primaryNode", |doc| {
                doc.text("host", &config.host);
                doc.text("httpsPort", &config.https_port.to_string());
                doc.text("xmppPort", &config.xmpp_port.to_string());
                doc.text("xmppSecurePort", &config.xmpp_secure_port.to_string());
            });
            doc.element("secondaryNode", |doc| doc.text("host", ""));
            doc.text(
                "status",
                if in_service {
                    "IN_SERVICE"
                } else {
                    "OUT_OF_SERVICE"
                },
            );
            doc.text(
                "statusReason",
                if in_service {
                    ""
                } else {
                    "CTI connection is down"
                },
            );
            doc.text("systemAuthMode", "NON_SSO");
            doc.text("timezoneOffset", "0");
            doc.text("uri", &system_info_uri());
            doc.text("xmppDomain", &config.xmpp_domain);
            doc.text("xmppPubSubDomain", &config.pubsub_domain);
        });
    }
}

fn reason_code_uri(id: u32) -> String {
    format!("{API}/ReasonCode/{id}")
}

const API: &str = "/finesse/api";

/// Id of the voice medium.
const VOICE: &str = "1";

/// UCCX has the one peripheral.
const PERIPHERAL_ID: &str = "1";

/// `reasonCodeId` where there is none.
const NO_REASON: &str = "-1";
