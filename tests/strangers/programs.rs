//! Programs that nobody here wrote, from crates.io: how they are started, and what they are asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

/// What has not been answered by then is not.
const PATIENCE: Duration = Duration::from_secs(3);

/// A published program.
#[derive(Clone, Copy)]
pub(crate) struct Stranger {
    /// The package on crates.io, and its version.
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// The program of the package.
    pub(crate) bin: &'static str,
    /// Files that are not in it, as their paths begin.
    pub(crate) others: &'static [&'static str],
    /// Its arguments, to listen on this port and serve this folder.
    pub(crate) arguments: fn(u16, &Path) -> Vec<String>,
    /// Asks it all that it can do, without looking at what others asked before; one line an answer.
    pub(crate) ask: fn(u16, usize) -> Vec<String>,
}

/// All of them.
pub(crate) const STRANGERS: [Stranger; 2] = [
    Stranger {
        package: "mini-redis",
        version: "=0.4.1",
        bin: "mini-redis-server",
        others: &["src/bin/cli.rs", "src/client.rs", "src/blocking_client.rs", "src/buffer.rs"],
        arguments: |port, _| vec!["--port".to_owned(), port.to_string()],
        ask: redis,
    },
    Stranger {
        package: "dufs",
        version: "=0.47.0",
        bin: "dufs",
        others: &[],
        arguments: |port, folder| {
            let folder = folder.to_string_lossy().into_owned();
            ["--allow-all", "--bind", "127.0.0.1", "--port", &port.to_string(), &folder]
                .map(str::to_owned)
                .into()
        },
        ask: files,
    },
];

/// What mini-redis says, about keys that only this round has.
fn redis(port: u16, round: usize) -> Vec<String> {
    let key = format!("key{round:05}");
    let mut answers = Vec::new();
    let mut say = |redis: &mut Result<Redis, String>, command: &str| {
        let answer = match redis {
            Ok(redis) if command.is_empty() => redis.answer(),
            Ok(redis) => redis.ask(&command.replace("key", &key)),
            Err(error) => error.clone(),
        };
        answers.push(answer);
    };
    let mut one = Redis::connect(port);
    for command in [
        "GET key",
        "SET key value",
        "GET key",
        "SET key other PX 60000",
        "GET key",
        "PUBLISH key nobody",
        "HELLO key",
        // A protocol error: the connection is closed.
        "SET key",
    ] {
        say(&mut one, command);
    }
    let (mut listener, mut speaker) = (Redis::connect(port), Redis::connect(port));
    say(&mut listener, "SUBSCRIBE key");
    say(&mut speaker, "PUBLISH key news");
    say(&mut listener, "");
    answers.iter().map(|answer| answer.replace(&key, "KEY")).collect()
}

struct Redis(BufReader<TcpStream>);

impl Redis {
    fn connect(port: u16) -> Result<Self, String> {
        connect(port).map(|stream| Self(BufReader::new(stream)))
    }

    fn ask(&mut self, command: &str) -> String {
        let words: Vec<String> =
            command.split(' ').map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        let request = format!("*{}\r\n{}", words.len(), words.concat());
        match self.0.get_mut().write_all(request.as_bytes()) {
            Ok(()) => self.answer(),
            Err(error) => error.kind().to_string(),
        }
    }

    /// One value of the protocol, on one line.
    fn answer(&mut self) -> String {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => return "closed".to_owned(),
            Err(error) => return error.kind().to_string(),
            Ok(_) => {}
        }
        let line = line.trim_end().to_owned();
        let count = |kind: char| line.strip_prefix(kind).and_then(|count| count.parse::<usize>().ok());
        let parts = match (count('*'), count('$')) {
            (Some(count), _) => count.min(9),
            (_, Some(_)) => {
                let mut text = String::new();
                let _ = self.0.read_line(&mut text);
                return format!("{line} {}", text.trim_end());
            }
            _ => 0,
        };
        let parts: Vec<String> = (0..parts).map(|_| self.answer()).collect();
        format!("{line} {}", parts.join(" "))
    }
}

/// What dufs says, about files that only this round has.
fn files(port: u16, round: usize) -> Vec<String> {
    let name = format!("file{round:05}");
    let requests = [
        ("GET", "/?json", "", ""),
        ("GET", "/?simple", "", ""),
        ("PUT", "/NAME.txt", "", "what is in it"),
        ("GET", "/NAME.txt", "", ""),
        ("HEAD", "/NAME.txt", "", ""),
        ("GET", "/NAME.txt", "Range: bytes=2-5\r\n", ""),
        ("GET", "/NAME.txt?hash", "", ""),
        ("MKCOL", "/NAME", "", ""),
        ("MOVE", "/NAME.txt", "Destination: /NAME/a.txt\r\n", ""),
        ("PROPFIND", "/NAME/", "Depth: 1\r\n", ""),
        ("GET", "/NAME/?json", "", ""),
        ("GET", "/?q=NAME&simple", "", ""),
        ("PATCH", "/NAME/a.txt", "X-Update-Range: append\r\n", " and more"),
        ("GET", "/NAME/a.txt", "", ""),
        ("OPTIONS", "/", "", ""),
        ("DELETE", "/NAME", "", ""),
        ("GET", "/NAME/a.txt", "", ""),
        ("GET", "/__dufs__/health", "", ""),
    ];
    let answer = |(method, path, headers, body): &(&str, &str, &str, &str)| {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        let answer = http(port, &request.replace("NAME", &name)).unwrap_or_else(|error| error);
        format!("{method} {path}: {}", answer.replace(&name, "NAME"))
    };
    requests.iter().map(answer).collect()
}

fn http(port: u16, request: &str) -> Result<String, String> {
    let mut stream = connect(port)?;
    stream.write_all(request.as_bytes()).map_err(|error| error.kind().to_string())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|error| error.kind().to_string())?;
    Ok(without_times(&String::from_utf8_lossy(&answer)))
}

/// An answer on one line, without what differs from run to run.
fn without_times(answer: &str) -> String {
    let is_stable = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !["date:", "etag:", "last-modified:"].iter().any(|name| line.starts_with(name))
    };
    let lines: Vec<&str> = answer.lines().filter(is_stable).collect();
    let text = lines.join(" / ");
    // Times in milliseconds have long numbers.
    let (mut shown, mut rest) = (String::new(), text.as_str());
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        shown.push_str(before);
        shown.push_str(if digits.len() < 10 { digits } else { "." });
        rest = after;
    }
    shown.push_str(rest);
    mask_dates(&shown)
}

/// `Wed, 25 Nov 2026 16:47:29 GMT` and ten-digit times become a dot each.
fn mask_dates(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        let is_clock = word.len() >= 8
            && word.matches(':').count() == 2
            && word.starts_with(|c: char| c.is_ascii_digit());
        if is_clock {
            ".".clone_into(word);
        }
    }
    words.join(" ")
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.kind().to_string())?;
    let timed = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_nodelay(true));
    timed.map_err(|error| error.kind().to_string())?;
    Ok(stream)
}
