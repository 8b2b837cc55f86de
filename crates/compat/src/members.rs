//! What differs between two rows of members: fields, variants, the items of a trait.

use std::collections::HashMap;

use crate::Member;

/// One difference.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MemberEdit<'a> {
    /// Only the new row has it.
    Added(&'a Member),
    /// Only the old row has it.
    Removed(&'a Member),
    /// Another name at the same place, for the same thing.
    Renamed(&'a Member, &'a Member),
    /// Both rows have it, with something about it changed.
    Changed(&'a Member, &'a Member),
    /// Both rows have it, but not in the same order: the first that is out of place.
    Reordered(&'a Member, &'a Member),
}

/// All differences, in the new row's order, then what was removed.
pub(crate) fn diff<'a>(before: &'a [Member], after: &'a [Member]) -> Vec<MemberEdit<'a>> {
    let old: HashMap<_, _> =
        before.iter().enumerate().map(|(at, member)| (&*member.name, (at, member))).collect();
    let new: HashMap<_, _> = after.iter().map(|member| (&*member.name, member)).collect();
    let same_length = before.len() == after.len();
    let renamed = |at: usize, member: &Member| {
        let other = before.get(at).filter(|other| same_length && !new.contains_key(&*other.name))?;
        (other.signature == member.signature && other.body == member.body).then_some(other)
    };
    let mut edits = Vec::new();
    let mut gone: HashMap<_, _> = old.iter().filter(|(name, _)| !new.contains_key(*name)).collect();
    for (at, member) in after.iter().enumerate() {
        if let Some((_, other)) = old.get(&*member.name) {
            if !same(other, member) {
                edits.push(MemberEdit::Changed(other, member));
            }
        } else if let Some(other) = renamed(at, member) {
            gone.remove(&&*other.name);
            edits.push(MemberEdit::Renamed(other, member));
        } else {
            edits.push(MemberEdit::Added(member));
        }
    }
    edits.extend(reordered(before, after, &new, &old));
    edits.extend(before.iter().filter(|member| gone.contains_key(&&*member.name)).map(MemberEdit::Removed));
    edits
}

fn same(one: &Member, other: &Member) -> bool {
    one.signature == other.signature
        && one.body == other.body
        && one.visibility == other.visibility
        && one.attributes == other.attributes
}

/// The first member that both rows have and that stands elsewhere among those.
fn reordered<'a>(
    before: &'a [Member],
    after: &'a [Member],
    new: &HashMap<&str, &'a Member>,
    old: &HashMap<&str, (usize, &'a Member)>,
) -> Option<MemberEdit<'a>> {
    let stayed = before.iter().filter(|member| new.contains_key(&*member.name));
    let stays = after.iter().filter(|member| old.contains_key(&*member.name));
    let moved = stayed.zip(stays).find(|(one, other)| one.name != other.name)?;
    let (_, from) = old.get(&*moved.1.name)?;
    Some(MemberEdit::Reordered(from, moved.1))
}
