//! Colours by what they are for.
//!
//! Lines have the colours of Okabe and Ito (2008), which people with any of the common kinds of
//! colour blindness tell apart; on a dark sheet they are lighter, in the same hues.

/// What something is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paint {
    /// The sheet.
    Sheet,
    /// Words, and what was observed.
    Ink,
    /// Labels of axes, remarks.
    Soft,
    /// Lines of a grid.
    Grid,
    /// One of several lines: blue, vermilion, green, purple, orange, sky blue, then from the start.
    Line(u8),
}

/// Dark on light, or light on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// What the viewer prefers, where the file can ask; else light.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Names of all of them, as flags have them.
    pub const NAMES: [(&'static str, Theme); 3] =
        [("auto", Theme::Auto), ("light", Theme::Light), ("dark", Theme::Dark)];
}

impl Paint {
    /// Every paint, for a style sheet.
    pub(super) const ALL: [Paint; 10] = [
        Paint::Sheet,
        Paint::Ink,
        Paint::Soft,
        Paint::Grid,
        Paint::Line(0),
        Paint::Line(1),
        Paint::Line(2),
        Paint::Line(3),
        Paint::Line(4),
        Paint::Line(5),
    ];

    /// Red, green and blue.
    pub(super) fn rgb(self, dark: bool) -> [u8; 3] {
        const LIGHT: [[u8; 3]; 6] =
            [[0, 114, 178], [213, 94, 0], [0, 128, 96], [170, 68, 130], [196, 128, 0], [40, 140, 200]];
        const DARK: [[u8; 3]; 6] = [
            [86, 180, 233],
            [255, 140, 66],
            [46, 196, 152],
            [222, 140, 190],
            [240, 185, 60],
            [140, 210, 250],
        ];
        match (self, dark) {
            (Paint::Sheet, false) => [255, 255, 255],
            (Paint::Sheet, true) => [24, 26, 30],
            (Paint::Ink, false) => [34, 34, 34],
            (Paint::Ink, true) => [232, 232, 232],
            (Paint::Soft, false) => [90, 90, 90],
            (Paint::Soft, true) => [170, 172, 176],
            (Paint::Grid, false) => [224, 224, 224],
            (Paint::Grid, true) => [58, 61, 67],
            (Paint::Line(i), false) => LIGHT[usize::from(i) % LIGHT.len()],
            (Paint::Line(i), true) => DARK[usize::from(i) % DARK.len()],
        }
    }

    /// The name of its class in a style sheet.
    pub(super) fn class(self) -> String {
        match self {
            Paint::Sheet => "sheet".into(),
            Paint::Ink => "ink".into(),
            Paint::Soft => "soft".into(),
            Paint::Grid => "grid".into(),
            Paint::Line(i) => format!("c{}", i % 6),
        }
    }
}
