//! A tree of `PolicyOR`: more branches than one `PolicyOR` takes.

use crate::tpm::esys::BRANCHES;
use crate::tpm::policy::{Policy, extend};

const POLICY_OR: u32 = 0x171;

/// The levels from the leaves to the root, each in groups of at most [`BRANCHES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    levels: Vec<Vec<Vec<Policy>>>,
    root: Policy,
}

impl Tree {
    /// The tree of these leaves. No leaves give a root that no session reaches.
    pub(super) fn grow(leaves: Vec<Policy>) -> Self {
        let (mut levels, mut current) = (Vec::new(), leaves);
        loop {
            let groups: Vec<Vec<Policy>> = current.chunks(BRANCHES).map(group).collect();
            current =
                groups.iter().map(|group| extend([0; 32], POLICY_OR, &[group.as_flattened()])).collect();
            levels.push(groups);
            if let [] | [_] = current.as_slice() {
                let root = current.first().copied().unwrap_or_else(|| extend([0; 32], POLICY_OR, &[]));
                return Self { levels, root };
            }
        }
    }

    /// The digest that every leaf leads to.
    pub(super) fn root(&self) -> Policy {
        self.root
    }

    /// The lists that lead from a leaf to the root, in order.
    pub(super) fn climb(&self, leaf: usize) -> impl Iterator<Item = &[Policy]> {
        let mut at = leaf;
        self.levels.iter().filter_map(move |groups| {
            at /= BRANCHES;
            groups.get(at).map(Vec::as_slice)
        })
    }
}

/// A list of one is written twice: `PolicyOR` takes two at least.
fn group(branches: &[Policy]) -> Vec<Policy> {
    if let [only] = branches { vec![*only, *only] } else { branches.to_vec() }
}
