//! Which cheap forecasters may stand beside the networks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A cheap forecaster; how each forecasts is told in `forecast/pool/members.rs`, and of those that are fitted
/// in `forecast/learned/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    /// The last observed value.
    LastValue,
    /// The value one season before.
    SeasonalNaive,
    /// The line through the first and the last value.
    Drift,
    /// The mean of the phase over the seasons, at the level of the last season.
    SeasonalLevel,
    /// Additive seasonal indices on an exponentially smoothed level.
    Smoothed,
    /// Multiplicative seasonal indices on an exponentially smoothed level.
    SmoothedRatio,
    /// As `seasonal_naive`, with the long season: the same hour a week before.
    LongNaive,
    /// The same, moved by as much as the last season's level differs from that a long season before.
    LongLevel,
    /// As `smoothed`, with the long season.
    LongSmoothed,
    /// As `smoothed_ratio`, with the long season.
    LongSmoothedRatio,
    /// Exponential smoothing with season and damped trend, refitted to the rows before the origin.
    Ets,
    /// The Theta method, refitted to the same.
    Theta,
    /// A ridge regression of each lead on what `decoder: lead` is told.
    Ridge,
    /// Boosted trees on the same.
    Trees,
}

/// All of them, in the order of a checkpoint's weights.
pub const MEMBERS: [Member; 14] = [
    Member::LastValue,
    Member::SeasonalNaive,
    Member::Drift,
    Member::SeasonalLevel,
    Member::Smoothed,
    Member::SmoothedRatio,
    Member::LongNaive,
    Member::LongLevel,
    Member::LongSmoothed,
    Member::LongSmoothedRatio,
    Member::Ets,
    Member::Theta,
    Member::Ridge,
    Member::Trees,
];

impl Member {
    /// Machine name, as in the settings: `last_value`, `smoothed_ratio`.
    pub fn name(self) -> &'static str {
        match self {
            Member::LastValue => "last_value",
            Member::SeasonalNaive => "seasonal_naive",
            Member::Drift => "drift",
            Member::SeasonalLevel => "seasonal_level",
            Member::Smoothed => "smoothed",
            Member::SmoothedRatio => "smoothed_ratio",
            Member::LongNaive => "long_naive",
            Member::LongLevel => "long_level",
            Member::LongSmoothed => "long_smoothed",
            Member::LongSmoothedRatio => "long_smoothed_ratio",
            Member::Ets => "ets",
            Member::Theta => "theta",
            Member::Ridge => "ridge",
            Member::Trees => "trees",
        }
    }

    /// Whether it is fitted to the table; the others see a series' own history alone.
    pub fn is_fitted(self) -> bool {
        matches!(self, Member::Ridge | Member::Trees)
    }
}

/// What is combined with the networks' forecasts where the validation part is for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pooling {
    /// All cheap forecasters, with `decoder: lead`.
    #[default]
    Auto,
    /// Nothing: the networks forecast alone.
    Networks,
    /// All cheap forecasters, with every decoder.
    All,
    /// These, with every decoder.
    Of(Vec<Member>),
}

impl FromStr for Pooling {
    type Err = String;

    /// `auto`, `networks`, `all`, or names separated by commas; also `none` and `last`, as the setting
    /// `blend` of older checkpoints had them.
    fn from_str(text: &str) -> Result<Pooling, String> {
        let named = |name: &str| {
            MEMBERS.into_iter().find(|member| member.name() == name).ok_or_else(|| {
                let all = MEMBERS.map(Member::name).join(", ");
                format!("`{name}` is none of auto, networks, all, {all}")
            })
        };
        match text.trim() {
            "auto" => Ok(Pooling::Auto),
            "networks" | "none" => Ok(Pooling::Networks),
            "all" => Ok(Pooling::All),
            "last" => Ok(Pooling::Of(vec![Member::LastValue])),
            names => {
                let mut members =
                    names.split(',').map(|name| named(name.trim())).collect::<Result<Vec<_>, _>>()?;
                members.sort_unstable();
                members.dedup();
                Ok(Pooling::Of(members))
            }
        }
    }
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pooling::Auto => f.write_str("auto"),
            Pooling::Networks => f.write_str("networks"),
            Pooling::All => f.write_str("all"),
            Pooling::Of(members) => {
                f.write_str(&members.iter().map(|member| member.name()).collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl TryFrom<String> for Pooling {
    type Error = String;

    fn try_from(text: String) -> Result<Pooling, String> {
        text.parse()
    }
}

impl From<Pooling> for String {
    fn from(pooling: Pooling) -> String {
        pooling.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["auto", "networks", "all", "last_value", "seasonal_naive,long_level", "ets,theta"] {
            assert_eq!(text.parse::<Pooling>().map(|pooling| pooling.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("none".parse(), Ok(Pooling::Networks));
        assert_eq!(
            "drift, last_value,drift".parse(),
            Ok(Pooling::Of(vec![Member::LastValue, Member::Drift]))
        );
        for wrong in ["", "arima", "auto,drift"] {
            assert!(wrong.parse::<Pooling>().is_err(), "{wrong}");
        }
    }
}
