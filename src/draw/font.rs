//! Letters: how wide they are, and their outlines.

use ttf_parser::{Face, OutlineBuilder};

/// See `font/README.md`.
const TTF: &[u8] = include_bytes!("font/DejaVuSans.ttf");
/// The same, packed for browsers.
pub(super) const WOFF2: &[u8] = include_bytes!("font/DejaVuSans.woff2");

/// Width of a letter that the font lacks, in ems: that of its box.
const BOX: f64 = 0.6;

/// Width of `text` in the font's size, as it will be drawn.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let Some(face) = face() else { return BOX * size * text.chars().count() as f64 };
    text.chars().map(|c| advance(&face, c)).sum::<f64>() * size
}

/// `text` cut so that it is no wider, with an ellipsis where something is lost.
pub(super) fn shorten(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let Some(face) = face() else { return text.to_owned() };
    let mut left = most - advance(&face, '…') * size;
    let mut short = String::new();
    for c in text.chars() {
        left -= advance(&face, c) * size;
        if left < 0.0 {
            break;
        }
        short.push(c);
    }
    short.trim_end().to_owned() + "…"
}

/// Whether the font can draw a letter.
pub(super) fn has(c: char) -> bool {
    face().is_some_and(|face| face.glyph_index(c).is_some())
}

fn face() -> Option<Face<'static>> {
    Face::parse(TTF, 0).ok()
}

/// In ems. Letters that the font lacks, such as Chinese ones, are as wide as people expect.
fn advance(face: &Face, c: char) -> f64 {
    let units = f64::from(face.units_per_em());
    match face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph)) {
        Some(advance) => f64::from(advance) / units,
        None if u32::from(c) >= 0x1100 => 1.0,
        None => BOX,
    }
}

/// Takes in the lines of letters.
pub(super) trait Pen {
    fn move_to(&mut self, x: f64, y: f64);
    fn line_to(&mut self, x: f64, y: f64);
    fn quad_to(&mut self, x1: f64, y1: f64, x: f64, y: f64);
    fn close(&mut self);
}

/// Draws `text` from (`x`, `y`), the start of its base line, y growing downwards; a letter that the font
/// lacks is an empty box.
pub(super) fn draw(text: &str, size: f64, mut x: f64, y: f64, pen: &mut dyn Pen) {
    let Some(face) = face() else { return };
    let scale = size / f64::from(face.units_per_em());
    for c in text.chars() {
        match face.glyph_index(c) {
            Some(glyph) => {
                let mut outline = Outline { pen, scale, x, y };
                face.outline_glyph(glyph, &mut outline);
            }
            None => empty_box(pen, x, y, size, advance(&face, c) * size),
        }
        x += advance(&face, c) * size;
    }
}

fn empty_box(pen: &mut dyn Pen, x: f64, y: f64, size: f64, wide: f64) {
    let frames = [(0.08, 0.0), (0.08 + 0.06, 0.06)];
    for (side, up) in frames {
        let (left, right) = (x + side * size, x + wide - side * size);
        let (low, high) = (y - up * size, y - (0.72 - up) * size);
        pen.move_to(left, low);
        // The inner frame runs the other way, so that what is between them is filled.
        let corners = if up == 0.0 {
            [(right, low), (right, high), (left, high)]
        } else {
            [(left, high), (right, high), (right, low)]
        };
        corners.iter().for_each(|(x, y)| pen.line_to(*x, *y));
        pen.close();
    }
}

/// From the font's units, y growing upwards, to those of the sheet.
struct Outline<'a> {
    pen: &'a mut dyn Pen,
    scale: f64,
    x: f64,
    y: f64,
}

impl Outline<'_> {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (self.x + f64::from(x) * self.scale, self.y - f64::from(y) * self.scale)
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.pen.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.pen.quad_to(x1, y1, x, y);
    }

    /// TrueType outlines have none; the ends stand for a curve, should one come.
    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, x: f32, y: f32) {
        self.line_to(x, y);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // Advance widths of DejaVu Sans 2.37, 2048 units an em, as fontTools prints them: 0 1303, i 569.
        assert!((width("0", 2048.0) - 1303.0).abs() < 0.5);
        assert!((width("i0", 2048.0) - 1872.0).abs() < 0.5);
        assert!(has('é') && has('я') && has('−') && !has('京'));
    }

    #[test]
    fn what_is_shortened_fits() {
        let text = "a long name of a series";
        assert_eq!(shorten(text, 10.0, 500.0), text);
        let short = shorten(text, 10.0, 60.0);
        assert!(short.ends_with('…') && width(&short, 10.0) <= 60.0, "{short}");
    }
}
