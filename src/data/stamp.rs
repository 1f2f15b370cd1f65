//! How the table writes time: parsing to UTC epoch seconds and writing back in the same form.
//!
//! A [`TimeStyle`] is one `strftime` pattern a time column, the clock the stamps follow (a wall
//! without a zone, UTC, or an offset in each cell) and the zone, if one was given. It is kept in
//! the checkpoint, so that forecasts come back in the form of the training table.
//! `detect` finds the patterns and `part` those of a part of a stamp, `weigh` says which of them
//! makes sense, `years` places two-digit years, `zone` turns wall-clock time into UTC and
//! `midnights` finds the zone whose days UTC stamps are.

mod candidates;
mod compile;
pub mod detect;
mod forms;
pub mod iso;
mod item;
pub mod midnights;
pub mod names;
pub mod part;
mod part_names;
mod parts;
pub mod pattern;
mod roman;
mod spell;
pub mod weigh;
mod year;
pub mod years;
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
    /// All cells have one offset, whatever the zone's clock shows: so it is written too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fixed: bool,
    /// Fractions of a second are left away, because rows are gathered in steps of whole ones.
    #[serde(skip)]
    whole: bool,
    /// Hours and days are counted on this clock, which a model was trained with, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<Counted>,
}

/// A clock for counting hours and days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Counted {
    zone: Option<Zone>,
    /// Seconds east of UTC, where there is no zone.
    offset: i32,
}

impl TimeStyle {
    /// A style of wall-clock stamps in one column such as `2013-03-01T00:00:00`, without a zone.
    pub fn naive(column: impl Into<String>) -> Self {
        let patterns = Pattern::new("%Y-%m-%dT%H:%M:%S").into_iter().collect();
        TimeStyle { columns: vec![column.into()], patterns, ..TimeStyle::default() }
    }

    /// A style from its parts; the clock follows from the patterns.
    pub fn new(columns: Vec<String>, patterns: Vec<Pattern>, zone: Option<Zone>) -> Self {
        let slots = zone.is_some() && patterns.iter().any(Pattern::has_slots);
        let clock = if slots || patterns.iter().any(Pattern::has_offset) {
            Clock::Offset(0)
        } else if patterns.iter().any(Pattern::has_zone) {
            Clock::Utc
        } else {
            Clock::Wall
        };
        TimeStyle { columns, patterns, clock, zone, ..TimeStyle::default() }
    }

    /// The same style in a zone.
    pub fn in_zone(&self, zone: Option<Zone>) -> Self {
        let new = TimeStyle::new(self.columns.clone(), self.patterns.clone(), zone);
        TimeStyle { fixed: self.fixed, whole: self.whole, ..new }
    }

    /// Leaves fractions of a second away instead of refusing them.
    pub fn whole_seconds(self, whole: bool) -> Self {
        TimeStyle { whole, ..self }
    }

    /// The patterns' texts, one a column.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(Pattern::text)
    }

    /// The patterns, one a column.
    pub fn forms(&self) -> &[Pattern] {
        &self.patterns
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

    /// All cells have this offset, so that forecasts have it too, whatever the zone.
    pub fn fix_offset(&mut self) {
        self.fixed = true;
    }

    /// The zone in which hours and days are counted, where there is one.
    pub fn zone(&self) -> Option<chrono_tz::Tz> {
        match self.counted {
            Some(counted) => counted.zone.map(Zone::tz),
            None => self.zone.map(Zone::tz),
        }
    }

    /// The zone of this style itself.
    pub fn own_zone(&self) -> Option<Zone> {
        self.zone
    }

    /// Whether stamps are instants: UTC, with offsets, or of a zone.
    pub fn is_absolute(&self) -> bool {
        self.clock != Clock::Wall || self.zone.is_some()
    }

    /// Counts hours and days as another style does, where both are of instants: a model sees the
    /// same instants alike, in whatever form they are written.
    pub fn counted_as(&self, trained: &TimeStyle) -> Self {
        let offset = if let Clock::Offset(seconds) = trained.clock { seconds } else { 0 };
        let own = Counted { zone: trained.zone, offset };
        let both = self.is_absolute() && trained.is_absolute();
        TimeStyle { counted: both.then(|| trained.counted.unwrap_or(own)), ..self.clone() }
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
        let offset = match self.counted {
            Some(Counted { zone: Some(zone), .. }) => zone.offset_at(stamp),
            Some(Counted { zone: None, offset }) => offset,
            None => self.offset_at(stamp),
        };
        stamp.saturating_add(i64::from(offset))
    }

    /// The stamp as the table writes it, one string a time column.
    pub fn format(&self, stamp: i64) -> Vec<String> {
        let offset = match self.clock {
            Clock::Utc => 0,
            Clock::Offset(seconds) if self.fixed => seconds,
            _ => self.offset_at(stamp),
        };
        let local = stamp.saturating_add(i64::from(offset));
        let (mut day, mut second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        if let (Some(zone), true) = (self.zone, self.patterns.iter().any(Pattern::has_slots)) {
            // Intervals are counted from midnight on, whatever the clock does.
            second = stamp - zone.to_utc(day * 86_400).first();
        }
        if second == 0 && self.patterns.iter().any(Pattern::ends_with_24) {
            (day, second) = (day - 1, 86_400);
        }
        self.patterns.iter().map(|p| p.format_day(day, second, offset)).collect()
    }

    /// The stamp in ISO 8601 on the table's clock, for people: as short as the table's own.
    pub fn iso(&self, stamp: i64) -> String {
        let offset = if self.clock == Clock::Utc { 0 } else { self.offset_at(stamp) };
        let text = TimeStyle::naive("").display(stamp.saturating_add(i64::from(offset)));
        match self.patterns.iter().any(Pattern::has_time) {
            true => text.strip_suffix(":00").unwrap_or(&text).replace('T', " "),
            false => text.get(..text.len().saturating_sub(9)).unwrap_or_default().to_owned(),
        }
    }

    /// The stamp in one string, for messages.
    pub fn display(&self, stamp: i64) -> String {
        self.format(stamp).join(" ")
    }

    /// A parser for the rows of a table.
    pub fn parser(&self) -> StampParser<'_> {
        let zone = self.zone.filter(|_| self.patterns.iter().any(Pattern::has_slots));
        StampParser {
            patterns: &self.patterns,
            fast: detect::is_iso(&self.patterns),
            whole: self.whole,
            zone,
        }
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
            let m = parts.resolve().ok()?;
            Some(self.parser().after_midnight(m, &parts))
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
    /// Leaves fractions of a second away instead of refusing them.
    whole: bool,
    /// The zone in whose days intervals are numbered.
    zone: Option<Zone>,
}

impl StampParser<'_> {
    /// Whether stamps are in ISO 8601, in one column.
    pub fn is_iso(&self) -> bool {
        self.fast
    }

    /// The moment that a row's time cells make.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse<'c>(&self, cells: impl IntoIterator<Item = &'c [u8]>) -> Result<Moment, Reject> {
        let mut cells = cells.into_iter();
        if self.fast {
            let cell = cells.next().unwrap_or_default();
            return if self.whole { iso::parse_whole(cell) } else { iso::parse(cell) };
        }
        let mut parts = Parts::default();
        for (pattern, cell) in self.patterns.iter().zip(cells) {
            pattern.parse(cell, &mut parts)?;
        }
        let m = if self.whole { parts.resolve_whole() } else { parts.resolve() }?;
        Ok(self.after_midnight(m, &parts))
    }

    /// In a zone, a numbered interval begins so long after midnight, whatever the clock does then.
    fn after_midnight(&self, m: Moment, parts: &Parts) -> Moment {
        let (Some(zone), None, Some(_)) = (self.zone, m.offset, parts.slot) else { return m };
        let past = parts.past_midnight();
        let utc = zone.to_utc(m.local - past).first() + past;
        let offset = zone.offset_at(utc);
        Moment { local: utc + i64::from(offset), offset: Some(offset) }
    }
}

#[cfg(test)]
mod tests;
