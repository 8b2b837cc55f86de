//! What the operating system has to do for us: children that die with us, and processes that are what we
//! think they are when we end them. The one place with system calls.

use std::ffi::OsStr;
use std::fmt;
use std::num::ParseIntError;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::str::FromStr;

use tokio::process::{Child, Command};

/// A process, told apart from a later one that got the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    id: u32,
    started: u64,
}

impl Process {
    /// The process that has this number now.
    pub(crate) fn running(id: u32) -> Option<Self> {
        imp::started(id).map(|started| Self { id, started })
    }

    /// Whether it still runs: neither gone nor waiting to be reaped.
    pub(crate) fn is_alive(self) -> bool {
        imp::started(self.id) == Some(self.started)
    }

    /// Ends it at once, if it is still the same process.
    pub(crate) fn kill(self) {
        if self.is_alive() {
            tracing::debug!(id = self.id, "killing a process that was left over");
            imp::kill(self.id);
        }
    }

    /// Stops it under its debugger, which takes the signal for itself. Whether that can be done here.
    ///
    /// LLDB's own interrupt holds the process for 100 ms before it says so: it waits for the second answer that some
    /// debug servers give (`GDBRemoteClientBase::ShouldStop`).
    pub(crate) fn interrupt(self) -> bool {
        self.is_alive() && imp::is_traced(self.id) && imp::interrupt(self.id)
    }

    /// Whether its debugger holds it at this moment.
    pub(crate) fn is_held(self) -> bool {
        imp::is_held(self.id)
    }

    /// Whether [`Process::interrupt`] has not reached it yet.
    pub(crate) fn is_interrupt_pending(self) -> bool {
        imp::is_stop_pending(self.id)
    }

    /// The number that the system gave it.
    pub(crate) fn id(self) -> u32 {
        self.id
    }

    /// Its name, as the system shows it.
    pub(crate) fn name(self) -> String {
        imp::name(self.id)
    }

    /// Whether it runs a program of this name, itself or as an interpreter.
    pub(crate) fn runs(self, program: &str) -> bool {
        let name = Path::new(program).file_name();
        let Some((image, name)) = Image::of(self).zip(name.and_then(OsStr::to_str)) else { return false };
        let mut words = image.arguments.split(|byte| *byte == 0);
        image.name() == name
            || words.any(|word| word.rsplit(|byte| *byte == b'/').next() == Some(name.as_bytes()))
    }

    /// The process that has started it, if it still runs.
    pub(crate) fn parent(self) -> Option<Self> {
        imp::parent(self.id).and_then(Self::running)
    }

    /// The processes that it has started and that still run.
    pub(crate) fn children(self) -> Vec<Self> {
        imp::children(self.id).into_iter().filter_map(Self::running).collect()
    }
}

impl fmt::Display for Process {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.id, self.started)
    }
}

impl FromStr for Process {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (id, started) = text.split_once(':').unwrap_or((text, ""));
        Ok(Self { id: id.parse()?, started: started.parse()? })
    }
}

/// What a process runs: another one of the same is the same program, started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    executable: PathBuf,
    /// The command line, each argument ended by a zero.
    arguments: Vec<u8>,
}

impl Image {
    /// What this process runs.
    pub(crate) fn of(process: Process) -> Option<Self> {
        imp::image(process.id).map(|(executable, arguments)| Self { executable, arguments })
    }

    /// A process that runs it, and is not this one.
    pub(crate) fn running(&self, not: Process) -> Option<Process> {
        let mut processes = imp::processes().into_iter().filter_map(Process::running);
        processes.find(|process| *process != not && Self::of(*process).as_ref() == Some(self))
    }

    /// How the user knows it.
    pub(crate) fn name(&self) -> String {
        self.executable.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Starts a child that the system ends when this process ends, however it ends.
///
/// The death signal follows the *thread* that started the child, and async worker threads come and go, so
/// all children are started by one thread that stays.
pub(crate) async fn spawn(mut command: Command) -> std::io::Result<Child> {
    imp::die_with_parent(&mut command);
    let runtime = tokio::runtime::Handle::current();
    let (reply, child) = tokio::sync::oneshot::channel();
    let start = move || {
        let _in_runtime = runtime.enter();
        // Whoever asked may be gone; then the child is dropped here and killed by `kill_on_drop`.
        let _ = reply.send(command.spawn());
    };
    nursery().send(Box::new(start)).map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

type Job = Box<dyn FnOnce() + Send>;

fn nursery() -> &'static std::sync::mpsc::Sender<Job> {
    static NURSERY: std::sync::OnceLock<std::sync::mpsc::Sender<Job>> = std::sync::OnceLock::new();
    NURSERY.get_or_init(|| {
        let (jobs, work) = std::sync::mpsc::channel::<Job>();
        std::thread::spawn(move || work.into_iter().for_each(|job| job()));
        jobs
    })
}

fn gone() -> std::io::Error {
    std::io::Error::other("the thread that starts processes has ended")
}

/// Ends a child and all that it has started, as far as they are in its process group.
pub(crate) fn kill_group(child: &Child) {
    if let Some(id) = child.id() {
        imp::kill_group(id);
    }
}

/// Sends a child a signal.
pub(crate) fn signal(child: &Child, signal: i32) {
    if let Some(id) = child.id() {
        imp::signal(id, signal);
    }
}

/// Makes the child the head of a process group, so that [`kill_group`] reaches what it starts.
pub(crate) fn own_group(command: &mut std::process::Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Lets everything else on the machine go first.
pub(crate) fn low_priority(command: &mut Command) {
    imp::low_priority(command);
}

/// How a process ended, in words.
pub(crate) fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            libc::SIGKILL => "SIGKILL, from outside or for want of memory".to_owned(),
            libc::SIGSEGV => "SIGSEGV: it crashed".to_owned(),
            libc::SIGABRT => "SIGABRT: it gave up".to_owned(),
            other => other.to_string(),
        };
        return format!("ended by signal {name}");
    }
    status.code().map_or_else(|| "ended".to_owned(), |code| format!("ended with status {code}"))
}

/// The program's path on the search path, or as it is when it names a file.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(name);
    if path.components().count() > 1 {
        return path.is_file().then_some(path);
    }
    let search = std::env::var_os("PATH")?;
    std::env::split_paths(&search).map(|folder| folder.join(name)).find(|path| imp::is_executable(path))
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod imp {
    use std::path::{Path, PathBuf};

    use tokio::process::Command;

    pub(super) fn die_with_parent(command: &mut Command) {
        let parent = std::process::id();
        let hook = move || {
            // SAFETY: both are plain system calls, allowed between fork and exec.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                // The parent may have died before the signal was asked for.
                if libc::getppid().cast_unsigned() != parent {
                    libc::_exit(1);
                }
            }
            Ok(())
        };
        // SAFETY: the hook allocates nothing and takes no lock.
        unsafe { command.pre_exec(hook) };
    }

    pub(super) fn low_priority(command: &mut Command) {
        let hook = || {
            // SAFETY: a plain system call, allowed between fork and exec.
            unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
            Ok(())
        };
        // SAFETY: the hook allocates nothing and takes no lock.
        unsafe { command.pre_exec(hook) };
    }

    pub(super) fn kill(id: u32) {
        signal(id, libc::SIGKILL);
    }

    pub(super) fn signal(id: u32, signal: i32) {
        // SAFETY: a plain system call.
        unsafe { libc::kill(id.cast_signed(), signal) };
    }

    /// Without a debugger, nobody would let it go on again.
    pub(super) fn is_traced(id: u32) -> bool {
        status(id, "TracerPid:").is_some_and(|pid| pid != "0")
    }

    pub(super) fn is_held(id: u32) -> bool {
        status(id, "State:").is_some_and(|state| state.starts_with('t'))
    }

    pub(super) fn is_stop_pending(id: u32) -> bool {
        let pending = status(id, "ShdPnd:").and_then(|mask| u64::from_str_radix(&mask, 16).ok());
        pending.is_some_and(|mask| mask & (1 << (libc::SIGSTOP - 1)) != 0)
    }

    /// A line of `/proc/<id>/status`.
    fn status(id: u32, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    }

    pub(super) fn interrupt(id: u32) -> bool {
        // SAFETY: a plain system call.
        unsafe { libc::kill(id.cast_signed(), libc::SIGSTOP) == 0 }
    }

    pub(super) fn kill_group(id: u32) {
        // SAFETY: a plain system call.
        unsafe { libc::kill(-id.cast_signed(), libc::SIGKILL) };
    }

    /// The fields of `/proc/<id>/stat` from the third on: the second, the name, may hold anything.
    fn stat(id: u32) -> Option<Vec<String>> {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (_, fields) = text.rsplit_once(") ")?;
        Some(fields.split(' ').map(str::to_owned).collect())
    }

    pub(super) fn started(id: u32) -> Option<u64> {
        let fields = stat(id)?;
        let is_gone = matches!(fields.first()?.as_str(), "Z" | "X");
        if is_gone { None } else { fields.get(19)?.parse().ok() }
    }

    pub(super) fn processes() -> Vec<u32> {
        let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
        processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    pub(super) fn parent(id: u32) -> Option<u32> {
        stat(id)?.get(1)?.parse().ok()
    }

    pub(super) fn children(id: u32) -> Vec<u32> {
        processes().into_iter().filter(|&child| parent(child) == Some(id)).collect()
    }

    pub(super) fn name(id: u32) -> String {
        std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default().trim_end().to_owned()
    }

    pub(super) fn image(id: u32) -> Option<(PathBuf, Vec<u8>)> {
        let executable = std::fs::read_link(format!("/proc/{id}/exe")).ok()?;
        // A build has put another file in its place meanwhile.
        let executable = match executable.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
            Some(path) => path.into(),
            None => executable,
        };
        let arguments = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
        Some((executable, arguments))
    }

    pub(super) fn is_executable(path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    //! Elsewhere a child ends when its pipes do; nothing is killed or found by number.
    use std::path::{Path, PathBuf};

    use tokio::process::Command;

    pub(super) fn die_with_parent(_: &mut Command) {}
    pub(super) fn low_priority(_: &mut Command) {}
    pub(super) fn kill(_: u32) {}
    pub(super) fn signal(_: u32, _: i32) {}
    pub(super) fn is_traced(_: u32) -> bool {
        false
    }
    pub(super) fn interrupt(_: u32) -> bool {
        false
    }
    pub(super) fn is_held(_: u32) -> bool {
        false
    }
    pub(super) fn is_stop_pending(_: u32) -> bool {
        false
    }
    pub(super) fn kill_group(_: u32) {}
    pub(super) fn started(_: u32) -> Option<u64> {
        None
    }
    pub(super) fn processes() -> Vec<u32> {
        Vec::new()
    }
    pub(super) fn parent(_: u32) -> Option<u32> {
        None
    }
    pub(super) fn name(_: u32) -> String {
        String::new()
    }
    pub(super) fn image(_: u32) -> Option<(PathBuf, Vec<u8>)> {
        None
    }
    pub(super) fn children(_: u32) -> Vec<u32> {
        Vec::new()
    }
    pub(super) fn is_executable(path: &Path) -> bool {
        path.is_file()
    }
}
