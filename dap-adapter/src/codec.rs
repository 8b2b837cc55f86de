//! Framing: a `Content-Length` header, an empty line, so many bytes.
//!
//! The body stays bytes here. Whoever needs more looks into it; most messages are forwarded as they came.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A header line longer than this is not a header.
const HEADER_LIMIT: u64 = 8 * 1024;

/// No debug adapter sends a gigabyte; whoever claims to is not one.
const BODY_LIMIT: u64 = 1 << 30;

/// The stream is not, or no longer, the debug adapter protocol.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FramingError {
    /// Something else was read where a header belongs.
    #[error("expected a `Content-Length` header, got `{0}`")]
    Garbage(String),
    /// The stream ended inside a message.
    #[error("the stream ended inside a message")]
    Cut,
    /// The body's length is no plausible length.
    #[error("a message of {0} bytes is too long")]
    TooLong(u64),
    /// The system's error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads one message's body; `None` when the stream ends between two messages.
pub(crate) async fn read<R: AsyncBufRead + Unpin>(reader: &mut R) -> Result<Option<Vec<u8>>, FramingError> {
    let Some(length) = read_header(reader).await? else { return Ok(None) };
    if length > BODY_LIMIT {
        return Err(FramingError::TooLong(length));
    }
    // Grown as the bytes come: the length is only a claim.
    let mut body = Vec::with_capacity(usize::try_from(length.min(1 << 20)).unwrap_or_default());
    let count = reader.take(length).read_to_end(&mut body).await?;
    if count as u64 == length { Ok(Some(body)) } else { Err(FramingError::Cut) }
}

async fn read_header<R: AsyncBufRead + Unpin>(reader: &mut R) -> Result<Option<u64>, FramingError> {
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = (&mut *reader).take(HEADER_LIMIT).read_until(b'\n', &mut line).await?;
        if count == 0 {
            return if length.is_none() { Ok(None) } else { Err(FramingError::Cut) };
        }
        let text = String::from_utf8_lossy(&line);
        let field = text.trim_end_matches(['\r', '\n']);
        if field.is_empty() {
            match length {
                Some(length) => return Ok(Some(length)),
                // Empty lines before a header do no harm.
                None => continue,
            }
        }
        let garbage = || FramingError::Garbage(excerpt(field));
        let (name, value) = field.split_once(':').ok_or_else(garbage)?;
        if name.trim().eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse().map_err(|_| garbage())?);
        } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(garbage());
        }
    }
}

fn excerpt(line: &str) -> String {
    line.chars().take(80).collect()
}

/// Header and body as one run of bytes: written in two calls, they would wait for each other's
/// acknowledgement over TCP.
pub(crate) fn frame(body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Writes one message and makes sure that it leaves.
pub(crate) async fn write<W: AsyncWrite + Unpin>(writer: &mut W, body: &[u8]) -> std::io::Result<()> {
    writer.write_all(&frame(body)).await?;
    writer.flush().await
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn read_all(mut bytes: &[u8]) -> Vec<Result<String, String>> {
        let mut reader = BufReader::with_capacity(3, &mut bytes);
        let mut read = Vec::new();
        loop {
            match super::read(&mut reader).await {
                Ok(Some(body)) => read.push(Ok(String::from_utf8_lossy(&body).into_owned())),
                Ok(None) => return read,
                Err(error) => {
                    read.push(Err(error.to_string()));
                    return read;
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_framed_is_read_back_however_it_is_cut() {
        let bytes = [frame(b"{}"), frame("{\"ä\":\"🦀\"}".as_bytes()), frame(b"")].concat();
        assert_eq!(
            read_all(&bytes).await,
            [Ok("{}".to_owned()), Ok("{\"ä\":\"🦀\"}".to_owned()), Ok(String::new())]
        );
    }

    #[tokio::test]
    async fn other_fields_and_spellings_are_fine() {
        let bytes = b"content-type: application/json\r\ncontent-length:2\r\n\r\n{}";
        assert_eq!(read_all(bytes).await, [Ok("{}".to_owned())]);
    }

    #[tokio::test]
    async fn garbage_is_named() {
        let got = read_all(b"error while loading shared libraries: liblldb.so\n").await;
        assert!(got[0].as_ref().is_err_and(|error| error.contains("error while loading")), "{got:?}");
    }

    #[tokio::test]
    async fn a_length_is_only_a_claim() {
        assert_eq!(read_all(b"Content-Length: 99\r\n\r\n{}").await, [Err(FramingError::Cut.to_string())]);
        let huge = u64::MAX;
        let got = read_all(format!("Content-Length: {huge}\r\n\r\n").as_bytes()).await;
        assert_eq!(got, [Err(FramingError::TooLong(huge).to_string())]);
    }

    /// Bytes of messages, changed: whatever they are, reading them ends, in an error or with what they say.
    #[tokio::test]
    async fn whatever_is_read_it_ends() {
        const PIECES: [&[u8]; 8] =
            [b"Content-Length: ", b"\r\n", b"\n", b":", b"18446744073709551616", b"-1", b"{}", b"\xff\xfe"];
        let rounds = std::env::var("MIDFLIGHT_FUZZ").ok().and_then(|rounds| rounds.parse().ok());
        for seed in 0..rounds.unwrap_or(20_000) {
            let mut random = fastrand::Rng::with_seed(seed);
            let event = br#"{"seq":1,"type":"event","event":"output","body":{"output":"a"}}"#;
            let mut bytes = [frame(event), frame(b"{}"), frame(event)].concat();
            for _ in 0..random.usize(..5) {
                let at = random.usize(..=bytes.len());
                match random.u8(..3) {
                    0 if at < bytes.len() => drop(bytes.remove(at)),
                    1 if at < bytes.len() => bytes[at] = random.u8(..),
                    _ => drop(bytes.splice(at..at, PIECES[random.usize(..PIECES.len())].iter().copied())),
                }
            }
            let read = read_all(&bytes).await;
            assert!(read.len() <= bytes.len() + 1, "{seed}");
            for body in read.into_iter().flatten() {
                let message = crate::message::Message::parse(body.into_bytes());
                drop(message.map(|message| message.with_paths(&|path| Some(format!("/x{path}")))));
            }
        }
    }
}
