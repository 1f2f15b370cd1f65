//! Which series of a table a job is about.

use crate::data::long::SeriesKey;
use crate::data::panel::Panel;
use crate::data::split::Cut;
use crate::error::{Error, Result};
use crate::text::{did_you_mean, first_of};

/// For each series of a panel, whether it is wanted.
pub(crate) struct Chosen(Vec<bool>);

impl Chosen {
    /// The series that the names mean; all of them for `None`.
    ///
    /// # Errors
    /// `Error::Usage` for a name that no series has, or for no name at all.
    pub(crate) fn new(only: Option<&[String]>, panel: &Panel) -> Result<Chosen> {
        let names = only.unwrap_or_default();
        if names.is_empty() && only.is_some() {
            return Err(
                Error::usage("--only names no series").with_hint("write --only NAME, or leave it out")
            );
        }
        let mut chosen = vec![names.is_empty(); panel.series.len()];
        for name in names {
            let found: Vec<usize> =
                (0..chosen.len()).filter(|i| is(&panel.series[*i], name, panel)).collect();
            if found.is_empty() {
                return Err(unknown(name, panel));
            }
            found.into_iter().for_each(|i| chosen[i] = true);
        }
        Ok(Chosen(chosen))
    }

    /// Whether this series is wanted.
    pub(crate) fn has(&self, series: usize) -> bool {
        self.0.get(series).copied().unwrap_or(true)
    }

    /// Those of the cuts that lie in a wanted series.
    pub(crate) fn cuts(&self, panel: &Panel, mut cuts: Vec<Cut>) -> Vec<Cut> {
        cuts.retain(|cut| self.has(panel.segments[cut.segment as usize].series as usize));
        cuts
    }
}

/// Whether the name is that of the series, or `column=value` that of one of its key columns.
fn is(key: &SeriesKey, name: &str, panel: &Panel) -> bool {
    let column = |(column, value): (&str, &str)| {
        let at = panel.series_columns.iter().position(|c| c == column)?;
        Some(key.0.get(at).is_some_and(|own| own == value))
    };
    key.to_string() == name || name.split_once('=').and_then(column).unwrap_or(false)
}

fn unknown(name: &str, panel: &Panel) -> Error {
    let all: Vec<String> = panel.series.iter().map(ToString::to_string).collect();
    let value = name.split_once('=').filter(|(c, _)| panel.series_columns.iter().any(|own| own == c));
    let near = match value {
        Some((column, value)) => {
            let at = panel.series_columns.iter().position(|c| c == column).unwrap_or(0);
            did_you_mean(value, panel.series.iter().filter_map(|key| key.0.get(at)).map(String::as_str))
        }
        None => did_you_mean(name, all.iter().map(String::as_str)),
    };
    Error::usage(format!("--only names `{name}`, which is no series of {}{near}", panel.source))
        .with_hint(format!("the series are {}", first_of(&all, 10, "")))
}
