//! What several of these tests begin with.

use examples::settings::Settings;

/// Settings of a CUCM and a notification service on free loopback ports, without calls.
pub(crate) fn settings(dir: &tempfile::TempDir) -> Settings {
    let mut settings = Settings::with_data_dir(dir.path().to_owned());
    let free = ([127, 0, 0, 1], 0).into();
    settings.cucm.axl = free;
    settings.cucm.switch = free;
    settings.caller.calls_per_minute = 0;
    settings.notification.xmpp = free;
    settings.notification.xmpp_tls = free;
    settings.notification.bosh = free;
    settings.notification.bosh_tls = free;
    settings
}
