//! Code that is called by pointers and trait objects which live on, with values that do not.

use std::sync::Mutex;

/// Only within one call.
#[derive(Default, Clone)]
pub struct Note {
    pub low: u32,
    pub high: u64,
}

/// Only within one call, too.
#[derive(Default)]
pub struct Letter {
    pub note: Box<Note>,
    pub stamp: u16,
}

/// Only within one call, and nothing that lives on is called with it.
#[derive(Default)]
struct Draft {
    low: u32,
    high: u64,
}

#[derive(Clone)]
pub enum Answer {
    Nothing,
    Short(u32),
    Long { note: Note },
}

pub trait Part: Send + Sync {
    fn take(&self, note: &Note) -> u64;
    fn write(&self, n: u64) -> Letter;
    fn title(&self) -> String {
        String::from("part")
    }
}

pub struct Plain;

pub struct Times {
    pub by: u64,
}

impl Part for Plain {
    fn take(&self, note: &Note) -> u64 {
        u64::from(note.low) + note.high
    }
    fn write(&self, n: u64) -> Letter {
        Letter { note: Box::new(note(n)), ..Letter::default() }
    }
}

impl Part for Times {
    fn take(&self, note: &Note) -> u64 {
        note.high * self.by
    }
    fn write(&self, n: u64) -> Letter {
        Letter { note: Box::new(note(n * self.by)), stamp: 9, ..Letter::default() }
    }
    fn title(&self) -> String {
        format!("times {}", self.by)
    }
}

pub trait Visit<T> {
    fn visit(&self, of: &T) -> u64;
}

impl Visit<Letter> for Times {
    fn visit(&self, letter: &Letter) -> u64 {
        letter.note.high + u64::from(letter.stamp) + self.by
    }
}

pub struct Hook {
    pub calls: u64,
    pub part: &'static dyn Part,
}

pub struct Erased {
    pub calls: u64,
    function: *const (),
}

unsafe impl Send for Erased {}

pub static PARTS: Mutex<Vec<Box<dyn Part>>> = Mutex::new(Vec::new());
pub static VISITS: Mutex<Vec<Box<dyn Visit<Letter> + Send>>> = Mutex::new(Vec::new());
pub static POINTERS: Mutex<Vec<fn(&Note) -> u64>> = Mutex::new(Vec::new());
pub static CLOSURES: Mutex<Vec<Box<dyn Fn(&Letter) -> u64 + Send>>> = Mutex::new(Vec::new());
pub static MAKERS: Mutex<Vec<Box<dyn Fn(u64) -> Answer + Send>>> = Mutex::new(Vec::new());
pub static ONCES: Mutex<Vec<Box<dyn FnOnce(Note) -> u64 + Send>>> = Mutex::new(Vec::new());
pub static HOOK: Mutex<Hook> = Mutex::new(Hook { calls: 0, part: &Plain });
pub static ERASED: Mutex<Erased> = Mutex::new(Erased { calls: 0, function: sum as *const () });
static TABLE: [fn(&Note) -> u64; 2] = [sum, difference];

fn note(n: u64) -> Note {
    Note { low: n as u32, high: n + 1, ..Note::default() }
}

fn sum(note: &Note) -> u64 {
    u64::from(note.low) + note.high
}

fn difference(note: &Note) -> u64 {
    note.high - u64::from(note.low)
}

fn draft(n: u64) -> Draft {
    Draft { low: n as u32, high: n + 2, ..Draft::default() }
}

fn measured(draft: &Draft) -> u64 {
    u64::from(draft.low) * 1000 + draft.high
}

fn answer(n: u64) -> Answer {
    match n % 3 {
        0 => Answer::Nothing,
        1 => Answer::Short(n as u32),
        _ => Answer::Long { note: note(n) },
    }
}

fn weight(answer: &Answer) -> u64 {
    match answer {
        Answer::Short(n) => u64::from(*n),
        Answer::Long { note } => note.high * 2,
        _ => 1,
    }
}

fn once(by: u64) -> Box<dyn FnOnce(Note) -> u64 + Send> {
    let own = vec![by];
    Box::new(move |note| own.into_iter().sum::<u64>() + note.high)
}

/// What is kept from the start.
pub fn keep() {
    PARTS.lock().unwrap().push(Box::new(Plain));
    PARTS.lock().unwrap().push(Box::new(Times { by: 3 }));
    VISITS.lock().unwrap().push(Box::new(Times { by: 5 }));
    POINTERS.lock().unwrap().extend([sum as fn(&Note) -> u64, |note| note.high + 40]);
    CLOSURES.lock().unwrap().push(Box::new(|letter| letter.note.high + u64::from(letter.stamp)));
    MAKERS.lock().unwrap().push(Box::new(answer));
    ONCES.lock().unwrap().extend((0..9).map(once));
}

pub fn taken(n: u64) -> Vec<u64> {
    let note = note(n);
    PARTS.lock().unwrap().iter().map(|part| part.take(&note)).collect()
}

pub fn written(n: u64) -> Vec<u64> {
    PARTS.lock().unwrap().iter().map(|part| part.write(n)).map(|letter| letter.note.high + u64::from(letter.stamp)).collect()
}

pub fn visited(n: u64) -> Vec<u64> {
    let letter = Letter { note: Box::new(note(n)), stamp: 4, ..Letter::default() };
    VISITS.lock().unwrap().iter().map(|visit| visit.visit(&letter)).collect()
}

pub fn pointed(n: u64) -> Vec<u64> {
    let note = note(n);
    POINTERS.lock().unwrap().iter().map(|function| function(&note)).collect()
}

pub fn closed(n: u64) -> Vec<u64> {
    let letter = Letter { note: Box::new(note(n)), stamp: 7, ..Letter::default() };
    CLOSURES.lock().unwrap().iter().map(|closure| closure(&letter)).collect()
}

pub fn made(n: u64) -> Vec<u64> {
    MAKERS.lock().unwrap().iter().map(|make| weight(&make(n))).collect()
}

pub fn at_once(n: u64) -> Option<u64> {
    let once = ONCES.lock().unwrap().pop();
    once.map(|once| once(note(n)))
}

pub fn hooked(n: u64) -> u64 {
    let mut hook = HOOK.lock().unwrap();
    hook.calls += 1;
    hook.part.take(&note(n)) * 100 + hook.calls
}

pub fn erased(n: u64) -> u64 {
    let mut erased = ERASED.lock().unwrap();
    erased.calls += 1;
    let function: fn(&Note) -> u64 = unsafe { std::mem::transmute(erased.function) };
    function(&note(n)) * 100 + erased.calls
}

pub fn tabled(n: u64) -> Vec<u64> {
    let note = note(n);
    TABLE.iter().map(|function| function(&note)).collect()
}

pub fn drafted(n: u64) -> Vec<u64> {
    let draft = draft(n);
    vec![measured(&draft), draft.high]
}

pub fn plain(n: u64) -> Vec<u64> {
    vec![n, n * 2]
}
