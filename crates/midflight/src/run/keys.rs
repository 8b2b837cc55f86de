//! Single keys from the terminal, while the program's own output goes on as it is.

use std::fs::File;
use std::io::{IsTerminal, stdin};

use dap_adapter::terminal::Wish;
use rustix::process::Signal;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};
use tokio::sync::mpsc::UnboundedSender;

use super::lines;

/// What the keys do, in one line.
pub(super) const HELP: &str = "keys: r reload, R restart, q quit, h help";

/// What the keys do, to whom asks.
const LONG_HELP: &str = "keys
r  build what is on disk and swap it in now (a save does that by itself)
R  build, end the program and start it anew
q  end the program (as does Ctrl-C; twice: at once)
The program gets no input; with `--stdin` it gets all of it, and there are no keys.";

/// Whether the standard input is a terminal that is ours.
pub(super) fn are_there() -> bool {
    stdin().is_terminal() && are_for_us()
}

/// Whether what is typed is for our process group, to which the program belongs too.
pub(super) fn are_for_us() -> bool {
    let Ok(terminal) = File::open("/dev/tty") else { return false };
    tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// The terminal as it was. Dropping it brings that back.
pub(super) struct Restored(Termios);

impl Restored {
    /// Lets keys through one by one and unseen. Everything else stays: what the program writes, and Ctrl-C.
    pub(super) fn after_single_keys() -> rustix::io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut keys = before.clone();
        keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        keys.special_codes[SpecialCodeIndex::VMIN] = 1;
        keys.special_codes[SpecialCodeIndex::VTIME] = 0;
        // A debugger does not let its program be suspended so.
        keys.special_codes[SpecialCodeIndex::VSUSP] = 0;
        tcsetattr(stdin(), OptionalActions::Now, &keys)?;
        Ok(Self(before))
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// Reads keys until there are no more. The thread ends with the command.
pub(super) fn read(wishes: UnboundedSender<Wish>) {
    std::thread::spawn(move || {
        let mut key = [0];
        while matches!(rustix::io::retry_on_intr(|| rustix::io::read(stdin(), &mut key)), Ok(1)) {
            let wish = match key[0] {
                b'r' => Wish::Reload,
                b'R' => Wish::Restart,
                b'q' => Wish::End { signal: Signal::TERM.as_raw(), is_sent: false },
                b'h' | b'?' => {
                    lines::say(LONG_HELP);
                    continue;
                }
                _ => continue,
            };
            if wishes.send(wish).is_err() {
                return;
            }
        }
    });
}
