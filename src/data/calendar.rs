//! stub
use crate::data::freq::Freq;
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CalendarFeatures {}
impl CalendarFeatures {
    pub fn choose(_: Freq, _: i64) -> Self { Self {} }
    pub fn none() -> Self { Self {} }
    pub fn len(&self) -> usize { 0 }
    pub fn is_empty(&self) -> bool { true }
    pub fn names(&self) -> Vec<String> { vec![] }
    pub fn fill(&self, _l: i64, _o: &mut [f32]) {}
}
