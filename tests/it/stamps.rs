//! Forms of stamps: what chrono writes is read as the days it was written from, written back as
//! it was, or asked about; never taken for other days.

use super::support::reading;
use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, NaiveDateTime, Timelike};
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::long::LongFrame;
use lstm_forecast::data::read::{ReadOptions, read_bytes};
use lstm_forecast::error::Error;
use proptest::prelude::*;

type Write = fn(NaiveDateTime) -> Vec<String>;

/// One column, as chrono writes it.
macro_rules! form {
    ($text:literal) => {
        |t| vec![t.format($text).to_string()]
    };
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap().and_hms_opt(0, 0, 0).unwrap()
}

fn quarter(t: NaiveDateTime) -> u32 {
    t.month0() / 3 + 1
}

/// The day that an hour which ends at `t` belongs to, and its number from 1 to 24.
fn ending(t: NaiveDateTime) -> (NaiveDateTime, u32) {
    if t.hour() == 0 { (t - Duration::hours(1), 24) } else { (t, t.hour()) }
}

fn serial(t: NaiveDateTime) -> f64 {
    (t - at("1899-12-30")).num_seconds() as f64 / 86_400.0
}

fn roman(n: u32) -> &'static str {
    ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"][n as usize - 1]
}

/// Months by themselves, and of a day.
const POLISH: [(&str, &str); 12] = [
    ("styczeń", "stycznia"),
    ("luty", "lutego"),
    ("marzec", "marca"),
    ("kwiecień", "kwietnia"),
    ("maj", "maja"),
    ("czerwiec", "czerwca"),
    ("lipiec", "lipca"),
    ("sierpień", "sierpnia"),
    ("wrzesień", "września"),
    ("październik", "października"),
    ("listopad", "listopada"),
    ("grudzień", "grudnia"),
];
const RUSSIAN: [(&str, &str); 12] = [
    ("Январь", "января"),
    ("Февраль", "февраля"),
    ("Март", "марта"),
    ("Апрель", "апреля"),
    ("Май", "мая"),
    ("Июнь", "июня"),
    ("Июль", "июля"),
    ("Август", "августа"),
    ("Сентябрь", "сентября"),
    ("Октябрь", "октября"),
    ("Ноябрь", "ноября"),
    ("Декабрь", "декабря"),
];
const TURKISH: [&str; 12] = [
    "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım",
    "Aralık",
];
const SWEDISH: [&str; 12] =
    ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];

/// Steps of the rows: hours, days, weeks, months.
#[derive(Debug, Clone, Copy)]
enum Each {
    HalfHour,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
}

fn rows(each: Each, start: NaiveDateTime, n: usize) -> Vec<NaiveDateTime> {
    let monday = start - Duration::days(i64::from(start.weekday().num_days_from_monday()));
    let first = start.with_day(1).unwrap();
    let first_of_quarter = first.with_month(first.month0() / 3 * 3 + 1).unwrap();
    (0..n as u32)
        .map(|i| match each {
            Each::HalfHour => start + Duration::minutes(30 * i64::from(i)),
            Each::Hour => start + Duration::hours(i64::from(i)),
            Each::Day => start + Duration::days(i64::from(i)),
            Each::Week => monday + Duration::weeks(i64::from(i)),
            Each::Month => first + Months::new(i),
            Each::Quarter => first_of_quarter + Months::new(3 * i),
        })
        .collect()
}

/// Names of the time columns, the step, how the stamps are written, and whether a time zone word
/// is among them.
fn forms() -> Vec<(&'static str, Each, Write)> {
    use Each::{Day, HalfHour, Hour, Month, Quarter, Week};
    let all: Vec<(&'static str, Each, Write)> = vec![
        ("date", Day, form!("%Y-%m-%d")),
        ("date", Day, form!("%y/%m/%d")),
        ("date", Day, form!("%y-%m-%d")),
        ("date", Day, form!("%d/%m/%y")),
        ("date", Day, form!("%m/%d/%y")),
        ("date", Day, form!("%d/%m/%Y")),
        ("date", Day, form!("%-m/%-d/%Y")),
        ("date", Day, form!("%-d.%-m.%Y")),
        ("date", Day, form!("%d-%b-%Y")),
        ("date", Day, |t| vec![t.format("%d-%b-%Y").to_string().to_uppercase()]),
        ("date", Day, |t| vec![t.format("%d-%b-%y").to_string().to_lowercase()]),
        ("date", Day, form!("%y-%b-%d")),
        ("date", Day, form!("%B %-d, %Y")),
        ("date", Day, form!("%A, %B %d, %Y")),
        ("date", Day, form!("%Y%m%d")),
        ("date", Day, form!("%Y%m%d.0")),
        ("date", Day, form!("%y%m%d")),
        ("date", Day, form!("%d%m%Y")),
        ("date", Day, form!("%m%d%Y")),
        ("date", Day, form!("%Y-%j")),
        ("date", Day, form!("%Y%j")),
        ("date", Day, form!("%G-W%V-%u")),
        ("date", Day, |t| vec![format!("{}", serial(t))]),
        ("date", Hour, |t| vec![format!("{:.6}", serial(t))]),
        ("YEAR,DOY", Day, |t| vec![t.year().to_string(), t.ordinal().to_string()]),
        ("YEAR,MO,DY", Day, |t| vec![t.year().to_string(), t.month().to_string(), t.day().to_string()]),
        ("year,week,day", Day, |t| {
            vec![t.format("%G").to_string(), t.format("%V").to_string(), t.format("%u").to_string()]
        }),
        ("time", Hour, form!("%Y-%m-%dT%H:%M:%SZ")),
        ("time", Hour, form!("%Y-%m-%d %H:%M:%S+00")),
        ("time", Hour, form!("%m/%d/%Y %I:%M %p")),
        ("time", Hour, |t| vec![t.format("%-m/%-d/%Y %-I:%M %P").to_string()]),
        ("time", Hour, form!("%b %e %Y %I:%M%p")),
        ("time", Hour, form!("%a %b %d %H:%M:%S UTC %Y")),
        ("time", Hour, form!("%Y%m%d%H")),
        ("time", Hour, form!("%y%m%d%H%M")),
        ("time", Hour, form!("%d.%m.%Y %H:%M")),
        ("time", Hour, form!("%s")),
        ("time", Hour, form!("%s000")),
        ("time", Hour, form!("%s000000")),
        ("time", Hour, form!("%s000000000")),
        ("time", Hour, |t| {
            let end = t + Duration::hours(1);
            vec![format!("{} - {}", t.format("%d.%m.%Y %H:%M"), end.format("%d.%m.%Y %H:%M"))]
        }),
        ("Date,Hour", Hour, |t| vec![t.format("%Y-%m-%d").to_string(), t.hour().to_string()]),
        ("Date,Hour Ending", Hour, |t| {
            let (day, hour) = ending(t);
            vec![day.format("%m/%d/%Y").to_string(), hour.to_string()]
        }),
        ("Date,HE", Hour, |t| {
            let (day, hour) = ending(t);
            vec![day.format("%Y-%m-%d").to_string(), format!("{hour:02}:00")]
        }),
        ("YEAR,MO,DY,HR", Hour, |t| {
            vec![t.year().to_string(), t.month().to_string(), t.day().to_string(), t.hour().to_string()]
        }),
        ("Date,Hour,Minute", HalfHour, |t| {
            vec![t.format("%Y-%m-%d").to_string(), t.hour().to_string(), t.minute().to_string()]
        }),
        ("SETTLEMENT_DATE,SETTLEMENT_PERIOD", HalfHour, |t| {
            let period = t.hour() * 2 + t.minute() / 30 + 1;
            vec![t.format("%d-%b-%Y").to_string().to_uppercase(), period.to_string()]
        }),
        ("Datum,Anfang", HalfHour, |t| vec![t.format("%d.%m.%Y").to_string(), t.format("%H:%M").to_string()]),
        ("week", Week, form!("%G-W%V")),
        ("week", Week, form!("%G%V")),
        ("year,week", Week, |t| vec![t.format("%G").to_string(), t.iso_week().week().to_string()]),
        ("month", Month, form!("%Y-%m")),
        ("month", Month, form!("%Y%m")),
        ("month", Month, form!("%Y%m.0")),
        ("month", Month, form!("%b-%y")),
        ("month", Month, form!("%y-%b")),
        ("month", Month, form!("%m/%y")),
        ("month", Month, form!("%y/%m")),
        ("month", Month, form!("%b %Y")),
        ("month", Month, form!("%YM%m")),
        ("Year,Month", Month, |t| vec![t.year().to_string(), t.month().to_string()]),
        ("quarter", Quarter, |t| vec![format!("{}Q{}", t.year(), quarter(t))]),
        ("quarter", Quarter, |t| vec![format!("{}-Q{}", t.year(), quarter(t))]),
        ("quarter", Quarter, |t| vec![format!("Q{}-{}", quarter(t), t.year())]),
        ("quarter", Quarter, |t| vec![format!("Q{} {}", quarter(t), t.year())]),
        ("quarter", Quarter, |t| vec![format!("{}Q{}", quarter(t), t.format("%y"))]),
        ("quarter", Quarter, |t| vec![format!("Q{}/{}", quarter(t), t.format("%y"))]),
        ("quarter", Quarter, |t| vec![format!("{}:{}", t.year(), quarter(t))]),
        ("period", Quarter, |t| vec![format!("{}{}", t.year(), quarter(t))]),
        ("year,quarter", Quarter, |t| vec![t.year().to_string(), quarter(t).to_string()]),
        ("quarter", Quarter, |t| vec![format!("{}/{}", quarter(t), t.year())]),
        ("quarter", Quarter, |t| vec![format!("{}/{}", roman(quarter(t)), t.year())]),
        ("quarter", Quarter, |t| vec![format!("{} {}", t.year(), roman(quarter(t)))]),
        ("kwartal", Quarter, |t| vec![format!("{} kw. {}", roman(quarter(t)), t.year())]),
        ("year,quarter", Quarter, |t| vec![t.year().to_string(), roman(quarter(t)).to_owned()]),
        ("month", Month, |t| vec![format!("{}/{}", roman(t.month()), t.year())]),
        ("datum", Day, |t| vec![format!("{}.{}.{}", t.day(), roman(t.month()), t.year())]),
        ("year,mmdd", Day, |t| vec![t.year().to_string(), t.format("%m%d").to_string()]),
        ("year,mmdd", Day, |t| vec![t.year().to_string(), (t.month() * 100 + t.day()).to_string()]),
        ("YearMonth,Day", Day, |t| vec![t.format("%Y%m").to_string(), t.day().to_string()]),
        ("year_month,day", Day, |t| vec![t.format("%Y-%m").to_string(), t.day().to_string()]),
        ("year,week,weekday", Day, |t| {
            vec![t.format("%G").to_string(), t.iso_week().week().to_string(), t.format("%a").to_string()]
        }),
        ("year,week,day", Day, |t| {
            vec![t.format("%G").to_string(), t.iso_week().week().to_string(), t.format("%A").to_string()]
        }),
        ("Zeit", Hour, |t| {
            let form = if t.hour() == 0 { "%d.%m.%Y" } else { "%d.%m.%Y %H:%M:%S" };
            vec![t.format(form).to_string()]
        }),
        ("Zeit", Hour, form!("%d.%m.%Y %H:%M Uhr")),
        ("TS", Hour, |t| vec![t.format("%d-%b-%y %I.%M.%S.000000 %p").to_string().to_uppercase()]),
        ("nap", Day, form!("%Y.%m.%d.")),
        ("t", Hour, form!("%Y-%m-%d %H:%M:%S +0000 UTC")),
        ("Date,HrMn", HalfHour, |t| vec![t.format("%Y%m%d").to_string(), t.format("%H%M").to_string()]),
        ("LST_DATE,LST_TIME", HalfHour, |t| {
            vec![t.format("%Y%m%d").to_string(), t.format("%H%M").to_string()]
        }),
        ("yyyymm", Month, form!("%Y%m")),
        ("interval", Hour, |t| vec![t.format("%Y-%m-%dT%H:%M:%SZ/PT1H").to_string()]),
        ("year,doy", Hour, |t| {
            let share = f64::from(t.num_seconds_from_midnight()) / 86_400.0;
            vec![t.year().to_string(), format!("{:.4}", f64::from(t.ordinal()) + share)]
        }),
        ("interval", Hour, |t| {
            let form = "%Y-%m-%dT%H:%MZ";
            vec![format!("{}/{}", t.format(form), (t + Duration::hours(1)).format(form))]
        }),
        ("interval", Hour, |t| {
            let form = "%Y-%m-%dT%H:%M:%S+00:00";
            vec![format!("{}/{}", t.format(form), (t + Duration::hours(1)).format(form))]
        }),
        ("date,hour,quarter", HalfHour, |t| {
            vec![t.format("%Y-%m-%d").to_string(), t.hour().to_string(), (t.minute() / 30 + 1).to_string()]
        }),
        ("DeliveryDate,DeliveryHour,DeliveryInterval", HalfHour, |t| {
            let (hour, half) = (t.hour() + 1, t.minute() / 30 + 1);
            vec![t.format("%m/%d/%Y").to_string(), hour.to_string(), half.to_string()]
        }),
        ("data", Month, |t| vec![format!("{} {}", POLISH[t.month0() as usize].0, t.year())]),
        ("data", Day, |t| vec![format!("{} {} {}", t.day(), POLISH[t.month0() as usize].1, t.year())]),
        ("дата", Month, |t| vec![format!("{} {}", RUSSIAN[t.month0() as usize].0, t.year())]),
        ("дата", Day, |t| vec![format!("{} {} {}", t.day(), RUSSIAN[t.month0() as usize].1, t.year())]),
        ("tarih", Month, |t| vec![format!("{} {}", TURKISH[t.month0() as usize], t.year())]),
        ("datum", Month, |t| vec![format!("{} {}", SWEDISH[t.month0() as usize], t.year())]),
    ];
    all
}

/// A table of these rows.
fn table(names: &str, times: &[NaiveDateTime], write: Write) -> String {
    let mut text = format!("{names},value\n");
    for (i, t) in times.iter().enumerate() {
        let cells: Vec<String> =
            write(*t).iter().map(|c| if c.contains(',') { format!("\"{c}\"") } else { c.clone() }).collect();
        text.push_str(&format!("{},{}.5\n", cells.join(","), 100 + i * 37 % 41));
    }
    text
}

fn read(text: &str) -> Result<LongFrame, Error> {
    read_bytes("t.csv", text.as_bytes().to_vec(), &ReadOptions::default())
}

/// The stamps are those that were written, and are written as they were; the next ones too.
fn same(frame: &LongFrame, each: Each, times: &[NaiveDateTime], write: Write) -> Result<(), String> {
    for (t, stamp) in times.iter().zip(&frame.stamps) {
        let found = DateTime::from_timestamp(*stamp, 0).unwrap().naive_utc();
        if found != *t {
            return Err(format!("{:?} read as {found} by {}", write(*t), frame.time.pattern()));
        }
    }
    // Hours of two-digit days alone do not show how a day of one digit is written.
    let shown = times.iter().any(|t| t.day() < 10);
    let more = rows(each, times[0], times.len() + 40);
    for t in more {
        let out = frame.time.format(t.and_utc().timestamp());
        if out != write(t) && (shown || unpadded(&out) != unpadded(&write(t))) {
            return Err(format!("{:?} written as {out:?} by {}", write(t), frame.time.pattern()));
        }
    }
    Ok(())
}

/// The numbers of cells, and all else but blanks.
fn unpadded(cells: &[String]) -> (Vec<u64>, String) {
    let text = cells.join(",");
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    (numbers.collect(), text.chars().filter(|c| !c.is_ascii_digit() && *c != ' ').collect())
}

#[test]
fn long_tables_of_every_form_are_read_and_written_back() {
    for (names, each, write) in forms() {
        let times =
            rows(each, at("2016-02-15"), 900.min(if matches!(each, Each::Month) { 150 } else { 900 }));
        let times = if matches!(each, Each::Quarter) { &times[..60] } else { &times[..] };
        let times = if matches!(each, Each::Week) { &times[..300.min(times.len())] } else { times };
        let text = table(names, times, write);
        let first = text.lines().nth(1).unwrap_or_default().to_owned();
        match read(&text) {
            Ok(frame) => same(&frame, each, times, write).unwrap(),
            Err(error) => panic!("{names} `{first}`: {error}, {:?}", error.hint()),
        }
    }
}

/// The flags that a hint names.
fn flags(hint: &str) -> Vec<DataConfig> {
    let mut out = Vec::new();
    for part in hint.split("--time-format \"").skip(1) {
        let format = part.split('"').next().unwrap_or_default().to_owned();
        let time = hint.split("--time \"").nth(1).and_then(|t| t.split('"').next());
        out.push(DataConfig {
            time_format: Some(format),
            time: time.map(|t| t.split(',').map(str::to_owned).collect()),
            ..DataConfig::default()
        });
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Short tables from any day on (of 35 rows at least: fewer may hold no day of one digit, or one month alone, and
    /// then the form of what follows cannot be known) are read right, or asked about; and then each of the flags
    /// that are named reads the table, one of them rightly.
    #[test]
    fn short_tables_are_read_or_asked_about(form in 0usize..105, day in 0i64..9_000, n in 35usize..90) {
        let forms = forms();
        let (names, each, write) = forms[form % forms.len()];
        // From 1990 to 2014. Two dates as numbers are none under a name that is not usual. Days by week of the year, and months before days, show one of one digit within ten months.
        let long = names.contains("mmdd")
            || names.starts_with("LST")
            || (names.contains("week") && matches!(each, Each::Day));
        let n = if long { n + 310 } else { n };
        let times = rows(each, at("1990-01-01") + Duration::days(day), n);
        let text = table(names, &times, write);
        match read(&text) {
            Ok(frame) => prop_assert_eq!(same(&frame, each, &times, write), Ok(())),
            Err(error) => {
                let hint = error.hint().unwrap_or_default().to_owned();
                let flags = flags(&hint);
                prop_assert!(!flags.is_empty(), "{} {:?}: {} / {}", names, write(times[0]), error, hint);
                let mut right = false;
                for settings in flags {
                    let found = read_bytes("t.csv", text.as_bytes().to_vec(), &reading(settings.clone()));
                    let frame = match found {
                        Ok(frame) => frame,
                        Err(e) => return Err(TestCaseError::fail(format!("{hint}: {:?}: {e}", settings.time_format))),
                    };
                    right |= same(&frame, each, &times, write).is_ok();
                }
                prop_assert!(right, "{} {:?}: {} / {}", names, write(times[0]), error, hint);
            }
        }
    }
}
