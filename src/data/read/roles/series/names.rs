//! Names that columns of keys usually have. A name never makes a key by itself: it says which of
//! several columns that would do is meant, and where a pattern of rows is one that keys have.

use crate::data::read::roles::time::is_clock;
use crate::data::stamp::part::Part;

/// What things that are measured side by side are called.
const THINGS: [&str; 38] = [
    "city",
    "station",
    "series",
    "unique_id",
    "series_id",
    "station_id",
    "station_name",
    "site",
    "location",
    "sensor",
    "store",
    "shop",
    "item",
    "product",
    "sku",
    "meter",
    "household",
    "building",
    "ticker",
    "symbol",
    "airport",
    "device",
    "plant",
    "customer",
    "stadt",
    "site_id",
    "sensor_id",
    "store_id",
    "meter_id",
    "city_id",
    "location_id",
    "item_id",
    "device_id",
    "building_id",
    "store_nbr",
    "region",
    "country",
    "county",
];

/// What quantities that share one column of values are called.
const QUANTITIES: [&str; 26] = [
    "topic",
    "entity_id",
    "entity",
    "parameter",
    "param",
    "tag",
    "tagname",
    "tag_name",
    "variable",
    "metric",
    "measurement",
    "_measurement",
    "_field",
    "field",
    "signal",
    "channel",
    "sensor",
    "pollutant",
    "indicator",
    "quantity",
    "attribute",
    "item",
    "itemid",
    "metric_name",
    "point",
    "series",
];

/// Whether things that have series of their own are often called so.
pub fn is_thing(name: &str) -> bool {
    let lower = name.to_lowercase();
    THINGS.contains(&lower.as_str()) || is_quantity(name)
}

/// Whether quantities in one column of values are often called so.
pub fn is_quantity(name: &str) -> bool {
    let lower = name.to_lowercase();
    QUANTITIES.contains(&lower.as_str())
}

/// Whether a column of whole numbers is called as one of numbers that stand for things.
pub fn is_number_of(name: &str) -> bool {
    let lower = name.to_lowercase();
    is_thing(name)
        || ["_id", "id", "nbr", "_nr", "_no"].iter().any(|end| lower.ends_with(end) && lower != "id")
}

/// Whether a column of whole numbers is called as a part of the time.
pub fn is_part_of_time(name: &str) -> bool {
    const PARTS: [&str; 35] = [
        "hour",
        "hours",
        "hr",
        "hrs",
        "hh",
        "minute",
        "minutes",
        "min",
        "mm",
        "second",
        "sec",
        "period",
        "doy",
        "dayofyear",
        "day",
        "dy",
        "week",
        "wk",
        "quarter",
        "qtr",
        "month",
        "mo",
        "year",
        "interval",
        "time",
        "slot",
        "seconds",
        "secs",
        "dekad",
        "semester",
        "term",
        "half",
        "weekday",
        "hhmm",
        "hhmmss",
    ];
    let lower = name.to_lowercase();
    lower.split(|c: char| !c.is_alphabetic()).any(|word| PARTS.contains(&word))
}

/// Whether a column of text is called as a part of the time, and as nothing else.
pub fn is_text_of_time(name: &str) -> bool {
    const OTHERS: [&str; 5] = ["half", "halbjahr", "semester", "term", "season"];
    let part = Part::named(name).is_some() && !is_thing(name);
    part || is_clock(name) || OTHERS.contains(&name.to_lowercase().as_str())
}
