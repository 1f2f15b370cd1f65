//! stub
use crate::data::long::Dialect; use crate::data::panel::Panel; use crate::data::split::Bounds;
pub struct WindowCounts { pub input_window: usize, pub horizon: usize, pub features: usize, pub train: usize, pub val: usize, pub test: usize }
pub struct Summary {}
impl Summary { pub fn new(_: &Panel, _: &Dialect, _: usize, _: WindowCounts, _: Bounds) -> Self { Self {} } pub fn text(&self) -> String { String::new() } pub fn json(&self) -> String { String::new() } }
