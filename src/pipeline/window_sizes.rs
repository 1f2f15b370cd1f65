//! How long windows are: what settings say, else what suits the frequency and the table's length.

use crate::config::Config;
use crate::data::panel::Panel;
use crate::data::split::Need;

/// Default rows of history and ahead: a week of hours, eight weeks of days, and so on.
/// (season, input window, horizon)
pub const DEFAULTS: [(usize, usize, usize); 6] =
    [(24, 168, 24), (7, 56, 7), (52, 104, 13), (12, 36, 12), (4, 16, 4), (1, 24, 3)];

/// The rows that a window needs, of a panel with a season of so many rows.
pub fn need(config: &Config, panel: &Panel, season: usize) -> Need {
    let (input_window, horizon) = default_sizes(season);
    let longest = panel.segments.iter().map(|s| s.len).max().unwrap_or(0);
    let train = (longest as f64 * config.split.split[0].max(0.1)) as usize;
    let horizon = config.windows.horizon.unwrap_or_else(|| horizon.min((train / 4).max(1)));
    let input_window = config
        .windows
        .input_window
        .unwrap_or_else(|| input_window.min((train.saturating_sub(horizon) / 2).max(1)));
    let least = if config.windows.pad_short { (input_window / 8).max(1) } else { input_window };
    Need { input_window, horizon, least }
}

/// (input window, horizon) for a season of so many rows.
fn default_sizes(season: usize) -> (usize, usize) {
    match DEFAULTS.iter().find(|(s, _, _)| *s == season) {
        Some((_, input, horizon)) => (*input, *horizon),
        // Weeks of five or six days: eight of them, as of whole weeks.
        None if (5..=6).contains(&season) => (8 * season, season),
        // Other seasons (15-minute rows: 96, minutes: 1440): two of them, within reason.
        None => ((2 * season).clamp(24, 336), season.clamp(1, 96)),
    }
}

/// The longest hole that a window may span: one window's worth of rows.
pub fn max_gap_rows(config: &Config) -> usize {
    config.windows.input_window.unwrap_or(168)
}
