//! Debug adapters that listen for their client instead of speaking over their standard streams.
//!
//! `${port}` in the command stands for a port that is free, as other clients of the protocol write it. What such an
//! adapter prints is printed by the program that it debugs, so it is the editor's to show.

use std::ffi::OsString;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Adapter, FromAdapter, QUEUE, keep_last_words, name_of};
use crate::error::{Error, Result};
use crate::message::{self, Message};

/// Delve, which knows no other way: `dlv` alone is enough of a command for it.
const DELVE: &str = "dlv";

const PORT: &str = "${port}";

/// So long an adapter may take until it listens.
const LISTENS: Duration = Duration::from_secs(20);

/// A free port, if the command needs one.
pub(super) fn port(command: &[OsString]) -> Result<Option<u16>> {
    let has_port = command.iter().any(|argument| argument.to_string_lossy().contains(PORT));
    if !has_port && !is_bare_delve(command) {
        return Ok(None);
    }
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map(|address| Some(address.port()))
        .map_err(|error| Error::nobody(format!("No port is free for the debug adapter: {error}.")))
}

/// The command with a port in the places that are for it.
pub(super) fn with_port(command: &[OsString], port: u16) -> Vec<OsString> {
    let mut command = command.to_vec();
    if is_bare_delve(&command) {
        if command.len() == 1 {
            command.push("dap".into());
        }
        command.push(format!("--listen=127.0.0.1:{PORT}").into());
    }
    let filled = |argument: OsString| match argument.to_str() {
        Some(text) if text.contains(PORT) => text.replace(PORT, &port.to_string()).into(),
        _ => argument,
    };
    command.into_iter().map(filled).collect()
}

/// `dlv` or `dlv dap`, without a word about where to listen or whom to call.
fn is_bare_delve(command: &[OsString]) -> bool {
    let [program, arguments @ ..] = command else { return false };
    let arguments = || arguments.iter().map(|argument| argument.to_string_lossy());
    name_of(&program.to_string_lossy()) == DELVE
        && arguments().next().is_none_or(|command| command == "dap")
        && !arguments().any(|argument| {
            ["--listen", "-l", "--client-addr"].iter().any(|option| argument.starts_with(option))
        })
}

impl Adapter {
    /// Starts an adapter that listens on this port, and connects to it.
    pub(super) async fn serve(command: &[OsString], port: u16) -> Result<Self> {
        let (shown, process) = Self::command(command)?;
        let mut child = Self::spawn(&shown, process, Stdio::null()).await?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let stream = connect(&shown, &mut child, port).await?;
        let address = stream.peer_addr().map_err(|error| Error::nobody(format!("`{shown}`: {error}.")))?;
        stream.set_nodelay(true).map_err(|error| Error::nobody(format!("`{shown}`: {error}.")))?;
        let (incoming, queue) = mpsc::channel(QUEUE);
        let printed = incoming.downgrade();
        let (from, to) = stream.into_split();
        let mut adapter = Self::reading(name_of(&shown), (incoming, queue), from, to);
        adapter.address = Some(address.to_string());
        adapter.owns(child);
        if let Some(stdout) = stdout {
            tokio::spawn(show(stdout, printed));
        }
        if let Some(stderr) = stderr {
            tokio::spawn(keep_last_words(stderr, Arc::clone(&adapter.last_words)));
        }
        Ok(adapter)
    }
}

async fn connect(shown: &str, child: &mut Child, port: u16) -> Result<TcpStream> {
    // What listens on `localhost`, as js-debug does, may have chosen either.
    let addresses = [(Ipv4Addr::LOCALHOST, port).into(), SocketAddr::from((Ipv6Addr::LOCALHOST, port))];
    let limit = Instant::now() + LISTENS;
    loop {
        match TcpStream::connect(&addresses[..]).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                if let Ok(Some(status)) = child.try_wait() {
                    let how = crate::platform::describe(status);
                    return Err(Error::user(format!(
                        "The debug adapter `{shown}` {how} before it listened."
                    )));
                }
                if Instant::now() >= limit {
                    return Err(Error::user(format!(
                        "The debug adapter `{shown}` does not listen on port {port}: {error}."
                    )));
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// Hands on what is printed, for as long as the adapter is there. Its greeting is not the program's.
async fn show(mut stdout: impl AsyncRead + Unpin, to: mpsc::WeakSender<FromAdapter>) {
    let mut buffer = vec![0; 8192];
    let mut is_greeting = true;
    while let Ok(length @ 1..) = stdout.read(&mut buffer).await {
        let text = String::from_utf8_lossy(&buffer[..length]);
        let text = match text.split_once('\n') {
            Some((first, rest)) if is_greeting && first.contains("server listening at") => rest,
            _ => &text,
        };
        is_greeting = false;
        if text.is_empty() {
            continue;
        }
        let Some(to) = to.upgrade() else { return };
        let body = json!({"category": "stdout", "output": text});
        let Ok(message) = Message::parse(message::event(0, "output", &body)) else { return };
        if to.send(FromAdapter::Message(message)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(command: &[&str]) -> Option<Vec<String>> {
        let command: Vec<OsString> = command.iter().map(OsString::from).collect();
        port(&command).ok().flatten()?;
        let command = with_port(&command, 4711).into_iter();
        Some(command.map(|argument| argument.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn a_port_is_chosen_where_the_command_asks_for_one() {
        assert_eq!(filled(&["lldb-dap"]), None);
        let command = filled(&["node", "dapDebugServer.js", "${port}"]);
        assert_eq!(command.unwrap_or_default(), ["node", "dapDebugServer.js", "4711"]);
    }

    #[test]
    fn delve_is_told_to_listen_unless_it_is_told_already() {
        let all = ["/go/bin/dlv", "dap", "--listen=127.0.0.1:4711"];
        assert_eq!(filled(&["/go/bin/dlv"]).unwrap_or_default(), all);
        assert_eq!(filled(&["/go/bin/dlv", "dap"]).unwrap_or_default(), all);
        assert_eq!(filled(&["dlv", "dap", "--client-addr=127.0.0.1:1"]), None);
        assert_eq!(filled(&["dlv", "exec", "app"]), None);
    }
}
