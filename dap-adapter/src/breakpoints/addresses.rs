//! Breakpoints on addresses: on an instruction, or on data. They belong to no text, and end with what lies there.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::message::breakpoints;

/// All of them, by the request that sets them.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    set: BTreeMap<String, Vec<Addressed>>,
    /// What the adapter has not answered yet.
    asked: BTreeMap<String, Value>,
    /// Taken away while the library that they are in may be about to go.
    lifted: Vec<(String, Addressed)>,
}

/// One of them.
#[derive(Debug, Clone)]
struct Addressed {
    /// What the editor knows it by.
    id: i64,
    /// As the editor asked for it.
    request: Value,
    address: Option<u64>,
    /// The file of the reloadable library that it is in.
    library: Option<String>,
}

/// What has to be sent: the command, its arguments, and the editor's ids of the breakpoints in them.
pub(crate) type Sending = (String, Value, Vec<i64>);

impl Addresses {
    /// The editor sets all of a kind.
    pub(crate) fn ask(&mut self, command: &str, arguments: Value) {
        self.asked.insert(command.to_owned(), arguments);
    }

    /// The adapter has set all of a kind. They are named in the answer as the editor knows them.
    pub(crate) fn set(&mut self, command: &str, body: &Value) {
        let arguments = self.asked.remove(command).unwrap_or_default();
        let set = breakpoints(&arguments).iter().zip(breakpoints(body)).filter_map(|(request, answer)| {
            let (id, address) = (answer["id"].as_i64()?, address(request));
            Some(Addressed { id, request: request.clone(), address, library: None })
        });
        self.set.insert(command.to_owned(), set.collect());
        self.lifted.retain(|(other, _)| other != command);
    }

    /// Takes away those that are in a library, as told by `library_at`.
    pub(crate) fn lift(&mut self, mut library_at: impl FnMut(u64) -> Option<String>) -> Vec<Sending> {
        let mut sendings = Vec::new();
        for (command, set) in &mut self.set {
            let before = set.len();
            for mut breakpoint in std::mem::take(set) {
                breakpoint.library = breakpoint.address.and_then(&mut library_at);
                match breakpoint.library {
                    Some(_) => self.lifted.push((command.clone(), breakpoint)),
                    None => set.push(breakpoint),
                }
            }
            if set.len() < before {
                sendings.push(sending(command, set));
            }
        }
        sendings
    }

    /// Puts those back whose library is still there. Returns what has to be sent, and those that are gone.
    pub(crate) fn put_back(&mut self, is_there: impl Fn(&str) -> bool) -> (Vec<Sending>, Vec<i64>) {
        let (stay, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut self.lifted)
            .into_iter()
            .partition(|(_, breakpoint)| breakpoint.library.as_deref().is_some_and(&is_there));
        let mut commands: Vec<String> = Vec::new();
        for (command, breakpoint) in stay {
            self.set.entry(command.clone()).or_default().push(breakpoint);
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
        let sendings = commands.iter().filter_map(|command| Some(sending(command, self.set.get(command)?)));
        (sendings.collect(), gone.into_iter().map(|(_, breakpoint)| breakpoint.id).collect())
    }

    /// The addresses are no longer those of the process.
    pub(crate) fn take(&mut self) -> Vec<i64> {
        let lifted = std::mem::take(&mut self.lifted).into_iter().map(|(_, breakpoint)| breakpoint);
        std::mem::take(&mut self.set).into_values().flatten().chain(lifted).map(|it| it.id).collect()
    }
}

fn sending(command: &str, set: &[Addressed]) -> Sending {
    let requests: Vec<&Value> = set.iter().map(|breakpoint| &breakpoint.request).collect();
    let ids = set.iter().map(|breakpoint| breakpoint.id).collect();
    (command.to_owned(), json!({"breakpoints": requests}), ids)
}

/// Where a breakpoint is. What data it watches is the adapter's own word; lldb-dap's is `address/size`.
fn address(request: &Value) -> Option<u64> {
    let hexadecimal = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok();
    if let Some(reference) = request["instructionReference"].as_str() {
        return hexadecimal(reference)?.checked_add_signed(request["offset"].as_i64().unwrap_or_default());
    }
    hexadecimal(request["dataId"].as_str()?.split_once('/')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_in_a_library_that_is_replaced_are_gone_and_others_stay() {
        let mut addresses = Addresses::default();
        let asked = json!({"breakpoints": [{"instructionReference": "0x2010"}, {"instructionReference": "0x1000", "offset": 8}]});
        addresses.ask("setInstructionBreakpoints", asked);
        addresses.set("setInstructionBreakpoints", &json!({"breakpoints": [{"id": 1}, {"id": 2}]}));
        let asked = json!({"breakpoints": [{"dataId": "3000/4"}]});
        addresses.ask("setDataBreakpoints", asked);
        addresses.set("setDataBreakpoints", &json!({"breakpoints": [{"id": 3}]}));
        let library_at = |address: u64| match address {
            0x2010 => Some("old".to_owned()),
            0x3000 => Some("other".to_owned()),
            _ => None,
        };
        let sent: Vec<_> =
            addresses.lift(library_at).into_iter().map(|(command, _, ids)| (command, ids)).collect();
        let (instructions, data) = ("setInstructionBreakpoints".to_owned(), "setDataBreakpoints".to_owned());
        assert_eq!(sent, [(data.clone(), vec![]), (instructions, vec![2])]);
        let (sent, gone) = addresses.put_back(|library| library == "other");
        assert_eq!(sent, [(data, json!({"breakpoints": [{"dataId": "3000/4"}]}), vec![3])]);
        assert_eq!(gone, [1]);
        assert_eq!(addresses.take(), [3, 2], "what is left is of this process");
    }
}
