//! Programs that do one step when they are told to, and say what they see in their state (`tests/programs`).

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::Killed;

/// A program that has not answered by then does not.
const PATIENCE: Duration = Duration::from_mins(1);

const MANIFEST: &str = "[workspace]\n[package]\nname = \"driven\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const DRIVER: &str = include_str!("../programs/driver.rs");

/// Where the part that gets edited is.
pub const MODEL: &str = "src/model.rs";

/// A program in two parts: what is edited, and what looks at the state.
#[derive(Debug, Clone, Copy)]
pub struct Driven {
    /// Its name in reports.
    pub name: &'static str,
    /// The part that gets edited.
    pub model: &'static str,
    /// The part that seeds the state and looks at it.
    pub probe: &'static str,
}

const SHAPES: Driven = Driven {
    name: "shapes",
    model: include_str!("../programs/shapes.rs"),
    probe: include_str!("../programs/shapes_probe.rs"),
};

const STORE: Driven = Driven {
    name: "store",
    model: include_str!("../programs/store.rs"),
    probe: include_str!("../programs/store_probe.rs"),
};

const FLOW: Driven = Driven {
    name: "flow",
    model: include_str!("../programs/flow.rs"),
    probe: include_str!("../programs/flow_probe.rs"),
};

/// Live data leads to code that is called with values of types that do not live on.
const CALLS: Driven = Driven {
    name: "calls",
    model: include_str!("../programs/calls.rs"),
    probe: include_str!("../programs/calls_probe.rs"),
};

/// The programs whose layouts say what is harmful.
pub const PROGRAMS: [Driven; 3] = [SHAPES, STORE, FLOW];

/// All programs of the oracle.
pub const EVERY_PROGRAM: [Driven; 4] = [CALLS, SHAPES, STORE, FLOW];

impl Driven {
    /// The files of its workspace, with another model.
    pub fn files<'a>(&self, model: &'a str) -> [(&'static str, &'a str); 4] {
        [("Cargo.toml", MANIFEST), ("src/main.rs", DRIVER), ("src/probe.rs", self.probe), (MODEL, model)]
    }

    /// Builds it in a folder without Cargo and without Midflight; `None` where it does not compile.
    pub fn build(&self, folder: &Path, model: &str) -> Option<PathBuf> {
        for (file, text) in self.files(model) {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("files lie in folders"))
                .expect("the folder is ours");
            std::fs::write(path, text).expect("the folder is ours");
        }
        let binary = folder.join("alone");
        let compiled = Command::new("rustc")
            .args([
                "--crate-name",
                "driven",
                "--edition",
                "2024",
                "--cap-lints",
                "allow",
                "-C",
                "debuginfo=2",
            ])
            // So that the roots of what lives are found by name.
            .args(["-C", "link-args=-Wl,--export-dynamic", "-o"])
            .arg(&binary)
            .arg(folder.join("src/main.rs"))
            .output()
            .expect("rustc runs");
        compiled.status.success().then_some(binary)
    }
}

/// What was seen after each step. A program that ended by itself saw fewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// A line a step.
    pub lines: Vec<String>,
    /// Why there are no more.
    pub over: Option<String>,
}

impl Run {
    /// Lets a program do so many steps.
    pub fn of(driver: &mut Driver, steps: usize, mut is_over: impl FnMut() -> Option<String>) -> Self {
        let mut run = Self { lines: Vec::new(), over: None };
        while run.lines.len() < steps && run.over.is_none() {
            match driver.ask("step", &mut is_over) {
                Ok(line) => run.lines.push(line),
                Err(error) => run.over = Some(error.to_string()),
            }
        }
        run
    }

    /// What a program does that nobody debugs, in the folder where it was built.
    pub fn alone(binary: &Path, steps: usize) -> Self {
        let folder = binary.parent().expect("a file lies in a folder");
        let mut command = Command::new(binary);
        command.current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = Killed(command.spawn().expect("what was built can be run"));
        let is_over = || child.0.try_wait().ok().flatten().map(|_| "ended".to_owned());
        match Driver::connect(folder, is_over) {
            Ok(mut driver) => Self::of(&mut driver, steps, || None),
            Err(error) => Self { lines: Vec::new(), over: Some(error.to_string()) },
        }
    }
}

/// The connection to such a program.
#[derive(Debug)]
pub struct Driver {
    from: BufReader<TcpStream>,
    /// The part of an answer that has come.
    partial: String,
}

impl Driver {
    /// Connects to the program that was started in a folder. `is_over` says that it will not come any more.
    pub fn connect(folder: &Path, mut is_over: impl FnMut() -> Option<String>) -> io::Result<Self> {
        let file = folder.join("port");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(port) = std::fs::read_to_string(&file) {
                // The next program says its own.
                std::fs::remove_file(&file)?;
                let port: u16 = port.parse().map_err(io::Error::other)?;
                let socket = TcpStream::connect(("127.0.0.1", port))?;
                socket.set_read_timeout(Some(Duration::from_millis(50)))?;
                return Ok(Self { from: BufReader::new(socket), partial: String::new() });
            }
            give_up(deadline, &mut is_over)?;
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Says something to the program; its answer. An error is the end of the program, in words.
    pub fn ask(&mut self, what: &str, is_over: impl FnMut() -> Option<String>) -> io::Result<String> {
        self.say(what)?;
        self.answer(is_over)
    }

    /// Says something to the program, and does not wait for the answer.
    pub fn say(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.from.get_mut(), "{what}")
    }

    /// The next answer of the program.
    pub fn answer(&mut self, mut is_over: impl FnMut() -> Option<String>) -> io::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.from.read_line(&mut self.partial) {
                Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "ended")),
                Ok(_) => return Ok(std::mem::take(&mut self.partial).trim_end().to_owned()),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => return Err(error),
            }
            give_up(deadline, &mut is_over)?;
        }
    }
}

fn give_up(deadline: Instant, is_over: &mut impl FnMut() -> Option<String>) -> io::Result<()> {
    match is_over() {
        Some(why) => Err(io::Error::other(why)),
        None if Instant::now() > deadline => Err(io::Error::new(ErrorKind::TimedOut, "no answer came")),
        None => Ok(()),
    }
}
