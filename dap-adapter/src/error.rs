//! What goes wrong, in the words of whoever has to act on it.

/// Who can do something about an error; it decides how the editor shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The configuration, the code, the machine: shown to the user as it is, with what to do.
    User,
    /// Midflight: shown with the request to report it.
    Midflight,
    /// Something ended or took too long, as things do: shown quietly.
    Nobody,
}

/// One message for a person, and who is to blame.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Who can do something about it.
    pub blame: Blame,
    /// What happened and what to do, in sentences.
    pub message: String,
}

impl Error {
    /// The user can fix it.
    pub fn user(message: impl Into<String>) -> Self {
        Self { blame: Blame::User, message: message.into() }
    }

    /// It should not have happened.
    pub fn midflight(message: impl Into<String>) -> Self {
        Self { blame: Blame::Midflight, message: message.into() }
    }

    /// Nobody can be blamed.
    pub fn nobody(message: impl Into<String>) -> Self {
        Self { blame: Blame::Nobody, message: message.into() }
    }

    /// The number under which the protocol's `Message` carries the blame.
    pub fn id(&self) -> i64 {
        match self.blame {
            Blame::User => 1,
            Blame::Midflight => 2,
            Blame::Nobody => 3,
        }
    }

    /// Whether the editor should open a dialog for it.
    pub fn show_user(&self) -> bool {
        self.blame != Blame::Nobody
    }
}

/// A result with an [`Error`].
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;
