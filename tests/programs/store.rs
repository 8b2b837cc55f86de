//! Generics, modules, tuple structs, unions of state by alias, interior mutability.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use inner::{Entry, Key};

pub mod inner {
    #[derive(Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Key(pub u32, pub u16);

    #[derive(Default, Clone)]
    pub struct Entry<T> {
        pub value: T,
        pub hits: u32,
        pub stale: bool,
    }

    impl<T> Entry<T> {
        pub fn touch(&mut self) -> u32 {
            self.hits += 1;
            self.hits
        }
    }
}

pub type Table = BTreeMap<Key, Entry<Payload>>;

#[derive(Default, Clone)]
pub struct Payload {
    pub bytes: Vec<u8>,
    pub size: u16,
    pub kind: Kind,
}

#[derive(Default, Clone, Copy)]
#[repr(u8)]
pub enum Kind {
    #[default]
    Raw = 1,
    Packed = 2,
}

#[repr(C)]
#[derive(Default, Clone, Copy)]
pub struct Header {
    pub magic: u16,
    pub length: u32,
    pub flags: u16,
}

#[derive(Default)]
pub struct Store {
    pub table: Table,
    pub header: Header,
    pub last: Cell<Option<u64>>,
    pub history: [u8; DEPTH],
}

const DEPTH: usize = 4;
const GREETING: &str = "store";

static CALLS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static LOCAL: Cell<u32> = const { Cell::new(7) };
}

/// Only within one call.
#[derive(Default, Debug)]
struct Summary {
    entries: usize,
    hits: u64,
}

fn summarise(store: &Store) -> Summary {
    let mut summary = Summary { ..Summary::default() };
    for entry in store.table.values() {
        summary.entries += 1;
        summary.hits += u64::from(entry.hits);
    }
    summary
}

fn key(index: u32) -> Key {
    let mut key = Key::default();
    key.0 = index;
    key
}

#[unsafe(no_mangle)]
pub fn insert(store: &mut Store, index: u32) -> u64 {
    let entry = store.table.entry(key(index)).or_default();
    entry.touch();
    store.last.set(Some(u64::from(index)));
    LOCAL.with(|local| local.set(local.get() + 1));
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[unsafe(no_mangle)]
pub fn report(store: &Store) -> String {
    let summary = summarise(store);
    let offset = CALLS.load(Ordering::Relaxed);
    let weigh = |hits: u64| hits + offset;
    format!("{GREETING}: {} entries, {} hits", summary.entries, weigh(summary.hits))
}
