//! One file a method of the protocol.

pub(crate) mod notifications;
pub(crate) mod requests;
