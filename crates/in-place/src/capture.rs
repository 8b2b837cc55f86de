//! How the program is built: recorded by standing between Cargo, rustc and the linker.
//!
//! Cargo calls the wrapper for workspace members only, so dependencies are shared with the user's own
//! builds; members get file names of their own, so neither build makes the other stale. The same command
//! plays all parts: [`intercept`] tells them by what the environment holds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol, SymbolKind};
use serde::{Deserialize, Serialize};

use crate::error::{Result, io};
use crate::record::{Compilation, Record, duplicate, note_compilation};

/// The folder that records are written to. Its presence makes this command a rustc wrapper.
const FOLDER: &str = "MIDFLIGHT_CAPTURE";
/// Set for rustc's children: the linker to call. Its presence makes this command a linker.
const LINKER: &str = "MIDFLIGHT_CAPTURE_LINKER";
/// Set where only the objects are wanted.
const OBJECTS_ONLY: &str = "MIDFLIGHT_CAPTURE_OBJECTS_ONLY";

/// Functions of the same code keep an address and callers of their own (options of LLVM's `MergeFunctions.cpp`): one of
/// them jumps to the other, and each can be redirected without the other.
const KEEP_APART: &str = "-Cllvm-args=-mergefunc-use-aliases=false -mergefunc-preserve-debug-info";

/// How one program was linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCall {
    /// The linker driver.
    pub linker: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The folder it ran in.
    pub folder: PathBuf,
}

/// What a build is captured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be launched: links as usual.
    Launch,
    /// To be swapped in: the objects are all that is needed.
    Patch,
}

/// What has to be in Cargo's environment for it to build through the given `midflight` command and leave
/// its records in the folder; `None` stands for a variable that must not be set.
pub fn environment(
    midflight: &Path,
    folder: &Path,
    purpose: Purpose,
) -> [(&'static str, Option<OsString>); 3] {
    let only = (purpose == Purpose::Patch).then(|| "1".into());
    [("RUSTC_WORKSPACE_WRAPPER", Some(midflight.into())), (FOLDER, Some(folder.into())), (OBJECTS_ONLY, only)]
}

/// To be called first in `main`: does the work where Cargo or rustc started this command, else `None`.
pub fn intercept() -> Option<ExitCode> {
    let folder = PathBuf::from(std::env::var_os(FOLDER)?);
    let mut arguments = std::env::args_os().skip(1);
    if let Some(linker) = std::env::var_os(LINKER) {
        let arguments: Vec<OsString> = arguments.collect();
        return Some(as_linker(&folder, &linker, &arguments));
    }
    let rustc = arguments.next()?;
    Some(as_rustc(&folder, &rustc, arguments.collect()))
}

fn as_rustc(folder: &Path, rustc: &OsStr, mut arguments: Vec<OsString>) -> ExitCode {
    let level = codegen_option(&arguments, "opt-level=").unwrap_or_default();
    let compilation = if is_linked_as_one(&arguments) {
        Compilation::AsOne
    } else if matches!(level.as_str(), "" | "0") {
        Compilation::Plain
    } else {
        Compilation::Optimised
    };
    // Cargo's questions to the compiler name a crate too.
    if let Some(name) = after(&arguments, "--crate-name").filter(|name| *name != "___")
        && let Err(error) = note_compilation(folder, name, compilation)
    {
        eprintln!("midflight: how `{name}` is compiled was not captured: {error}");
        return ExitCode::FAILURE;
    }
    let mut command = Command::new(rustc);
    if links_a_program(&arguments)
        && let Ok(midflight) = std::env::current_exe()
    {
        command.env(LINKER, codegen_option(&arguments, "linker=").unwrap_or_else(|| "cc".into()));
        // rustc guesses the flavor from the linker's file name, which is ours.
        let mut linker = OsString::from("-Clinker=");
        linker.push(midflight);
        arguments.extend([linker, "-Clinker-flavor=gcc".into()]);
    }
    let is_told = |argument: &OsString| argument.to_str().is_some_and(|text| text.contains("mergefunc"));
    if compilation > Compilation::Plain && !arguments.iter().any(is_told) && takes(rustc, KEEP_APART) {
        arguments.push(KEEP_APART.into());
    }
    command.args(arguments);
    status(&mut command, rustc)
}

/// Whether this compiler knows an option: those of LLVM differ between its versions.
fn takes(rustc: &OsStr, option: &str) -> bool {
    Command::new(rustc)
        .args([option, "--print", "sysroot"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Programs, test programs among them, but not build scripts.
fn links_a_program(arguments: &[OsString]) -> bool {
    let is_script = after(arguments, "--crate-name").is_some_and(|name| name.starts_with("build_script_"));
    let is_test = arguments.iter().any(|argument| argument == "--test");
    !is_script && (is_test || after(arguments, "--crate-type") == Some("bin"))
}

/// Whether the linker is given one object for all crates (`lto` of rustc's options for code generation).
fn is_linked_as_one(arguments: &[OsString]) -> bool {
    let whole = |value: &str| matches!(value, "fat" | "y" | "yes" | "on" | "true");
    let is_alone = arguments.windows(2).any(|pair| pair[0] == "-C" && pair[1] == "lto");
    is_alone || codegen_option(arguments, "lto=").is_some_and(|value| whole(&value))
}

fn after<'a>(arguments: &'a [OsString], flag: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == flag)?;
    arguments.get(at + 1)?.to_str()
}

/// The last value of one of rustc's options for code generation, such as the linker that the user's configuration names.
fn codegen_option(arguments: &[OsString], option: &str) -> Option<String> {
    let values = arguments.windows(2).filter(|pair| pair[0] == "-C").map(|pair| pair[1].to_str());
    let joined = arguments.iter().map(|argument| argument.to_str()?.strip_prefix("-C"));
    let mut values = values.chain(joined).flatten().filter_map(|value| value.strip_prefix(option));
    values.next_back().map(Into::into)
}

fn as_linker(folder: &Path, linker: &OsStr, arguments: &[OsString]) -> ExitCode {
    link_or_record(folder, linker, arguments).unwrap_or_else(|error| {
        eprintln!("midflight: the link was not captured: {error}");
        ExitCode::FAILURE
    })
}

fn link_or_record(folder: &Path, linker: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    let call = LinkCall {
        linker: linker.to_owned(),
        arguments: expanded(arguments)?,
        folder: std::env::current_dir().map_err(io(Path::new(".")))?,
    };
    let output = call.output();
    let name = output.as_deref().and_then(Path::file_name).unwrap_or(OsStr::new("program"));
    let record = Record::new(folder, name);
    let _writing = record.writing()?;
    record.write(&call)?;
    if std::env::var_os(OBJECTS_ONLY).is_some() {
        // The program that runs stays the one on disk; it symbolises its own backtraces from there.
        if let Some(output) = output.filter(|_| record.program().exists()) {
            duplicate(&record.program(), &output)?;
        }
        record.set_patched(true)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut command = Command::new(linker);
    command.args(arguments).args(call.spare_parts()).env_remove(FOLDER).env_remove(LINKER);
    let status = status(&mut command, linker);
    if let Some(output) = output.filter(|_| status == ExitCode::SUCCESS) {
        duplicate(&output, &record.program())?;
        record.set_patched(false)?;
    }
    Ok(status)
}

impl LinkCall {
    /// The file that the link makes.
    pub fn output(&self) -> Option<PathBuf> {
        let at = self.arguments.iter().position(|argument| argument == "-o")?;
        Some(self.folder.join(self.arguments.get(at + 1)?))
    }

    /// The program's own objects, which rustc deletes when the linker is done.
    pub(crate) fn objects(&self) -> impl Iterator<Item = PathBuf> {
        let is_object = |path: &PathBuf| path.extension() == Some(OsStr::new("o"));
        self.arguments.iter().map(|argument| self.folder.join(argument)).filter(is_object)
    }

    /// The Rust libraries among the arguments.
    pub fn libraries(&self) -> impl Iterator<Item = PathBuf> {
        self.arguments
            .iter()
            .map(|argument| self.folder.join(argument))
            .filter(|path| path.extension().is_some_and(|extension| extension == "rlib"))
    }

    /// The folder of the linker that comes with the toolchain, beside its libraries.
    pub(crate) fn toolchain_linker(&self) -> Option<PathBuf> {
        let beside = |library: PathBuf| Some(library.parent()?.with_file_name("bin/gcc-ld"));
        self.libraries().filter_map(beside).find(|folder| folder.is_dir())
    }

    /// Keeps what new code may need of the standard library and can't bring along: thread locals, for which threads that
    /// run have no room, and printing, which is where people begin.
    fn spare_parts(&self) -> Vec<OsString> {
        let standard = self.libraries().find(|path| {
            path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("libstd-"))
        });
        let Some(bytes) = standard.and_then(|path| std::fs::read(path).ok()) else { return Vec::new() };
        let Ok(archive) = ArchiveFile::parse(&*bytes) else { return Vec::new() };
        let objects = archive.members().flatten().filter_map(|member| member.data(&*bytes).ok());
        let mut parts = Vec::new();
        for object in objects.filter_map(|bytes| object::File::parse(bytes).ok()) {
            let known = object.symbols().filter(|symbol| !symbol.is_undefined() && symbol.is_global());
            let spare = known.filter(|symbol| symbol.kind() == SymbolKind::Tls || is_printing(symbol.name()));
            parts.extend(spare.filter_map(|symbol| Some(format!("-Wl,-u,{}", symbol.name().ok()?).into())));
        }
        parts
    }
}

fn is_printing(name: object::Result<&str>) -> bool {
    name.is_ok_and(|name| name.contains("2io5stdio") && (name.contains("_print") || name.contains("_eprint")))
}

/// Long calls come as one `@file` with an argument a line.
fn expanded(arguments: &[OsString]) -> Result<Vec<OsString>> {
    let mut all = Vec::new();
    for argument in arguments {
        let Some(file) = argument.to_str().and_then(|argument| argument.strip_prefix('@')) else {
            all.push(argument.clone());
            continue;
        };
        let text = std::fs::read_to_string(file).map_err(io(Path::new(file)))?;
        all.extend(text.lines().map(|line| unquoted(line).into()));
    }
    Ok(all)
}

/// rustc writes each line with backslashes before what a shell would read.
fn unquoted(line: &str) -> String {
    let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
    let mut plain = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

fn status(command: &mut Command, name: &OsStr) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("midflight: can't start {}: {error}", name.display());
            ExitCode::FAILURE
        }
    }
}
