//! What differs between two rows of members.
