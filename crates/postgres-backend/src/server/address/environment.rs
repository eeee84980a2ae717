//! What the user's environment says to libpq of all connections, which are meant for other servers.

use std::sync::OnceLock;

use diesel::{Connection, PgConnection};

/// Variables, with what a server of ours is connected to with, in place of them.
const VARIABLES: [(&str, &str); 7] = [
    ("PGHOSTADDR", "hostaddr="),
    ("PGCHANNELBINDING", "channel_binding=disable"),
    ("PGREQUIREPEER", "requirepeer="),
    ("PGGSSENCMODE", "gssencmode=disable"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs=any"),
    ("PGCONNECT_TIMEOUT", "connect_timeout=30"),
    ("PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version="),
];

/// The same, of those that older versions of libpq do not know: they read neither.
const NEWER: [(&str, &str); 5] = [
    ("PGREQUIREAUTH", "require_auth="),
    ("PGSSLCERTMODE", "sslcertmode=disable"),
    ("PGSSLNEGOTIATION", "sslnegotiation=postgres"),
    ("PGMINPROTOCOLVERSION", "min_protocol_version=3.0"),
    ("PGMAXPROTOCOLVERSION", "max_protocol_version=3.0"),
];

/// The parameters that overrule what is set, each after an ampersand; a service cannot be overruled.
pub(super) fn overruled() -> &'static str {
    static OVERRULED: OnceLock<String> = OnceLock::new();
    OVERRULED.get_or_init(|| {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let known = VARIABLES.iter().filter(|(name, _)| is_set(name));
        let newer = NEWER
            .iter()
            .filter(|(name, parameter)| is_set(name) && is_known(parameter));
        known
            .chain(newer)
            .map(|(_, parameter)| format!("&{parameter}"))
            .collect()
    })
}

/// Whether this libpq knows a parameter: it looks at all of them before it connects anywhere.
fn is_known(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    let nowhere = format!("postgres:///none?host=/nonexistent&{parameter}");
    let error = PgConnection::establish(&nowhere).err();
    !error.is_some_and(|error| error.to_string().contains(name))
}
