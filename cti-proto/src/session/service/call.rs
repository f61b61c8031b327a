//! Calls that run, and the clients that follow them.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use bytes::Bytes;

use super::ConnectionId;
use super::directory::{Directory, Key};
use super::subject::Subject;
use crate::code::{CallId, ConnectionDeviceIdType, PeripheralId};
use crate::codec::{Blob, MAX_CALL_DATA, NamedArray, NamedVariable, Text, Value};
use crate::message::{BeginCallEvent, CallDataUpdateEvent, Message};

/// A call at a switch.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct CallKey {
    pub(super) peripheral: PeripheralId,
    pub(super) call: CallId,
}

/// All calls between their first event and END_CALL_EVENT.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: BTreeMap<CallKey, Call>,
    /// Calls by the devices that take part now.
    by_device: BTreeMap<Key, BTreeSet<CallKey>>,
    /// Calls by the clients that follow them.
    by_client: BTreeMap<ConnectionId, BTreeSet<CallKey>>,
}

#[derive(Debug, Default)]
struct Call {
    /// How the call began, with the data it has now.
    begin: Option<Box<BeginCallEvent>>,
    /// CLIENT_EVENTS clients whose device takes or took part.
    followers: BTreeSet<ConnectionId>,
    /// Devices that take part now.
    devices: BTreeSet<Key>,
}

impl Calls {
    /// Clients that `subject` brings to their first event of a call, with that call.
    pub(super) fn join(
        &mut self,
        peripheral: PeripheralId,
        subject: &Subject<'_>,
        directory: &Directory,
    ) -> Vec<(ConnectionId, CallKey)> {
        let keys = call_keys(peripheral, subject);
        let Some(&key) = keys.first() else {
            return Vec::new();
        };
        let mut joined = Vec::new();
        // The second call of a conference or transfer goes on as the first.
        let merged: Vec<ConnectionId> = keys
            .iter()
            .skip(1)
            .filter_map(|key| self.calls.get(key))
            .flat_map(|call| call.followers.iter().copied())
            .collect();
        for client in merged {
            self.follow(client, key);
        }
        for device in device_keys(peripheral, subject) {
            for client in directory.of_device(&device) {
                if self.follow(client, key) {
                    joined.push((client, key));
                }
            }
            let call = self.calls.entry(key).or_default();
            if !call.devices.contains(&device) {
                let device = device.detach();
                self.by_device
                    .entry(device.clone())
                    .or_default()
                    .insert(key);
                call.devices.insert(device);
            }
        }
        joined
    }

    /// Takes what `message` says into the picture of its call, after it was sent. Returns the old
    /// and the new key of a call that got another id.
    pub(super) fn update(
        &mut self,
        peripheral: PeripheralId,
        subject: &Subject<'_>,
        message: &Message,
    ) -> Option<(CallKey, CallKey)> {
        let &key = call_keys(peripheral, subject).first()?;
        if let Some(device) = subject.left {
            let device = Key::new(peripheral, device);
            if let Some(call) = self.calls.get_mut(&key) {
                call.devices.remove(&device);
            }
            self.forget_device(&device, key);
        }
        if let Message::EndCallEvent(_) = message {
            self.end(key);
        }
        if let Message::CallDataUpdateEvent(event) = message {
            if let Some(begin) = self.begin_mut(key) {
                merge(begin, event);
            }
            if event.new_connection_device_id_type != ConnectionDeviceIdType::NONE
                && event.new_connection_call_id != CallId::NULL
            {
                let call = event.new_connection_call_id;
                let new = CallKey { peripheral, call };
                return self.rename(key, new).then_some((key, new));
            }
        }
        None
    }

    /// Notes how a call began.
    pub(super) fn begin(&mut self, key: CallKey, event: &BeginCallEvent) {
        self.calls.entry(key).or_default().begin = Some(Box::new(detach(event)));
    }

    /// Lets a client follow the calls at its devices.
    pub(super) fn resume(&mut self, client: ConnectionId, devices: &[Key]) -> Vec<CallKey> {
        let calls: BTreeSet<CallKey> = devices
            .iter()
            .filter_map(|device| self.by_device.get(device))
            .flatten()
            .copied()
            .collect();
        for key in &calls {
            self.follow(client, *key);
        }
        calls.into_iter().collect()
    }

    pub(super) fn remove_client(&mut self, client: ConnectionId) {
        for key in self.by_client.remove(&client).unwrap_or_default() {
            if let Some(call) = self.calls.get_mut(&key) {
                call.followers.remove(&client);
            }
        }
    }

    pub(super) fn followers(&self, key: CallKey) -> impl Iterator<Item = ConnectionId> {
        self.calls
            .get(&key)
            .into_iter()
            .flat_map(|call| call.followers.iter().copied())
    }

    pub(super) fn begun(&self, key: CallKey) -> Option<&BeginCallEvent> {
        self.calls.get(&key)?.begin.as_deref()
    }

    pub(super) fn contains(&self, key: CallKey) -> bool {
        self.calls.contains_key(&key)
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether the client did not follow it yet.
    fn follow(&mut self, client: ConnectionId, key: CallKey) -> bool {
        self.by_client.entry(client).or_default().insert(key);
        let call = self.calls.entry(key).or_default();
        call.followers.insert(client)
    }

    fn begin_mut(&mut self, key: CallKey) -> Option<&mut BeginCallEvent> {
        self.calls.get_mut(&key)?.begin.as_deref_mut()
    }

    fn end(&mut self, key: CallKey) {
        let Some(call) = self.calls.remove(&key) else {
            return;
        };
        for device in &call.devices {
            self.forget_device(device, key);
        }
        for client in &call.followers {
            if let Some(calls) = self.by_client.get_mut(client) {
                calls.remove(&key);
            }
        }
    }

    /// CALL_DATA_UPDATE_EVENT gave the call another id; whether it had another one. A call that had
    /// the new id is over.
    fn rename(&mut self, old: CallKey, new: CallKey) -> bool {
        if old == new {
            return false;
        }
        let Some(mut call) = self.calls.remove(&old) else {
            return false;
        };
        self.end(new);
        if let Some(begin) = &mut call.begin {
            begin.connection_call_id = new.call;
        }
        for device in &call.devices {
            self.forget_device(device, old);
            self.by_device
                .entry(device.clone())
                .or_default()
                .insert(new);
        }
        for client in &call.followers {
            let calls = self.by_client.entry(*client).or_default();
            calls.remove(&old);
            calls.insert(new);
        }
        self.calls.insert(new, call);
        true
    }

    fn forget_device(&mut self, device: &Key, key: CallKey) {
        if let Some(calls) = self.by_device.get_mut(device) {
            calls.remove(&key);
            if calls.is_empty() {
                self.by_device.remove(device);
            }
        }
    }
}

/// The calls that `subject` names.
pub(super) fn call_keys(peripheral: PeripheralId, subject: &Subject<'_>) -> Vec<CallKey> {
    subject
        .calls
        .iter()
        .filter(|call| **call != CallId::NULL)
        .map(|call| CallKey {
            peripheral,
            call: *call,
        })
        .collect()
}

/// The devices that `subject` names, and the primary lines of secondary ones.
pub(super) fn device_keys(peripheral: PeripheralId, subject: &Subject<'_>) -> Vec<Key> {
    let named = subject
        .devices
        .iter()
        .map(|device| Key::new(peripheral, device));
    let primary = subject.devices.iter().filter_map(|device| {
        Some(Key {
            text: primary_line(device)?,
            peripheral,
        })
    });
    named.chain(primary).collect()
}

/// UCCX writes a secondary line as `primary.actual`; the agent is known by the primary one.
fn primary_line(device: &Text) -> Option<Text> {
    let text = device.as_bytes();
    let dot = text.iter().position(|byte| *byte == b'.')?;
    let primary = text.get(..dot).filter(|primary| !primary.is_empty())?;
    Some(Text::until_nul(Bytes::copy_from_slice(primary)))
}

/// Applies `$do` to each text of call data that both events have.
macro_rules! for_texts {
    ($do:ident) => {
        $do!(ani dnis dialed_number caller_entered_digits call_wrapup_data call_variable1
            call_variable2 call_variable3 call_variable4 call_variable5 call_variable6
            call_variable7 call_variable8 call_variable9 call_variable10)
    };
}

/// A copy that does not keep alive what the event came in: it lives as long as the call.
fn detach(event: &BeginCallEvent) -> BeginCallEvent {
    let mut kept = event.clone();
    macro_rules! detach {
        ($($field:ident)*) => {$( kept.$field = kept.$field.as_ref().map(Text::detach); )*};
    }
    for_texts!(detach);
    detach!(connection_device_id);
    kept.user_to_user_info = kept.user_to_user_info.as_ref().map(Blob::detach);
    kept.call_reference_id = kept.call_reference_id.as_ref().map(Blob::detach);
    kept.named_variables = kept.named_variables.iter().map(detach_variable).collect();
    kept.named_arrays = kept.named_arrays.iter().map(detach_element).collect();
    for client in &mut kept.cti_clients {
        client.signature = client.signature.as_ref().map(Text::detach);
    }
    for field in &mut kept.other {
        field.data = Bytes::copy_from_slice(&field.data);
    }
    kept
}

fn detach_variable(variable: &NamedVariable) -> NamedVariable {
    NamedVariable::new(variable.name.detach(), variable.value.detach())
}

fn detach_element(element: &NamedArray) -> NamedArray {
    NamedArray::new(element.index, element.name.detach(), element.value.detach())
}

/// Brings the data of a call up to date. Expanded call context stays within what one message holds:
/// what was set longest ago gives way.
fn merge(begin: &mut BeginCallEvent, update: &CallDataUpdateEvent) {
    begin.call_type = update.call_type;
    begin.called_party_disposition = update.called_party_disposition;
    macro_rules! take {
        ($($field:ident)*) => {$(
            if let Some(text) = &update.$field {
                begin.$field = Some(text.detach());
            }
        )*};
    }
    for_texts!(take);
    let (variables, elements) = (&mut begin.named_variables, &mut begin.named_arrays);
    let same = |a: &NamedVariable, b: &NamedVariable| a.name == b.name;
    let old_variables = renew(variables, &update.named_variables, same, detach_variable);
    let same = |a: &NamedArray, b: &NamedArray| (&a.name, a.index) == (&b.name, b.index);
    let old_elements = renew(elements, &update.named_arrays, same, detach_element);
    let over = (call_data_len(variables) + call_data_len(elements)).saturating_sub(MAX_CALL_DATA);
    let over = give_way(variables, old_variables, over);
    give_way(elements, old_elements, over);
}

/// Puts what `update` sets behind what it does not touch; how many the latter are.
fn renew<T>(
    known: &mut Vec<T>,
    update: &[T],
    same: impl Fn(&T, &T) -> bool,
    detach: impl Fn(&T) -> T,
) -> usize {
    known.retain(|old| !update.iter().any(|new| same(old, new)));
    let untouched = known.len();
    for (at, new) in update.iter().enumerate() {
        // Of one that is set twice, the last counts.
        if !update.iter().skip(at + 1).any(|later| same(new, later)) {
            known.push(detach(new));
        }
    }
    untouched
}

/// Takes out the first of the `old` ones until `over` bytes are gone; how many of these stay.
fn give_way<T: Value>(known: &mut Vec<T>, old: usize, mut over: usize) -> usize {
    let mut gone = 0;
    for value in known.iter().take(old) {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(value.call_data_len());
        gone += 1;
    }
    known.drain(..gone);
    over
}

fn call_data_len<T: Value>(values: &[T]) -> usize {
    values.iter().map(Value::call_data_len).sum()
}
