//! Which columns there are, kept in the checkpoint.

use serde::{Deserialize, Serialize};

use super::{RECENT, SEASONS};

/// Sizes of what the lead decoder is given beside the LSTM's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadShape {
    /// C, columns of a cut's context.
    pub context: usize,
    /// Columns known about a lead.
    pub known: usize,
    /// How many of them, from the first, have a linear part.
    pub linear: usize,
}

/// What fixes the columns; kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadSpec {
    /// Rows in a season (m).
    pub season: usize,
    /// T.
    pub window: usize,
    /// P.
    pub horizon: usize,
    /// Other columns as they are; else relative to their own last T rows, because training has
    /// not seen a whole year of their levels.
    pub levels: bool,
    /// Means over the other series as inputs.
    pub cross: bool,
    /// Targets with an observed flag and an age.
    pub flags: Vec<usize>,
    /// Whether the LSTM sees no other columns than the targets' (few training windows); the
    /// head sees them at the cut all the same.
    pub blind: bool,
    /// Other columns whose values beyond the origin are known (D of them).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ahead: Vec<usize>,
    /// Other columns that never change within a series, and so keep their level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<usize>,
    /// (K, P) how far a target moves within so many steps in training, on average, in units of
    /// its local spread: what the network's output is multiplied by, so that the first step is
    /// not drowned in the noise of the last one. Empty counts as 1 everywhere.
    #[serde(default)]
    pub growth: Vec<Vec<f32>>,
}

impl LeadSpec {
    /// Aligned seasons for every lead.
    pub(super) fn seasons(&self) -> usize {
        SEASONS.min((self.window / self.season).max(1))
    }

    /// Rows back whose outer columns are compared with the last row's.
    pub(super) fn lags(&self) -> Vec<usize> {
        if self.blind {
            return Vec::new();
        }
        vec![(self.season / 8).max(1), (self.season / 4).max(2), self.season]
    }

    /// Input columns that the LSTM does not see.
    pub(super) fn hidden(&self, targets: usize, outer: usize) -> std::ops::Range<usize> {
        let first = 4 * targets + 2 * self.flags.len();
        if self.blind { first..first + outer } else { first..first }
    }

    pub(super) fn recent(&self) -> usize {
        RECENT.min(self.window)
    }

    /// Input columns before the calendar, for K targets and E' other columns.
    pub fn width(&self, targets: usize, outer: usize) -> usize {
        let cross = if self.cross { outer + 3 * targets } else { 0 };
        4 * targets + 2 * self.flags.len() + outer + cross
    }

    /// Columns of the linear part, for one lead and target.
    pub fn linear_width(&self) -> usize {
        self.seasons() + 4 + if self.cross { 2 } else { 0 } + self.ahead.len()
    }

    /// Columns known about one lead, for F inputs of which `calendar` are the calendar's.
    pub fn known_width(&self, inputs: usize, calendar: usize) -> usize {
        self.linear_width() + calendar + self.ahead.len() + inputs
    }

    /// Columns of the context beside the LSTM's state.
    pub fn context_width(&self, inputs: usize, outer: usize) -> usize {
        let outer = if self.cross { 2 * outer } else { outer };
        inputs + self.recent() - 1 + 1 + self.lags().len() * outer
    }
}
