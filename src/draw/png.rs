//! A figure as PNG.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint as Brush, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};

use super::figure::Figure;
use super::font::{self, Pen};
use super::scene::{Anchor, Item, Scene};
use super::{Paint, Theme};

/// Pixels of the file for one of the sheet, so that it is sharp on screens of today and on paper.
const SHARP: f32 = 2.0;

/// Longest side of a file.
const MOST: f32 = 16_000.0;

/// A figure in pixels: a PNG file's bytes.
pub type Raster = Vec<u8>;

impl Figure {
    /// The bytes of a PNG file; `None` for a sheet that is too large for one.
    pub fn png(&self, theme: Theme) -> Option<Raster> {
        let scene = self.scene();
        let (width, height) = (scene.width as f32 * SHARP, scene.height as f32 * SHARP);
        if width > MOST || height > MOST {
            return None;
        }
        let dark = theme == Theme::Dark;
        let mut sheet = Pixmap::new(width as u32, height as u32)?;
        sheet.fill(color(Paint::Sheet, dark, 1.0));
        scene.items.iter().for_each(|item| draw(&mut sheet, item, dark));
        encode(&sheet)
    }

    /// Letters that a PNG file cannot show, each once.
    pub fn unknown_letters(&self) -> Vec<char> {
        unknown_letters(&self.scene())
    }
}

/// As [`Figure::unknown_letters`].
pub fn unknown_letters(scene: &Scene) -> Vec<char> {
    let words = scene.items.iter().filter_map(|item| match item {
        Item::Text { text, .. } => Some(text.chars()),
        _ => None,
    });
    let mut letters: Vec<char> = words.flatten().filter(|c| !font::has(*c)).collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

fn color(paint: Paint, dark: bool, opacity: f64) -> Color {
    let [r, g, b] = paint.rgb(dark);
    Color::from_rgba8(r, g, b, (opacity.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn brush(paint: Paint, dark: bool, opacity: f64) -> Brush<'static> {
    let mut brush = Brush::default();
    brush.set_color(color(paint, dark, opacity));
    brush.anti_alias = true;
    brush
}

fn draw(sheet: &mut Pixmap, item: &Item, dark: bool) {
    let scale = Transform::from_scale(SHARP, SHARP);
    let mut fill = |lines: PathBuilder, paint: Paint, opacity: f64| {
        if let Some(path) = lines.finish() {
            sheet.fill_path(&path, &brush(paint, dark, opacity), FillRule::Winding, scale, None);
        }
    };
    match item {
        Item::Area { points, paint, opacity } => {
            let mut lines = through(points);
            lines.close();
            fill(lines, *paint, *opacity);
        }
        Item::Dot { x, y, r, paint } => {
            let mut lines = PathBuilder::new();
            lines.push_circle(*x as f32, *y as f32, *r as f32);
            fill(lines, *paint, 1.0);
        }
        Item::Text { x, y, size, anchor, paint, text } => {
            let x = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - font::width(text, *size) / 2.0,
                Anchor::End => x - font::width(text, *size),
            };
            let mut letters = Letters(PathBuilder::new());
            font::draw(text, *size, x, *y, &mut letters);
            fill(letters.0, *paint, 1.0);
        }
        Item::Line { points, paint, width, dash } => {
            let stroke = Stroke {
                width: *width as f32,
                line_join: LineJoin::Round,
                line_cap: LineCap::Butt,
                dash: dash.and_then(|(on, off)| StrokeDash::new(vec![on as f32, off as f32], 0.0)),
                ..Stroke::default()
            };
            if let Some(path) = through(points).finish() {
                sheet.stroke_path(&path, &brush(*paint, dark, 1.0), &stroke, scale, None);
            }
        }
        Item::Plot { .. } => {}
    }
}

fn through(points: &[(f64, f64)]) -> PathBuilder {
    let mut lines = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        match i {
            0 => lines.move_to(*x as f32, *y as f32),
            _ => lines.line_to(*x as f32, *y as f32),
        }
    }
    lines
}

struct Letters(PathBuilder);

impl Pen for Letters {
    fn move_to(&mut self, x: f64, y: f64) {
        self.0.move_to(x as f32, y as f32);
    }

    fn line_to(&mut self, x: f64, y: f64) {
        self.0.line_to(x as f32, y as f32);
    }

    fn quad_to(&mut self, x1: f64, y1: f64, x: f64, y: f64) {
        self.0.quad_to(x1 as f32, y1 as f32, x as f32, y as f32);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

/// PNG (ISO/IEC 15948): eight bits of red, green and blue; the sheet is opaque.
fn encode(sheet: &Pixmap) -> Option<Raster> {
    let row = sheet.width() as usize * 4;
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let mut before: Vec<u8> = vec![0; row / 4 * 3];
    for pixels in sheet.data().chunks_exact(row) {
        let now: Vec<u8> = pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        // Filter 2, the difference to the row above: charts have many rows that are alike.
        packed.write_all(&[2]).ok()?;
        let up: Vec<u8> = now.iter().zip(&before).map(|(now, before)| now.wrapping_sub(*before)).collect();
        packed.write_all(&up).ok()?;
        before = now;
    }
    let mut head = Vec::from(sheet.width().to_be_bytes());
    head.extend(sheet.height().to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &head);
    chunk(&mut out, b"IDAT", &packed.finish().ok()?);
    chunk(&mut out, b"IEND", &[]);
    Some(out)
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    out.extend(name);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
}
