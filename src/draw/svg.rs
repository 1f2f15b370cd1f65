//! A figure as SVG: words stay words, colours follow the viewer where the theme is left to it.

use std::fmt::Write;

use super::figure::{Chart, Figure};
use super::html::escaped;
use super::scene::{Anchor, Item, Scene};
use super::{Paint, Theme, font};

/// Words in this font, which comes along, or in one like it.
const FONTS: &str = "'DejaVu Sans Chart','DejaVu Sans',Verdana,sans-serif";

impl Figure {
    /// A file of its own.
    pub fn svg(&self, theme: Theme) -> String {
        let scene = self.scene();
        let mut out = head(&scene, 1.0);
        let _ = write!(out, "<style>{}{}</style>", font_face(), style(theme, ""));
        sheet(&mut out, &scene);
        out.push_str(&items(&scene, &[]));
        out.push_str("</svg>\n");
        out
    }

    /// A part of a page, whose style sheet has [`style`].
    pub(super) fn inline(&self) -> String {
        let scene = self.scene();
        let tips: Vec<String> = self.all_charts().into_iter().map(tips).collect();
        let mut out = head(&scene, 0.0);
        out.push_str(&items(&scene, &tips));
        out.push_str("</svg>");
        out
    }
}

fn head(scene: &Scene, fixed: f64) -> String {
    let (w, h) = (scene.width, scene.height);
    let size = if fixed > 0.0 { format!(" width=\"{w:.0}\" height=\"{h:.0}\"") } else { String::new() };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{size} viewBox=\"0 0 {w:.0} {h:.0}\" role=\"img\" aria-label=\"{}\" font-family=\"{FONTS}\">",
        escaped(&scene.title)
    )
}

fn sheet(out: &mut String, scene: &Scene) {
    let _ =
        write!(out, "<rect class=\"f-sheet\" width=\"{:.0}\" height=\"{:.0}\"/>", scene.width, scene.height);
}

/// The font, as a style sheet takes it in.
pub(super) fn font_face() -> String {
    format!(
        "@font-face{{font-family:'DejaVu Sans Chart';src:url(data:font/woff2;base64,{}) format('woff2')}}",
        base64(font::WOFF2)
    )
}

/// A class for each paint, as a line and as an area; `scope` is put before each selector.
pub(super) fn style(theme: Theme, scope: &str) -> String {
    match theme {
        Theme::Light => classes(false, scope),
        Theme::Dark => classes(true, scope),
        Theme::Auto => format!(
            "{}@media screen and (prefers-color-scheme:dark){{{}}}",
            classes(false, scope),
            classes(true, scope)
        ),
    }
}

fn classes(dark: bool, scope: &str) -> String {
    let class = |paint: Paint| {
        let ([r, g, b], name) = (paint.rgb(dark), paint.class());
        format!(
            "{scope}.s-{name}{{stroke:#{r:02x}{g:02x}{b:02x}}}{scope}.f-{name}{{fill:#{r:02x}{g:02x}{b:02x}}}"
        )
    };
    Paint::ALL.into_iter().map(class).collect()
}

fn items(scene: &Scene, tips: &[String]) -> String {
    let mut out = String::new();
    for item in &scene.items {
        let _ = match item {
            Item::Line { points, paint, width, dash } => {
                let dash =
                    dash.map_or(String::new(), |(on, off)| format!(" stroke-dasharray=\"{on} {off}\""));
                write!(
                    out,
                    "<path class=\"s-{}\" fill=\"none\" stroke-width=\"{}\" stroke-linejoin=\"round\"{dash} d=\"{}\"/>",
                    paint.class(),
                    short(*width),
                    path(points, false)
                )
            }
            Item::Area { points, paint, opacity } => {
                let (class, d, opacity) = (paint.class(), path(points, true), short2(*opacity));
                write!(out, "<path class=\"f-{class}\" fill-opacity=\"{opacity}\" d=\"{d}\"/>")
            }
            Item::Dot { x, y, r, paint } => write!(
                out,
                "<circle class=\"f-{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
                paint.class(),
                short(*x),
                short(*y),
                short(*r)
            ),
            Item::Text { x, y, size, anchor, paint, text } => {
                let anchor = match anchor {
                    Anchor::Start => "",
                    Anchor::Middle => " text-anchor=\"middle\"",
                    Anchor::End => " text-anchor=\"end\"",
                };
                write!(
                    out,
                    "<text class=\"f-{}\" x=\"{}\" y=\"{}\" font-size=\"{}\"{anchor}>{}</text>",
                    paint.class(),
                    short(*x),
                    short(*y),
                    short(*size),
                    escaped(text)
                )
            }
            Item::Plot { x, y, width, height, panel } => {
                match tips.get(*panel).filter(|tips| !tips.is_empty()) {
                    None => Ok(()),
                    Some(tips) => write!(
                        out,
                        "<rect class=\"plot\" tabindex=\"0\" role=\"application\" aria-label=\"values: arrow keys\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"transparent\" data-tips=\"{}\"/>",
                        short(*x),
                        short(*y),
                        short(*width),
                        short(*height),
                        escaped(tips)
                    ),
                }
            }
        };
    }
    out
}

/// What a pointer is told, as JSON: pairs of a place, as a share of the plot's width, and words.
fn tips(chart: &Chart) -> String {
    let Chart::Panel(panel) = chart else { return String::new() };
    if panel.tips.is_empty() {
        return String::new();
    }
    let (low, high) = panel.x_range();
    let all: Vec<serde_json::Value> = panel
        .tips
        .iter()
        .map(|tip| {
            serde_json::json!([((tip.at - low) / (high - low) * 1e4).round() / 1e4, tip.words.join("\n")])
        })
        .collect();
    serde_json::Value::Array(all).to_string()
}

fn path(points: &[(f64, f64)], closed: bool) -> String {
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, short(*x), short(*y));
    }
    if closed {
        d.push('Z');
    }
    d
}

/// A tenth of a pixel is enough.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn short2(value: f64) -> String {
    format!("{value:.2}")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_base64() {
        // The examples of RFC 4648, section 10.
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (text, expected) in examples {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
