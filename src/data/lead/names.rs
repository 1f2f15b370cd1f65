//! Names of all that the decoder is told, in the order of [`super::features`].

use serde::{Deserialize, Serialize};

use super::LeadSpec;

/// What each input of the network is, in order; kept in the checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputNames {
    /// (F) of a row of the window.
    pub x: Vec<String>,
    /// (C) of a cut, for one target, which is called `own`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    /// What is known about one lead, of one target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
}

impl LeadSpec {
    /// Names of the input columns before the calendar.
    pub fn names(&self, values: &[String], targets: usize) -> Vec<String> {
        let mut names = Vec::new();
        for (k, name) in values.iter().take(targets).enumerate() {
            for part in ["deviation", "log_spread", "change", "seasonal_change"] {
                names.push(format!("{name}_{part}"));
            }
            if self.flags.contains(&k) {
                names.extend([format!("{name}_observed"), format!("{name}_age")]);
            }
        }
        let outer = self.outer(values, targets);
        names.extend(outer);
        if self.cross {
            for name in values.iter().take(targets) {
                names
                    .extend(["deviation", "change", "seasonal_change"].map(|p| format!("{name}_others_{p}")));
            }
        }
        names
    }

    /// The other columns, and their means over the other series.
    fn outer(&self, values: &[String], targets: usize) -> Vec<String> {
        let own = values.iter().skip(targets);
        let others = own.clone().filter(|_| self.cross).map(|name| format!("{name}_others"));
        own.cloned().chain(others).collect()
    }

    /// Names of a cut's context: the last row of x (F), the values before the last one beside it, the last value
    /// itself, and how other columns have moved.
    pub fn context_names(&self, x: &[String], values: &[String], targets: usize) -> Vec<String> {
        let mut names = x.to_vec();
        names.extend((1..self.recent()).map(|back| format!("own_{back}_rows_before")));
        names.push("own_value".into());
        let outer = self.outer(values, targets);
        for lag in self.lags() {
            names.extend(outer.iter().map(|name| format!("{name}_change_in_{lag}_rows")));
        }
        names
    }

    /// Names of what is known about a lead; the linear part comes first, x one season before the lead last.
    pub fn known_names(
        &self,
        x: &[String],
        calendar: &[String],
        values: &[String],
        targets: usize,
    ) -> Vec<String> {
        let mut names: Vec<String> =
            (1..=self.seasons()).map(|back| format!("own_{back}_seasons_before")).collect();
        names.extend(
            ["mean_of_seasons", "row_before_season", "row_after_season", "window_mean"]
                .map(|part| format!("own_{part}")),
        );
        if self.cross {
            names.extend(["others_season_before", "others_now"].map(str::to_owned));
        }
        let outer = self.outer(values, targets);
        let ahead = || self.ahead.iter().filter_map(|column| outer.get(*column));
        names.extend(ahead().map(|name| format!("{name}_change_ahead")));
        names.extend(calendar.iter().map(|name| format!("{name}_ahead")));
        names.extend(ahead().map(|name| format!("{name}_ahead")));
        names.extend(x.iter().map(|name| format!("{name}_season_before")));
        names
    }
}
