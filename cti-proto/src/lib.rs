//! Cisco CTI Server protocol (GED-188) without IO: framing, messages, client and server sessions.
