//! BOSH (XEP-0124, XEP-0206) without IO: wrapper codec, client and connection-manager sessions.
