//! What the REST resources answer: reads, and the checks that come before a request is accepted.
//!
//! A check here answers at once and publishes nothing. Whether the engine can carry a request out is the
//! engine's to say: its refusal comes as a notification, after the request was accepted.

use std::collections::BTreeSet;

use super::{
    AgentState, ApiError, Core, Moment, Role,
    body::{DialogChange, UserChange},
    dialog::Dialog,
    engine::{AskedState, CallAction, CallData, CallId, EngineRequest},
    model::Agent,
    pending::{Object, Request},
    reason::{Category, ReasonCode, SUPERVISOR_REASON},
    variable::Variable,
    xml::{self, Doc},
};

impl Core {
    /// GET `SystemInfo`; needs no credentials and no engine.
    pub fn system_info(&self, now: Moment) -> String {
        Doc::write(|doc| self.write_system_info(doc, "SystemInfo", now))
    }

    /// GET `User/{id}`.
    ///
    /// # Errors
    ///
    /// As the `ApiError` says, here and below.
    pub fn user(&self, caller: &str, id: &str) -> Result<String, ApiError> {
        let agent = self.agent_seen_by(caller, id)?;
        Ok(Doc::write(|doc| {
            xml::user(doc, "User", &self.config, &self.world, agent)
        }))
    }

    /// GET `User/{id}/Dialogs`.
    pub fn dialogs(&self, caller: &str, id: &str) -> Result<String, ApiError> {
        self.agent_seen_by(caller, id)?;
        let list = self.world.dialogs_of(id);
        Ok(Doc::write(|doc| {
            xml::dialogs(doc, "Dialogs", &self.world, list)
        }))
    }

    /// GET `Dialog/{id}`.
    pub fn dialog(&self, caller: &str, id: &str) -> Result<String, ApiError> {
        let dialog = self.dialog_with_id(id)?;
        let supervises = |user: &String| self.world.supervises(caller, user);
        if !dialog.told.contains(caller) && !dialog.told.iter().any(supervises) {
            return Err(ApiError::not_yours(caller));
        }
        Ok(Doc::write(|doc| {
            xml::dialog(doc, "Dialog", &self.world, dialog)
        }))
    }

    /// GET `User/{id}/ReasonCodes?category=`.
    pub fn reason_codes(
        &self,
        caller: &str,
        id: &str,
        category: Option<&str>,
    ) -> Result<String, ApiError> {
        self.agent_seen_by(caller, id)?;
        let category = category.ok_or_else(|| ApiError::parameter_missing("category"))?;
        let category = Category::parse(category).ok_or_else(|| {
            ApiError::invalid_input("category", "category is NOT_READY or LOGOUT")
        })?;
        Ok(xml::reason_codes(category, self.choices(category)))
    }

    /// GET `User/{id}/WrapUpReasons`.
    pub fn wrap_up_reasons(&self, caller: &str, id: &str) -> Result<String, ApiError> {
        self.agent_seen_by(caller, id)?;
        Ok(xml::wrap_up_reasons(&self.config.wrap_up_reasons))
    }

    /// GET `Team/{id}`: for members too, not only for supervisors, so that an agent's page can show the
    /// team.
    pub fn team(&self, caller: &str, id: &str) -> Result<String, ApiError> {
        self.check_in_service()?;
        let number = id.parse().map_err(|_| ApiError::not_found(id))?;
        let team = self
            .world
            .teams
            .get(&number)
            .ok_or_else(|| ApiError::not_found(id))?;
        if !team.members.contains(caller) {
            return Err(ApiError::not_yours(caller));
        }
        Ok(xml::team(&self.config, &self.world, number, team))
    }

    /// PUT `User/{id}`.
    pub fn change_user(
        &mut self,
        now: Moment,
        caller: &str,
        id: &str,
        change: &UserChange,
        request_id: &str,
    ) -> Result<(), ApiError> {
        let agent = self.agent_seen_by(caller, id)?;
        let given = change
            .state
            .as_deref()
            .ok_or_else(|| ApiError::parameter_missing("state"))?;
        let asked = asked_state(id, given)?;
        if asked == AskedState::Logout && agent.state == AgentState::Logout {
            return Err(ApiError::invalid_state(
                given,
                format!("user '{id}' is signed out"),
            ));
        }
        let reason = if caller == id {
            self.own_reason(asked, change)?
        } else {
            supervisor_reason(id, given, asked, agent.state, change)?
        };
        let extension = match asked {
            AskedState::Login => {
                let line = change.extension.as_deref();
                check_line(line.ok_or_else(|| ApiError::parameter_missing("extension"))?)?
            }
            AskedState::Logout | AskedState::Ready | AskedState::NotReady => {
                let signed_in = !agent.extension.is_empty();
                if signed_in {
                    &agent.extension
                } else {
                    &agent.record.extension
                }
                .clone()
            }
        };
        if asked == AskedState::Login {
            self.user_signed_in(id);
        }
        let request = Request {
            id: request_id.to_owned(),
            user: id.to_owned(),
            asks: EngineRequest::SetAgentState {
                login_id: id.to_owned(),
                extension,
                state: asked,
                reason,
                forced: false,
            },
        };
        self.submit(now, &Object::User(id.to_owned()), request)
    }

    /// POST `User/{id}/Dialogs`.
    pub fn make_call(
        &mut self,
        now: Moment,
        caller: &str,
        id: &str,
        change: &DialogChange,
        request_id: &str,
    ) -> Result<(), ApiError> {
        self.check_in_service()?;
        if caller != id {
            return Err(ApiError::not_yours(id));
        }
        let agent = self.agent_seen_by(caller, id)?;
        match needed(change.requested_action.as_ref(), "requestedAction")? {
            "MAKE_CALL" => {}
            action @ ("SILENT_MONITOR" | "BARGE_CALL") => {
                return Err(ApiError::not_implemented(action));
            }
            action => return Err(unknown_action(action)),
        }
        let from = needed(change.from_address.as_ref(), "fromAddress")?;
        let to = needed(change.to_address.as_ref(), "toAddress")?;
        if from == to {
            return Err(ApiError::invalid_destination(to));
        }
        if !change.variables.is_empty() {
            let message = "call variables cannot be given with MAKE_CALL";
            return Err(ApiError::invalid_input("callvariables", message));
        }
        if agent.state == AgentState::Logout {
            let message = format!("user '{id}' is signed out");
            return Err(ApiError::invalid_state(agent.state.as_str(), message));
        }
        if from != agent.extension {
            let message = "fromAddress is not the line that the user is signed in on";
            return Err(ApiError::invalid_input("fromAddress", message));
        }
        if to.len() > MAX_NUMBER || to.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(ApiError::invalid_input(
                "toAddress",
                "toAddress is not a number",
            ));
        }
        let request = Request {
            id: request_id.to_owned(),
            user: id.to_owned(),
            asks: EngineRequest::MakeCall {
                from: from.to_owned(),
                to: to.to_owned(),
            },
        };
        self.submit(now, &Object::Dialogs(id.to_owned()), request)
    }

    /// PUT `Dialog/{id}`.
    pub fn change_dialog(
        &mut self,
        now: Moment,
        caller: &str,
        id: &str,
        change: &DialogChange,
        request_id: &str,
    ) -> Result<(), ApiError> {
        let dialog = self.dialog_with_id(id)?;
        let call = dialog.id;
        if !dialog.told.contains(caller) {
            return Err(ApiError::not_yours(caller));
        }
        let action = needed(change.requested_action.as_ref(), "requestedAction")?;
        let line = needed(change.target_media_address.as_ref(), "targetMediaAddress")?;
        if dialog.participant(line).is_none() {
            let message = "targetMediaAddress is no participant of the dialog";
            return Err(ApiError::invalid_input("targetMediaAddress", message));
        }
        let own = self
            .world
            .agents
            .get(caller)
            .map(|agent| agent.extension.as_str());
        if own != Some(line) {
            return Err(ApiError::not_yours(caller));
        }
        let device = line.to_owned();
        let asks = match action {
            "ANSWER" => EngineRequest::Control {
                call,
                device,
                action: CallAction::Answer,
            },
            "HOLD" => EngineRequest::Control {
                call,
                device,
                action: CallAction::Hold,
            },
            "RETRIEVE" => EngineRequest::Control {
                call,
                device,
                action: CallAction::Retrieve,
            },
            "DROP" => EngineRequest::Control {
                call,
                device,
                action: CallAction::Drop,
            },
            "UPDATE_CALL_DATA" => EngineRequest::SetCallData {
                call,
                device,
                data: call_data(change)?,
            },
            "CONSULT_CALL"
            | "TRANSFER"
            | "CONFERENCE"
            | "TRANSFER_SST"
            | "SEND_DTMF"
            | "PARTICIPANT_DROP"
            | "START_RECORDING"
            | "BARGE_CALL"
            | "ACCEPT"
            | "REJECT"
            | "CLOSE"
            | "UPDATE_SCHEDULED_CALLBACK"
            | "CANCEL_SCHEDULED_CALLBACK" => {
                return Err(ApiError::not_implemented(action));
            }
            _ => return Err(unknown_action(action)),
        };
        let request = Request {
            id: request_id.to_owned(),
            user: caller.to_owned(),
            asks,
        };
        self.submit(now, &Object::Dialog(call), request)
    }

    /// Whether this user is an agent or supervisor of this system.
    ///
    /// # Errors
    ///
    /// The node is out of service, or there is no such user.
    pub fn check_user(&self, caller: &str) -> Result<(), ApiError> {
        self.agent_seen_by(caller, caller).map(|_| ())
    }

    /// Whether requests can be taken at all.
    ///
    /// # Errors
    ///
    /// The node is out of service.
    pub fn check_in_service(&self) -> Result<(), ApiError> {
        if self.is_in_service() {
            Ok(())
        } else {
            Err(ApiError::out_of_service())
        }
    }

    fn agent_seen_by(&self, caller: &str, id: &str) -> Result<&Agent, ApiError> {
        self.check_in_service()?;
        let agent = self.world.agents.get(id);
        if caller != id {
            let role = self.world.agents.get(caller).map(|agent| agent.record.role);
            // An agent does not learn which other ids there are.
            if role != Some(Role::Supervisor) {
                return Err(ApiError::not_yours(id));
            }
            if agent.is_some() && !self.world.supervises(caller, id) {
                return Err(ApiError::invalid_supervisor(id));
            }
        }
        agent.ok_or_else(|| ApiError::user_not_found(id))
    }

    fn dialog_with_id(&self, id: &str) -> Result<&Dialog, ApiError> {
        self.check_in_service()?;
        let number = id.parse().map_err(|_| ApiError::dialog_not_found(id))?;
        self.world
            .dialogs
            .get(&CallId(number))
            .ok_or_else(|| ApiError::dialog_not_found(id))
    }

    /// Reasons that users can choose from.
    fn choices(&self, category: Category) -> impl Iterator<Item = &ReasonCode> {
        let codes = self.config.reason_codes.iter();
        codes.filter(move |code| code.category == category && !code.system)
    }

    fn own_reason(&self, asked: AskedState, change: &UserChange) -> Result<u16, ApiError> {
        let category = match asked {
            AskedState::NotReady => Category::NotReady,
            AskedState::Logout => Category::Logout,
            AskedState::Login | AskedState::Ready => return Ok(0),
        };
        // Clients send back the -1 of a user without a reason.
        let Some(id) = change.reason_code_id.as_deref().filter(|id| *id != "-1") else {
            if category == Category::NotReady && self.choices(category).next().is_some() {
                return Err(ApiError::parameter_missing(REQUIRE_REASON));
            }
            return Ok(0);
        };
        let code = self
            .choices(category)
            .find(|code| code.id.to_string() == id);
        let unknown = || {
            let message = format!("'{id}' is no {} reason code", category.as_str());
            ApiError::invalid_input("reasonCodeId", message)
        };
        Ok(code.ok_or_else(unknown)?.code)
    }
}

fn asked_state(id: &str, given: &str) -> Result<AskedState, ApiError> {
    match given {
        "LOGIN" => Ok(AskedState::Login),
        "LOGOUT" => Ok(AskedState::Logout),
        "READY" => Ok(AskedState::Ready),
        "NOT_READY" => Ok(AskedState::NotReady),
        // Wrap-up is never optional here: a queue has it or not.
        "WORK"
        | "WORK_READY"
        | "RESERVED"
        | "RESERVED_OUTBOUND"
        | "RESERVED_OUTBOUND_PREVIEW"
        | "TALKING"
        | "HOLD"
        | "UNKNOWN" => Err(ApiError::invalid_state(
            given,
            format!("'{given}' cannot be asked for"),
        )),
        _ => Err(ApiError::invalid_input(
            "state",
            format!("Invalid 'state' for user '{id}'"),
        )),
    }
}

/// What a supervisor may ask for on behalf of another user, and the reason that it gets.
fn supervisor_reason(
    id: &str,
    given: &str,
    asked: AskedState,
    state: AgentState,
    change: &UserChange,
) -> Result<u16, ApiError> {
    if asked == AskedState::Login {
        return Err(ApiError::not_yours(id));
    }
    if change.reason_code_id.is_some() {
        let message = "the system gives the reason when a supervisor changes a state";
        return Err(ApiError::invalid_input("reasonCodeId", message));
    }
    let from_here = state == AgentState::Ready || state.is_wrap_up();
    if asked == AskedState::NotReady && !from_here {
        return Err(ApiError::not_in_this_state(given));
    }
    let has_reason = matches!(asked, AskedState::NotReady | AskedState::Logout);
    Ok(if has_reason { SUPERVISOR_REASON } else { 0 })
}

fn check_line(line: &str) -> Result<String, ApiError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#');
    if line.len() > MAX_EXTENSION || !line.chars().all(legal) {
        return Err(ApiError::bad_request(
            "extension",
            "extension is not a directory number",
        ));
    }
    Ok(line.to_owned())
}

fn call_data(change: &DialogChange) -> Result<CallData, ApiError> {
    if change.wrap_up_reason.is_none() && change.variables.is_empty() {
        return Err(ApiError::parameter_missing("mediaProperties"));
    }
    if change
        .wrap_up_reason
        .as_ref()
        .is_some_and(|reason| reason.len() > MAX_CALL_VARIABLE)
    {
        let message = format!("wrapUpReason has at most {MAX_CALL_VARIABLE} bytes");
        return Err(ApiError::invalid_input("wrapUpReason", message));
    }
    let mut names = BTreeSet::new();
    let mut named = 0;
    for (name, value) in &change.variables {
        let limit = match Variable::named(name) {
            Some(Variable::Numbered) => MAX_CALL_VARIABLE,
            Some(Variable::Named | Variable::Entry { .. }) => {
                named += name.len() + value.len() + 2;
                MAX_VALUE
            }
            None => {
                let message = "no call variable has this name";
                return Err(ApiError::invalid_input(name, message));
            }
        };
        if !names.insert(name) {
            return Err(ApiError::invalid_input(name, "the variable is given twice"));
        }
        if value.len() > limit || value.contains('\0') {
            let message = format!("the value of a '{name}' has at most {limit} bytes");
            return Err(ApiError::invalid_input(name, message));
        }
    }
    if named > MAX_NAMED {
        let message = format!("all 'user.' variables together have at most {MAX_NAMED} bytes");
        return Err(ApiError::invalid_input("callvariables", message));
    }
    Ok(CallData {
        variables: change.variables.clone(),
        wrap_up: change.wrap_up_reason.clone(),
        ..CallData::default()
    })
}

fn needed<'a>(value: Option<&'a String>, name: &str) -> Result<&'a str, ApiError> {
    value
        .map(String::as_str)
        .ok_or_else(|| ApiError::parameter_missing(name))
}

fn unknown_action(action: &str) -> ApiError {
    ApiError::invalid_input("requestedAction", format!("'{action}' is no action"))
}

/// `ErrorData` when a reason is needed and was not given.
const REQUIRE_REASON: &str = "finesse.api.reasoncode.require_reasoncode";

/// GED-188 fields without their NUL: AgentExtension, DialedNumber, CallVariable, the value of a NAMEDVAR,
/// and all of these of one message.
const MAX_EXTENSION: usize = 15;
const MAX_NUMBER: usize = 39;
const MAX_CALL_VARIABLE: usize = 39;
const MAX_VALUE: usize = 210;
const MAX_NAMED: usize = 2000;
