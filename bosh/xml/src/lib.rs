//! Namespace-aware XML reading and writing with limits, for protocols that meet hostile peers.
