use crate::model::inner::{Entry, Key};
use crate::model::{Header, Kind, Payload, Store, insert, report};

pub struct Live {
    store: Store,
}

/// What lives all the time, for whoever compares layouts.
#[unsafe(no_mangle)]
pub fn roots(live: &Live) -> usize {
    live.store.table.len()
}

impl Live {
    pub fn new() -> Self {
        let mut store = Store {
            header: Header { magic: 0xbeef, length: 77, flags: 3, ..Header::default() },
            history: [9, 8, 7, 6],
            ..Store::default()
        };
        store.last.set(Some(11));
        for number in 1..4_u8 {
            let payload = Payload { bytes: vec![number; 3], size: 3, kind: Kind::Packed, ..Payload::default() };
            let entry = Entry { value: payload, hits: u32::from(number), stale: false, ..Entry::default() };
            store.table.insert(Key(u32::from(number), 0), entry);
        }
        Self { store }
    }

    /// Optimisers don't make it part of `main`, which never returns.
    #[inline(never)]
    pub fn answer(&mut self, _: &str) -> String {
        std::hint::black_box(roots(self));
        let calls: Vec<u64> = (2..5).map(|index| insert(&mut self.store, index)).collect();
        let Store { table, header, last, history, .. } = &self.store;
        let keys: Vec<(u32, u16)> = table.keys().map(|key| (key.0, key.1)).collect();
        let hits: Vec<u32> = table.values().map(|entry| entry.hits).collect();
        let stale = table.values().filter(|entry| entry.stale).count();
        let bytes: Vec<&Vec<u8>> = table.values().map(|entry| &entry.value.bytes).collect();
        let kinds: Vec<u8> = table.values().map(|entry| entry.value.kind as u8).collect();
        let sizes: Vec<u16> = table.values().map(|entry| entry.value.size).collect();
        format!(
            "calls={calls:?} | keys={keys:?} | hits={hits:?} | stale={stale} | bytes={bytes:?} | kinds={kinds:?} | \
             sizes={sizes:?} | magic={} | length={} | flags={} | last={:?} | history={history:?} | text={}",
            header.magic,
            header.length,
            header.flags,
            last.get(),
            report(&self.store),
        )
    }
}
