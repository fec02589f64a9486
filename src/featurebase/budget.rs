//! How many calls may be made, and who comes first. The customer has other integrations on the same limit.

use crate::store::calls::Spent;

/// A budget smaller than this could not hold a block with its look before and its reading back.
pub const SMALLEST: usize = 10;
/// What people order has at least so many calls to itself.
const FEWEST_FOR_PEOPLE: i64 = 3;

crate::vocabulary! {
    /// What a call is for, the most urgent first.
    Use {
        /// What a person ordered.
        Order = "order",
        /// One of many unblocks that a person ordered together.
        Undo = "undo",
        Block = "block",
        LookUp = "look-up",
        /// What rules ask for besides.
        Step = "step",
        /// Reading that nobody waits for.
        Background = "background",
    }
}

/// Calls in sixty seconds, over all replicas together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub per_minute: u32,
}

impl Budget {
    /// Most calls that may have been made, for whatever, when one more for this is taken: what is less urgent leaves the
    /// rest of the budget to what is more.
    #[must_use]
    pub fn ceiling(self, used_for: Use) -> i64 {
        let all = i64::from(self.per_minute);
        match used_for {
            Use::Order => all,
            Use::Undo | Use::Block => all - (all / 20).max(FEWEST_FOR_PEOPLE),
            Use::LookUp => all * 3 / 4 - i64::from(all < 20),
            Use::Step => all * 3 / 5,
            Use::Background => all * 2 / 5,
        }
    }

    /// How many calls are left for this.
    #[must_use]
    pub fn left(self, used_for: Use, spent: &Spent) -> i64 {
        (self.ceiling(used_for) - spent.total()).max(0)
    }
}
