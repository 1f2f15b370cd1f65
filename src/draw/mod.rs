//! Pictures: charts from plain numbers, as SVG, PNG, HTML and text of a terminal.
//!
//! [`Panel`] is one chart, [`Figure`] some of them on a sheet. A figure is laid out once, into a
//! scene of lines, areas and words, which the writers of files turn into bytes;
//! [`Figure::text`] draws the same panels with the letters of a terminal. Nothing here knows of tables,
//! series or models, and nothing needs a font of the system.

mod axis;
mod bars;
mod figure;
mod font;
mod html;
mod panel;
mod png;
mod scene;
mod svg;
mod theme;
mod time;
mod unicode;

pub use axis::number;
pub use bars::{Bar, Bars};
pub use figure::{Chart, Figure, Key};
pub use html::{Page, Section, escaped};
pub use panel::{Band, Line, Marks, Panel, Rule, Scale, Tip};
pub use png::Raster;
pub use theme::{Paint, Theme};
pub use time::Clock;
pub use unicode::Terminal;
