//! How the table writes time: parsing to UTC epoch seconds and writing back in the same form.
//!
//! A [`TimeStyle`] is one `strftime` pattern a time column, the clock the stamps follow (a wall
//! without a zone, UTC, or an offset in each cell) and the zone, if one was given. It is kept in
//! the checkpoint, so that forecasts come back in the form of the training table.
//! `detect` finds the patterns, `zone` turns wall-clock time into UTC.

mod candidates;
pub mod detect;
pub mod iso;
mod item;
mod parts;
pub mod pattern;
pub mod zone;

pub use iso::{Moment, Reject};
pub use zone::Zone;

use crate::error::{Error, Result};
use parts::Parts;
use pattern::Pattern;

/// Which clock the stamps in the table follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// A clock on the wall: in the style's zone, or in none (then it is taken as it is).
    #[default]
    Wall,
    /// UTC: `Z`, `UTC`, epoch numbers.
    Utc,
    /// Every cell has an offset; this one, in seconds, belongs to the latest stamp.
    Offset(i32),
}

/// How stamps are written in the table; kept in the checkpoint, so that forecasts come back in
/// the same form.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct TimeStyle {
    /// Columns that together make the stamp, in order (usually one).
    pub columns: Vec<String>,
    /// One pattern a column.
    patterns: Vec<Pattern>,
    /// The clock that the cells follow.
    clock: Clock,
    /// The zone of a wall clock, or the one in which hours and days of UTC stamps are counted.
    zone: Option<Zone>,
}

impl TimeStyle {
    /// A style of wall-clock stamps in one column such as `2013-03-01T00:00:00`, without a zone.
    pub fn naive(column: impl Into<String>) -> Self {
        let patterns = Pattern::new("%Y-%m-%dT%H:%M:%S").into_iter().collect();
        TimeStyle { columns: vec![column.into()], patterns, clock: Clock::Wall, zone: None }
    }

    /// A style from its parts; the clock follows from the patterns.
    pub fn new(columns: Vec<String>, patterns: Vec<Pattern>, zone: Option<Zone>) -> Self {
        let clock = if patterns.iter().any(Pattern::has_offset) {
            Clock::Offset(0)
        } else if patterns.iter().any(Pattern::has_zone) {
            Clock::Utc
        } else {
            Clock::Wall
        };
        TimeStyle { columns, patterns, clock, zone }
    }

    /// The patterns, one a column.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(Pattern::text)
    }

    /// The pattern for messages: the columns' patterns with spaces between.
    pub fn pattern(&self) -> String {
        self.patterns().collect::<Vec<_>>().join(" ")
    }

    /// The style with day and month changed over, when they are numbers side by side.
    pub fn swapped(&self) -> Option<TimeStyle> {
        let swap = |p: &Pattern| {
            let text = p.text().replace("%-d", "%d").replace("%-m", "%m");
            let swapped = text.replace("%d", "\u{1}").replace("%m", "%d").replace('\u{1}', "%m");
            Pattern::new(&swapped)
                .ok()
                .filter(|_| text.contains("%d") && text.contains("%m") && !text.starts_with("%Y"))
        };
        let patterns: Vec<Pattern> =
            self.patterns.iter().map(|p| swap(p).unwrap_or_else(|| p.clone())).collect();
        (patterns != self.patterns).then(|| TimeStyle { patterns, ..self.clone() })
    }

    /// The clock that the cells follow.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Remembers the offset of the latest stamp, which forecasts continue.
    pub fn set_offset(&mut self, seconds: i32) {
        self.clock = Clock::Offset(seconds);
    }

    /// The zone, when one was given.
    pub fn zone(&self) -> Option<chrono_tz::Tz> {
        self.zone.map(Zone::tz)
    }

    /// Seconds east of UTC of the table's clock at an instant.
    fn offset_at(&self, stamp: i64) -> i32 {
        match (self.clock, self.zone) {
            (_, Some(zone)) => zone.offset_at(stamp),
            (Clock::Offset(seconds), None) => seconds,
            (Clock::Wall | Clock::Utc, None) => 0,
        }
    }

    /// Wall-clock seconds of a stamp: UTC plus the zone's offset at that instant. Without a zone,
    /// naive and UTC stamps stay as they are, and stamps with offsets take the latest one.
    pub fn local_seconds(&self, stamp: i64) -> i64 {
        stamp.saturating_add(i64::from(self.offset_at(stamp)))
    }

    /// The stamp as the table writes it, one string a time column.
    pub fn format(&self, stamp: i64) -> Vec<String> {
        let offset = if self.clock == Clock::Utc { 0 } else { self.offset_at(stamp) };
        let local = stamp.saturating_add(i64::from(offset));
        self.patterns.iter().map(|p| p.format(local, offset)).collect()
    }

    /// The stamp in one string, for messages.
    pub fn display(&self, stamp: i64) -> String {
        self.format(stamp).join(" ")
    }

    /// A parser for the rows of a table.
    pub fn parser(&self) -> StampParser<'_> {
        StampParser { patterns: &self.patterns, fast: detect::is_iso(&self.patterns) }
    }

    /// A stamp from the command line or a config file: in the table's own form, or ISO 8601.
    /// A time without an offset is on the table's clock; of a repeated hour it is the first.
    ///
    /// # Errors
    /// `Error::Config` with both forms that would be read.
    pub fn parse_one(&self, text: &str) -> Result<i64> {
        self.parse_moment(text).map(|m| self.to_utc(m)).ok_or_else(|| {
            let now = self.display(1_362_096_000);
            Error::config(format!("`{text}` is not a time")).with_hint(format!(
                "write it as in the table (`{now}`) or as ISO 8601 (`2013-03-01T00:00:00`)"
            ))
        })
    }

    fn parse_moment(&self, text: &str) -> Option<Moment> {
        let text = text.trim();
        let own = || {
            let mut parts = Parts::default();
            let cells: Vec<&str> = match self.patterns.len() {
                0 | 1 => vec![text],
                n => text.splitn(n, [' ', ',']).collect(),
            };
            if cells.len() != self.patterns.len() {
                return None;
            }
            for (p, cell) in self.patterns.iter().zip(cells) {
                p.parse(cell.as_bytes(), &mut parts).ok()?;
            }
            parts.resolve().ok()
        };
        let iso = || iso::parse(text.as_bytes()).ok();
        let short = |pattern: &str| {
            let mut parts = Parts::default();
            Pattern::new(pattern).ok()?.parse(text.as_bytes(), &mut parts).ok()?;
            parts.resolve().ok()
        };
        own().or_else(iso).or_else(|| short("%Y-%m")).or_else(|| short("%Y")).or_else(|| short("%G-W%V"))
    }

    /// UTC seconds of a moment on this table's clock.
    pub fn to_utc(&self, m: Moment) -> i64 {
        match (m.offset, self.clock, self.zone) {
            (Some(_), ..) | (None, Clock::Utc, _) => m.utc(),
            (None, _, Some(zone)) => zone.to_utc(m.local).first(),
            (None, Clock::Offset(seconds), None) => m.local - i64::from(seconds),
            (None, Clock::Wall, None) => m.local,
        }
    }
}

/// Reads the time cells of rows; made by [`TimeStyle::parser`].
#[derive(Debug, Clone, Copy)]
pub struct StampParser<'a> {
    patterns: &'a [Pattern],
    /// One column in ISO 8601, which has a parser of its own.
    fast: bool,
}

impl StampParser<'_> {
    /// The moment that a row's time cells make.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse<'c>(&self, cells: impl IntoIterator<Item = &'c [u8]>) -> Result<Moment, Reject> {
        let mut cells = cells.into_iter();
        if self.fast {
            return iso::parse(cells.next().unwrap_or_default());
        }
        let mut parts = Parts::default();
        for (pattern, cell) in self.patterns.iter().zip(cells) {
            pattern.parse(cell, &mut parts)?;
        }
        parts.resolve()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(patterns: &[&str], zone: Option<&str>) -> TimeStyle {
        let columns = patterns.iter().map(|p| (*p).to_owned()).collect();
        let patterns = patterns.iter().map(|p| Pattern::new(p).unwrap()).collect();
        TimeStyle::new(columns, patterns, zone.map(|z| Zone::new(z).unwrap()))
    }

    #[test]
    fn stamps_go_out_in_the_form_they_came_in() {
        // 2013-07-01T00:00:00Z is 1372636800.
        let t = 1_372_636_800;
        for (patterns, zone, out) in [
            (&["%Y-%m-%dT%H:%M:%SZ"][..], None, "2013-07-01T00:00:00Z"),
            (&["%Y-%m-%dT%H:%M:%SZ"][..], Some("Europe/Rome"), "2013-07-01T00:00:00Z"),
            (&["%Y-%m-%d %H:%M"][..], Some("Europe/Rome"), "2013-07-01 02:00"),
            (&["%Y-%m-%dT%H:%M:%S%:z"][..], Some("Europe/Rome"), "2013-07-01T02:00:00+02:00"),
            (&["%d/%m/%Y", "%H.%M.%S"][..], None, "01/07/2013 00.00.00"),
            (&["%Y/%m/%d", "%H%M UTC"][..], None, "2013/07/01 0000 UTC"),
            (&["%Y", "%-m", "%-d", "%-H"][..], None, "2013 7 1 0"),
            (&["%s"][..], None, "1372636800"),
        ] {
            let s = style(patterns, zone);
            assert_eq!(s.display(t), out);
            assert_eq!(s.parse_one(out).unwrap(), t, "{out}");
            let json = serde_json::to_string(&s).unwrap();
            assert_eq!(serde_json::from_str::<TimeStyle>(&json).unwrap(), s);
        }
        assert_eq!(style(&["%Y-%m-%d"], Some("Europe/Rome")).local_seconds(t), t + 7200);
        assert_eq!(style(&["%d/%m/%Y"], None).parse_one("2013-07-01").unwrap(), t);
        assert!(style(&["%d/%m/%Y"], None).parse_one("soon").is_err());
    }

    #[test]
    fn the_latest_offset_continues() {
        let mut s = style(&["%Y-%m-%dT%H:%M:%S%:z"], None);
        s.set_offset(-5 * 3600);
        assert_eq!(s.display(1_372_636_800), "2013-06-30T19:00:00-05:00");
        assert_eq!(s.parse_one("2013-06-30T19:00:00").unwrap(), 1_372_636_800);
    }
}
