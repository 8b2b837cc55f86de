//! Base64 variable-length quantities (ECMA-426 section 6, "Base64 VLQ").

use super::decode::Error;

/// Reads the quantities of one segment.
pub(super) struct Quantities<'a> {
    digits: std::slice::Iter<'a, u8>,
}

impl<'a> Quantities<'a> {
    pub(super) fn new(segment: &'a str) -> Self {
        Self { digits: segment.as_bytes().iter() }
    }

    /// The next signed quantity; `None` at the end.
    pub(super) fn signed(&mut self) -> Result<Option<i64>, Error> {
        let Some(raw) = self.raw()? else { return Ok(None) };
        let magnitude = i64::try_from(raw >> 1).map_err(|_| Error::TooLarge)?;
        if magnitude > i64::from(i32::MAX) {
            return Err(Error::TooLarge);
        }
        Ok(Some(match (raw & 1, magnitude) {
            (0, _) => magnitude,
            // "Negative zero" stands for the one value that has no positive counterpart.
            (_, 0) => i64::from(i32::MIN),
            _ => -magnitude,
        }))
    }

    /// The next unsigned quantity (range mappings use these); `None` at the end.
    pub(super) fn unsigned(&mut self) -> Result<Option<u32>, Error> {
        self.raw()?.map(|raw| u32::try_from(raw).map_err(|_| Error::TooLarge)).transpose()
    }

    fn raw(&mut self) -> Result<Option<u64>, Error> {
        let (mut value, mut shift) = (0_u64, 0_u32);
        loop {
            let Some(&letter) = self.digits.next() else {
                return if shift == 0 { Ok(None) } else { Err(Error::Unfinished) };
            };
            let digit = digit(letter).ok_or(Error::Letter(char::from(letter)))?;
            let bits = u64::from(digit & 31);
            // Digits without bits may follow at any length; one with bits must fit.
            if bits != 0 && shift > 30 {
                return Err(Error::TooLarge);
            }
            if bits != 0 {
                value |= bits << shift;
            }
            shift = shift.saturating_add(5);
            if digit & 32 == 0 {
                return Ok(Some(value));
            }
        }
    }
}

fn digit(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}
