//! How an old entry is made to lead to new code, and what may not be running meanwhile: x86-64.
//!
//! Five bytes, `jmp rel32`: patches lie within 2 GiB. Code that is on its way must not go on in the middle of
//! them: a thread that was stopped there, a call that returns there, a loop that begins there.

use std::ops::Range;

use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// The size in bytes of the jump.
pub(crate) const JUMP: u64 = 5;

/// One old entry and the code that takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The function's linker name.
    pub function: String,
    /// The address whose first bytes become a jump.
    pub from: u64,
    /// The new code.
    pub to: u64,
    /// What is written at `from`.
    pub jump: [u8; 5],
    /// What is there until then.
    pub before: [u8; 5],
    /// No frame of any thread may lie here when the jump is written; mostly empty.
    pub busy: Range<u64>,
}

impl Redirect {
    /// `None` where the new code is out of reach.
    pub(crate) fn new(function: &str, from: u64, to: u64, before: [u8; 5], busy: Range<u64>) -> Option<Self> {
        let distance = to.wrapping_sub(from + JUMP).cast_signed();
        let [a, b, c, d] = i32::try_from(distance).ok()?.to_le_bytes();
        Some(Self { function: function.to_owned(), from, to, jump: [0xe9, a, b, c, d], before, busy })
    }

    /// Whether a thread that is to go on at this address would find itself in the middle of the jump.
    pub fn hits(&self, address: u64) -> bool {
        (self.from + 1..self.from + JUMP).contains(&address)
    }
}

/// Where no frame may be while the first bytes of a function are overwritten. `read` gives what the image has
/// at an address, so many bytes or fewer.
pub(crate) fn busy<'a>(code: &'a [u8], from: u64, read: &dyn Fn(u64, u64) -> &'a [u8]) -> Range<u64> {
    let middle = from + 1..from + JUMP;
    let function = from..from + code.len() as u64;
    let instructions: Vec<Instruction> =
        Decoder::with_ip(64, code, from, DecoderOptions::NONE).iter().collect();
    let leads_there = |instruction: &Instruction| match instruction.flow_control() {
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
            middle.contains(&instruction.near_branch_target())
        }
        FlowControl::IndirectBranch => {
            instruction.op0_kind() != OpKind::Register
                || tables(&instructions).any(|table| has_target(table, &function, &middle, read))
        }
        _ => false,
    };
    if instructions.iter().any(leads_there) {
        return function;
    }
    let returns_there = |instruction: &Instruction| {
        let is_call = matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
        is_call && middle.contains(&instruction.next_ip())
    };
    if instructions.iter().any(returns_there) { middle } else { from..from }
}

/// The functions that code calls by their addresses, or goes on in; labels inside of it are not meant.
pub(crate) fn called(code: &[u8], from: u64) -> impl Iterator<Item = u64> {
    let own = from + 1..from + code.len() as u64;
    let is_left = |instruction: &Instruction| {
        use FlowControl::{Call, ConditionalBranch, UnconditionalBranch};
        matches!(instruction.flow_control(), Call | UnconditionalBranch | ConditionalBranch)
    };
    Decoder::with_ip(64, code, from, DecoderOptions::NONE)
        .into_iter()
        .filter(is_left)
        .map(|instruction| instruction.near_branch_target())
        .filter(move |target| !own.contains(target))
}

/// What may be tables of places to jump to.
fn tables(instructions: &[Instruction]) -> impl Iterator<Item = u64> {
    let leas = instructions.iter().filter(|instruction| instruction.mnemonic() == Mnemonic::Lea);
    leas.filter(|lea| lea.memory_base() == Register::RIP).map(Instruction::memory_displacement64)
}

/// Tables hold 32-bit distances from their own beginning, until one leads out of the function.
fn has_target<'a>(
    table: u64,
    function: &Range<u64>,
    wanted: &Range<u64>,
    read: &dyn Fn(u64, u64) -> &'a [u8],
) -> bool {
    let entries = (0..).map_while(|index| {
        let bytes = read(table + 4 * index, 4).try_into().ok()?;
        let target = table.wrapping_add_signed(i32::from_le_bytes(bytes).into());
        function.contains(&target).then_some(target)
    });
    entries.into_iter().any(|target| wanted.contains(&target))
}

/// Whether bytes between two functions are what compilers and linkers fill with.
pub(crate) fn is_padding(bytes: &[u8]) -> bool {
    let mut decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
    decoder.iter().all(|instruction| {
        matches!(instruction.mnemonic(), Mnemonic::Nop) || instruction.code() == Code::Int3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: u64 = 0x1000;

    fn busy_of(code: &[u8]) -> Range<u64> {
        busy(code, FROM, &|_, _| &[])
    }

    #[test]
    fn the_jump_leads_to_the_new_code_in_both_directions() {
        let jump = |from, to| Redirect::new("f", from, to, [0; 5], 0..0).map(|redirect| redirect.jump);
        assert_eq!(jump(0x1000, 0x2000), Some([0xe9, 0xfb, 0x0f, 0, 0]));
        assert_eq!(jump(0x2000, 0x1000), Some([0xe9, 0xfb, 0xef, 0xff, 0xff]));
        assert_eq!(jump(0x1000, 0x1_0000_0000), None);
    }

    #[test]
    fn ordinary_code_may_be_running() {
        // push rax; call rel32; pop rax; ret: the call returns behind the jump.
        assert!(busy_of(&[0x50, 0xe8, 0, 0, 0, 0, 0x58, 0xc3]).is_empty());
    }

    #[test]
    fn a_call_may_return_into_the_middle_of_the_jump() {
        // push rax; call rdi; pop rax; ret
        assert_eq!(busy_of(&[0x50, 0xff, 0xd7, 0x58, 0xc3]), FROM + 1..FROM + JUMP);
        // sub rsp, 8; call rdi: returns at 6.
        assert!(busy_of(&[0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0xc3]).is_empty());
    }

    #[test]
    fn a_loop_may_begin_in_the_middle_of_the_jump() {
        // xor eax, eax; inc eax; cmp eax, edi; jne -6; ret
        assert_eq!(busy_of(&[0x31, 0xc0, 0xff, 0xc0, 0x39, 0xf8, 0x75, 0xfa, 0xc3]), FROM..FROM + 9);
        // the same loop behind five bytes: mov eax, 0
        assert!(busy_of(&[0xb8, 0, 0, 0, 0, 0xff, 0xc0, 0x39, 0xf8, 0x75, 0xfa, 0xc3]).is_empty());
    }

    #[test]
    fn a_table_may_lead_into_the_middle_of_the_jump() {
        // push rbx; lea rax, [rip + table]; movsxd rcx, [rax + rdi*4]; add rcx, rax; jmp rcx
        let code = [
            0x53, 0x48, 0x8d, 0x05, 0xf8, 0x0f, 0, 0, 0x48, 0x63, 0x0c, 0xb8, 0x48, 0x01, 0xc1, 0xff, 0xe1,
            0xc3,
        ];
        let with = |target: u64| {
            let distance = i32::try_from(target.cast_signed() - 0x2000).unwrap_or_default();
            let table: &'static [u8] = Vec::leak(distance.to_le_bytes().to_vec());
            busy(&code, FROM, &|address, _| if address == 0x2000 { table } else { &[] })
        };
        assert_eq!(with(FROM + 1), FROM..FROM + 18);
        assert!(with(FROM + 8).is_empty());
    }

    #[test]
    fn padding_is_told_from_code() {
        assert!(is_padding(&[0xcc; 7]));
        assert!(is_padding(&[0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x90]));
        assert!(!is_padding(&[0xcc, 0xc3]));
        assert!(!is_padding(&[0, 0, 0, 0]));
    }
}
