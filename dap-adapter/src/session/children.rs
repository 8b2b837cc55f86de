//! Sessions that an adapter asks the editor for, by `startDebugging`: js-debug one for each process that it debugs, debugpy
//! one for each subprocess.
//!
//! The editor would start such a session past us. So it is asked for one of our own kind, with the settings of this
//! one, that connects to the adapter which asked.

use serde_json::{Value, json};

use super::Session;
use super::live::Live;
use crate::message::{self, Message};

impl Session {
    /// The adapter asks something of the editor.
    pub(super) fn on_reverse_request(&self, command: &str, message: Message) {
        let Some(live) = self.live.as_ref().filter(|_| command == "startDebugging") else {
            return self.editor.forward(message.into_bytes());
        };
        let mut tree = message.tree();
        let address = self.adapter.as_ref().and_then(|adapter| adapter.address.as_deref());
        live.adopt(&mut tree["arguments"]["configuration"], address);
        self.editor.forward(message::bytes(&tree));
    }
}

impl Live {
    /// Makes the configuration of a child one of this session's kind. An adapter that does not listen itself says where
    /// the child has to connect.
    fn adopt(&self, configuration: &mut Value, address: Option<&str>) {
        let Some(child) = configuration.as_object_mut() else { return };
        let told = child.get("connect").and_then(|connect| {
            let host = connect.get("host").and_then(Value::as_str).unwrap_or("127.0.0.1");
            Some(format!("{host}:{}", connect.get("port")?.as_u64()?))
        });
        let Some(address) = told.or_else(|| address.map(str::to_owned)) else { return };
        let mut settings = self.launch["midflight"].clone();
        if !settings.is_object() {
            settings = json!({});
        }
        settings["childOf"] = json!(address);
        if let Some(kind) = child.get("type") {
            settings["type"] = kind.clone();
        }
        if let Some(kind) = self.launch.get("type") {
            child.insert("type".to_owned(), kind.clone());
        }
        if let Some(folder) = self.launch.get("cwd") {
            child.entry("cwd").or_insert_with(|| folder.clone());
        }
        child.insert("midflight".to_owned(), settings);
    }
}
