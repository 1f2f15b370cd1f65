pub mod baseline;
pub mod data;
pub mod error;
pub mod metrics;
pub mod output;
pub mod report;
