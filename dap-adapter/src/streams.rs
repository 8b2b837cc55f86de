//! The standard streams, as the editor gave them.
//!
//! Tokio's own hand every read and write to another thread, since the streams may be files. An editor's are pipes
//! or sockets, which can be waited for; each message so wakes one thread less, on its way in and out.

use tokio::io::{AsyncRead, AsyncWrite};

type Reader = Box<dyn AsyncRead + Unpin + Send>;
type Writer = Box<dyn AsyncWrite + Unpin + Send>;

/// What the editor writes, and where it reads.
pub(crate) fn standard() -> (Reader, Writer) {
    #[cfg(unix)]
    let (reader, writer) = (unix::reader().ok(), unix::writer().ok());
    #[cfg(not(unix))]
    let (reader, writer): (Option<Reader>, Option<Writer>) = (None, None);
    (
        reader.unwrap_or_else(|| Box::new(tokio::io::stdin())),
        writer.unwrap_or_else(|| Box::new(tokio::io::stdout())),
    )
}

#[cfg(unix)]
mod unix {
    use std::io::{self, Result};
    use std::os::fd::{AsFd, OwnedFd};

    use tokio::net::UnixStream;
    use tokio::net::unix::pipe;

    use super::{Reader, Writer};

    pub(super) fn reader() -> Result<Reader> {
        let stream = io::stdin().as_fd().try_clone_to_owned()?;
        match pipe::Receiver::from_owned_fd(stream.try_clone()?) {
            Ok(pipe) => Ok(Box::new(pipe)),
            Err(_) => Ok(Box::new(socket(stream)?)),
        }
    }

    pub(super) fn writer() -> Result<Writer> {
        let stream = io::stdout().as_fd().try_clone_to_owned()?;
        match pipe::Sender::from_owned_fd(stream.try_clone()?) {
            Ok(pipe) => Ok(Box::new(pipe)),
            Err(_) => Ok(Box::new(socket(stream)?)),
        }
    }

    /// Node starts programs with sockets for streams.
    fn socket(stream: OwnedFd) -> Result<UnixStream> {
        let stream = std::os::unix::net::UnixStream::from(stream);
        // Fails for what is no socket: a file, a terminal.
        stream.local_addr()?;
        stream.set_nonblocking(true)?;
        UnixStream::from_std(stream)
    }
}
